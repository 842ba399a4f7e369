"""Several examiners: disputes, rulings and merging, with the worked example."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.rules.examiner_panel import (
    DisputeKind,
    MergeRule,
    OpenDisputeError,
    PanelSheet,
    Rulings,
    TooFewSheetsError,
    find_disputes,
    merge_panel,
    merge_totals,
)
from scoring.rules.outcome import publish
from scoring.rules.score_sheet import AllottedItem

ALLOTTED = {
    "1.1": 5,
    "1.2": 5,
    "1.3": 20,
    "1.4": 20,
    "1.5": 10,
    "2.1": 10,
    "2.2": 20,
    "2.3": 10,
}
ITEMS = tuple(AllottedItem(no, no, Decimal(worth)) for no, worth in ALLOTTED.items())
MARKS = {
    1: (4, 5, 14, 10, 8, 7, 10, 6),
    2: (4, 5, 15, 11, 8, 7, 8, 5),
    3: (5, 5, 12, 12, 6, 3, 9, 6),
}


def sheets(*, veto: dict[int, str] | None = None, marks=MARKS):
    seen = veto or {}
    return [
        PanelSheet(e, dict(zip(ALLOTTED, map(Decimal, given_marks), strict=True)), seen.get(e))
        for e, given_marks in marks.items()
    ]


def merge(totals, rule):
    return publish(merge_totals([Decimal(total) for total in totals], rule))


@pytest.mark.parametrize(
    ("totals", "rule", "published"),
    [
        (["59.5", "60", "60.3"], MergeRule.MEAN, "59.9"),
        (["59.9", "60", "59.95"], MergeRule.MEAN, "60.0"),
        (["59.9", "59.9", "60.05"], MergeRule.MEAN, "60.0"),
        (["60", "60", "60"], MergeRule.MEAN, "60.0"),
        (["50", "58", "60", "62", "90"], MergeRule.TRIMMED_MEAN, "60.0"),
        (["50", "58", "60", "62", "90"], MergeRule.MEAN, "64.0"),
        (["40", "60", "61"], MergeRule.MEDIAN, "60.0"),
        (["64", "63", "58"], MergeRule.MEAN, "61.7"),
        (["64", "63", "62"], MergeRule.ITEM_MEAN, "63.0"),
        (["60", "61", "62", "63"], MergeRule.MEDIAN, "61.5"),
    ],
)
def test_totals_are_merged_exactly_and_published_half_up(totals, rule, published):
    assert str(merge(totals, rule)) == published


@pytest.mark.parametrize(
    ("totals", "rule"),
    [
        (["60", "61"], MergeRule.MEAN),
        (["60", "61"], MergeRule.MEDIAN),
        (["60", "61", "62", "63"], MergeRule.TRIMMED_MEAN),
    ],
)
def test_too_few_sheets_cannot_be_merged(totals, rule):
    with pytest.raises(TooFewSheetsError):
        merge(totals, rule)


def test_the_worked_example_has_one_dispute_about_item_2_1():
    (dispute,) = find_disputes(ITEMS, sheets())
    assert (dispute.kind, dispute.target) == (DisputeKind.ITEM, "2.1")
    assert (dispute.spread, dispute.limit) == (4, 3)
    assert dispute.marks == {1: 7, 2: 7, 3: 3}


def test_an_open_dispute_blocks_the_merge():
    with pytest.raises(OpenDisputeError, match=r"2\.1"):
        merge_panel(ITEMS, sheets(), MergeRule.MEAN)


def test_the_ruling_replaces_the_item_for_everyone():
    mark = merge_panel(ITEMS, sheets(), MergeRule.MEAN, Rulings(items={"2.1": Decimal(7)}))
    assert mark.totals == {1: 64, 2: 63, 3: 62}
    assert (mark.exact, mark.published) == (63, Decimal("63.0"))


def test_two_valid_sheets_are_blocked_before_anything_else():
    two = {e: MARKS[e] for e in (1, 3)}
    with pytest.raises(TooFewSheetsError):
        merge_panel(ITEMS, sheets(marks=two), MergeRule.MEAN)


def test_totals_more_than_10_apart_are_disputed():
    low = (4, 5, 9, 5, 6, 7, 10, 6)  # no item beyond its limit, 52 in all
    (dispute,) = find_disputes(ITEMS, sheets(marks={1: MARKS[1], 2: MARKS[1], 3: low}))
    assert dispute.kind is DisputeKind.TOTAL
    assert (dispute.spread, dispute.limit) == (12, 10)


def test_a_spread_of_exactly_the_limit_is_no_dispute():
    other = (4, 5, 14, 10, 8, 4, 10, 6)  # 2.1 differs by 3 of 10
    assert find_disputes(ITEMS, sheets(marks={1: MARKS[1], 2: MARKS[1], 3: other})) == ()


def test_a_ruled_total_stands_for_the_panel():
    mark = merge_panel(ITEMS, sheets(), MergeRule.MEAN, Rulings(total=Decimal("61.5")))
    assert mark.published == Decimal("61.5")


def test_a_veto_seen_by_one_of_three_is_disputed():
    found = find_disputes(ITEMS, sheets(veto={2: "违章操作"}), Rulings(items={"2.1": Decimal(7)}))
    assert [dispute.kind for dispute in found] == [DisputeKind.VETO]
    assert found[0].marks == {1: 0, 2: 1, 3: 0}


def test_a_veto_seen_by_all_gives_0_and_the_flag():
    mark = merge_panel(ITEMS, sheets(veto=dict.fromkeys(MARKS, "违章操作")), MergeRule.MEAN)
    assert (mark.published, mark.is_veto) == (Decimal("0.0"), True)


@pytest.mark.parametrize(("stands", "published"), [(True, "0.0"), (False, "63.0")])
def test_the_lead_rules_whether_a_veto_stands(stands, published):
    rulings = Rulings(items={"2.1": Decimal(7)}, veto_stands=stands)
    mark = merge_panel(ITEMS, sheets(veto={2: "违章操作"}), MergeRule.MEAN, rulings)
    assert (str(mark.published), mark.is_veto) == (published, stands)


def test_overtime_is_taken_off_each_total():
    late = [PanelSheet(s.examiner_id, s.marks, None, Decimal(5)) for s in sheets()]
    mark = merge_panel(ITEMS, late, MergeRule.MEAN, Rulings(items={"2.1": Decimal(7)}))
    assert mark.published == Decimal("58.0")


totals_lists = st.lists(st.decimals(0, 100, places=2), min_size=5, max_size=9)


@given(totals_lists, st.sampled_from(MergeRule), st.randoms())
def test_the_merge_does_not_depend_on_the_order_and_stays_between_the_totals(totals, rule, chance):
    merged = merge_totals(totals, rule)
    assert Fraction(min(totals)) <= merged <= Fraction(max(totals))
    assert 0 <= publish(merged) <= 100
    shuffled = list(totals)
    chance.shuffle(shuffled)
    assert merge_totals(shuffled, rule) == merged


@given(totals_lists)
def test_the_mean_times_the_number_is_the_sum(totals):
    assert merge_totals(totals, MergeRule.MEAN) * len(totals) == sum(map(Fraction, totals))
