"""The admission number 准考证号: 13 digits ``YY CC PPPP SSSS K``.

Year, city, plan of the city in that year, running number in the plan, check digit by ISO 7064
MOD 11,10 (GB/T 17710), which finds every single wrong digit.
"""

import re
from dataclasses import dataclass
from typing import Final

LENGTH: Final = 13
LAST_RUNNING_NO: Final = 9_999
_SHAPE: Final = re.compile(r"[0-9]{13}")
_PLAN_NUMBER: Final = re.compile(r"([0-9]{4})-([0-9]{4})")


@dataclass(frozen=True)
class AdmissionNo:
    """The parts of an admission number."""

    plan_number: str  # YYCC-NNNN
    running_no: int


def check_digit(digits: str) -> str:
    """Return the check digit of ISO 7064 MOD 11,10.

    >>> check_digit("0794")
    '5'
    """
    return str((11 - _carry(digits)) % 10)


def admission_no(plan_number: str, running_no: int) -> str:
    """Compose the number of the ``running_no``-th candidate of a plan ``YYCC-NNNN``.

    >>> admission_no("2605-0037", 1234)
    '2605003712348'
    """
    match = _PLAN_NUMBER.fullmatch(plan_number)
    if match is None or not 1 <= running_no <= LAST_RUNNING_NO:
        raise ValueError(f"no admission number for {plan_number}, {running_no}")
    body = f"{match[1]}{match[2]}{running_no:04d}"
    return body + check_digit(body)


def is_valid_admission_no(text: str) -> bool:
    """Say whether the text has 13 digits and its check digit fits."""
    if _SHAPE.fullmatch(text) is None:
        return False
    return (_carry(text[:-1]) + int(text[-1])) % 10 == 1


def parse_admission_no(text: str) -> AdmissionNo | None:
    """Return the parts of a valid number, else None."""
    if not is_valid_admission_no(text):
        return None
    return AdmissionNo(f"{text[:4]}-{text[4:8]}", int(text[8:12]))


def _carry(digits: str) -> int:
    product = 10
    for digit in digits:
        total = (int(digit) + product) % 10 or 10
        product = 2 * total % 11
    return product
