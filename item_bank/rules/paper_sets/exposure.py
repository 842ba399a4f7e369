"""In how many papers of a set an item may stand.

A limit given in the terms is hard. Without one it is twice the mean, lifted only for those cells
that have too few items, and every lift is reported.
"""

from collections.abc import Sequence

import numpy as np

from item_bank.rules.paper_sets.cells import MarginName, Stock
from item_bank.rules.paper_sets.deficits import Deficit, name_of
from item_bank.rules.paper_sets.item_model import Flags, Integers
from item_bank.rules.paper_sets.terms import AssemblyTerms

LEAST_CAP = 2
CAP_OVER_MEAN = 2


class ExposureCaps:
    """The limits of all cells."""

    def __init__(self, terms: AssemblyTerms, stock: Stock, sizes: Integers, papers: int) -> None:
        self.stock = stock
        self.papers = papers
        self.may_lift = terms.exposure_at_most is None
        mean_doubled = CAP_OVER_MEAN * papers * terms.item_count // max(1, len(stock.items))
        self.usual = terms.exposure_at_most or max(LEAST_CAP, mean_doubled)
        self.of_cell = np.full(len(stock.cells), self.usual, dtype=np.int64)
        if self.may_lift:
            self._lift_scarce(sizes)

    def free(self, uses: Integers) -> Flags:
        """Return which items may still be used."""
        free: Flags = uses < self.of_cell[self.stock.cell_of]
        return free

    def lift(self, deficits: Sequence[Deficit]) -> bool:
        """Allow scarce cells one use more, or else all; False when not allowed or no help."""
        if not self.may_lift:
            return False
        names = [MarginName(d.range_code, d.kind, d.level, d.importance) for d in deficits]
        scarce = np.array(
            [any(name.covers(cell) for name in names) for cell in self.stock.cells], dtype=bool
        )
        liftable = self.of_cell < self.papers
        chosen = liftable & scarce if (liftable & scarce).any() else liftable
        self.of_cell[chosen] += 1
        return bool(chosen.any())

    def lifted(self) -> tuple[str, ...]:
        """Name the cells with more than the usual limit."""
        most: dict[MarginName, int] = {}
        for cell, cap in zip(self.stock.cells, self.of_cell.tolist(), strict=True):
            if cap > self.usual:
                name = MarginName(cell.range_code, cell.kind, cell.level or None)
                most[name] = max(cap, most.get(name, 0))
        return tuple(f"{name_of(name)}：每题至多 {cap} 次" for name, cap in most.items())

    def _lift_scarce(self, sizes: Integers) -> None:
        """Lift the limit where the items of a margin cannot do for all papers."""
        for family in self.stock.families:
            held = family.totals(sizes).tolist()
            for place, (low, size) in enumerate(zip(family.low.tolist(), held, strict=True)):
                needed = -(-self.papers * low // size) if size else 0
                mine = family.labels == place
                self.of_cell[mine] = np.maximum(self.of_cell[mine], needed)
