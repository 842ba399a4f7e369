"""Ages: the legal working age 法定劳动年龄 as a hard limit, retirement only as a warning.

R-103; the retirement ages follow the gradual rise in force since 1 January 2025.
"""

from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Final

from registry.enrolment.rules.id_number import Gender
from registry.errors import AssessmentError

WORKING_AGE: Final = 16  # full years, Labour Law article 15


class UnderAgeError(AssessmentError):
    """The candidate has not reached the legal working age."""

    code = "under_age"
    text = "考生未满16周岁，未达到法定劳动年龄，不能报名。{allowed_from}起可以报名。"


class RetirementGroup(Enum):
    """Whose retirement age: old age, first month of the rise, months per step, longest delay."""

    MEN = (60, (1965, 1), 4, 36)
    WOMEN_55 = (55, (1970, 1), 4, 36)
    WOMEN_50 = (50, (1975, 1), 2, 60)


@dataclass(frozen=True)
class Retirement:
    """When somebody reaches the statutory retirement age."""

    age_months: int
    year: int
    month: int


def full_years(born_on: date, on: date) -> int:
    """Return the full years of age on a day; born on 29 February counts from 1 March."""
    return on.year - born_on.year - ((on.month, on.day) < (born_on.month, born_on.day))


def sixteenth_birthday(born_on: date) -> date:
    """Return the first day on which the working age is reached."""
    year = born_on.year + WORKING_AGE
    try:
        return born_on.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def require_working_age(born_on: date, on: date) -> None:
    """Raise ``UnderAgeError`` below 16 full years on the reference day (R-103)."""
    if full_years(born_on, on) < WORKING_AGE:
        allowed = sixteenth_birthday(born_on)
        raise UnderAgeError(allowed_from=f"{allowed.year}年{allowed.month}月{allowed.day}日")


def retirement_of(born_on: date, group: RetirementGroup) -> Retirement:
    """Return the retirement age in months and the month in which it is reached."""
    old_age, (year, month), step, longest = group.value
    elapsed = (born_on.year - year) * 12 + born_on.month - month
    delay = min(longest, elapsed // step + 1) if elapsed >= 0 else 0
    age_months = old_age * 12 + delay
    reached = born_on.year * 12 + born_on.month - 1 + age_months
    return Retirement(age_months, reached // 12, reached % 12 + 1)


def retirement_warning(born_on: date, gender: Gender, on: date) -> str | None:
    """Return a note for the auditor above the retirement age, else None.

    For women the group is unknown at enrolment: the later of the two ages counts.
    """
    group = RetirementGroup.MEN if gender is Gender.MALE else RetirementGroup.WOMEN_55
    retirement = retirement_of(born_on, group)
    if (on.year, on.month) <= (retirement.year, retirement.month):
        return None
    return "已超过法定退休年龄，请核对报名意愿"
