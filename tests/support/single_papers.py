"""One paper by sections, ranges and shares alone: the engine without the rest of a blueprint."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from item_bank.rules.blueprint import DEFAULT_SHARES, RangeWeight, SectionTerms, Shares
from item_bank.rules.kinds import ItemKind
from item_bank.rules.paper_sets.engine import assemble_set
from item_bank.rules.paper_sets.terms import AssemblyTerms
from item_bank.rules.pool import PoolItem
from item_bank.rules.shares import Margins, margins_of


@dataclass(frozen=True)
class AssemblyRequest:
    """What is wanted of the paper: sections, ranges with weights, soft shares."""

    sections: tuple[SectionTerms, ...]
    ranges: tuple[RangeWeight, ...]
    shares: Shares = DEFAULT_SHARES


@dataclass(frozen=True)
class AssembledItem:
    """One position of the paper."""

    position: int
    kind: ItemKind
    version_id: int
    code: str
    points: Decimal


@dataclass(frozen=True)
class AssembledPaper:
    """A paper as drawn; the same request, bank and seed give the same paper."""

    engine_version: str
    seed: int
    bank_hash: str
    items: tuple[AssembledItem, ...]
    margins: Margins


def assemble(request: AssemblyRequest, pool: Iterable[PoolItem], seed: int) -> AssembledPaper:
    """Draw a paper.

    Parameters
    ----------
    request : AssemblyRequest
        Sections, ranges and goals.
    pool : iterable of PoolItem
        The banked items of the project, in any order.
    seed : int
        From 0 to 2**31 - 1; feeds a PCG64 generator.

    Raises
    ------
    FaultyTermsError
        When the request makes no sense by itself.
    InfeasiblePaperError
        With the deficits by range and kind.
    """
    bank = {item.code: item for item in pool}
    terms = AssemblyTerms(request.sections, request.ranges, request.shares, is_strict=False)
    drawn = assemble_set(terms, bank.values(), papers=1, seed=seed)
    placed = drawn.papers[0].items
    return AssembledPaper(
        engine_version=drawn.engine_version,
        seed=seed,
        bank_hash=drawn.bank_hash,
        items=tuple(
            AssembledItem(item.position, item.kind, item.version_id, item.code, item.points)
            for item in placed
        ),
        margins=margins_of([bank[item.code] for item in placed], request.shares),
    )
