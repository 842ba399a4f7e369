"""Paper assembly 组卷: draws a paper from the bank by its blueprint and a seed.

Hard, or refused with every deficit named: the counts by range and kind, and no point twice while
others of its range are unused. Soft, improved as far as the bank allows and reported: shares of
importance and difficulty, and items not used in the last papers of the same city. The seam is
``assemble``; how a paper is found inside may change with ``ENGINE_VERSION``.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from item_bank.rules.blueprint import (
    DEFAULT_SHARES,
    Quota,
    RangeWeight,
    SectionTerms,
    Shares,
    quotas_of,
)
from item_bank.rules.drawing import spread_over_points
from item_bank.rules.item import sha256_of
from item_bank.rules.kinds import KIND_NAMES, ItemKind
from item_bank.rules.pool import PoolItem
from item_bank.rules.shares import Margins, margins_of, repair
from registry.errors import AssessmentError

ENGINE_VERSION = "draw-1"
SEED_LIMIT = 2**31  # seeds are kept in a 32-bit signed column


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


@dataclass(frozen=True)
class Deficit:
    """A range that lacks items of a kind."""

    range_code: str
    kind: ItemKind
    needed: int
    missing: int

    @property
    def words(self) -> str:
        """Return the deficit as a person reads it."""
        name = KIND_NAMES[self.kind]
        return f"{self.range_code} {name}：需 {self.needed}，缺 {self.missing}"


class InfeasiblePaperError(AssessmentError):
    """The bank cannot meet the hard counts; nothing is relaxed."""

    code = "infeasible_paper"
    text = "题库数量不足，无法组卷。{deficits}。请补充试题后重试。"

    def __init__(self, deficits: Sequence[Deficit]) -> None:
        super().__init__(deficits="；".join(deficit.words for deficit in deficits))
        self.deficits = tuple(deficits)


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
    InfeasiblePaperError
        With the deficits by range and kind.
    """
    if not 0 <= seed < SEED_LIMIT:
        raise ValueError(f"a seed lies from 0 to {SEED_LIMIT - 1}")
    bank = sorted(pool, key=lambda item: item.code)
    quotas = quotas_of(request.sections, request.ranges)
    deficits = find_deficits(quotas, bank)
    if deficits:
        raise InfeasiblePaperError(deficits)
    random = np.random.Generator(np.random.PCG64(seed))
    chosen = repair(_draw(quotas, bank, random), bank, request.shares, random)
    return AssembledPaper(
        engine_version=ENGINE_VERSION,
        seed=seed,
        bank_hash=bank_hash(bank),
        items=_positions(request.sections, chosen, random),
        margins=margins_of(chosen, request.shares),
    )


def find_deficits(quotas: Iterable[Quota], pool: Iterable[PoolItem]) -> tuple[Deficit, ...]:
    """Return the ranges and kinds for which the pool holds too few items."""
    stock = Counter((item.range_code, item.kind) for item in pool)
    return tuple(
        Deficit(quota.range_code, quota.kind, quota.count, missing)
        for quota in quotas
        if (missing := quota.count - stock[quota.range_code, quota.kind]) > 0
    )


def bank_hash(pool: Iterable[PoolItem]) -> str:
    """Return the SHA-256 of the snapshot that papers are drawn from, whatever its order."""
    return sha256_of(
        sorted(
            [i.code, i.content_hash, i.kind, i.point_code, i.importance, i.difficulty, i.is_recent]
            for i in pool
        )
    )


def _draw(
    quotas: Sequence[Quota], bank: Sequence[PoolItem], random: np.random.Generator
) -> list[PoolItem]:
    """Draw by chance within the hard rules; fresh items before recently used ones."""
    stock: dict[str, list[PoolItem]] = {}
    for place in random.permutation(len(bank)).tolist():
        stock.setdefault(bank[place].range_code, []).append(bank[place])
    demand: dict[str, list[ItemKind]] = {}
    for quota in quotas:
        demand.setdefault(quota.range_code, []).extend([quota.kind] * quota.count)
    chosen: list[PoolItem] = []
    for range_code, kinds in demand.items():
        order = random.permutation(len(kinds)).tolist()
        chosen += _draw_range([kinds[place] for place in order], stock[range_code])
    return chosen


def _draw_range(demand: Sequence[ItemKind], shuffled: Sequence[PoolItem]) -> list[PoolItem]:
    cells: dict[tuple[ItemKind, str], list[PoolItem]] = {}
    for item in sorted(shuffled, key=lambda item: item.is_recent):  # stable: keeps the shuffle
        cells.setdefault((item.kind, item.point_code), []).append(item)
    fresh = Counter((item.kind, item.point_code) for item in shuffled if not item.is_recent)
    every = Counter((item.kind, item.point_code) for item in shuffled)
    points = list(dict.fromkeys(item.point_code for item in shuffled))
    stocks = (every,) if fresh == every else (fresh, every)
    taken = spread_over_points(demand, stocks, points)
    return [item for cell, count in taken.items() for item in cells[cell][:count]]


def _positions(
    sections: Sequence[SectionTerms], chosen: Sequence[PoolItem], random: np.random.Generator
) -> tuple[AssembledItem, ...]:
    """Number the items section by section, in random order inside a section."""
    items: list[AssembledItem] = []
    for section in sections:
        mine = sorted((i for i in chosen if i.kind is section.kind), key=lambda item: item.code)
        for place in random.permutation(len(mine)).tolist():
            item = mine[place]
            position = len(items) + 1
            items.append(
                AssembledItem(
                    position, section.kind, item.version_id, item.code, section.points_each
                )
            )
    return tuple(items)
