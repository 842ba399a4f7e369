"""Theory answers marked against the frozen key."""

from dataclasses import dataclass
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from item_bank.rules.kinds import ItemKind
from scoring.rules.marking import MultipleChoiceMarking, mark_theory


@dataclass(frozen=True)
class Keyed:
    position: int
    kind: ItemKind
    points: Decimal
    key: frozenset[str]


SINGLE = Keyed(1, ItemKind.SINGLE_CHOICE, Decimal(1), frozenset("b"))
MULTIPLE = Keyed(2, ItemKind.MULTIPLE_CHOICE, Decimal("1.5"), frozenset("abd"))
JUDGEMENT = Keyed(3, ItemKind.TRUE_FALSE, Decimal("0.1"), frozenset({"right"}))
KEY = (SINGLE, MULTIPLE, JUDGEMENT)


def test_right_answers_earn_all_points_exactly():
    mark = mark_theory(KEY, {1: frozenset("b"), 2: frozenset("abd"), 3: frozenset({"right"})})
    assert (mark.total, mark.full) == (Decimal("2.6"), Decimal("2.6"))
    assert all(item.is_right for item in mark.items)


def test_a_blank_paper_earns_nothing():
    assert mark_theory(KEY, {}).total == 0


def test_a_wrong_judgement_takes_nothing_away():
    mark = mark_theory(KEY, {1: frozenset("b"), 3: frozenset({"wrong"})})
    assert mark.total == 1


@pytest.mark.parametrize("answer", ["ab", "abcd", "abc", "a", ""])
def test_multiple_choice_earns_for_the_exact_set_only(answer):
    assert mark_theory([MULTIPLE], {2: frozenset(answer)}).total == 0


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("abd", "1.5"), ("ab", "0.75"), ("a", "0.75"), ("abc", "0"), ("c", "0"), ("", "0")],
)
def test_a_part_of_the_set_earns_half_where_the_province_says_so(answer, expected):
    policy = MultipleChoiceMarking.HALF_FOR_SUBSET
    mark = mark_theory([MULTIPLE], {2: frozenset(answer)}, multiple_choice=policy)
    assert mark.total == Decimal(expected)


def test_two_options_on_a_single_choice_item_earn_nothing():
    assert mark_theory([SINGLE], {1: frozenset("ab")}).total == 0


def test_marks_outside_the_paper_are_ignored():
    assert mark_theory([SINGLE], {1: frozenset("b"), 99: frozenset("a")}).total == 1


@pytest.mark.parametrize(
    "key", [[], [SINGLE, SINGLE], [Keyed(1, SINGLE.kind, Decimal(1), frozenset())]]
)
def test_a_key_that_cannot_be_is_a_bug(key):
    with pytest.raises(ValueError, match=r"paper has items|no right option"):
        mark_theory(key, {})


points = st.decimals(min_value=0, max_value=100, places=3)


@given(st.lists(st.tuples(points, st.booleans()), min_size=1, max_size=200), st.randoms())
def test_the_sum_is_exact_and_does_not_depend_on_the_order(papers, chance):
    key = [
        Keyed(n, ItemKind.SINGLE_CHOICE, worth, frozenset("a"))
        for n, (worth, _) in enumerate(papers, start=1)
    ]
    answers = {n: frozenset("a" if ok else "b") for n, (_, ok) in enumerate(papers, start=1)}
    expected = sum(int(worth * 1000) for worth, ok in papers if ok)
    mark = mark_theory(key, answers)
    assert mark.total * 1000 == expected
    assert 0 <= mark.total <= mark.full
    chance.shuffle(key)
    assert mark_theory(key, answers).total == mark.total
