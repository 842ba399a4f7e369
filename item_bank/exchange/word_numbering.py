"""Labels of automatic numbering in Word (1. 2. …, A. B. …), which stand in no text."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from item_bank.exchange.word_formulas import attribute, child
from item_bank.exchange.xml_tree import local_name

PLACE = re.compile(r"%(\d)")
DEEPEST = 9
MAX_NUMBER = 99_999
DIGITS = "〇一二三四五六七八九"
CHINESE_FORMATS = frozenset([
    "chineseCounting", "chineseCountingThousand", "ideographDigital", "japaneseCounting",
    "taiwaneseCounting", "taiwaneseCountingThousand",
])  # fmt: skip
DECIMAL_FORMATS = frozenset([
    "decimal", "decimalFullWidth", "decimalFullWidth2", "decimalHalfWidth", "decimalZero",
    "decimalEnclosedFullstop", "decimalEnclosedParen",
])  # fmt: skip


@dataclass(frozen=True)
class Level:
    """One level of a list."""

    form: str = "decimal"
    text: str = "%1."
    start: int = 1


@dataclass
class Numbering:
    """The lists of a document with their counts so far."""

    levels: Mapping[str, Mapping[int, Level]] = field(default_factory=dict)  # by abstract list
    lists: Mapping[str, str] = field(default_factory=dict)  # abstract list by number
    restarts: Mapping[str, Mapping[int, int]] = field(default_factory=dict)
    counts: dict[tuple[str, int], int] = field(default_factory=dict)
    begun: set[str] = field(default_factory=set)

    def label(self, number: str, depth: int) -> str:
        """Count one paragraph and return its label; empty for bullets and unknown lists."""
        abstract = self.lists.get(number)
        levels = self.levels.get(abstract or "", {})
        if abstract is None or depth not in levels:
            return ""
        if number not in self.begun:
            self.begun.add(number)
            for level, start in self.restarts.get(number, {}).items():
                self.counts[abstract, level] = start - 1
        here = levels[depth]
        count = self.counts.get((abstract, depth), here.start - 1) + 1
        self.counts[abstract, depth] = count
        for deeper in range(depth + 1, DEEPEST):
            self.counts.pop((abstract, deeper), None)
        return PLACE.sub(lambda found: self._shown(abstract, levels, int(found[1]) - 1), here.text)

    def _shown(self, abstract: str, levels: Mapping[int, Level], depth: int) -> str:
        level = levels.get(depth, Level())
        return counted(self.counts.get((abstract, depth), level.start), level.form)


def counted(number: int, form: str) -> str:
    """Write a number in the form of a list; empty for forms nobody numbers items with.

    >>> [counted(3, "upperLetter"), counted(12, "chineseCounting"), counted(2, "bullet")]
    ['C', '十二', '']
    """
    if not 0 < number <= MAX_NUMBER:
        return ""
    if form in DECIMAL_FORMATS:
        return str(number)
    if form in ("upperLetter", "lowerLetter") and number <= 26:
        return chr(ord("A" if form == "upperLetter" else "a") + number - 1)
    if form in CHINESE_FORMATS and number < 100:
        return _chinese(number)
    if form.startswith("decimalEnclosedCircle") and number <= 20:
        return chr(ord("①") + number - 1)
    return ""


def _chinese(number: int) -> str:
    tens, ones = divmod(number, 10)
    begins = ("" if tens == 1 else DIGITS[tens]) + "十" if tens else ""
    return begins + (DIGITS[ones] if ones or not tens else "")


def read_numbering(root: etree._Element | None) -> Numbering:
    """Read the part numbering.xml."""
    if root is None:
        return Numbering()
    levels: dict[str, dict[int, Level]] = {}
    lists: dict[str, str] = {}
    restarts: dict[str, dict[int, int]] = {}
    for element in root.iterchildren(etree.Element):
        name = local_name(element)
        if name == "abstractNum":
            levels[attribute(element, "abstractNumId")] = dict(_levels(element))
        elif name == "num":
            number = attribute(element, "numId")
            lists[number] = attribute(child(element, "abstractNumId"), "val")
            restarts[number] = dict(_restarts(element))
    return Numbering(levels, lists, restarts)


def _levels(abstract: etree._Element) -> Iterator[tuple[int, Level]]:
    for element in abstract.iterchildren(etree.Element):
        if local_name(element) == "lvl":
            text = attribute(child(element, "lvlText"), "val")
            form = attribute(child(element, "numFmt"), "val", "decimal")
            start = whole_number(attribute(child(element, "start"), "val"), 1)
            yield whole_number(attribute(element, "ilvl"), 0), Level(form, text[:20], start)


def _restarts(number: etree._Element) -> Iterator[tuple[int, int]]:
    for element in number.iterchildren(etree.Element):
        start = child(element, "startOverride")
        if local_name(element) == "lvlOverride" and start is not None:
            depth = whole_number(attribute(element, "ilvl"), 0)
            yield depth, whole_number(attribute(start, "val"), 1)


def whole_number(text: str, otherwise: int) -> int:
    """Return a small whole number; another text gives ``otherwise``."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else otherwise
