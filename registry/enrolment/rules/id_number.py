"""The resident ID number 公民身份号码 of GB 11643: reading and checking it.

Which region codes are known is given by the caller; an unknown one only warns, because people
keep the code of the place that issued their first number long after the place is gone.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from registry.errors import AssessmentError
from registry.written_forms import normalise_code

LENGTH: Final = 18
WEIGHTS: Final = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # 2 ** (18 - i) mod 11
CHECK_CHARACTERS: Final = "10X98765432"
OLDEST_YEARS: Final = 120
CHECKED_PROVINCE: Final = "32"  # of this one every code, present and former, is on record
PROVINCES: Final = frozenset(
    str(code)
    for codes in (
        range(11, 16),
        range(21, 24),
        range(31, 38),
        range(41, 47),
        range(50, 55),
        range(61, 66),
        (71,),
        range(81, 84),  # residence permits of people from Hong Kong, Macao, Taiwan
    )
    for code in codes
)
_SHAPE: Final = re.compile(r"[0-9]{17}[0-9X]")
_OLD_SHAPE: Final = re.compile(r"[0-9]{15}")


class Gender(StrEnum):
    """Follows from the sequence code of the ID number."""

    MALE = "male"
    FEMALE = "female"


class IdNumberError(AssessmentError):
    """The ID number cannot be right."""

    code = "id_number_invalid"
    text = "身份证号码有误。请对照身份证原件重新填写。"


class IdNumberLengthError(IdNumberError):
    """Not 18 characters of the right kind."""

    code = "id_number_length"
    text = "身份证号码应为18位（末位可为X），现为{length}位或含有其他字符。请核对后重填。"


class IdNumberProvinceError(IdNumberError):
    """The first two digits name no province."""

    code = "id_number_province"
    text = "身份证号码开头的“{province}”不是省级代码。请核对前两位数字。"


class IdNumberCheckDigitError(IdNumberError):
    """The check character does not fit: at least one character is mistyped."""

    code = "id_number_check_digit"
    text = "身份证号码校验位不符，至少有一位录入错误。请对照身份证原件逐位核对。"


class IdNumberBirthDateError(IdNumberError):
    """The eight digits of the birth date name no day."""

    code = "id_number_birth_date"
    text = "身份证号码中的出生日期“{digits}”不存在。请核对第7至14位数字。"


class IdNumberImplausibleError(IdNumberError):
    """The birth date lies in the future or too far back."""

    code = "id_number_implausible"
    text = "身份证号码中的出生日期{born_on}不合常理。请核对第7至14位数字。"


@dataclass(frozen=True)
class IdNumber:
    """A number that passed every check, and what follows from it."""

    text: str
    born_on: date
    gender: Gender
    warnings: tuple[str, ...] = ()

    @property
    def region(self) -> str:
        """Return the six digits of the region."""
        return self.text[:6]


def check_character(first_seventeen: str) -> str:
    """Return the check character of the first 17 digits (GB 11643, ISO 7064 MOD 11-2).

    >>> check_character("11010519491231002")
    'X'
    """
    total = sum(int(d) * w for d, w in zip(first_seventeen, WEIGHTS, strict=True))
    return CHECK_CHARACTERS[total % 11]


def parse_id_number(text: str, *, today: date, known_regions: Collection[str]) -> IdNumber:
    """Read an ID number as typed; raise an ``IdNumberError`` that says what to mend.

    ``known_regions`` are the present and former codes of Jiangsu; a number of Jiangsu outside
    them is accepted with a warning for the auditor.
    """
    number = normalise_code(text)
    if _SHAPE.fullmatch(number) is None:
        raise IdNumberLengthError(length=len(number))
    if number[:2] not in PROVINCES:
        raise IdNumberProvinceError(province=number[:2])
    if check_character(number[:17]) != number[17]:
        raise IdNumberCheckDigitError
    born_on = _birth_date(number[6:14], today)
    gender = Gender.MALE if int(number[16]) % 2 else Gender.FEMALE
    return IdNumber(number, born_on, gender, _region_warnings(number[:6], known_regions))


def lengthen_old_number(text: str) -> str:
    """Convert a 15-digit number of before 1999, to search old records; raise if it is none.

    >>> lengthen_old_number("110105491231002")
    '11010519491231002X'
    """
    old = normalise_code(text)
    if _OLD_SHAPE.fullmatch(old) is None:
        raise IdNumberLengthError(length=len(old))
    body = f"{old[:6]}19{old[6:]}"
    return body + check_character(body)


def _birth_date(digits: str, today: date) -> date:
    try:
        born_on = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        raise IdNumberBirthDateError(digits=digits) from None
    if born_on > today or today.year - born_on.year > OLDEST_YEARS:
        raise IdNumberImplausibleError(born_on=born_on.isoformat())
    return born_on


def _region_warnings(region: str, known_regions: Collection[str]) -> tuple[str, ...]:
    if not region.startswith(CHECKED_PROVINCE) or region in known_regions:
        return ()
    return (f"身份证号码前六位“{region}”不在江苏现行和曾用代码中，请人工核对原件",)
