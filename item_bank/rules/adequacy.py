"""Whether a bank holds enough items 题量分析: by range, type and level, and by point.

A range needs what two papers of a blueprint take from it, at every level of difficulty the share
that papers aim at; a point needs four items (training banks of the ministry).
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final

from item_bank.rules.blueprint import RangeWeight, quotas_of
from item_bank.rules.blueprint_terms import BlueprintTerms
from item_bank.rules.kinds import ItemKind
from item_bank.rules.pool import PoolItem

ENOUGH_PER_POINT: Final = 4
PAPERS: Final = 2  # that can be drawn one after the other without repeating an item
LEVELS: Final = (1, 2, 3, 4, 5)
COLUMNS: Final = tuple((kind, level) for kind in ItemKind for level in LEVELS)
CellKey = tuple[str, ItemKind, int]


class Supply(StrEnum):
    """How well a cell is supplied."""

    UNASKED = "unasked"  # nothing is needed here
    ENOUGH = "enough"
    SHORT = "short"
    EMPTY = "empty"


@dataclass(frozen=True)
class Cell:
    """How many banked items there are and how many are needed."""

    count: int
    need: int

    @property
    def missing(self) -> int:
        """Return how many items are missing."""
        return max(0, self.need - self.count)

    @property
    def supply(self) -> Supply:
        """Return how well the cell is supplied."""
        if not self.need:
            return Supply.UNASKED
        if self.count >= self.need:
            return Supply.ENOUGH
        return Supply.SHORT if self.count else Supply.EMPTY


@dataclass(frozen=True)
class AdequacyLine:
    """A range of level 3 or one of its points, with a cell for every type and level."""

    code: str
    name: str
    cells: tuple[Cell, ...]  # in the order of COLUMNS
    total: Cell
    points: tuple["AdequacyLine", ...] = ()

    @property
    def thin_points(self) -> tuple[str, ...]:
        """Return the codes of points with fewer than four items."""
        return tuple(point.code for point in self.points if point.total.missing)


@dataclass(frozen=True)
class NamedElement:
    """A range or point by its code."""

    code: str
    name: str


def split_by_level(count: int, shares: Sequence[Decimal]) -> tuple[int, ...]:
    """Share a number of items out over the five levels by largest remainder, lower levels first.

    >>> split_by_level(7, [Decimal(s) for s in ("0.10", "0.25", "0.40", "0.20", "0.05")])
    (1, 2, 3, 1, 0)
    """
    exact = [count * Fraction(share) for share in shares]
    found = [int(share) for share in exact]
    by_claim = sorted(range(len(exact)), key=lambda level: (found[level] - exact[level], level))
    for level in by_claim[: count - sum(found)]:
        found[level] += 1
    return tuple(found)


def needs_of(
    blueprints: Iterable[BlueprintTerms], ranges: Sequence[RangeWeight]
) -> Mapping[CellKey, int]:
    """Return what each cell needs so that every blueprint can be drawn twice."""
    needs: dict[CellKey, int] = {}
    if not any(entry.weight > 0 for entry in ranges):
        return needs
    for terms in blueprints:
        for quota in quotas_of(terms.sections, ranges):
            by_level = split_by_level(PAPERS * quota.count, terms.shares.difficulty)
            for level, count in zip(LEVELS, by_level, strict=True):
                key = (quota.range_code, quota.kind, level)
                needs[key] = max(needs.get(key, 0), count)
    return needs


def adequacy_of(
    ranges: Sequence[NamedElement],
    points: Sequence[NamedElement],
    pool: Sequence[PoolItem],
    needs: Mapping[CellKey, int],
) -> tuple[AdequacyLine, ...]:
    """Return a line for every range, with its points below it."""
    by_range = Counter((item.range_code, item.kind, item.difficulty) for item in pool)
    by_point = Counter((item.point_code, item.kind, item.difficulty) for item in pool)
    lines = []
    for entry in ranges:
        own = [point for point in points if point.code.rpartition("-")[0] == entry.code]
        cells = _cells(entry.code, by_range, needs)
        least = max(ENOUGH_PER_POINT * len(own), sum(cell.need for cell in cells))
        lines.append(
            AdequacyLine(
                code=entry.code,
                name=entry.name,
                cells=cells,
                total=Cell(sum(cell.count for cell in cells), least),
                points=tuple(_point_line(point, by_point) for point in own),
            )
        )
    return tuple(lines)


def _point_line(point: NamedElement, counted: Mapping[CellKey, int]) -> AdequacyLine:
    cells = _cells(point.code, counted, {})
    total = Cell(sum(cell.count for cell in cells), ENOUGH_PER_POINT)
    return AdequacyLine(point.code, point.name, cells, total)


def _cells(
    code: str, counted: Mapping[CellKey, int], needs: Mapping[CellKey, int]
) -> tuple[Cell, ...]:
    return tuple(
        Cell(counted.get((code, kind, level), 0), needs.get((code, kind, level), 0))
        for kind, level in COLUMNS
    )
