"""Whether a bank can carry so many papers of a blueprint now, by drawing them on trial."""

from collections.abc import Sequence
from dataclasses import dataclass

from item_bank.rules.paper_sets.deficits import Deficit, InfeasiblePaperError
from item_bank.rules.paper_sets.engine import FaultyTermsError, assemble_set
from item_bank.rules.paper_sets.results import FairnessReport
from item_bank.rules.paper_sets.terms import AssemblyTerms
from item_bank.rules.pool import PoolItem

TRIAL_SEED = 1


@dataclass(frozen=True)
class Feasibility:
    """What a trial showed; nothing of it is kept."""

    papers: int
    items: int  # in the bank
    enemy_groups: int  # groups of items that exclude one another
    faults: tuple[str, ...] = ()  # of the wishes by themselves
    deficits: tuple[Deficit, ...] = ()  # what the bank lacks
    report: FairnessReport | None = None  # of the papers drawn on trial

    @property
    def is_feasible(self) -> bool:
        """Say whether the papers can be drawn."""
        return self.report is not None


def feasibility_of(terms: AssemblyTerms, pool: Sequence[PoolItem], papers: int) -> Feasibility:
    """Draw papers on trial and tell what came of it."""
    groups = len({name for item in pool for name in item.enemies})
    try:
        drawn = assemble_set(terms, pool, papers=papers, seed=TRIAL_SEED)
    except FaultyTermsError as error:
        return Feasibility(papers, len(pool), groups, faults=error.faults)
    except InfeasiblePaperError as error:
        return Feasibility(papers, len(pool), groups, deficits=error.deficits)
    return Feasibility(papers, len(pool), groups, report=drawn.report)
