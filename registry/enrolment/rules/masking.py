"""Masks personal data for screens, lists and papers that others see."""

from typing import Final

MASK: Final = "*"
_DOT: Final = "·"
_SHOWN_HEAD, _SHOWN_TAIL = 6, 4  # of an ID number inside the office
_COMPOUND_SURNAMES: Final = (
    "欧阳 司马 上官 诸葛 皇甫 尉迟 公孙 慕容 司徒 令狐 夏侯 东方 端木 独孤 南宫 "
    "长孙 宇文 轩辕 百里 呼延 闻人 澹台 公冶 宗政 濮阳 太叔 申屠 赫连 钟离 拓跋"
)


def mask_name(name: str) -> str:
    """Keep the surname (the first character, or a two-character surname).

    >>> mask_name("张三"), mask_name("欧阳小明"), mask_name("买买提·艾力")
    ('张*', '欧阳**', '买**·**')
    """
    shown = 2 if name[:2] in _COMPOUND_SURNAMES and len(name) > 2 else 1
    return name[:shown] + "".join(c if c in _DOT + " " else MASK for c in name[shown:])


def mask_id_number(number: str) -> str:
    """Mask an ID number for lists inside the office.

    >>> mask_id_number("320102199003079994")
    '320102********9994'
    """
    hidden = len(number) - _SHOWN_HEAD - _SHOWN_TAIL
    if hidden <= 0:
        return MASK * len(number)
    return number[:_SHOWN_HEAD] + MASK * hidden + number[-_SHOWN_TAIL:]


def mask_id_number_in_public(number: str) -> str:
    """Mask an ID number for the public: only the last four characters.

    Head and tail together could be joined with another mask of the same person.

    >>> mask_id_number_in_public("320102199003079994")
    '**************9994'
    """
    return MASK * max(len(number) - _SHOWN_TAIL, 0) + number[-_SHOWN_TAIL:]


def mask_phone(phone: str) -> str:
    """Mask a mobile number.

    >>> mask_phone("13800005678")
    '138****5678'
    """
    if len(phone) <= 7:
        return MASK * len(phone)
    return phone[:3] + MASK * (len(phone) - 7) + phone[-4:]
