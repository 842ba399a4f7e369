"""Sets the texts of items on paper: paragraphs with bold and underlined words, and tables."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from reportlab.lib.colors import HexColor
from reportlab.platypus import Flowable, Spacer, Table

from item_bank.formula_text import Run, text_runs
from item_bank.rules.rich_text import Paragraph, Runs, read_rich_text
from item_bank.rules.rich_text import Table as RichTable
from item_bank.text_setting import BOLD, TextBlock, TextStyle

RULE_PT = 0.5  # width of the lines of a table
CELL_PADDING_PT = 4.0
LEAST_CELL_PT = 36.0
TABLE_GAP_PT = 3.0
INK = "#333333"


def set_blocks(text: str, style: TextStyle, label: str, width_pt: float) -> list[Flowable]:
    """Return a text as blocks below each other; the label hangs before the first."""
    blocks: list[Flowable] = []
    for block in read_rich_text(text).blocks:
        if isinstance(block, Paragraph):
            first = "" if blocks else label
            blocks.append(TextBlock(list(_runs(block.runs)), style, first))
            continue
        if not blocks:
            blocks.append(TextBlock([], style, label))
        blocks += [Spacer(1, TABLE_GAP_PT), _table(block, style, width_pt), Spacer(1, TABLE_GAP_PT)]
    return blocks or [TextBlock([], style, label)]


def set_lines(text: str, style: TextStyle, label: str = "") -> TextBlock:
    """Return a text as one block, for options; a table in it is set cell after cell."""
    runs: list[Run] = []
    for block in read_rich_text(text).blocks:
        parts = (
            [block.runs] if isinstance(block, Paragraph) else [r for row in block.rows for r in row]
        )
        runs += [Run("\n")] if runs else []
        runs += [run for part in parts for run in _runs(part)]
    return TextBlock(runs, style, label)


def _runs(runs: Runs) -> Iterator[Run]:
    for run in runs:
        for piece in text_runs(run.text):
            yield replace(piece, is_bold=run.is_bold, is_underlined=run.is_underlined)


def _table(table: RichTable, style: TextStyle, width_pt: float) -> Table:
    """Set a table as wide as its words ask, never wider than the column."""
    inner, columns = replace(style, hanging_pt=0.0), max(len(row) for row in table.rows)
    head = replace(inner, font=BOLD)
    rows = [
        [TextBlock(list(_runs(runs)), inner if place else head) for runs in row]
        + [TextBlock([], inner)] * (columns - len(row))
        for place, row in enumerate(table.rows)
    ]
    widths_pt = _widths_pt(rows, width_pt - style.hanging_pt)
    grid = Table(rows, colWidths=widths_pt, style=_GRID)
    outer = Table(
        [["", grid]],
        colWidths=[style.hanging_pt, sum(widths_pt)],
        style=_NO_PADDING,
        hAlign="LEFT",
    )
    return outer if style.hanging_pt else grid


def _widths_pt(rows: Sequence[Sequence[TextBlock]], room_pt: float) -> list[float]:
    wanted = [
        max(LEAST_CELL_PT, *(cell.one_line_pt for cell in column)) + 2 * CELL_PADDING_PT
        for column in zip(*rows, strict=True)
    ]
    shrink = min(1.0, room_pt / sum(wanted))
    return [width_pt * shrink for width_pt in wanted]


_GRID = [
    ("GRID", (0, 0), (-1, -1), RULE_PT, HexColor(INK)),
    ("LEFTPADDING", (0, 0), (-1, -1), CELL_PADDING_PT),
    ("RIGHTPADDING", (0, 0), (-1, -1), CELL_PADDING_PT - 0.1),  # rounding must not break a line
    ("TOPPADDING", (0, 0), (-1, -1), 2),
    ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ("VALIGN", (0, 0), (-1, -1), "MIDDLE"),
]
_NO_PADDING = [
    (side, (0, 0), (-1, -1), 0)
    for side in ("LEFTPADDING", "RIGHTPADDING", "TOPPADDING", "BOTTOMPADDING")
]
