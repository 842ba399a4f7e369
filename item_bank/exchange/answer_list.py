"""Reads a list of answers behind the items: 一、单选题 1.B 2.C 3.D, or 1-5 ABCDA."""

import re
from collections.abc import Sequence

from item_bank.exchange.records import Message, warning
from item_bank.exchange.text_sections import Section

VALUE = r"[A-Ha-hＡ-Ｈ]{1,8}|[√×✓✔✗✘]|正确|错误|对|错"
RANGE = re.compile(
    rf"(\d{{1,5}})\s?[-—–~～至]{{1,2}}\s?(\d{{1,5}})\s?[.．、:：题]?[ \t]*"
    rf"((?:(?:{VALUE})[ \t,，、;；]{{0,4}})+)"
)
PAIR = re.compile(
    rf"(?<!\d)(\d{{1,5}})\s?[.．、:：)）]?[ \t]*[(（]?[ \t]?({VALUE})(?![a-z\u3400-\u9fff])"
)
ONE_VALUE = re.compile(VALUE)
LONGEST_RANGE = 200


def begins_list(text: str, count: int = 1) -> bool:
    """Tell a line of a list of answers: it begins with a number and its answer."""
    line = text.strip()
    if RANGE.match(line):
        return True
    return bool(PAIR.match(line)) and sum(1 for _ in PAIR.finditer(line)) >= count


class AnswerList:
    """Gathers answers by section and number; headings in the list choose the section.

    Without headings the numbers run through all sections from ``since`` on.
    """

    def __init__(self, sections: Sequence[Section], since: int = 0) -> None:
        self.sections = tuple(sections)
        self.since = since
        self.here: int | None = None
        self.found: dict[tuple[int | None, int], tuple[str, str]] = {}  # answer and its place
        self.used: set[tuple[int | None, int]] = set()

    def open_section(self, section: Section) -> None:
        """Go on to the next section of that type."""
        after = self.since - 1 if self.here is None else self.here
        same = [n for n, s in enumerate(self.sections) if s.type is section.type and s.name]
        self.here = next((n for n in same if n > after), same[0] if same else None)

    def feed(self, text: str, place: str) -> bool:
        """Take the answers of a line; False when it holds none."""
        pairs: dict[int, str] = {}
        for first, last, values in RANGE.findall(text):
            pairs |= _spread(int(first), int(last), values)
        pairs |= {int(number): value for number, value in PAIR.findall(RANGE.sub(" ", text))}
        for number, value in pairs.items():
            self.found.setdefault((self.here, number), (value, place))
        return bool(pairs)

    def answer(self, section: int, number: int | None) -> tuple[str, str] | None:
        """Return the answer of an item and its place."""
        if number is None or not self.since <= section < len(self.sections):
            return None
        key = next((k for k in ((section, number), (None, number)) if k in self.found), None)
        if key is None:
            return None
        self.used.add(key)
        return self.found[key]

    def messages(self) -> list[Message]:
        """Name answers that belong to no item."""
        left = {key: place for key, (_, place) in self.found.items() if key not in self.used}
        return [
            warning(place, f"第 {number} 题的答案找不到对应的试题。")
            for (_, number), place in list(left.items())[:20]
        ]


def _spread(first: int, last: int, text: str) -> dict[int, str]:
    """Divide the answers of a range: one each, letters singly where they stand together."""
    values = ONE_VALUE.findall(text)
    count = last - first + 1
    if len(values) != count and all(value.isalpha() and value.isascii() for value in values):
        values = list("".join(values))
    if not 0 < count <= LONGEST_RANGE or len(values) != count:
        return {}
    return dict(zip(range(first, last + 1), values, strict=True))
