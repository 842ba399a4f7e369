"""The table of assessed elements as a workbook in the official layout, written and read.

Three groups of columns hold the ranges (代码 名称 重要程度比例 鉴定比重), the last one the points
(代码 名称 重要程度); cells of a range are merged over its rows. Ratios are written and never read.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

import openpyxl
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from item_bank.exchange.limits import MAX_COLUMNS, check_size, opened_archive
from item_bank.exchange.records import UnreadableFileError
from item_bank.rules.element_outline import (
    MOST_ROWS,
    OutlineRow,
    Rows,
    end_of,
    totals_of,
    written,
)
from item_bank.rules.element_table import POINT_LEVEL
from item_bank.rules.item import tidy

LEVEL_NAMES: Final = ("一级", "二级", "三级")
RANGE_HEADS: Final = ("代码", "名称", "重要程度比例", "鉴定比重")
POINT_HEADS: Final = ("代码", "名称", "重要程度")
CODE_HEAD: Final = "代码"
FIELDS: Final = {"代码": "code", "名称": "name", "鉴定比重": "weight", "重要程度": "importance"}
HEAD_ROWS_READ: Final = 10  # the header stands among the first rows
WIDTHS_RANGE: Final = (6, 16, 12, 9)
WIDTHS_POINT: Final = (6, 30, 9)
ILLEGAL: Final = {code: None for code in range(32) if code not in (9, 10, 13)}
_THIN: Final = Side(style="thin", color="FF8A8A8A")
_BOX: Final = Border(left=_THIN, right=_THIN, top=_THIN, bottom=_THIN)
_HEAD: Final = PatternFill("solid", fgColor="FFEFF2F6")
_CENTRE: Final = Alignment(horizontal="center", vertical="center", wrap_text=True)
_LEFT: Final = Alignment(vertical="center", wrap_text=True)


@dataclass(frozen=True)
class ReadOutline:
    """The rows of a file, and in which line of the sheet each of them stood."""

    rows: Rows
    lines: tuple[int, ...]


# Writing ------------------------------------------------------------------------------------


def write_element_table(rows: Rows, title: str) -> bytes:
    """Return a workbook with the whole table."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.title = "鉴定要素细目表"
    _write_head(sheet, title)
    _write_rows(sheet, rows)
    sheet.freeze_panes = "A4"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    sheet.print_title_rows = "2:3"
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _write_head(sheet: Any, title: str) -> None:
    sheet.cell(1, 1, title.translate(ILLEGAL)).font = Font(bold=True, size=14)
    column = 1
    groups = [(f"鉴定范围 {name}", RANGE_HEADS, WIDTHS_RANGE) for name in LEVEL_NAMES]
    for name, heads, widths in [*groups, ("鉴定点", POINT_HEADS, WIDTHS_POINT)]:
        sheet.cell(2, column, name)
        sheet.merge_cells(
            start_row=2, end_row=2, start_column=column, end_column=column + len(heads) - 1
        )
        for head, width in zip(heads, widths, strict=True):
            sheet.cell(3, column, head)
            letter = get_column_letter(column)
            sheet.column_dimensions[letter].width = width
            for line in (2, 3):
                _styled(sheet.cell(line, column), _CENTRE, is_head=True)
            column += 1
    last = get_column_letter(column - 1)
    sheet.merge_cells(f"A1:{last}1")
    sheet["A1"].alignment = _CENTRE


def _write_rows(sheet: Any, rows: Rows) -> None:
    """Write points one a line; a range stands in the line of the first point below it."""
    lines = _lines_of(rows)
    totals = totals_of(rows)
    last = max(lines, default=3)
    for line in range(4, last + 1):
        for column in range(1, len(RANGE_HEADS) * 3 + len(POINT_HEADS) + 1):
            _styled(sheet.cell(line, column), _LEFT)
    for at, row in enumerate(rows):
        span = (lines[at], max(lines[at : end_of(rows, at)]))
        _write_row(sheet, row, totals[at].ratio, span)


def _write_row(sheet: Any, row: OutlineRow, ratio: str, span: tuple[int, int]) -> None:
    part, first = row.code.rpartition("-")[2], _first_column(row.level)
    values: tuple[str | float | None, ...] = (part, row.name, row.importance)
    if row.level < POINT_LEVEL:
        values = (part, row.name, ratio, float(row.weight) if row.weight else None)
    for column, value in enumerate(values, start=first):
        cell = sheet.cell(span[0], column, value)
        if isinstance(value, str):  # what begins with = stays a text
            cell.value, cell.data_type = value.translate(ILLEGAL), "s"
        if span[1] > span[0]:
            sheet.merge_cells(
                start_row=span[0], end_row=span[1], start_column=column, end_column=column
            )


def _lines_of(rows: Rows) -> list[int]:
    lines: list[int] = []
    line, above = 3, POINT_LEVEL
    for row in rows:
        line += row.level <= above  # the first row below a range shares its line
        lines.append(line)
        above = row.level
    return lines


def _first_column(level: int) -> int:
    return 1 + len(RANGE_HEADS) * (level - 1)


def _styled(cell: Any, alignment: Alignment, *, is_head: bool = False) -> None:
    cell.border, cell.alignment = _BOX, alignment
    if is_head:
        cell.font, cell.fill = Font(bold=True), _HEAD


# Reading ------------------------------------------------------------------------------------


def read_element_table(content: bytes, known: Mapping[str, OutlineRow]) -> ReadOutline:
    """Read the first sheet; rows whose code is known are those rows, others are new.

    Judging the rows is left to ``check_outline``. Raises ``UnreadableFileError`` for a file that
    is no workbook or has no header of the official layout.
    """
    check_size(content)
    with opened_archive(content):  # refuses bombs and foreign paths
        lines = list(_sheet_lines(content))
    head, groups = _header_of(lines)
    reader = _Reader(known)
    for number, cells in lines:
        if number > head:
            reader.take(number, [_fields(cells, group) for group in groups])
    if len(reader.rows) > MOST_ROWS:
        raise UnreadableFileError(f"细目表最多 {MOST_ROWS} 行。")
    return ReadOutline(tuple(reader.rows), tuple(reader.lines))


def _sheet_lines(content: bytes) -> Iterator[tuple[int, list[str]]]:
    try:
        book: Any = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()
            limits = {"max_row": MOST_ROWS * 2, "max_col": MAX_COLUMNS}
            rows = enumerate(sheet.iter_rows(values_only=True, **limits), start=1)
            found = [(number, [_text(value) for value in row]) for number, row in rows]
        finally:
            book.close()
    except Exception as fault:  # whatever openpyxl stumbles over makes the file unreadable
        raise UnreadableFileError("不是有效的 xlsx 文件，无法读取。") from fault
    yield from ((number, cells) for number, cells in found if any(cells))


def _header_of(lines: Sequence[tuple[int, list[str]]]) -> tuple[int, list[Mapping[str, int]]]:
    """Return the line of the header and for each of the four groups its columns by field."""
    for number, cells in lines[:HEAD_ROWS_READ]:
        starts = [column for column, text in enumerate(cells) if text == CODE_HEAD]
        if len(starts) == POINT_LEVEL:
            ends = [*starts[1:], len(cells)]
            return number, [
                {FIELDS[cells[c]]: c for c in range(start, end) if cells[c] in FIELDS}
                for start, end in zip(starts, ends, strict=True)
            ]
    raise UnreadableFileError(
        "没有找到表头：应有一、二、三级鉴定范围和鉴定点四组“代码、名称……”列，请用导出的文件作模板。"
    )


def _fields(cells: Sequence[str], group: Mapping[str, int]) -> Mapping[str, str]:
    return {name: cells[column] for name, column in group.items() if column < len(cells)}


def _text(value: object) -> str:
    if isinstance(value, float):
        return written(Decimal(str(value)))
    return "" if value is None else tidy(str(value))


@dataclass
class _Reader:
    """Gathers rows line by line; a range that says the same as the one above is that one."""

    known: Mapping[str, OutlineRow]
    rows: list[OutlineRow] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    _codes: dict[int, str] = field(default_factory=dict)
    _said: dict[int, tuple[str, str]] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def take(self, line: int, groups: Sequence[Mapping[str, str]]) -> None:
        for level, fields in enumerate(groups, start=1):
            said = (fields.get("code", ""), fields.get("name", ""))
            if not any(said) or (level < POINT_LEVEL and self._said.get(level) == said):
                continue
            self._said = {kept: text for kept, text in self._said.items() if kept < level}
            self._said[level] = said
            self._add(line, level, fields)

    def _add(self, line: int, level: int, fields: Mapping[str, str]) -> None:
        part = fields.get("code", "").upper()
        if level == POINT_LEVEL and part.isdecimal():
            part = part.zfill(3)
        above = self._codes.get(level - 1, "")
        code = f"{above}-{part}".removeprefix("-") if part and (above or level == 1) else ""
        self._codes = {kept: text for kept, text in self._codes.items() if kept < level}
        self._codes[level] = code
        present = self.known.get(code) if code not in self._taken else None
        self._taken.add(code)
        self.rows.append(
            OutlineRow(
                key=present.key if present else f"n{len(self.rows) + 1}",
                level=level,
                name=fields.get("name", ""),
                weight=fields.get("weight", "") if level < POINT_LEVEL else "",
                importance=fields.get("importance", "").upper() if level == POINT_LEVEL else "",
                code=code,
                is_pinned=present.is_pinned if present else False,
            )
        )
        self.lines.append(line)
