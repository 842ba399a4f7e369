"""The institution code 机构编码 ``PP CC T NNN`` of the appraisal system.

The province and the cities have numbers of their own here, not those of GB/T 2260. Nanjing's 01
is documented; the other cities follow the order of GB/T 2260.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from registry.errors import InvalidInputError

JIANGSU_CODE: Final = "10"
PROVINCE_DIVISION: Final = "320000"
LAST_SERIAL: Final = 999
_SHAPE: Final = re.compile(r"([0-9]{2})([0-9]{2})([0-4])([0-9]{3})")


class InstitutionType(StrEnum):
    """The fifth digit: what kind of institution."""

    CENTRE = "0"  # 鉴定中心
    NATIONAL_STATION = "1"  # 国家职业技能鉴定所
    LOCAL_STATION = "2"  # 地方鉴定站
    SECTOR_STATION = "3"  # 行业鉴定站
    ENTERPRISE = "4"  # 企业


@dataclass(frozen=True)
class InstitutionCode:
    """The parts of an institution code."""

    appraisal_code: str  # PPCC
    kind: InstitutionType
    serial: int

    def __str__(self) -> str:
        return f"{self.appraisal_code}{self.kind.value}{self.serial:03d}"


def appraisal_code_of(division_code: str) -> str:
    """Return ``PPCC`` of a division: the province 00, its 13 cities 01 to 13; counties as cities.

    >>> appraisal_code_of("320100"), appraisal_code_of("320583"), appraisal_code_of("320000")
    ('1001', '1005', '1000')
    """
    city = division_code[2:4]
    if not division_code.startswith("32") or not city.isdigit() or int(city) > 13:
        raise InvalidInputError(field="行政区划代码", reason="不属于江苏省，请重新选择所在地。")
    return JIANGSU_CODE + city


def city_division_of(division_code: str) -> str:
    """Return the division code of the city that a division belongs to."""
    return division_code[:4] + "00"


def parse_institution_code(text: str) -> InstitutionCode:
    """Read an institution code.

    >>> parse_institution_code("10012003")
    InstitutionCode(appraisal_code='1001', kind=<InstitutionType.LOCAL_STATION: '2'>, serial=3)
    """
    match = _SHAPE.fullmatch(text.strip())
    if match is None or match[4] == "000":
        raise InvalidInputError(field="机构编码", reason="应为8位数字，例如10012003，请核对。")
    return InstitutionCode(match[1] + match[2], InstitutionType(match[3]), int(match[4]))


def filing_number(appraisal_code: str, year: int, serial: int) -> str:
    """Return the number of a filing 备案编号.

    >>> filing_number("1005", 2026, 7)
    'ZXBA-3205-2026-0007'
    """
    return f"ZXBA-32{appraisal_code[2:]}-{year}-{serial:04d}"
