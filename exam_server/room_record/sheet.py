"""Draws the room record on A4 pages, as PDF, with two lines for the proctors to sign."""

from collections.abc import Sequence
from typing import Any, Final

from reportlab.lib.enums import TA_LEFT
from reportlab.lib.styles import ParagraphStyle
from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from exam_server.room_record.record import RoomRecord
from exam_server.room_record.tables import Section
from registry.typeface import register_fonts, spelled
from scoring.page_layout import (
    CONTENT_MM,
    SMALL,
    STRONG,
    SUBTITLE,
    TEXT,
    TITLE,
    PartStart,
    build_pages,
    cell,
    grid,
    print_line,
    signature_row,
)
from scoring.rules.printed import PrintMark

NAME: Final = "考场情况记录单"
DRAFT: Final = "（草稿，考场尚未关闭，不得签字存档）"
FACT_WIDTHS_MM: Final = (22.0, 69.0, 22.0, 69.0)
SHORT_MM: Final = 30.0  # columns up to this width hold figures and names: centred
HEADING: Final = ParagraphStyle("heading", parent=STRONG, alignment=TA_LEFT, leading=16)
_DATE: Final = "　　　年　　月　　日"


def print_room_record(record: RoomRecord, *, printed: PrintMark) -> bytes:
    """Draw the record and return the PDF."""
    register_fonts()
    story: list[Flowable] = [
        PartStart(),
        cell(f"{record.title}\n{NAME}", TITLE),
        *([] if record.is_final else [cell(DRAFT, SUBTITLE)]),
        Spacer(1, 4),
        _facts(record),
        Spacer(1, 6),
        _counts(record),
    ]
    story += [Spacer(1, 4)] if record.untied else []
    story += [cell(f"人数不符：{text}。", TEXT, width_mm=CONTENT_MM) for text in record.untied]
    filled = [section for section in record.sections if section.rows]
    for number, section in enumerate(filled, start=1):
        story += _section(number, section)
    if record.empty_titles:
        story += [
            Spacer(1, 6),
            cell(f"以下各项无：{record.empty_titles}。", TEXT, width_mm=CONTENT_MM),
        ]
    story += [Spacer(1, 8), KeepTogether(_end(record))]
    state = "" if record.is_final else "　草稿"
    return build_pages(story, NAME, f"{NAME}{state}　{print_line(printed)}")


def _facts(record: RoomRecord) -> Table:
    rows: list[list[Any]] = []
    for left, right in zip(record.facts[::2], record.facts[1::2], strict=True):
        row: list[Any] = []
        for (name, value), width in ((left, FACT_WIDTHS_MM[1]), (right, FACT_WIDTHS_MM[3])):
            row += [cell(name, STRONG), cell(value, TEXT, width_mm=width)]
        rows.append(row)
    return grid(rows, FACT_WIDTHS_MM, head_rows=0)


def _counts(record: RoomRecord) -> Table:
    names = [cell(name, STRONG) for name, _count in record.counts_line]
    counts = [cell(f"{count} 人") for _name, count in record.counts_line]
    tied = "否" if record.untied else "是"
    width = CONTENT_MM / (len(names) + 1)
    return grid(
        [[*names, cell("是否相符", STRONG)], [*counts, cell(tied)]], [width] * (len(names) + 1)
    )


def _section(number: int, section: Section) -> Sequence[Flowable]:
    widths = [width for _name, width in section.columns]
    heads = [cell(name, STRONG, width_mm=width) for name, width in section.columns]
    rows = [
        [_value(text, width) for text, width in zip(row, widths, strict=True)]
        for row in section.rows
    ]
    count = f"（{len(rows)}）" if section.is_of_people else ""
    title = cell(f"{number}．{section.title}{count}", HEADING)
    title.keepWithNext = True
    return [Spacer(1, 6), title, grid([heads, *rows], widths)]


def _value(text: str, width: float) -> Flowable:
    text = spelled(text)  # what was written during the exam stays as it is
    if width <= SHORT_MM or text.isdigit():
        return cell(text, width_mm=width)
    return cell(text, TEXT, width_mm=width)


def _end(record: RoomRecord) -> list[Flowable]:
    story: list[Flowable] = []
    if record.root is not None:
        root = record.root
        story += [
            cell(f"作答记录存证：第 {root.number} 号，签于 {root.signed_at}", TEXT),
            cell(root.root, SMALL),
        ]
    words = "本记录与考场实际情况相符，作答记录存证已核对。"
    return [
        *story,
        cell(words, TEXT),
        signature_row("监考员一（签名）：", f"日期：{_DATE}"),
        signature_row("监考员二（签名）：", f"日期：{_DATE}"),
        signature_row("考点负责人（签名）：", f"日期：{_DATE}"),
    ]
