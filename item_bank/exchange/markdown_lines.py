"""Takes the signs of Markdown off the lines of a bank."""

import re

HEADING = re.compile(r"^\s{0,3}#{1,6}\s+")
QUOTE = re.compile(r"^\s{0,3}>[ \t]?")
BULLET = re.compile(r"^\s{0,8}[-*+]\s+(?=[(（]?[A-HＡ-Ｈ]\s?[)）.．、:：])")
RULE = re.compile(r"^ {0,3}(?:-{3,}|\*{3,})[ \t]*$")
BOLD_START = re.compile(
    r"^\s*\*\*((?:[(（]?\d{1,5}|第\s?\d|[一二三四五六七八九十]{1,3}、|[A-H]|(?:参考|正确|标准)?答案|解析)"
    r"[^*]{0,500})\*\*"
)


def without_markdown(line: str) -> str:
    """Return a line without the signs that only give its place or form.

    >>> [without_markdown(t) for t in ("### 1. 甲？", "- A. 乙", "> 答案：B", "**2. 丙**", "---")]
    ['1. 甲？', 'A. 乙', '答案：B', '2. 丙', '']
    """
    if RULE.match(line):
        return ""
    bare = BULLET.sub("", HEADING.sub("", QUOTE.sub("", line)))
    return BOLD_START.sub(r"\1", bare)


def is_heading(line: str) -> bool:
    """Tell a heading of Markdown."""
    return bool(HEADING.match(line))
