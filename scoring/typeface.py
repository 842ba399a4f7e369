"""The typeface of printed papers as reportlab takes it: registering, measuring, fitting."""

from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from registry.fonts_folder import FONT_BOLD, FONT_REGULAR

REGULAR: Final = FONT_REGULAR.stem
BOLD: Final = FONT_BOLD.stem
SHRINK_STEP_PT: Final = 0.25


def register_fonts() -> None:
    """Make both weights known to reportlab; again changes nothing."""
    for path in (FONT_REGULAR, FONT_BOLD):
        if path.stem not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(TTFont(path.stem, str(path)))
    for family in (REGULAR, BOLD):  # paragraphs look their weights up by family
        pdfmetrics.registerFontFamily(
            family, normal=family, bold=BOLD, italic=family, boldItalic=BOLD
        )


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
