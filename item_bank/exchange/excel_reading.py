"""Reads workbooks (.xlsx): every sheet that has a header, merged cells filled, values only."""

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import openpyxl
from openpyxl.utils.cell import range_boundaries

from item_bank.exchange.excel_pictures import CELL_IMAGE, BookPictures, Found, PictureReader
from item_bank.exchange.limits import MAX_COLUMNS, MAX_ROWS, opened_archive
from item_bank.exchange.office_parts import OfficeFile, check_parts
from item_bank.exchange.pictures import Picture
from item_bank.exchange.records import (
    Message,
    ReadFile,
    Severity,
    UnreadableFileError,
    error,
    warning,
)
from item_bank.exchange.table_headers import INSTRUCTIONS
from item_bank.exchange.table_reading import Row, Table, read_table_items

WORKBOOK = OfficeFile("Excel 工作簿", ".xlsx")
MERGED = re.compile(
    rb"""<(?:\w+:)?mergeCell\s[^<>]*?ref=["']([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"""
)
PICTURES = re.compile(r"xl/media/.+")
Cells = dict[tuple[int, int], str]


@dataclass(frozen=True)
class _Inspected:
    """What is known of a workbook before it is opened."""

    merged: Mapping[str, list[str]]  # ranges by part
    pictures: BookPictures
    media_count: int


def read_excel(content: bytes) -> ReadFile:
    """Read the sheets one by one; a faulty sheet harms no other."""
    inspected = _inspected(content)
    tables, hidden = _tables(content, inspected)
    read = [read_table_items(table) for table in tables if table.name != INSTRUCTIONS]
    has_items = any(file.items for file in read)
    messages = [told for file in read for told in _told(file, beside_items=has_items)]
    messages += [Message(f"工作表“{n}”", "是隐藏的，没有读取。", Severity.NOTE) for n in hidden]
    pictures = inspected.pictures
    if inspected.media_count and not pictures.anchored and not pictures.named:
        messages.append(warning("工作簿", "含有图片，图片没有导入；请核对用图的试题。"))
    items = tuple(item for file in read for item in file.items)
    if not items and not messages:
        messages.append(error("工作簿", "没有试题。"))
    return ReadFile(items, tuple(messages))


def _told(file: ReadFile, *, beside_items: bool) -> list[Message]:
    """Return what is said of a sheet; one without items needs a look only beside others."""
    if file.items or not beside_items:
        return list(file.messages)
    return [
        warning(message.place, f"{message.text}这张工作表没有读取。") for message in file.messages
    ]


def _inspected(content: bytes) -> _Inspected:
    """Refuse macros and entities before the workbook is opened; gather merges and pictures."""
    with opened_archive(content) as archive:
        parts = check_parts(archive, WORKBOOK)
        pictures = PictureReader(archive, parts).read()
        media_count = sum(bool(PICTURES.fullmatch(name)) for name in archive.namelist())
    merged = {n: [found.decode() for found in MERGED.findall(part)] for n, part in parts.items()}
    return _Inspected(merged, pictures, media_count)


def _tables(content: bytes, inspected: _Inspected) -> tuple[list[Table], list[str]]:
    """Return the visible sheets, and the names of hidden ones."""
    try:
        book: Any = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=True, keep_links=False
        )
        try:
            sheets = [s for s in book.worksheets if s.sheet_state == "visible"]
            hidden = [s.title for s in book.worksheets if s.sheet_state != "visible"]
            return [Table(s.title, tuple(_rows(s, inspected))) for s in sheets], hidden
        finally:
            book.close()
    except UnreadableFileError:
        raise
    except Exception as fault:
        raise UnreadableFileError("工作簿损坏，无法读取。") from fault


def _part_of(sheet: Any) -> str:
    return str(getattr(sheet, "_worksheet_path", "")).lstrip("/")


def _rows(sheet: Any, inspected: _Inspected) -> Iterator[Row]:
    sheet.reset_dimensions()
    part = _part_of(sheet)
    filled = _Filled(inspected.merged.get(part, []))
    pictures = inspected.pictures
    number = 0
    for number, values in enumerate(
        sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS, values_only=True), start=1
    ):
        cells = filled.row(number, [_text(value) for value in values])
        row = _with_pictures(number, cells, pictures.of_row(part, number), pictures)
        if any(row.cells) or row.pictures or row.findings:
            yield row
    if number > MAX_ROWS:
        raise UnreadableFileError(f"超过 {MAX_ROWS} 行。", f"工作表“{sheet.title}”")
    for below in sorted(n for n in pictures.anchored.get(part, {}) if n > number):
        yield _with_pictures(below, [], pictures.of_row(part, below), pictures)


def _with_pictures(
    number: int,
    cells: list[str],
    anchored: Mapping[int, list[Found]],
    pictures: BookPictures,
) -> Row:
    """Return a row with the pictures of its cells; what stood for them is no text."""
    found = [(column, kept) for column, row in anchored.items() for kept in row]
    for column, text in enumerate(cells):
        if CELL_IMAGE.search(text):
            found += [(column, kept) for kept in pictures.in_cell(text)]
            cells[column] = ""
    return Row(
        number=number,
        cells=tuple(cells),
        pictures=tuple((column, kept) for column, kept in found if isinstance(kept, Picture)),
        findings=tuple((column, kept) for column, kept in found if isinstance(kept, str)),
    )


class _Filled:
    """Fills cells under a vertical merge with what the first of them says."""

    def __init__(self, merged: list[str]) -> None:
        self.sources = _sources(merged)
        self.starts = set(self.sources.values())
        self.kept: Cells = {}

    def row(self, number: int, cells: list[str]) -> list[str]:
        for column, text in enumerate(cells):
            here = (number, column)
            if here in self.starts:
                self.kept[here] = text
            elif here in self.sources and not text:
                cells[column] = self.kept.get(self.sources[here], "")
        return cells


def _sources(merged: list[str]) -> dict[tuple[int, int], tuple[int, int]]:
    """Return for every cell under a vertical merge the cell that holds its value."""
    found: dict[tuple[int, int], tuple[int, int]] = {}
    for name in merged:
        left, top, right, bottom = (int(edge or 0) for edge in range_boundaries(name))
        if left != right or bottom - top > 100 or len(found) > MAX_ROWS * 4:
            continue  # titles across columns hold no item
        for row in range(top + 1, bottom + 1):
            found[row, left - 1] = (top, left - 1)
    return found


def _text(value: object) -> str:
    """Return what a cell shows; whole numbers without a fraction."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()
