"""The frame of every printed document: A4, typefaces, feet with page numbers, watermark."""

import io
from collections.abc import Sequence

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas
from reportlab.platypus import Flowable, SimpleDocTemplate, Table

from item_bank.formula_text import text_runs
from item_bank.text_setting import BOLD, REGULAR, TextBlock, TextStyle
from registry.typeface import register_fonts

MARGIN_PT = 20 * mm
TEXT_WIDTH_PT = A4[0] - 2 * MARGIN_PT
FOOT_PT = 11 * mm
FRAME_PADDING_PT = 6  # reportlab's own, inside the margins
GREY = "#555555"
RULE = "#9AA7B4"
SHADE = "#EEF2F6"
WATERMARK_ALPHA = 0.13
WATERMARK_STEP_PT = (240.0, 150.0)
WATERMARK_TURN_DEG = 28

TITLE = TextStyle(BOLD, 18, 28, align="centre")
SUBTITLE = TextStyle(REGULAR, align="centre", ink=GREY)
HEADING = TextStyle(BOLD, 11.5, 20)
BODY = TextStyle(REGULAR, 10.5, 17)
CELL = TextStyle(REGULAR, 9.5, 13)
HEAD_CELL = TextStyle(BOLD, 9.5, 13)
SMALL = TextStyle(REGULAR, 8.5, 12, ink=GREY)
PADDING_PT = 2.8


def built(story: Sequence[Flowable], *, title: str, mark: str, watermark: str = "") -> bytes:
    """Return the PDF of a story; the same story gives the same bytes.

    Parameters
    ----------
    story : sequence of Flowable
        What stands on the pages.
    title : str
        Of the file.
    mark : str
        At the foot of every page.
    watermark : str
        Over every page, again and again; none when empty.
    """
    register_fonts()
    stream = io.BytesIO()
    document = SimpleDocTemplate(
        stream,
        pagesize=A4,
        leftMargin=MARGIN_PT - FRAME_PADDING_PT,
        rightMargin=MARGIN_PT - FRAME_PADDING_PT,
        topMargin=14 * mm,
        bottomMargin=17 * mm,
        title=title,
        invariant=1,
    )
    document.build(list(story), canvasmaker=canvas_maker(mark, watermark))
    return stream.getvalue()


def words(text: str, style: TextStyle, label: str = "") -> TextBlock:
    """Return a line or a paragraph."""
    register_fonts()
    return TextBlock(text_runs(text), style, label)


def ruled_table(
    rows: Sequence[Sequence[str]],
    widths_pt: Sequence[float],
    *,
    right_from: int = 1,
    head_rows: int = 1,
) -> Table:
    """Return a table with thin rules; columns from ``right_from`` on hold figures."""
    register_fonts()
    style = [
        ("FONT", (0, 0), (-1, -1), REGULAR, 9),
        ("FONT", (0, 0), (-1, head_rows - 1), BOLD, 9),
        ("BACKGROUND", (0, 0), (-1, head_rows - 1), HexColor(SHADE)),
        ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor(RULE)),
        ("LINEABOVE", (0, 0), (-1, 0), 0.8, HexColor(GREY)),
        ("LINEBELOW", (0, -1), (-1, -1), 0.8, HexColor(GREY)),
        ("ALIGN", (right_from, 0), (-1, -1), "RIGHT"),
        ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
        ("TOPPADDING", (0, 0), (-1, -1), PADDING_PT),
        ("BOTTOMPADDING", (0, 0), (-1, -1), PADDING_PT),
    ]
    return Table([list(row) for row in rows], list(widths_pt), style=style, repeatRows=head_rows)


def facts_table(facts: Sequence[tuple[str, str]], *, columns: int = 2) -> Table:
    """Return names and values in pairs, so many pairs to a row; long values break."""
    label_pt = 58.0
    value_pt = TEXT_WIDTH_PT / columns - label_pt
    cells = [(words(name, SMALL), words(value, CELL)) for name, value in facts]
    cells += [(words("", SMALL), words("", CELL))] * (-len(cells) % columns)
    rows = [
        [cell for pair in cells[start : start + columns] for cell in pair]
        for start in range(0, len(cells), columns)
    ]
    style = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LEFTPADDING", (0, 0), (-1, -1), 0),
        ("RIGHTPADDING", (0, 0), (-1, -1), PADDING_PT),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 1.5),
    ]
    return Table(rows, [label_pt, value_pt] * columns, style=style)


def canvas_maker(mark: str, watermark: str = "") -> type[Canvas]:
    """Return a canvas that knows the number of pages when it draws their feet."""

    class NumberedCanvas(Canvas):  # type: ignore[misc]  # reportlab has no types
        """Keeps every page until the last is known."""

        def __init__(self, *given: object, **named: object) -> None:
            super().__init__(*given, **named)
            self._kept: list[dict[str, object]] = []

        def showPage(self) -> None:  # noqa: N802  (the name in reportlab)
            """Keep the page."""
            self._kept.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            """Draw watermark and feet, and write the file."""
            for number, page in enumerate(self._kept, start=1):
                self.__dict__.update(page)
                if watermark:
                    _draw_watermark(self, watermark)
                self.setFont(REGULAR, 9)
                self.setFillColor(HexColor(GREY))
                self.drawString(MARGIN_PT, FOOT_PT, mark)
                count = f"第 {number} 页　共 {len(self._kept)} 页"
                self.drawRightString(A4[0] - MARGIN_PT, FOOT_PT, count)
                super().showPage()
            super().save()

    return NumberedCanvas


def _draw_watermark(canvas: Canvas, text: str) -> None:
    """Write a text over the whole page, aslant and pale, so that a copy tells whose it is."""
    across_pt, down_pt = WATERMARK_STEP_PT
    canvas.saveState()
    canvas.setFillColor(HexColor(GREY))
    canvas.setFillAlpha(WATERMARK_ALPHA)
    canvas.setFont(REGULAR, 13)
    for row in range(int(A4[1] // down_pt) + 1):
        for column in range(int(A4[0] // across_pt) + 1):
            canvas.saveState()
            canvas.translate((column + 0.5 * (row % 2)) * across_pt, (row + 0.3) * down_pt)
            canvas.rotate(WATERMARK_TURN_DEG)
            canvas.drawString(0, 0, text)
            canvas.restoreState()
    canvas.restoreState()
