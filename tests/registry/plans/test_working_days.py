"""Counting working days by the official calendar."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.errors import InvalidInputError
from registry.plans.rules.calendar_file import read_calendar
from registry.plans.rules.working_days import nth_working_day, working_days_left
from tests.support.factories import seed_text

YEARS = {2019: 250, 2024: 251, 2025: 248, 2026: 248}
OFFICIAL = {
    day: is_workday
    for year in YEARS
    for day, is_workday in read_calendar(seed_text(f"calendar/{year}.csv")).items()
}
DAYS = st.dates(date(2024, 1, 1), date(2026, 11, 1))


@pytest.mark.parametrize(
    ("submitted", "due"),
    [
        ("2019-11-18", "2019-12-02"),
        ("2026-02-05", "2026-02-26"),
        ("2026-04-24", "2026-05-12"),
        ("2026-09-18", "2026-10-09"),
        ("2026-09-28", "2026-10-16"),
        ("2025-12-20", "2026-01-05"),
        ("2026-12-17", "2026-12-31"),
    ],
)
def test_the_tenth_working_day_follows_the_official_calendar(submitted, due):
    deadline = nth_working_day(date.fromisoformat(submitted), 10, OFFICIAL)
    assert deadline.due_on == date.fromisoformat(due)
    assert not deadline.is_provisional


def test_a_term_into_an_unpublished_year_is_provisional():
    deadline = nth_working_day(date(2026, 12, 25), 10, OFFICIAL)
    assert deadline.is_provisional
    assert deadline.due_on == date(2027, 1, 11)  # New Year's Day is off in every year


@pytest.mark.parametrize(("year", "expected"), YEARS.items())
def test_each_year_has_its_official_number_of_working_days(year, expected):
    before, last = date(year - 1, 12, 31), date(year, 12, 31)
    assert working_days_left(before, last, OFFICIAL) == expected


@given(DAYS, st.integers(1, 40))
def test_the_nth_working_day_leaves_n_working_days(start_on, count):
    due_on = nth_working_day(start_on, count, OFFICIAL).due_on
    assert working_days_left(start_on, due_on, OFFICIAL) == count
    assert working_days_left(start_on, due_on - timedelta(days=1), OFFICIAL) == count - 1


@given(DAYS, st.integers(1, 40))
def test_a_later_start_never_gives_an_earlier_end(start_on, count):
    next_day = start_on + timedelta(days=1)
    first = nth_working_day(start_on, count, OFFICIAL)
    assert first.due_on <= nth_working_day(next_day, count, OFFICIAL).due_on


def test_an_overdue_term_counts_backwards():
    assert working_days_left(date(2026, 10, 12), date(2026, 10, 9), OFFICIAL) == -2


def test_a_term_of_no_days_is_a_mistake_in_the_program():
    with pytest.raises(ValueError, match="at least one day"):
        nth_working_day(date(2026, 1, 1), 0, OFFICIAL)


@pytest.mark.parametrize(
    "text",
    [
        "day_on\n2026-01-01\n",
        "day_on,is_workday\n2026-13-01,0\n",
        "day_on,is_workday\n2026-01-01,2\n",
        "day_on,is_workday\n2026-01-01,0\n2026-01-01,0\n",
        "day_on,is_workday\n2026-01-01\n",
    ],
)
def test_a_faulty_calendar_file_is_refused(text):
    with pytest.raises(InvalidInputError):
        read_calendar(text)
