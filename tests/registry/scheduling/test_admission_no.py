"""The admission number and its check digit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.scheduling.rules.admission_no import (
    AdmissionNo,
    admission_no,
    check_digit,
    is_valid_admission_no,
    parse_admission_no,
)

BODIES = st.from_regex(r"[0-9]{12}", fullmatch=True)


@pytest.mark.parametrize(
    ("body", "number"),
    [
        ("0794", "07945"),
        ("260100120001", "2601001200010"),
        ("260100120002", "2601001200028"),
        ("260500371234", "2605003712348"),
        ("261300010999", "2613000109994"),
    ],
)
def test_the_check_digit_follows_the_standard(body, number):
    assert body + check_digit(body) == number


@given(BODIES, st.integers(0, 12), st.integers(1, 9))
def test_every_single_wrong_digit_is_caught(body, position, step):
    number = body + check_digit(body)
    assert is_valid_admission_no(number)
    wrong = str((int(number[position]) + step) % 10)
    assert not is_valid_admission_no(number[:position] + wrong + number[position + 1 :])


def test_nearly_every_swap_of_neighbours_is_caught():
    swaps = caught = 0
    for running_no in range(1, 500):
        number = admission_no("2605-0037", running_no)
        for position in range(12):
            left, right = number[position : position + 2]
            if left != right:
                swaps += 1
                swapped = number[:position] + right + left + number[position + 2 :]
                caught += not is_valid_admission_no(swapped)
    assert caught / swaps > 0.95


def test_a_number_is_composed_of_plan_and_running_number_and_read_back():
    assert admission_no("2605-0037", 1234) == "2605003712348"
    assert parse_admission_no("2605003712348") == AdmissionNo("2605-0037", 1234)


@pytest.mark.parametrize("text", ["", "2605003712347", "260500371234", "２605003712348", "x" * 13])
def test_anything_else_is_no_admission_number(text):
    assert not is_valid_admission_no(text)
    assert parse_admission_no(text) is None


@pytest.mark.parametrize(
    ("plan", "running"), [("2605-037", 1), ("2605-0037", 0), ("2605-0037", 10000)]
)
def test_impossible_parts_are_a_mistake_in_the_program(plan, running):
    with pytest.raises(ValueError, match="no admission number"):
        admission_no(plan, running)
