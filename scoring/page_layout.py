"""Pages of printed tables: fonts, cells, page numbers, print time and operator at the foot."""

import io
from collections.abc import Sequence
from html import escape
from typing import Any, Final

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_CENTER
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, Paragraph, SimpleDocTemplate, Table, TableStyle

from registry.local_time import JIANGSU
from scoring.rules.printed import PrintMark
from scoring.typeface import BOLD, REGULAR, broken_lines

MARGIN_MM: Final = 14.0
CONTENT_MM: Final = 210.0 - 2 * MARGIN_MM
LINE_INK: Final = HexColor("#5A5A5A")
HEAD_FILL: Final = HexColor("#F1F1EC")
FOOT_INK: Final = HexColor("#666666")
FOOT_MM: Final = 9.0
PADDING_PT: Final = 3

_BODY: Final[dict[str, Any]] = {"leading": 12.5, "fontSize": 9, "wordWrap": "CJK"}
TEXT: Final = ParagraphStyle("text", fontName=REGULAR, **_BODY)
CENTRED: Final = ParagraphStyle("centred", parent=TEXT, alignment=TA_CENTER)
STRONG: Final = ParagraphStyle("strong", parent=CENTRED, fontName=BOLD)
SMALL: Final = ParagraphStyle("small", parent=TEXT, fontSize=8, leading=11)
TITLE: Final = ParagraphStyle(
    "title", parent=CENTRED, fontName=BOLD, fontSize=15, leading=22, spaceAfter=2
)
SUBTITLE: Final = ParagraphStyle("subtitle", parent=CENTRED, fontName=BOLD, fontSize=12, leading=20)
GRID: Final = (
    ("GRID", (0, 0), (-1, -1), 0.5, LINE_INK),
    ("BOX", (0, 0), (-1, -1), 1.0, LINE_INK),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
    ("LEFTPADDING", (0, 0), (-1, -1), PADDING_PT),
    ("RIGHTPADDING", (0, 0), (-1, -1), PADDING_PT),
    ("TOPPADDING", (0, 0), (-1, -1), 2.5),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
)


class PartStart(Flowable):  # type: ignore[misc]  # reportlab has no types
    """Marks where a new paper begins: its pages are counted by themselves."""

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Take no room."""
        return (0, 0)

    def draw(self) -> None:
        """Tell the canvas."""
        self.canv.part += 1


class NumberedCanvas(Canvas):  # type: ignore[misc]  # reportlab has no types
    """Holds pages back until their number is known, then writes the foot of each."""

    foot = ""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.part = 0
        self.held: list[dict[str, Any]] = []

    def showPage(self) -> None:  # noqa: N802 - the name reportlab calls
        """Hold the page back."""
        self.held.append(dict(self.__dict__))
        self._startPage()

    def save(self) -> None:
        """Write every page with the number within its part."""
        parts = [page["part"] for page in self.held]
        for index, page in enumerate(self.held):
            self.__dict__.update(page)
            number = parts[: index + 1].count(parts[index])
            self._draw_foot(number, parts.count(parts[index]))
            Canvas.showPage(self)
        Canvas.save(self)

    def _draw_foot(self, number: int, count: int) -> None:
        self.setFont(REGULAR, 8)
        self.setFillColor(FOOT_INK)
        self.drawString(MARGIN_MM * mm, FOOT_MM * mm, self.foot)
        right = (210.0 - MARGIN_MM) * mm
        self.drawRightString(right, FOOT_MM * mm, f"第 {number} 页　共 {count} 页")


def build(story: Sequence[Flowable], title: str, plan_number: str, printed: PrintMark) -> bytes:
    """Lay the story of a plan out on A4 pages; the same story gives the same bytes."""
    return build_pages(story, title, f"批次 {plan_number}　{print_line(printed)}")


def print_line(printed: PrintMark) -> str:
    """Return who printed a paper and when, as it stands at the foot."""
    at = printed.printed_at.astimezone(JIANGSU)
    return f"打印时间 {at:%Y-%m-%d %H:%M}　操作人 {printed.operator}"


def build_pages(story: Sequence[Flowable], title: str, foot: str) -> bytes:
    """Lay a story out on A4 pages with a line at the foot of each, and return the PDF."""
    stream = io.BytesIO()
    maker = type("FootedCanvas", (NumberedCanvas,), {"foot": foot})
    document = SimpleDocTemplate(
        stream,
        pagesize=A4,
        leftMargin=MARGIN_MM * mm,
        rightMargin=MARGIN_MM * mm,
        topMargin=13 * mm,
        bottomMargin=17 * mm,
        title=title,
        author="",
        invariant=1,
    )
    document.build(list(story), canvasmaker=maker)
    return stream.getvalue()


def cell(text: str, style: ParagraphStyle = CENTRED, *, width_mm: float | None = None) -> Paragraph:
    """Return a cell; with the width of its column the lines break by Chinese custom."""
    lines = text.split("\n")
    if width_mm is not None:
        room_pt = width_mm * mm - 2 * PADDING_PT - 0.5
        lines = broken_lines(text, style.fontName, style.fontSize, room_pt)
    shown = [escape(line, quote=False).replace("\u3000", "\u00a0" * 4) for line in lines]
    return Paragraph("<br/>".join(shown), style)


def grid(
    rows: Sequence[Sequence[Any]],
    widths_mm: Sequence[float],
    *commands: tuple[Any, ...],
    heights_mm: Sequence[float | None] | None = None,
    head_rows: int = 1,
) -> Table:
    """Return a ruled table; its head is shaded and repeated on every page."""
    head = ("BACKGROUND", (0, 0), (-1, head_rows - 1), HEAD_FILL)
    heights = None if heights_mm is None else [h and h * mm for h in heights_mm]
    table = Table(
        [list(row) for row in rows],
        colWidths=[width * mm for width in widths_mm],
        rowHeights=heights,
        repeatRows=head_rows,
    )
    table.setStyle(TableStyle([*GRID, *((head,) if head_rows else ()), *commands]))
    return table


def signature_row(*labels: str) -> Table:
    """Return a line of places to sign."""
    table = Table(
        [[cell(label, TEXT) for label in labels]],
        colWidths=[CONTENT_MM / len(labels) * mm] * len(labels),
    )
    table.setStyle(
        TableStyle([("TOPPADDING", (0, 0), (-1, -1), 9), ("LEFTPADDING", (0, 0), (-1, -1), 0)])
    )
    return table
