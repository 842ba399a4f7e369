"""Certificate numbers 证书编号 and blank serials 流水码.

The 16 digits follow the coding rule of vocational certificates; which kind digit marks a
specific-ability certificate is not confirmed, so it is an argument.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from registry.errors import AssessmentError, InvalidInputError
from registry.written_forms import normalise_code

KIND_DIGIT: Final = 6  # the default; to be confirmed before real use
LAST_NUMBER: Final = 99_999
RANGE_MAX: Final = 10_000  # blanks in one delivery
_SERIAL: Final = re.compile(r"([A-Z]{0,4})([0-9]{6,12})")
_CERTIFICATE_NO: Final = re.compile(r"[0-9]{16}")


class NumbersExhaustedError(AssessmentError):
    """The five digits of the running number are used up for this year."""

    code = "numbers_exhausted"
    text = "机构{institution}本年度证书编号已用完，请联系省中心。"


@dataclass(frozen=True)
class SerialRange:
    """Consecutive blanks; leading zeros matter."""

    prefix: str
    first: int
    last: int
    digits: int

    @property
    def count(self) -> int:
        """Return how many blanks the range holds."""
        return self.last - self.first + 1

    def __iter__(self) -> Iterator[str]:
        return (f"{self.prefix}{n:0{self.digits}d}" for n in range(self.first, self.last + 1))


def certificate_frame(year: int, institution_code: str, kind_digit: int = KIND_DIGIT) -> str:
    """Return ``YY PP CC T NNN L``, in which running numbers are counted.

    >>> certificate_frame(2026, "10012003")
    '26100120036'
    """
    if re.fullmatch(r"[0-9]{8}", institution_code) is None or not 0 <= kind_digit <= 9:
        raise ValueError(f"{institution_code}, {kind_digit}: not an institution and a kind")
    return f"{year % 100:02d}{institution_code}{kind_digit}"


def certificate_no(frame: str, running_no: int) -> str:
    """Return the whole number.

    >>> certificate_no(certificate_frame(2026, "10012003"), 1)
    '2610012003600001'
    """
    if not 1 <= running_no <= LAST_NUMBER:
        raise NumbersExhaustedError(institution=frame[2:10])
    return f"{frame}{running_no:05d}"


def is_certificate_no(text: str) -> bool:
    """Say whether a text has the shape of a certificate number."""
    return _CERTIFICATE_NO.fullmatch(text) is not None


def read_serial(text: str) -> str:
    """Return a blank serial as it is stored; raise ``InvalidInputError`` for another shape."""
    serial = normalise_code(text)
    if _SERIAL.fullmatch(serial) is None:
        reason = "应为0至4个大写字母加6至12位数字，例如JS00000001。"
        raise InvalidInputError(field="流水码", reason=reason)
    return serial


def read_range(first: str, last: str) -> SerialRange:
    """Read the first and the last serial of a delivery; both count."""
    start = _SERIAL.fullmatch(read_serial(first))
    end = _SERIAL.fullmatch(read_serial(last))
    assert start is not None  # read_serial has matched both
    assert end is not None
    if start[1] != end[1] or len(start[2]) != len(end[2]):
        raise InvalidInputError(field="流水码", reason="起止号的字母和位数应相同，请核对。")
    serials = SerialRange(start[1], int(start[2]), int(end[2]), len(start[2]))
    if not 1 <= serials.count <= RANGE_MAX:
        reason = f"止号应不小于起号，一次最多登记{RANGE_MAX}张，请核对。"
        raise InvalidInputError(field="流水码", reason=reason)
    return serials
