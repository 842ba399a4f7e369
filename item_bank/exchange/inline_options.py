"""Finds options written inside the text of a stem: 题干（ ）。 A. … B. … C. …"""

import json
import re
import string

MARK = re.compile(
    r"(?<![A-Za-z0-9\\])(?:[(（]\s*([A-HＡ-Ｈ])\s*[)）]|([A-HＡ-Ｈ])\s*[.．、:：)）])"
)
BARE_MARK = re.compile(r"^[ \t\u3000]*([A-H])(?:[ \t\u3000]+|(?=[\u3400-\u9fff]))", re.M)
BLANK = re.compile(r"[(（][\s_]*[)）]|_{2,}")
ANSWERED = re.compile(r"[(（][ \t\u3000]{0,20}[A-H]{0,8}[ \t\u3000]{0,20}[)）]|_{2,}")
FULL_WIDTH_SHIFT = ord("Ａ") - ord("A")


def split_stem(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the stem and its (letter, text) options; no options unless A, B … follow in order.

    Letters behind the blank of the stem go before those ahead of it, and of two readings of equal
    length the one whose letters stand apart: 甲站A、B两台设备（ ）。 A. … B. …
    """
    found = list(MARK.finditer(text))
    blank = ANSWERED.search(text)
    behind = [mark for mark in found if blank and mark.start() >= blank.end()]
    for marks in (behind, found, list(BARE_MARK.finditer(text))):
        apart = [mark for mark in marks if not mark.start() or text[mark.start() - 1].isspace()]
        chosen = max(_in_order(apart), _in_order(marks), key=len)
        if len(chosen) >= 2:
            return _divided(text, chosen)
    return text, []


def split_cell(text: str) -> list[tuple[str, str]]:
    """Return the (letter, text) options of a cell that holds nothing else, or none.

    >>> [split_cell(text) for text in ('["A. 甲", "乙"]', "A、甲|B、乙")]
    [[('A', '甲'), ('B', '乙')], [('A', '甲'), ('B', '乙')]]
    """
    if text.startswith("["):
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            return []
        parts = [part for part in found if isinstance(part, str)] if isinstance(found, list) else []
        if len(parts) < 2 or len(parts) < len(found) or len(parts) > len(string.ascii_uppercase):
            return []
        return [
            (letter, re.sub(rf"^\s*{letter}\s*[.．、:：]\s*", "", part))
            for letter, part in zip(string.ascii_uppercase, parts, strict=False)
        ]
    stem, options = split_stem(text)
    return [] if stem else [(letter, option.strip(" \t;；|｜")) for letter, option in options]


def _in_order(marks: list[re.Match[str]]) -> list[re.Match[str]]:
    chosen: list[re.Match[str]] = []
    for mark in marks:
        if _letter(mark) == chr(ord("A") + len(chosen)):
            chosen.append(mark)
    return chosen


def _divided(text: str, marks: list[re.Match[str]]) -> tuple[str, list[tuple[str, str]]]:
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    options = [
        (_letter(mark), text[mark.end() : end].strip())
        for mark, end in zip(marks, ends, strict=True)
    ]
    return text[: marks[0].start()].strip(), options


def _letter(mark: re.Match[str]) -> str:
    sign: str = mark[1] or mark[2]
    return chr(ord(sign) - FULL_WIDTH_SHIFT) if ord(sign) >= ord("Ａ") else sign
