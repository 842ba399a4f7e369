"""Draws items for one range of a paper so that points are repeated only when they run out.

A small flow problem: units of demand by kind flow to the points of the range. Units are placed
one after another along augmenting paths; the load permitted per point grows by one only when no
path is left. A path never empties a point, so as many points as possible carry at least one item.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from item_bank.rules.kinds import ItemKind

Stock = Mapping[tuple[ItemKind, str], int]


@dataclass
class _Flow:
    points: Sequence[str]
    stock: Stock = field(default_factory=dict)
    taken: dict[tuple[ItemKind, str], int] = field(default_factory=dict)
    loads: dict[str, int] = field(default_factory=dict)

    def place(self, kind: ItemKind, load_limit: int) -> bool:
        """Place one more unit of the kind, moving others if needed; breadth first."""
        came_from: dict[ItemKind | str, ItemKind | str | None] = {kind: None}
        queue = deque([kind])
        while queue:
            here = queue.popleft()
            for point in self.points:
                if point in came_from or not self._has_more(here, point):
                    continue
                came_from[point] = here
                if self.loads.get(point, 0) < load_limit:
                    self._shift_along(point, came_from)
                    return True
                for other in ItemKind:
                    if other not in came_from and self.taken.get((other, point), 0):
                        came_from[other] = point
                        queue.append(other)
        return False

    def _has_more(self, kind: ItemKind, point: str) -> bool:
        return self.taken.get((kind, point), 0) < self.stock.get((kind, point), 0)

    def _shift_along(self, point: str, came_from: Mapping[ItemKind | str, object]) -> None:
        self.loads[point] = self.loads.get(point, 0) + 1
        while True:
            kind = came_from[point]
            assert isinstance(kind, ItemKind)
            self.taken[kind, point] = self.taken.get((kind, point), 0) + 1
            left = came_from[kind]
            if left is None:
                return
            point = str(left)
            self.taken[kind, point] -= 1


def spread_over_points(
    demand: Sequence[ItemKind], stocks: Sequence[Stock], points: Sequence[str]
) -> dict[tuple[ItemKind, str], int]:
    """Return how many items of each kind to take from each point.

    Parameters
    ----------
    demand : sequence of ItemKind
        One entry per item wanted, in the order in which they are placed.
    stocks : sequence of mappings of (kind, point) to int
        How many items there are: the preferred ones first, all of them last.
    points : sequence of str
        The points in the order in which they are tried; a shuffled order makes a fair draw.

    Raises
    ------
    ValueError
        If a kind is wanted more often than the range has items of it.

    References
    ----------
    .. [1] L. R. Ford and D. R. Fulkerson, "Maximal flow through a network", 1956.
    """
    flow = _Flow(points)
    waiting = list(demand)
    load_limit = 0
    while waiting and load_limit < len(demand):
        load_limit += 1
        for flow.stock in stocks:
            waiting = [kind for kind in waiting if not flow.place(kind, load_limit)]
    if waiting:
        raise ValueError("the range has fewer items than wanted")
    return {cell: count for cell, count in flow.taken.items() if count}
