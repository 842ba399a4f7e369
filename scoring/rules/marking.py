"""Marks theory answers against the frozen key of a paper. Knows neither cards nor screens."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from typing import Final, Protocol

from item_bank.rules.kinds import ItemKind
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


@dataclass(frozen=True)
class TheoryMark:
    """The exact sum over a paper, out of the sum of its points."""

    total: Decimal
    full: Decimal
    items: tuple[ItemMark, ...]


def mark_theory(
    key: Sequence[KeyedItem],
    answers: Mapping[int, frozenset[str]],
    *,
    multiple_choice: MultipleChoiceMarking = MultipleChoiceMarking.EXACT_SET,
) -> TheoryMark:
    """Mark the answers of one candidate; the sums are exact.

    A wrong answer never takes points away (判断题 included); more than one option on an item
    with one right option earns nothing; answers at positions that the paper lacks are ignored.
    Source: writing guide of the national item bank; multiple choice as set by the province.
    Raises ``ValueError`` for an empty key, repeated positions or an item without a right option.
    """
    positions = [item.position for item in key]
    if not positions or len(set(positions)) != len(positions):
        raise ValueError("a paper has items, each at a position of its own")
    items = tuple(
        _mark_item(item, answers.get(item.position, NO_ANSWER), multiple_choice) for item in key
    )
    return TheoryMark(
        total=exact_sum(item.mark for item in items),
        full=exact_sum(item.points for item in items),
        items=items,
    )


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
