"""The typeface of printed papers as reportlab takes it: measuring, fitting."""

import re
from typing import Final

from reportlab.pdfbase import pdfmetrics

from registry.fonts_folder import FONT_BOLD, FONT_REGULAR

REGULAR: Final = FONT_REGULAR.stem
BOLD: Final = FONT_BOLD.stem
SHRINK_STEP_PT: Final = 0.25
NEVER_FIRST: Final = frozenset("，。、；：？！）」』】》…％℃·,.;:?!)]%")  # of a line
_UNBROKEN: Final = re.compile(r"[A-Za-z0-9.~+/-]+|.", re.DOTALL)


def width_pt(text: str, font: str, size_pt: float) -> float:
    """Return how wide a line is, in points."""
    return float(pdfmetrics.stringWidth(text, font, size_pt))


def fitting_size_pt(
    text: str, font: str, wanted_pt: float, room_pt: float, *, smallest_pt: float = 6.0
) -> float:
    """Return the wanted size, or the largest smaller one at which the line fits its room."""
    size_pt = wanted_pt
    while size_pt > smallest_pt and width_pt(text, font, size_pt) > room_pt:
        size_pt -= SHRINK_STEP_PT
    return size_pt


def broken_lines(text: str, font: str, size_pt: float, room_pt: float) -> list[str]:
    """Break a Chinese text into lines: numbers stay whole, no line begins with a closing mark.

    A mark that would begin a line takes the character before it along.
    """
    lines: list[str] = []
    for paragraph in text.split("\n"):
        line: list[str] = []
        for piece in _UNBROKEN.findall(paragraph):
            if line and width_pt("".join(line) + piece, font, size_pt) > room_pt:
                cut = _cut(line, piece)
                lines.append("".join(line[:cut]))
                line = line[cut:]
            line.append(piece)
        lines.append("".join(line))
    return lines


def _cut(line: list[str], following: str) -> int:
    cut, first = len(line), following
    while first in NEVER_FIRST and cut > 1:
        cut -= 1
        first = line[cut]
    return cut
