"""Reads workbooks (.xlsx): every sheet that has a header, merged cells filled, values only."""

import io
import re
from collections.abc import Iterator, Mapping
from typing import Any

import openpyxl
from openpyxl.utils.cell import range_boundaries

from item_bank.exchange.limits import MAX_COLUMNS, MAX_ROWS, opened_archive
from item_bank.exchange.office_parts import OfficeFile, check_parts
from item_bank.exchange.records import ReadFile, UnreadableFileError, error, warning
from item_bank.exchange.table_reading import Row, Table, read_table_items

WORKBOOK = OfficeFile("Excel 工作簿", ".xlsx")
MERGED = re.compile(
    rb"""<(?:\w+:)?mergeCell\s[^<>]*?ref=["']([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"""
)
PICTURES = re.compile(r"xl/media/.+")
Cells = dict[tuple[int, int], str]


def read_excel(content: bytes) -> ReadFile:
    """Read the sheets one by one; a faulty sheet harms no other."""
    merged, has_pictures = _inspected(content)
    tables = _tables(content, merged)
    read = [read_table_items(table) for table in tables]
    messages = [message for file in read for message in file.messages]
    if has_pictures:
        messages.append(warning("工作簿", "含有图片，图片没有导入；请核对用图的试题。"))
    items = tuple(item for file in read for item in file.items)
    if not items and not messages:
        messages.append(error("工作簿", "没有试题。"))
    return ReadFile(items, tuple(messages))


def _inspected(content: bytes) -> tuple[Mapping[str, list[str]], bool]:
    """Refuse macros and entities before the workbook is opened; gather merged ranges."""
    with opened_archive(content) as archive:
        parts = check_parts(archive, WORKBOOK)
        has_pictures = any(PICTURES.fullmatch(name) for name in archive.namelist())
    merged = {n: [found.decode() for found in MERGED.findall(part)] for n, part in parts.items()}
    return merged, has_pictures


def _tables(content: bytes, merged: Mapping[str, list[str]]) -> list[Table]:
    try:
        book: Any = openpyxl.load_workbook(
            io.BytesIO(content), read_only=True, data_only=True, keep_links=False
        )
        try:
            return [
                Table(sheet.title, tuple(_rows(sheet, merged.get(_part_of(sheet), []))))
                for sheet in book.worksheets
                if sheet.sheet_state == "visible"
            ]
        finally:
            book.close()
    except UnreadableFileError:
        raise
    except Exception as fault:
        raise UnreadableFileError("工作簿损坏，无法读取。") from fault


def _part_of(sheet: Any) -> str:
    return str(getattr(sheet, "_worksheet_path", "")).lstrip("/")


def _rows(sheet: Any, merged: list[str]) -> Iterator[Row]:
    sheet.reset_dimensions()
    kept: Cells = {}
    sources = _sources(merged)
    starts = set(sources.values())
    number = 0
    for number, values in enumerate(
        sheet.iter_rows(max_row=MAX_ROWS + 1, max_col=MAX_COLUMNS, values_only=True), start=1
    ):
        cells = [_text(value) for value in values]
        for column, text in enumerate(cells):
            here = (number, column)
            if here in starts:
                kept[here] = text
            elif here in sources and not text:
                cells[column] = kept.get(sources[here], "")
        if any(cells):
            yield Row(number, tuple(cells))
    if number > MAX_ROWS:
        raise UnreadableFileError(f"超过 {MAX_ROWS} 行。", f"工作表“{sheet.title}”")


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
