"""The bank as arrays, and which papers of the set hold which items so far."""

from decimal import Decimal

import numpy as np

from item_bank.rules.kinds import ItemKind
from item_bank.rules.paper_sets.cells import Stock
from item_bank.rules.paper_sets.enemies import groups_of
from item_bank.rules.paper_sets.item_model import Integers, ItemCurves, in_micro
from item_bank.rules.paper_sets.terms import AssemblyTerms


class Holdings:
    """Everything about items that drawing and repair look up by place."""

    def __init__(self, terms: AssemblyTerms, stock: Stock, papers: int) -> None:
        items = stock.items
        self.stock = stock
        worth: dict[ItemKind, Decimal] = {s.kind: s.points_each for s in terms.sections}
        self.curves = ItemCurves.of(items, worth, terms.multiple_credit)
        self.scores = in_micro(self.curves.means(terms.band.thetas))  # (N, T) millionths
        self.groups = groups_of(items)
        self.group_count = int(self.groups.max(initial=0)) + 1
        self.uses = np.zeros(len(items), dtype=np.int64)  # papers of this set
        self.rates = (1.0 + np.array([item.uses for item in items], dtype=np.float64)) ** -3
        self.earlier = np.array([item.uses for item in items], dtype=np.int64)
        self.papers = papers
        self.held = np.zeros((len(items), papers), dtype=np.uint8)
        self.papers_done = 0

    def take(self, chosen: Integers) -> None:
        """Record a finished paper."""
        self.held[chosen, self.papers_done] = 1
        self.papers_done += 1
        self.uses[chosen] += 1
        self.rates[chosen] = (1.0 + self.uses[chosen] + self.earlier[chosen]) ** -3

    def overlaps(self, chosen: Integers) -> Integers:
        """Return how many of the items every finished paper holds."""
        held = self.held[chosen, : self.papers_done]
        shared: Integers = held.sum(axis=0, dtype=np.int64)
        return shared
