"""Tells headings of a running text: sections of a type (一、单项选择题), chapters, answers."""

import re
from dataclasses import dataclass
from decimal import Decimal

from item_bank.exchange.answer_words import number_in, plain, type_named
from item_bank.exchange.records import ItemType

LONGEST = 120  # characters of a heading
ENUMERATOR = re.compile(
    r"第?[（(]?[一二三四五六七八九十]{1,3}[)）]?(?:部分|大题)?[、.．:：\s]+|第[一二三四五六七八九十\d]{1,3}部分\s*"
    r"|[（(][一二三四五六七八九十]{1,3}[)）]"
)
CHAPTER = re.compile(r"第[一二三四五六七八九十百\d]{1,4}[章节篇编单元]")
CORE_END = re.compile(r"[（(:：，,。；;]|共|每|\d")
POINTS_EACH = re.compile(r"每(?:小)?题\s{0,3}(\d{1,3}(?:\.\d{1,2})?)\s{0,3}分")
ANSWERS = re.compile(r"(?:参考|标准|正确|试题)?答案(?:部分|表|及解析|与解析)?[:：]?[ \t]*")
NAME_END = re.compile(
    r"(?:题|选择|单选|多选|判断)$|^判断(?:下列|以下)|^single|^multiple|^true", re.I
)
CHOICE_WORDS = frozenset(["选择题", "选择", "客观题", "理论题", "试题", "练习题"])


@dataclass(frozen=True)
class Section:
    """A run of items; ``type`` None means that each item tells its own."""

    name: str = ""
    type: ItemType | None = None
    points: Decimal | None = None


def section_of(text: str) -> Section | None:
    """Return the section that a line opens, or None.

    >>> section_of("一、单项选择题（每题 2 分，共 40 分）")
    Section(name='单项选择题', type=<ItemType.SINGLE: 'single'>, points=Decimal('2'))
    >>> section_of("1. 单项选择题的题干应当完整。") is None
    True
    """
    line = text.strip()
    if not line or len(line) > LONGEST:
        return None
    enumerator = ENUMERATOR.match(line)
    rest = line[enumerator.end() :] if enumerator else line
    core = CORE_END.split(rest, maxsplit=1)[0].strip()
    found = type_named(core)
    if found is None and plain(core) not in CHOICE_WORDS:
        return None
    if not NAME_END.search(core):
        return None
    each = POINTS_EACH.search(line)
    return Section(core, found, number_in(each[1]) if each else None)


def is_chapter(text: str) -> bool:
    """Tell the heading of a chapter, behind which numbers may begin anew."""
    line = text.strip()
    return len(line) <= LONGEST and bool(CHAPTER.match(line))


def behind_answers(text: str) -> str | None:
    """Return what stands behind 参考答案 at the beginning of a line; None for other lines."""
    line = text.strip()
    enumerator = ENUMERATOR.match(line)
    line = line[enumerator.end() :] if enumerator else line
    found = ANSWERS.match(line)
    return line[found.end() :] if found else None
