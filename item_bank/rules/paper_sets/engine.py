"""Assembles a set of papers by one blueprint; this is the module to call.

``assemble_set(terms, bank, papers=50, seed=1)`` returns a ``PaperSet``: the papers with the order
of their items and options, and a ``FairnessReport``. ``AssemblyTerms`` says what is wanted,
``PoolItem`` what is known of an item. Two errors tell why nothing was assembled:
``FaultyTermsError`` (the wishes make no sense by themselves) and ``InfeasiblePaperError`` (its
``deficits`` name what the bank lacks). The same terms, bank and seed give the same set, whatever
the order of the bank; each paper has a stream of random numbers of its own.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from item_bank.rules.paper_sets.cell_model import CellModel, Counts
from item_bank.rules.paper_sets.cells import Stock, even_counts, stock_of
from item_bank.rules.paper_sets.deficits import (
    InfeasiblePaperError,
    deficits_of,
    enemy_deficits,
    find_deficits,
)
from item_bank.rules.paper_sets.draft import Draft, Goals
from item_bank.rules.paper_sets.drawing import draw, race_times
from item_bank.rules.paper_sets.enemies import undominated
from item_bank.rules.paper_sets.exposure import ExposureCaps
from item_bank.rules.paper_sets.holdings import Holdings
from item_bank.rules.paper_sets.item_model import MICRO, Floats, Integers
from item_bank.rules.paper_sets.item_programme import ItemProgramme
from item_bank.rules.paper_sets.overlap import FreshShares, overlap_limit
from item_bank.rules.paper_sets.placing import placed_papers
from item_bank.rules.paper_sets.repair import Repair
from item_bank.rules.paper_sets.report import DrawnSet, report_on
from item_bank.rules.paper_sets.results import PaperSet
from item_bank.rules.paper_sets.terms import AssemblyTerms, SetMode, check_terms
from item_bank.rules.pool import PoolItem, bank_hash
from registry.errors import AssessmentError

ENGINE_VERSION = "cells-2"
SEED_LIMIT = 2**31  # seeds are kept in a 32-bit signed column
MOST_PAPERS = 5_000
SHARES = 1  # names the stream of random numbers that shares out fresh items


class FaultyTermsError(AssessmentError):
    """The terms contradict themselves; the bank was not even looked at."""

    code = "faulty_terms"
    text = "组卷要求有误，没有组卷。{faults}请改正后重试。"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__(faults="".join(faults))
        self.faults = tuple(faults)


def assemble_set(
    terms: AssemblyTerms,
    bank: Iterable[PoolItem],
    *,
    papers: int,
    seed: int,
    mode: SetMode = SetMode.PARALLEL,
) -> PaperSet:
    """Assemble so many papers.

    Parameters
    ----------
    terms : AssemblyTerms
        Sections, ranges and bounds.
    bank : iterable of PoolItem
        The banked items of the project, in any order.
    papers : int
        How many papers; of A and B versions, how many pairs.
    seed : int
        From 0 to 2**31 - 1; feeds PCG64 generators.
    mode : SetMode
        What the papers are for.

    Raises
    ------
    FaultyTermsError
        When the terms cannot be met by any bank, or two items have the same code.
    InfeasiblePaperError
        With everything the bank lacks.
    """
    if not 0 <= seed < SEED_LIMIT or not 0 < papers <= MOST_PAPERS:
        raise ValueError(f"seeds lie below {SEED_LIMIT}, papers from 1 to {MOST_PAPERS}")
    pool = list(bank)
    faults = faults_of(terms, pool)
    if faults:
        raise FaultyTermsError(faults)
    stock = stock_of(terms, pool)
    assembler = _Assembler(terms, stock, papers, seed)
    chosen = [assembler.next_paper(number) for number in range(1, papers + 1)]
    placed = [
        paper
        for number, items in enumerate(chosen, start=1)
        for paper in placed_papers(terms, stock, items, number=number, seed=seed, mode=mode)
    ]
    drawn = DrawnSet(terms, stock, assembler.holdings, tuple(chosen), assembler.caps)
    expected = drawn.expected()
    return PaperSet(
        engine_version=ENGINE_VERSION,
        seed=seed,
        mode=mode,
        bank_hash=bank_hash(pool),
        papers=tuple(replace(p, expected=expected[p.number - 1]) for p in placed),
        report=report_on(drawn, assembler.goals, placed),
    )


class _Assembler:
    """Chooses the items of one paper after another."""

    def __init__(self, terms: AssemblyTerms, stock: Stock, papers: int, seed: int) -> None:
        self.stock = stock
        self.seed = seed
        sizes = stock.sizes(np.ones(len(stock.items), dtype=bool))
        deficits = deficits_of(stock, papers, terms.exposure_at_most)
        if deficits:
            raise InfeasiblePaperError(deficits)
        self.holdings = Holdings(terms, stock, papers)
        self.caps = ExposureCaps(terms, stock, sizes, papers)
        even = even_counts(stock, sizes)
        self.model = CellModel(stock, even)
        self.goals = goals_of(terms, stock, self.holdings, even)
        self.fresh = FreshShares(stock, papers, self.goals.overlap_at_most, self.caps.usual)
        self.repair = Repair(stock)

    def next_paper(self, number: int) -> Integers:
        """Choose and record the items of the paper with that number."""
        random = np.random.Generator(np.random.PCG64([self.seed, number]))
        counts = self._shared_counts(number) or self._counts(random)
        times = race_times(self.holdings, self.caps.free(self.holdings.uses), random)
        draft = Draft(
            self.holdings, self.goals, draw(self.holdings, counts.of_cell, times, random), times
        )
        self.repair.run(draft, random)
        if draft.enemies():
            draft = Draft(self.holdings, self.goals, self._without_enemies(draft), draft.times)
            self.repair.run(draft, random)
        self.holdings.take(draft.chosen)
        return np.sort(draft.chosen)

    def _shared_counts(self, number: int) -> Counts | None:
        """Return counts that leave other papers their share of fresh items, where those are few."""
        random = np.random.Generator(np.random.PCG64([self.seed, number, SHARES]))
        free = self.caps.free(self.holdings.uses)
        allowed = self.fresh.allowed(race_times(self.holdings, free, random), random)
        if allowed is None:
            return None
        return self.model.solve(self.stock.sizes(free & allowed), random)

    def _counts(self, random: np.random.Generator) -> Counts:
        while True:
            sizes = self.stock.sizes(self.caps.free(self.holdings.uses))
            counts = self.model.solve(sizes, random)
            if counts is not None:
                return counts
            deficits = find_deficits(self.stock, sizes)
            if not self.caps.lift(deficits):
                raise InfeasiblePaperError(deficits)

    def _without_enemies(self, draft: Draft) -> Integers:
        """Choose exactly, where cells alone could not keep enemies apart."""
        groups = self.holdings.groups
        times = draft.times
        while True:
            free = np.flatnonzero(self.caps.free(self.holdings.uses))
            ranks = np.argsort(np.argsort(times, kind="stable"), kind="stable") / len(times)
            places = np.intersect1d(undominated(self.stock, groups, -ranks), free)
            found = ItemProgramme(self.stock, groups, places).cheapest(ranks[places])
            if found is not None:
                return found.places
            deficits = enemy_deficits(self.stock, groups, free)
            if not self.caps.lift(deficits):
                raise InfeasiblePaperError(deficits)


def goals_of(terms: AssemblyTerms, stock: Stock, holdings: Holdings, even: Floats) -> Goals:
    """Return the goals; without given targets, what an even draw from the bank would expect."""
    targets = np.array(terms.band.targets, dtype=np.float64) * MICRO
    if not terms.band.targets:
        sizes = np.maximum(np.bincount(stock.cell_of, minlength=len(stock.cells)), 1)
        shares = (even / sizes)[stock.cell_of]  # summed without BLAS, whose order may vary
        targets = (shares[:, None] * holdings.scores).sum(axis=0)
    return Goals(
        np.rint(targets).astype(np.int64),
        round(terms.band.half_width * MICRO),
        overlap_limit(terms, stock, holdings.papers),
    )


def faults_of(terms: AssemblyTerms, pool: Sequence[PoolItem]) -> list[str]:
    """Return what makes assembly senseless, whatever the bank holds."""
    faults = list(check_terms(terms))
    if len({item.code for item in pool}) < len(pool):
        faults.append("题库中有编号相同的试题。")
    return faults
