"""Counting working days 工作日 by the official calendar with its make-up days 调休.

The calendar of a year is published late in the year before; where it is not yet known, the count
is provisional.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

AUDIT_WORKING_DAYS: Final = 10  # for the eligibility audit, part 3 (2) 2 of the notice
_SATURDAY = 5
_FIXED_DAYS_OFF: Final = frozenset({(1, 1), (5, 1), (5, 2), (10, 1), (10, 2), (10, 3)})


@dataclass(frozen=True)
class Deadline:
    """The last day of a term, until midnight; provisional when a year had no official data."""

    due_on: date
    is_provisional: bool


def nth_working_day(start_on: date, count: int, official: Mapping[date, bool]) -> Deadline:
    """Return the ``count``-th working day after ``start_on``, which itself does not count.

    ``official`` holds the days that the calendar names: True for a make-up working day, False
    for a day off. A year without any such day has no official calendar: there Monday to Friday
    without the holidays of fixed date count.
    """
    if count < 1:
        raise ValueError("a term has at least one day")
    years = frozenset(day.year for day in official)
    day, left, provisional = start_on, count, False
    while left:
        day += timedelta(days=1)
        provisional = provisional or day.year not in years
        left -= _is_working_day(day, official, years)
    return Deadline(day, provisional)


def working_days_left(today: date, due_on: date, official: Mapping[date, bool]) -> int:
    """Return how many working days remain after today; negative when the term is over."""
    years = frozenset(day.year for day in official)
    earlier, later = sorted((today, due_on))
    days = (earlier + timedelta(days=n) for n in range(1, (later - earlier).days + 1))
    count = sum(_is_working_day(day, official, years) for day in days)
    return count if due_on >= today else -count


def _is_working_day(day: date, official: Mapping[date, bool], years: frozenset[int]) -> bool:
    if day in official:
        return official[day]
    if day.year not in years and (day.month, day.day) in _FIXED_DAYS_OFF:
        return False
    return day.weekday() < _SATURDAY
