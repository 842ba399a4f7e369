"""Deductions, steps, overtime and the sum of a score sheet."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.rules.score_sheet import (
    AllottedItem,
    Criterion,
    MarksRefusedError,
    Overtime,
    Per,
    TimeRule,
    check_marks,
    deduction_of,
    fault_of,
    mark_after,
    overtime_of,
    sheet_total,
)

ITEMS = (AllottedItem("1.1", "准备", Decimal(5)), AllottedItem("1.2", "操作", Decimal(20)))
STEP = Decimal("0.5")
RULE = TimeRule(limit_minutes=30, deduct=Decimal(1), per_minutes=2, stop_after_minutes=10)
halves = st.integers(0, 60).map(lambda n: Decimal(n) / 2)


@pytest.mark.parametrize(
    ("per", "count", "expected"),
    [
        (Per.OCCURRENCE, 0, "0"),
        (Per.OCCURRENCE, 2, "3.0"),
        (Per.OCCURRENCE, 9, "4"),
        (Per.ITEM, 1, "1.5"),
        (Per.ONCE, 3, "1.5"),
    ],
)
def test_a_criterion_takes_off_by_count_up_to_its_limit(per, count, expected):
    criterion = Criterion("仪表使用错误", Decimal("1.5"), per, Decimal(4))
    assert deduction_of(criterion, count) == Decimal(expected)


def test_an_item_of_5_with_deductions_of_8_is_worth_0():
    assert mark_after(Decimal(5), [Decimal(3), Decimal(3), Decimal(2)]) == 0


@given(halves, st.lists(halves))
def test_an_item_never_falls_below_0_or_rises(allotted, deductions):
    assert 0 <= mark_after(allotted, deductions) <= allotted


@pytest.mark.parametrize("mark", ["0", "0.5", "4.5", "5", "5.0"])
def test_marks_in_steps_of_a_half_stand(mark):
    assert fault_of(Decimal(mark), Decimal(5)) is None


@pytest.mark.parametrize("mark", ["-0.5", "5.5", "3.3", "NaN", "Infinity"])
def test_other_marks_do_not(mark):
    assert fault_of(Decimal(mark), Decimal(5)) is not None


def test_every_fault_of_a_sheet_is_named_at_once():
    with pytest.raises(MarksRefusedError) as refusal:
        check_marks(ITEMS, {"1.1": Decimal(6), "9": Decimal(1)}, STEP, complete=True)
    assert refusal.value.faults == {
        "1.1": "得分应在0至5之间。",
        "1.2": "尚未评分。",
        "9": "不是本试卷的考核要素。",
    }
    assert "1.1 得分应在0至5之间。" in refusal.value.message


def test_an_unfinished_sheet_may_be_saved():
    check_marks(ITEMS, {"1.1": Decimal(4)}, STEP, complete=False)


@pytest.mark.parametrize(
    ("minutes", "expected"),
    [
        (20, Overtime(Decimal(0), 20, False)),
        (30, Overtime(Decimal(0), 30, False)),
        (31, Overtime(Decimal(0), 31, False)),
        (32, Overtime(Decimal(1), 32, False)),
        (40, Overtime(Decimal(5), 40, False)),
        (41, Overtime(Decimal(5), 40, True)),
    ],
)
def test_overtime_costs_by_whole_periods_until_the_stop(minutes, expected):
    assert overtime_of(RULE, minutes) == expected


@given(st.lists(halves), halves)
def test_a_sheet_never_falls_below_0(marks, overtime):
    total = sheet_total(marks, overtime)
    assert total == max(Decimal(0), sum(marks) - overtime)
