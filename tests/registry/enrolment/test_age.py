"""Working age and retirement age."""

from datetime import date

import pytest

from registry.enrolment.rules.age import (
    RetirementGroup,
    UnderAgeError,
    full_years,
    require_working_age,
    retirement_of,
    retirement_warning,
)
from registry.enrolment.rules.id_number import Gender

MEN, W55, W50 = RetirementGroup.MEN, RetirementGroup.WOMEN_55, RetirementGroup.WOMEN_50


def test_the_sixteenth_birthday_is_the_first_day_allowed():
    require_working_age(date(2010, 11, 22), date(2026, 11, 22))
    with pytest.raises(UnderAgeError, match="2026年11月22日"):
        require_working_age(date(2010, 11, 22), date(2026, 11, 21))


def test_a_leap_day_birthday_counts_from_the_first_of_march():
    assert full_years(date(2008, 2, 29), date(2025, 2, 28)) == 16
    assert full_years(date(2008, 2, 29), date(2025, 3, 1)) == 17
    with pytest.raises(UnderAgeError, match="2026年3月1日") as info:
        require_working_age(date(2010, 3, 1), date(2026, 2, 28))
    assert info.value.code == "under_age"


@pytest.mark.parametrize(
    ("group", "born", "age", "reached"),
    [
        (MEN, (1964, 12), (60, 0), (2024, 12)),
        (MEN, (1965, 1), (60, 1), (2025, 2)),
        (MEN, (1965, 5), (60, 2), (2025, 7)),
        (MEN, (1976, 8), (62, 11), (2039, 7)),
        (MEN, (1976, 9), (63, 0), (2039, 9)),
        (MEN, (1990, 3), (63, 0), (2053, 3)),
        (W55, (1981, 9), (58, 0), (2039, 9)),
        (W50, (1975, 3), (50, 2), (2025, 5)),
        (W50, (1984, 11), (55, 0), (2039, 11)),
    ],
)
def test_the_retirement_age_rises_step_by_step(group, born, age, reached):
    retirement = retirement_of(date(*born, 15), group)
    assert divmod(retirement.age_months, 12) == age
    assert (retirement.year, retirement.month) == reached


def test_above_the_retirement_age_there_is_a_warning_and_no_more():
    born_on = date(1965, 1, 15)
    assert retirement_warning(born_on, Gender.MALE, date(2025, 2, 28)) is None
    assert "退休年龄" in (retirement_warning(born_on, Gender.MALE, date(2025, 3, 1)) or "")


def test_women_are_warned_above_the_later_of_their_two_ages():
    born_on = date(1975, 3, 15)
    assert retirement_warning(born_on, Gender.FEMALE, date(2026, 11, 24)) is None
    assert retirement_warning(born_on, Gender.FEMALE, date(2033, 1, 1)) is not None
