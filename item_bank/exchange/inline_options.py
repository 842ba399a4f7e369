"""Finds options written inside the text of a stem: 题干（ ）。 A. … B. … C. …"""

import re

MARK = re.compile(
    r"(?<![A-Za-z0-9\\])(?:[(（]\s*([A-HＡ-Ｈ])\s*[)）]|([A-HＡ-Ｈ])\s*[.．、:：)）])"
)
FULL_WIDTH_SHIFT = ord("Ａ") - ord("A")


def split_stem(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the stem and its (letter, text) options; no options unless A, B … follow in order."""
    marks: list[re.Match[str]] = []
    for mark in MARK.finditer(text):
        if _letter(mark) == chr(ord("A") + len(marks)):
            marks.append(mark)
    if len(marks) < 2:
        return text, []
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    options = [
        (_letter(mark), text[mark.end() : end].strip())
        for mark, end in zip(marks, ends, strict=True)
    ]
    return text[: marks[0].start()].strip(), options


def _letter(mark: re.Match[str]) -> str:
    sign = mark[1] or mark[2]
    return chr(ord(sign) - FULL_WIDTH_SHIFT) if ord(sign) >= ord("Ａ") else sign
