"""Marks theory answers against the frozen key of a paper. Knows neither cards nor screens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final, Protocol

from item_bank.rules.kinds import ItemKind
from scoring.rules.errata import NO_ERRATA, Correction, Remedy
from scoring.rules.sums import exact_sum

NO_ANSWER: Final[frozenset[str]] = frozenset()


class KeyedItem(Protocol):
    """One position of a frozen paper with the canonical ids that are right."""

    @property
    def position(self) -> int:
        """The place in the printed order, from 1."""

    @property
    def kind(self) -> ItemKind:
        """The type of the item."""

    @property
    def points(self) -> Decimal:
        """What the item is worth."""

    @property
    def key(self) -> frozenset[str]:
        """The canonical ids of the right options."""


class MultipleChoiceMarking(StrEnum):
    """How a multiple-choice item 多项选择题 is marked when the set is not complete."""

    EXACT_SET = "exact_set"  # anything but the exact set earns nothing
    HALF_FOR_SUBSET = "half_for_subset"  # half the points for right options only, but not all


@dataclass(frozen=True)
class ItemMark:
    """What one item earned."""

    position: int
    points: Decimal
    mark: Decimal
    answer: frozenset[str]
    is_right: bool
    correction: Correction | None = None


@dataclass(frozen=True)
class TheoryMark:
    """The exact sum over a paper, out of the sum of its points.

    ``removed`` are the points of items that an erratum took out; ``scaled`` is what is published.
    """

    total: Decimal
    full: Decimal
    items: tuple[ItemMark, ...]
    removed: Decimal = Decimal(0)

    @property
    def scaled(self) -> Fraction:
        """Return the total brought back to the full mark."""
        return scaled_total(self.total, self.full, self.removed)


def mark_theory(
    key: Sequence[KeyedItem],
    answers: Mapping[int, frozenset[str]],
    *,
    multiple_choice: MultipleChoiceMarking = MultipleChoiceMarking.EXACT_SET,
    errata: Mapping[int, Correction] = NO_ERRATA,
) -> TheoryMark:
    """Mark the answers of one candidate; the sums are exact.

    A wrong answer never takes points away (判断题 included); more than one option on an item
    with one right option earns nothing; answers at positions that the paper lacks are ignored.
    ``errata`` holds by position what was decided about faulty items.
    Source: writing guide of the national item bank; multiple choice as set by the province.
    Raises ``ValueError`` for an empty key, repeated positions or an item without a right option.
    """
    positions = [item.position for item in key]
    if not positions or len(set(positions)) != len(positions):
        raise ValueError("a paper has items, each at a position of its own")
    items = tuple(
        _corrected(
            _mark_item(item, answers.get(item.position, NO_ANSWER), multiple_choice),
            errata.get(item.position),
        )
        for item in key
    )
    return TheoryMark(
        total=exact_sum(item.mark for item in items),
        full=exact_sum(item.points for item in items),
        items=items,
        removed=exact_sum(item.points for item in items if _is_removed(item)),
    )


def scaled_total(total: Decimal, full: Decimal, removed: Decimal) -> Fraction:
    """Bring the total of the items that count back to the full mark.

    >>> scaled_total(Decimal(57), Decimal(100), Decimal(2))
    Fraction(2850, 49)
    """
    if removed >= full:
        raise ValueError("a paper cannot lose all its items")
    return Fraction(total) * Fraction(full) / (Fraction(full) - Fraction(removed))


def _is_removed(item: ItemMark) -> bool:
    return item.correction is not None and item.correction.remedy is Remedy.REMOVE


def _corrected(item: ItemMark, correction: Correction | None) -> ItemMark:
    """Apply what was decided about an item; an accepted answer never loses by it."""
    if correction is None:
        return item
    if correction.remedy is Remedy.REMOVE:
        return replace(item, mark=Decimal(0), is_right=False, correction=correction)
    is_right = (
        item.is_right or correction.remedy is Remedy.GIVE_ALL or item.answer in correction.accepted
    )
    mark = item.points if is_right else item.mark
    return replace(item, mark=mark, is_right=is_right, correction=correction)


def _mark_item(
    item: KeyedItem, answer: frozenset[str], multiple_choice: MultipleChoiceMarking
) -> ItemMark:
    if not item.key or item.points < 0:
        raise ValueError(f"item {item.position} has no right option, or points below zero")
    is_right = answer == item.key
    mark = item.points if is_right else _partial(item, answer, multiple_choice)
    return ItemMark(item.position, item.points, mark, answer, is_right)


def _partial(
    item: KeyedItem, answer: frozenset[str], multiple_choice: MultipleChoiceMarking
) -> Decimal:
    halves = multiple_choice is MultipleChoiceMarking.HALF_FOR_SUBSET
    is_part = bool(answer) and answer < item.key
    if item.kind is not ItemKind.MULTIPLE_CHOICE or not halves or not is_part:
        return Decimal(0)
    half = Fraction(item.points) / 2
    return Decimal(half.numerator) / half.denominator  # a halved decimal is a decimal again
