"""One flagship paper by exact optimisation, with the bound that shows how good it is.

For information the optimum is over all items of the bank, though few enter the programme: of a
cell that gives at most u items, only the u best ones without enemies, and enemies better than the
last of those, can be in an optimal paper. For the least deviation as many candidates are taken by
chance; the bound is then that of the candidates.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from item_bank.rules.paper_sets.cells import Stock, even_counts, stock_of
from item_bank.rules.paper_sets.deficits import (
    InfeasiblePaperError,
    deficits_of,
    enemy_deficits,
)
from item_bank.rules.paper_sets.enemies import undominated
from item_bank.rules.paper_sets.engine import (
    FaultyTermsError,
    faults_of,
    goals_of,
)
from item_bank.rules.paper_sets.holdings import Holdings
from item_bank.rules.paper_sets.item_model import MICRO, Floats, Integers
from item_bank.rules.paper_sets.item_programme import ItemProgramme, Solution
from item_bank.rules.paper_sets.placing import placed_papers
from item_bank.rules.paper_sets.results import SetPaper
from item_bank.rules.paper_sets.terms import CUT_THETA, AssemblyTerms, SetMode
from item_bank.rules.pool import PoolItem


class FlagshipObjective(StrEnum):
    """What the paper is best at."""

    INFORMATION = "information"  # most Fisher information at one ability
    DEVIATION = "deviation"  # expected scores nearest to their targets


@dataclass(frozen=True)
class FlagshipTerms:
    """What is wanted of the flagship paper beyond the terms of the set."""

    objective: FlagshipObjective = FlagshipObjective.INFORMATION
    theta: float = CUT_THETA


PLAIN_TERMS = FlagshipTerms()


@dataclass(frozen=True)
class Flagship:
    """The paper, what it reaches, and what no paper could exceed."""

    paper: SetPaper
    terms: FlagshipTerms
    value: float  # information, or the greatest deviation in points
    bound: float  # of the linear relaxation
    is_optimal: bool  # the search ended by itself
    candidate_items: int
    usable_items: int

    @property
    def gap(self) -> float:
        """Return how far the value is from the bound: relative, for a deviation in points."""
        distance = abs(self.bound - self.value)
        if self.terms.objective is FlagshipObjective.DEVIATION:
            return distance
        return distance / max(abs(self.bound), 1e-12)


def flagship_paper(
    terms: AssemblyTerms,
    bank: Iterable[PoolItem],
    *,
    seed: int,
    wanted: FlagshipTerms = PLAIN_TERMS,
) -> Flagship:
    """Assemble the best paper; the seed only orders its items and options.

    Raises the same errors as ``assemble_set``. Overlap and exposure do not bind one paper.
    """
    pool = list(bank)
    faults = faults_of(terms, pool)
    if faults:
        raise FaultyTermsError(faults)
    stock = stock_of(terms, pool)
    deficits = deficits_of(stock, 1, None)
    if deficits:
        raise InfeasiblePaperError(deficits)
    holdings = Holdings(terms, stock, 1)
    sizes = stock.sizes(np.ones(len(stock.items), dtype=bool))
    even = even_counts(stock, sizes)
    found, places = _found(wanted, terms, holdings, even, seed)
    if found is None:
        raise InfeasiblePaperError(
            enemy_deficits(stock, holdings.groups, np.arange(len(stock.items)))
        )
    paper = placed_papers(terms, stock, found.places, number=0, seed=seed, mode=SetMode.PARALLEL)[0]
    sums = holdings.scores[found.places].sum(axis=0)
    return Flagship(
        paper=replace(paper, expected=tuple(total / MICRO for total in sums.tolist())),
        terms=wanted,
        value=found.value,
        bound=found.relaxed,
        is_optimal=found.is_optimal,
        candidate_items=len(places),
        usable_items=len(stock.items),
    )


def _found(
    wanted: FlagshipTerms,
    terms: AssemblyTerms,
    holdings: Holdings,
    even: Floats,
    seed: int,
) -> tuple[Solution | None, Integers]:
    stock = holdings.stock
    if wanted.objective is FlagshipObjective.INFORMATION:
        values = holdings.curves.information(wanted.theta)
        places = undominated(stock, holdings.groups, values)
        return ItemProgramme(stock, holdings.groups, places).best(values[places]), places
    places = _sample(stock, holdings.groups, seed)
    targets = goals_of(terms, stock, holdings, even).targets / MICRO
    programme = ItemProgramme(stock, holdings.groups, places)
    return programme.nearest(holdings.scores[places] / MICRO, targets), places


def _sample(stock: Stock, groups: Integers, seed: int) -> Integers:
    """Return candidates by chance: enough of every cell for any counts, and some more."""
    random = np.random.Generator(np.random.PCG64([seed, 0]))
    return undominated(stock, groups, random.random(len(stock.items)))
