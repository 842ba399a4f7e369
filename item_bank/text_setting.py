"""Sets Chinese text with formulas in lines: a block of the page that breaks lines by the rules.

No closing mark begins a line, no opening mark ends one, and words, numbers and the blank of an
item stay whole.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Literal

from reportlab.lib.colors import HexColor
from reportlab.pdfbase import pdfmetrics
from reportlab.platypus import Flowable

from item_bank.formula_text import Level, Run
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR

REGULAR, BOLD = FONT_REGULAR.stem, FONT_BOLD.stem

FIRST_WIDE = "\u2e80"  # from here on signs are Chinese or as wide
WIDE_MARKS = frozenset("“”‘’…—①②③④⑤⑥⑦⑧⑨⑩")
NO_START = frozenset("，。、；：？！）》〉】』」”’％℃…—　")
NO_END = frozenset("（《〈【『「“‘")
QUANTITY_GAP = re.compile(r"(?<=\d) (?=\w)")  # a number stays with its unit
SMALL = 0.68  # size of raised and lowered signs against the line
UNDERLINE_DROP, UNDERLINE_WIDTH = 0.16, 0.06  # below the base line, in type sizes
SHIFTS = {Level.BASE: 0.0, Level.RAISED: 0.36, Level.LOWERED: -0.16}  # in type sizes


@dataclass(frozen=True)
class TextStyle:
    """How a block is set; lengths in points."""

    font: str
    size_pt: float = 10.5
    leading_pt: float = 16.5
    hanging_pt: float = 0.0  # indent of every line; the label stands in it
    align: Literal["left", "centre"] = "left"
    ink: str = "#000000"


@dataclass(frozen=True)
class _Look:
    """How a sign is set."""

    level: Level
    is_bold: bool
    is_underlined: bool


@dataclass
class _Unit:
    """Signs between which no line may break."""

    signs: list[tuple[str, _Look, float]] = field(default_factory=list)  # with widths in points

    @property
    def width_pt(self) -> float:
        return sum(width_pt for _, _, width_pt in self.signs)

    @property
    def is_space(self) -> bool:
        return all(sign == " " for sign, _, _ in self.signs)


Line = list[_Unit]


class TextBlock(Flowable):  # type: ignore[misc]  # reportlab has no types
    """Lines of text, after a label such as ``12．`` that hangs in the indent."""

    def __init__(self, runs: Sequence[Run], style: TextStyle, label: str = "") -> None:
        super().__init__()
        self.style = style
        self.label = label
        self.units = list(_units(runs, style))
        self.lines: list[Line] = []
        self.width = 0.0

    @property
    def one_line_pt(self) -> float:
        """Return the width on a single line, the indent included."""
        return self.style.hanging_pt + sum(unit.width_pt for unit in self.units)

    def wrap(self, width_pt: float, _height_pt: float) -> tuple[float, float]:
        """Break the lines for a width; return the size."""
        self.width = width_pt
        self.lines = _broken(self.units, width_pt - self.style.hanging_pt)
        self.height = len(self.lines) * self.style.leading_pt
        return width_pt, self.height

    def draw(self) -> None:
        """Draw the label and every line."""
        style = self.style
        self.canv.setFillColor(HexColor(style.ink))
        y_pt = self.height - style.leading_pt + (style.leading_pt - style.size_pt) * 0.6
        self.canv.setFont(style.font, style.size_pt)
        self.canv.drawString(0, y_pt, self.label)
        for line in self.lines:
            x_pt = style.hanging_pt
            if style.align == "centre":
                x_pt += (self.width - x_pt - sum(unit.width_pt for unit in line)) / 2
            self._draw_line(line, x_pt, y_pt)
            y_pt -= style.leading_pt

    def _draw_line(self, line: Line, x_pt: float, y_pt: float) -> None:
        signs = (entry for unit in line for entry in unit.signs)
        for look, group in groupby(signs, key=lambda entry: entry[1]):
            text = "".join(sign for sign, _, _ in group)
            font, size_pt = _font(self.style, look), _size_pt(self.style, look.level)
            self.canv.setFont(font, size_pt)
            self.canv.drawString(x_pt, y_pt + SHIFTS[look.level] * self.style.size_pt, text)
            end_pt = x_pt + pdfmetrics.stringWidth(text, font, size_pt)
            if look.is_underlined:
                self._underline(x_pt, end_pt, y_pt)
            x_pt = end_pt

    def _underline(self, start_pt: float, end_pt: float, y_pt: float) -> None:
        self.canv.setStrokeColor(HexColor(self.style.ink))
        self.canv.setLineWidth(UNDERLINE_WIDTH * self.style.size_pt)
        height_pt = y_pt - UNDERLINE_DROP * self.style.size_pt
        self.canv.line(start_pt, height_pt, end_pt, height_pt)


def _units(runs: Sequence[Run], style: TextStyle) -> Iterator[_Unit]:
    """Join the signs that must stay on one line; a new line is a unit without signs."""
    unit = _Unit()
    before = " "
    for run in runs:
        look = _Look(run.level, run.is_bold, run.is_underlined)
        font, size_pt = _font(style, look), _size_pt(style, run.level)
        for sign in QUANTITY_GAP.sub("\u00a0", run.text):
            if unit.signs and not _clings(before, sign, run.level):
                yield unit
                unit = _Unit()
            if sign == "\n":
                yield _Unit()
            else:
                unit.signs.append((sign, look, pdfmetrics.stringWidth(sign, font, size_pt)))
            before = sign
    if unit.signs:
        yield unit


def _clings(before: str, sign: str, level: Level) -> bool:
    if sign == "\n":
        return False
    if sign == " " or before == " ":
        return sign == before
    if level is not Level.BASE or sign in NO_START or before in NO_END:
        return True
    return not _is_wide(before) and not _is_wide(sign)


def _is_wide(sign: str) -> bool:
    return sign >= FIRST_WIDE or sign in WIDE_MARKS


def _broken(units: Sequence[_Unit], width_pt: float) -> list[Line]:
    """Fill lines as far as they go; a unit wider than a line is broken between its signs."""
    lines: list[Line] = [[]]
    left_pt = width_pt
    for unit in _fitting(units, width_pt):
        if not unit.signs or (unit.width_pt > left_pt and lines[-1]):
            lines.append([])
            left_pt = width_pt
        if unit.signs and not (unit.is_space and not lines[-1]):
            lines[-1].append(unit)
            left_pt -= unit.width_pt
    return lines


def _fitting(units: Sequence[_Unit], width_pt: float) -> Iterator[_Unit]:
    for unit in units:
        if unit.width_pt <= width_pt:
            yield unit
        else:
            yield from (_Unit([sign]) for sign in unit.signs)


def _font(style: TextStyle, look: _Look) -> str:
    return BOLD if look.is_bold else style.font


def _size_pt(style: TextStyle, level: Level) -> float:
    return style.size_pt * (1.0 if level is Level.BASE else SMALL)
