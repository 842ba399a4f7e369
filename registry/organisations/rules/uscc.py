"""The unified social credit code 统一社会信用代码 of GB 32100-2015."""

import re
from dataclasses import dataclass
from typing import Final

from registry.errors import AssessmentError
from registry.written_forms import normalise_code

ALPHABET: Final = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # without I O S V Z
_SHAPE: Final = re.compile(rf"[{ALPHABET}]{{2}}[0-9]{{6}}[{ALPHABET}]{{10}}")
_WEIGHTS: Final = tuple(pow(3, i, 31) for i in range(17))
_ORGANISATION_WEIGHTS: Final = (3, 7, 9, 10, 5, 8, 4, 2)  # GB 11714
KINDS: Final = {
    "11": "机关",
    "12": "事业单位",
    "13": "编办直管群众团体",
    "19": "其他",
    "51": "社会团体",
    "52": "民办非企业单位",
    "53": "基金会",
    "59": "其他",
    "91": "企业",
    "92": "个体工商户",
    "93": "农民专业合作社",
    "Y1": "其他",
}


class UsccError(AssessmentError):
    """The unified social credit code cannot be right."""

    code = "uscc_invalid"
    text = "统一社会信用代码有误。请对照法人登记证重新填写。"


class UsccShapeError(UsccError):
    """Wrong length or a character that the code never uses."""

    code = "uscc_shape"
    text = "统一社会信用代码应为18位数字和大写字母（不含I、O、S、V、Z），现为“{value}”。请核对。"


class UsccCheckDigitError(UsccError):
    """A check character does not fit."""

    code = "uscc_check_digit"
    text = "统一社会信用代码校验位不符，至少有一位录入错误。请对照法人登记证逐位核对。"


@dataclass(frozen=True)
class Uscc:
    """A code that passed every check."""

    text: str

    @property
    def kind(self) -> str:
        """Return what kind of body carries the code."""
        return KINDS.get(self.text[:2], "其他")


def check_character(first_seventeen: str) -> str:
    """Return the last character of the code.

    >>> check_character("91350100M000100Y4")
    '3'
    """
    total = sum(ALPHABET.index(c) * w for c, w in zip(first_seventeen, _WEIGHTS, strict=True))
    return ALPHABET[(31 - total % 31) % 31]


def organisation_check_character(first_eight: str) -> str:
    """Return the check character of the organisation code inside (GB 11714).

    >>> organisation_check_character("M000100Y")
    '4'
    """
    total = sum(int(c, 36) * w for c, w in zip(first_eight, _ORGANISATION_WEIGHTS, strict=True))
    return "0123456789X0"[11 - total % 11]


def parse_uscc(text: str) -> Uscc:
    """Read a code as typed; raise a ``UsccError`` that says what to mend."""
    code = normalise_code(text)
    if _SHAPE.fullmatch(code) is None:
        raise UsccShapeError(value=code)
    if organisation_check_character(code[8:16]) != code[16]:
        raise UsccCheckDigitError
    if check_character(code[:17]) != code[17]:
        raise UsccCheckDigitError
    return Uscc(code)
