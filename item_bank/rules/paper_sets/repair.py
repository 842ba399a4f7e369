"""Exchanges items of a drawn paper until it is as hard as the others and unlike them enough.

Three kinds of exchange, each keeping every margin: another item of the same cell; another item of
the same range and kind; two at once, where the second restores what the first disturbs. All
candidates for a position are judged at once; only strict improvements are made.
"""

from collections.abc import Callable

import numpy as np

from item_bank.rules.paper_sets.cells import Stock
from item_bank.rules.paper_sets.draft import Draft
from item_bank.rules.paper_sets.item_model import Integers

MAX_TRIES = 400
PAIR_TRIES = 300
PAIR_WIDTH = 6  # first halves of a double exchange that are tried out
NOWHERE = np.empty(0, dtype=np.int64)


class Repair:
    """Repairs the papers of one set; knows which cells may stand in for one another."""

    def __init__(self, stock: Stock) -> None:
        self.stock = stock
        self.ranges = stock.families[0].labels
        self.cells_of_range = [
            np.flatnonzero(self.ranges == place) for place in range(len(stock.families[0].margins))
        ]
        self.others = stock.families[1:]
        self.recent = np.array([cell.is_recent for cell in stock.cells], dtype=bool)
        features = [family.labels for family in self.others]
        columns = np.stack([*features, self.recent.astype(np.int64)], axis=1)
        _, traits = np.unique(columns, axis=0, return_inverse=True)
        self.traits: Integers = traits.reshape(-1)

    def run(self, draft: Draft, random: np.random.Generator) -> None:
        """Exchange items until the goals are met or nothing helps.

        Items of the last papers come in only where papers are too much alike without them.
        """
        self._exchange_alike(draft, random)
        if draft.is_too_alike() and self.recent.any():
            self._singly(draft, random, self._of_any_age)
            self._exchange_alike(draft, random)

    def _exchange_alike(self, draft: Draft, random: np.random.Generator) -> None:
        """Exchange items for others that are not more recent."""
        if draft.penalty() and self._singly(draft, random, self._same_cell):
            return
        if draft.penalty() and self._singly(draft, random, self._same_range):
            return
        if draft.penalty():
            self._doubly(draft, random)

    def _singly(
        self,
        draft: Draft,
        random: np.random.Generator,
        candidates_of: Callable[[Draft, int], Integers],
    ) -> bool:
        """Try the positions in random order, again and again; says whether the goals are met."""
        penalty = draft.penalty()
        tries = 0
        improved = True
        while improved and tries < MAX_TRIES:
            improved = False
            order = np.argsort(random.random(len(draft.chosen)))
            for slot in order[draft.culprits()[order]].tolist():
                tries += 1
                candidates = candidates_of(draft, slot)
                found = _best(draft, slot, candidates)
                if found is None or found[1] >= penalty:
                    continue
                draft.exchange(slot, found[0])
                penalty, improved = found[1], True
                if not penalty:
                    return True
        return False

    def _same_cell(self, draft: Draft, slot: int) -> Integers:
        return self._items_of(draft, self.stock.cell_of[draft.chosen[[slot]]])

    def _items_of(self, draft: Draft, cells: Integers) -> Integers:
        """Return the items of the cells that the paper could take."""
        starts = self.stock.starts
        parts = [
            np.flatnonzero(draft.is_open[starts[cell] : starts[cell + 1]]) + starts[cell]
            for cell in cells.tolist()
        ]
        return np.concatenate(parts) if parts else NOWHERE

    def _same_range(self, draft: Draft, slot: int) -> Integers:
        """Return the candidates of all cells by which no margin gets worse, none more recent."""
        cell = int(self.stock.cell_of[draft.chosen[slot]])
        cells = self._cells_instead(draft, slot)
        return self._items_of(draft, cells[self.recent[cells] <= self.recent[cell]])

    def _of_any_age(self, draft: Draft, slot: int) -> Integers:
        """Return the same candidates and those of the last papers."""
        return self._items_of(draft, self._cells_instead(draft, slot))

    def _cells_instead(self, draft: Draft, slot: int) -> Integers:
        """Return the cells of the same range and kind by which no margin gets worse."""
        cell = int(self.stock.cell_of[draft.chosen[slot]])
        cells: Integers = self.cells_of_range[self.ranges[cell]]
        counts = np.bincount(
            self.stock.cell_of[draft.chosen], minlength=len(self.stock.cells)
        ).astype(np.int64)
        cells = cells[self._spares_points(counts, cell, cells)]
        for family in self.others:
            totals = family.totals(counts)
            old, new = family.labels[cell], family.labels[cells]
            gives = old < 0 or totals[old] > family.low[old]
            takes = (new < 0) | (totals[new] < family.high[new])
            cells = cells[(new == old) | (takes & gives)]
        return cells

    def _spares_points(self, counts: Integers, cell: int, cells: Integers) -> Integers:
        """Say which cells crowd no point more than the cell given up."""
        points = self.stock.points
        loads = np.bincount(points[points >= 0], counts[points >= 0], minlength=1)
        old, new = points[cell], points[cells]
        load = loads[old] if old >= 0 else 1
        fits: Integers = (new < 0) | (new == old) | (loads[new] < load)
        return fits

    def _doubly(self, draft: Draft, random: np.random.Generator) -> None:
        """Exchange two positions at once whose cells take each other's traits."""
        penalty = draft.penalty()
        for _ in range(PAIR_TRIES):
            first, second = (random.random(2) * len(draft.chosen)).astype(np.int64).tolist()
            if not draft.culprits()[first] or first == second:
                continue
            found = self._exchanged(draft, first, second, penalty)
            penalty = penalty if found is None else found
            if not penalty:
                return

    def _exchanged(self, draft: Draft, first: int, second: int, penalty: int) -> int | None:
        """Make the first double exchange found that helps; returns the new penalty."""
        one, two = self._crossed(draft, first, second), self._crossed(draft, second, first)
        if not len(one) or not len(two):
            return None
        before = (int(draft.chosen[first]), int(draft.chosen[second]))
        order = np.argsort(draft.penalties(first, one), kind="stable")[:PAIR_WIDTH]
        for new in one[order].tolist():
            draft.exchange(first, new)
            found = _best(draft, second, self._crossed_items(draft, second, before[0]))
            if found is not None and found[1] < penalty:
                draft.exchange(second, found[0])
                return found[1]
            draft.exchange(first, before[0])
        return None

    def _crossed(self, draft: Draft, slot: int, other: int) -> Integers:
        return self._crossed_items(draft, slot, int(draft.chosen[other]))

    def _crossed_items(self, draft: Draft, slot: int, model: int) -> Integers:
        """Return candidates of the position's own range with the traits of another item."""
        cell_of = self.stock.cell_of
        cell = int(cell_of[draft.chosen[slot]])
        wanted = self.traits[cell_of[model]]
        if wanted == self.traits[cell]:
            return NOWHERE
        cells = self.cells_of_range[self.ranges[cell]]
        cells = cells[self.traits[cells] == wanted]
        cells = cells[self.recent[cells] <= self.recent[cell]]
        counts = np.bincount(cell_of[draft.chosen], minlength=len(self.stock.cells))
        return self._items_of(draft, cells[self._spares_points(counts, cell, cells)])


def _best(draft: Draft, slot: int, candidates: Integers) -> tuple[int, int] | None:
    """Return the best candidate, of equals the one that arrived first, and its penalty."""
    if not len(candidates):
        return None
    penalties = draft.penalties(slot, candidates)
    least = int(penalties.min())
    ties = candidates[penalties == least]
    return int(ties[draft.times[ties].argmin()]), least
