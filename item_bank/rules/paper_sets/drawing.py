"""Draws the items of a paper inside its cells: an exponential race that rarely used items win."""

import numpy as np

from item_bank.rules.paper_sets.enemies import NO_GROUP
from item_bank.rules.paper_sets.holdings import Holdings
from item_bank.rules.paper_sets.item_model import Flags, Floats, Integers


def race_times(holdings: Holdings, free: Flags, random: np.random.Generator) -> Floats:
    """Return an arrival time per item; rates fall with the third power of uses.

    Items that are not free never arrive.
    """
    times: Floats = -np.log1p(-random.random(len(free))) / holdings.rates
    times[~free] = np.inf
    return times


def draw(
    holdings: Holdings, counts: Integers, times: Floats, random: np.random.Generator
) -> Integers:
    """Take from every cell the items that arrive first.

    Of items that exclude one another the first is taken; when a cell has nothing else to give,
    an excluded item is taken for the repair to exchange.

    Returns
    -------
    (n,) int ndarray
        Places of the chosen items, in order of place.
    """
    chosen: list[int] = []
    closed = np.zeros(holdings.group_count, dtype=bool)
    starts = holdings.stock.starts
    cells = np.flatnonzero(counts)
    for cell in cells[np.argsort(random.random(len(cells)))]:  # no cell is always first to choose
        start = int(starts[cell])
        mine = times[start : starts[cell + 1]]
        arrivals = mine.argsort(kind="stable")[: np.isfinite(mine).sum()] + start
        chosen += _first(arrivals, int(counts[cell]), holdings.groups, closed)
    return np.array(sorted(chosen), dtype=np.int64)


def _first(arrivals: Integers, count: int, groups: Integers, closed: Flags) -> list[int]:
    taken: list[int] = []
    refused: list[int] = []
    for place in arrivals.tolist():
        if len(taken) == count:
            return taken
        mine = groups[place]
        if mine[0] != NO_GROUP:
            if closed[mine].any():
                refused.append(place)
                continue
            closed[mine] = True
            closed[NO_GROUP] = False
        taken.append(place)
    return taken + refused[: count - len(taken)]
