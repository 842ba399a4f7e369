"""Writes a workbook with one row per item, in the columns the reader knows."""

import io
import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import openpyxl
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font

from item_bank.exchange.records import TYPE_NAMES, ItemType, ReadItem
from item_bank.rules.kinds import RIGHT

FEWEST_OPTIONS = 6
LAST_COLUMNS = ("答案", "分值", "难度", "鉴定点编号", "固定选项", "选项得分", "解析", "来源")
ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f]")
WRITTEN_AT = datetime(2019, 11, 18)  # noqa: DTZ001  (fixed, so that equal items give equal files)
MAX_CELL = 32_767  # characters a cell of Excel holds


def write_excel(items: Sequence[ReadItem]) -> bytes:
    """Return one workbook with one sheet."""
    book = openpyxl.Workbook(write_only=True)
    book.properties.created = book.properties.modified = WRITTEN_AT
    sheet = book.create_sheet("试题")
    count = max(FEWEST_OPTIONS, *(len(item.options) for item in items), 0)
    letters = [chr(ord("A") + number) for number in range(count)]
    header = ["题号", "题型", "题干", *(f"选项{letter}" for letter in letters), *LAST_COLUMNS]
    cells = []
    for name in header:
        cell = WriteOnlyCell(sheet, value=name)
        cell.font = Font(bold=True)
        cell.alignment = Alignment(horizontal="center")
        cells.append(cell)
    sheet.freeze_panes = "A2"
    sheet.append(cells)
    for item in items:
        sheet.append([text_cell(sheet, value) for value in _row(item, count)])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _row(item: ReadItem, count: int) -> list[str]:
    is_judgement = item.type is ItemType.JUDGE
    options = [] if is_judgement else [option.text for option in item.options]
    points = "" if item.points is None else f"{item.points:f}"
    difficulty = "" if item.difficulty is None else str(item.difficulty)
    return [
        item.identifier,
        TYPE_NAMES[item.type],
        item.stem,
        *options,
        *[""] * (count - len(options)),
        _answer(item),
        points,
        difficulty,
        item.point or "",
        "".join(item.locked).upper(),
        "；".join(f"{name.upper()}={weight:f}" for name, weight in item.weights.items()),
        item.rationale,
        item.source,
    ]


def _answer(item: ReadItem) -> str:
    if item.key is None:
        return ""
    if item.type is ItemType.JUDGE:
        return "√" if item.key == (RIGHT,) else "×"
    return "".join(item.key).upper()


def text_cell(sheet: Any, text: str) -> Any:
    """Return a text cell: what begins with = stays a text and is never computed."""
    cell = WriteOnlyCell(sheet, value=ILLEGAL.sub("", text)[:MAX_CELL] or None)
    if text:
        cell.data_type = "s"
    return cell
