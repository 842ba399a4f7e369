"""Parts of a blueprint 组卷方案: sections, shares, and how many items fall to each range.

The whole blueprint is in ``blueprint_terms``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from item_bank.rules.kinds import ItemKind


@dataclass(frozen=True)
class RangeWeight:
    """A level-3 range 三级鉴定范围 with its weight."""

    code: str
    weight: Decimal


@dataclass(frozen=True)
class SectionTerms:
    """So many items of one kind, of so many points each."""

    kind: ItemKind
    item_count: int
    points_each: Decimal


@dataclass(frozen=True)
class Shares:
    """Goals for a whole paper, as parts of 1; difficulty from 1 easy to 5 hard."""

    core_at_least: Decimal = Decimal("0.70")
    auxiliary_at_most: Decimal = Decimal("0.10")
    difficulty: tuple[Decimal, ...] = tuple(map(Decimal, ("0.10", "0.25", "0.40", "0.20", "0.05")))
    tolerance: Decimal = Decimal("0.05")


DEFAULT_SHARES = Shares()


@dataclass(frozen=True)
class Quota:
    """How many items of a kind a paper takes from a range."""

    range_code: str
    kind: ItemKind
    count: int


def apportion(count: int, ranges: Sequence[RangeWeight]) -> dict[str, int]:
    """Share out ``count`` items over the ranges by largest remainder.

    Exact fractions, so that ties are true ties; they go to the higher weight, then to the
    earlier code, never to chance. The result follows the order of ``ranges``.

    References
    ----------
    .. [1] The method of T. Hare and A. Hamilton for seats in proportion to votes.

    Examples
    --------
    >>> apportion(4, [RangeWeight("A-A-A", Decimal(50)), RangeWeight("A-A-B", Decimal(50))])
    {'A-A-A': 2, 'A-A-B': 2}
    """
    total = sum((Fraction(entry.weight) for entry in ranges), Fraction(0))
    if count < 0 or total <= 0:
        raise ValueError("an apportionment needs a count and positive weights")
    exact = {entry.code: count * Fraction(entry.weight) / total for entry in ranges}
    shares = {code: int(share) for code, share in exact.items()}
    by_claim = sorted(ranges, key=lambda e: (shares[e.code] - exact[e.code], -e.weight, e.code))
    for entry in by_claim[: count - sum(shares.values())]:
        shares[entry.code] += 1
    return shares


def quotas_of(sections: Sequence[SectionTerms], ranges: Sequence[RangeWeight]) -> tuple[Quota, ...]:
    """Return the counts by kind and range, in the order of sections and then codes."""
    ordered = sorted(ranges, key=lambda entry: entry.code)
    return tuple(
        Quota(code, section.kind, count)
        for section in sections
        for code, count in apportion(section.item_count, ordered).items()
        if count
    )
