"""Items that exclude one another: their groups, and which items an exact search may leave out."""

from collections.abc import Sequence

import numpy as np

from item_bank.rules.paper_sets.cells import Stock
from item_bank.rules.paper_sets.item_model import Floats, Integers
from item_bank.rules.pool import PoolItem

NO_GROUP = 0  # the first group has no members; items without enemies point to it


def groups_of(items: Sequence[PoolItem]) -> Integers:
    """Return the enemy groups of every item, (N, G), filled up with ``NO_GROUP``."""
    names = sorted({name for item in items for name in item.enemies})
    numbers = {name: number for number, name in enumerate(names, start=1)}
    width = max((len(item.enemies) for item in items), default=0) or 1
    groups = np.full((len(items), width), NO_GROUP, dtype=np.int64)
    for place, item in enumerate(items):
        for column, name in enumerate(sorted(set(item.enemies))):
            groups[place, column] = numbers[name]
    return groups


def enemy_rows(groups: Integers) -> list[Integers]:
    """Return the members of every enemy group with at least two of them."""
    if not len(groups):
        return []
    columns = np.arange(groups.size) // groups.shape[1]
    order = np.argsort(groups.ravel(), kind="stable")
    names, starts = np.unique(groups.ravel()[order], return_index=True)
    parts = np.split(columns[order], starts[1:])
    return [
        part
        for name, part in zip(names.tolist(), parts, strict=True)
        if name != NO_GROUP and len(part) > 1
    ]


def undominated(stock: Stock, groups: Integers, values: Floats) -> Integers:
    """Return the items that an optimal paper may need, in order of place.

    If a paper holds an item beyond these, one of the best of its cell is not in the paper, has no
    enemies, and can replace it without loss.
    """
    most = np.bincount(stock.cell_of, minlength=len(stock.cells))
    for family in stock.families:
        counted = (family.labels >= 0) & (not family.is_goal)
        most[counted] = np.minimum(most[counted], family.high[family.labels[counted]])
    kept: list[int] = []
    for cell, limit in enumerate(most.tolist()):
        mine = np.arange(stock.starts[cell], stock.starts[cell + 1])
        mine = mine[np.argsort(-values[mine], kind="stable")]
        alone = groups[mine, 0] == NO_GROUP
        kept += mine[np.cumsum(alone) - alone < limit].tolist()
    return np.array(sorted(kept), dtype=np.int64)
