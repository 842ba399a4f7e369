"""How the items of a blueprint fall to the ranges, shown so that a person can check it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from item_bank.rules.blueprint import RangeWeight, SectionTerms, apportion
from item_bank.rules.kinds import ItemKind


@dataclass(frozen=True)
class Share:
    """What one type takes from one range."""

    kind: ItemKind
    exact: Fraction  # the weight's share of the items of the type
    count: int
    in_stock: int

    @property
    def floor(self) -> int:
        """Return the whole part of the exact share."""
        return int(self.exact)

    @property
    def gets_remainder(self) -> bool:
        """Say whether the range got one more for its remainder."""
        return self.count > self.floor

    @property
    def is_short(self) -> bool:
        """Say whether the bank holds fewer items than one paper takes."""
        return self.in_stock < self.count


@dataclass(frozen=True)
class AllocationRow:
    """What a paper takes from one range."""

    range_code: str
    weight: Decimal
    shares: tuple[Share, ...]
    points: Decimal

    @property
    def count(self) -> int:
        """Return the items of all types."""
        return sum(share.count for share in self.shares)


def allocation(
    sections: Sequence[SectionTerms],
    ranges: Sequence[RangeWeight],
    stock: Mapping[tuple[str, ItemKind], int],
) -> tuple[AllocationRow, ...]:
    """Share out the items of every section over the ranges; nothing without weights.

    ``stock`` counts the banked items by range and type.
    """
    total = sum((Fraction(entry.weight) for entry in ranges), Fraction(0))
    if total <= 0:
        return ()
    counts = [apportion(section.item_count, ranges) for section in sections]
    rows = []
    for entry in sorted(ranges, key=lambda entry: entry.code):
        shares = tuple(
            Share(
                section.kind,
                section.item_count * Fraction(entry.weight) / total,
                given[entry.code],
                stock.get((entry.code, section.kind), 0),
            )
            for section, given in zip(sections, counts, strict=True)
        )
        points = sum(
            (s.count * section.points_each for s, section in zip(shares, sections, strict=True)),
            Decimal(0),
        )
        rows.append(AllocationRow(entry.code, entry.weight, shares, points))
    return tuple(rows)
