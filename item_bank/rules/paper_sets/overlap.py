"""How many items two papers of a set may have in common, and what that leaves of rest for items.

A limit given in the terms holds. Without one it is a fifth of a paper, raised only where the bank
is too small to keep so many papers that far apart. Items of the last papers rest, but not at the
price of papers that are too much alike: when fresh items are few, every paper gets its share of
them and recent items fill up; how many is reported.
"""

from math import ceil

import numpy as np

from item_bank.rules.paper_sets.cells import Stock
from item_bank.rules.paper_sets.item_model import Flags, Floats, Integers
from item_bank.rules.paper_sets.terms import AssemblyTerms

USUAL_PART = 5  # of a paper: one item in so many
SLACK = 1.5  # over the mean of papers that use all items alike
AIM = 0.8  # of the limit; drawing by chance, some pairs have more than the mean
HALVINGS = 20


def overlap_limit(terms: AssemblyTerms, stock: Stock, papers: int) -> int | None:
    """Return the limit of a set; None when there are no two papers and no wish."""
    if terms.overlap_at_most is not None or papers == 1:
        return terms.overlap_at_most
    sizes = np.bincount(stock.cell_of, minlength=len(stock.cells)).astype(np.int64)
    least = max(
        mean_overlap(family.low.astype(np.float64), family.totals(sizes), papers)
        for family in stock.families
    )
    return max(terms.item_count // USUAL_PART, ceil(SLACK * least))


def mean_overlap(counts: Floats, sizes: Integers, papers: int) -> float:
    """Return the mean items in common when every paper takes the counts and all are used alike."""
    uses = papers * counts / np.maximum(sizes, 1)
    whole = np.floor(uses)
    pairs = sizes * whole * (whole - 1 + 2 * (uses - whole)) / 2
    return float(pairs.sum()) / max(1.0, papers * (papers - 1) / 2)


class FreshShares:
    """How many fresh items of every range and kind one paper may take."""

    def __init__(self, stock: Stock, papers: int, limit: int | None, uses_each: int) -> None:
        ranges = stock.families[0]
        recent = np.array([cell.is_recent for cell in stock.cells], dtype=bool)
        self._ranges: Integers = ranges.labels[stock.cell_of]
        self._is_fresh: Flags = ~recent[stock.cell_of]
        size = len(ranges.margins)
        fresh = np.bincount(self._ranges[self._is_fresh], minlength=size).astype(np.int64)
        self._counts: Floats | None = None
        if limit is None or not recent.any():
            return
        counts = np.minimum(ranges.low, fresh * min(1.0, uses_each / papers))
        part = _part(counts, fresh, papers, AIM * limit)
        if part < 1 or (counts < np.minimum(ranges.low, fresh)).any():
            others = np.bincount(self._ranges[~self._is_fresh], minlength=size)
            self._counts = np.maximum(part * counts, ranges.low - others)

    def allowed(self, times: Floats, random: np.random.Generator) -> Flags | None:
        """Return the items that a paper may take, of fresh ones those that arrive first.

        None means that all fresh items may be taken.
        """
        if self._counts is None:
            return None
        counts = np.floor(self._counts + random.random(len(self._counts)))
        allowed = ~self._is_fresh
        for place, count in enumerate(counts.astype(np.int64).tolist()):
            mine = np.flatnonzero(self._is_fresh & (self._ranges == place))
            allowed[mine[times[mine].argsort(kind="stable")[:count]]] = True
        return allowed


def _part(wanted: Floats, fresh: Integers, papers: int, limit: float) -> float:
    """Return the largest part of the wanted counts that keeps papers apart, at most all."""
    if mean_overlap(wanted, fresh, papers) <= limit:
        return 1.0
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if mean_overlap(middle * wanted, fresh, papers) > limit:
            high = middle
        else:
            low = middle
    return low
