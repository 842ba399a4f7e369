"""What a candidate fills in besides the ID number: name, mobile number, lists of choices."""

import re
import unicodedata
from enum import StrEnum
from typing import Final

from registry.errors import InvalidInputError
from registry.written_forms import normalise_code

NAME_LENGTHS: Final = range(2, 31)
_MOBILE: Final = re.compile(r"1[3-9][0-9]{9}")
_DOTS: Final = str.maketrans("•‧・．.", "·····")


class Education(StrEnum):
    """Education 文化程度; for statistics only, never a condition (R-104)."""

    GRADUATE = "研究生"
    UNIVERSITY = "大学本科"
    COLLEGE = "大学专科"
    SECONDARY_VOCATIONAL = "中等专业学校"
    TECHNICAL_SCHOOL = "技工学校"
    SENIOR_HIGH = "高中"
    JUNIOR_HIGH = "初中"
    PRIMARY = "小学"
    OTHER = "其他"


class CandidateSource(StrEnum):
    """Where a candidate comes from 考生来源."""

    ENTERPRISE = "企业"
    PUBLIC_BODY = "机关"
    SOCIETY = "社会"
    STUDENT = "学校在校生"
    ARMY = "军队"
    OTHER = "其他"


def read_name(text: str) -> str:
    """Return a name as it is stored; rare characters and the dot of long names are kept."""
    name = " ".join(text.split())
    if any("\u3400" <= c <= "\U0003ffff" for c in name):
        name = name.replace(" ", "").translate(_DOTS)
    if len(name) not in NAME_LENGTHS:
        raise InvalidInputError(field="姓名", reason="应为2至30个字，请与身份证一致。")
    if not all(c in "· -'" or unicodedata.category(c)[0] == "L" for c in name):
        raise InvalidInputError(field="姓名", reason="含有数字或符号，请与身份证一致。")
    return name


def read_phone(text: str) -> str:
    """Return a mobile number of eleven digits."""
    phone = normalise_code(text)
    if _MOBILE.fullmatch(phone) is None:
        raise InvalidInputError(field="手机号码", reason="应为1开头的11位数字，请核对。")
    return phone


def read_education(text: str) -> Education:
    """Return one of the listed kinds of education."""
    try:
        return Education(text.strip())
    except ValueError:
        raise _not_listed("文化程度", Education) from None


def read_candidate_source(text: str) -> CandidateSource:
    """Return one of the listed sources of candidates."""
    try:
        return CandidateSource(text.strip())
    except ValueError:
        raise _not_listed("考生来源", CandidateSource) from None


def _not_listed(field: str, choices: type[StrEnum]) -> InvalidInputError:
    wanted = "、".join(choices)
    return InvalidInputError(field=field, reason=f"请从以下选项中选择：{wanted}。")
