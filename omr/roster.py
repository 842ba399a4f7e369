"""The list of candidates for printing cards outside the database: a CSV file, read and checked."""

import csv
import io
from dataclasses import dataclass

import msgspec

from omr.printing import CardHolder
from omr.rules.card_code import is_serial, serial_of
from registry.errors import InvalidInputError

COLUMNS = {  # the file's heading, Chinese or English, to the field of the card
    "number": "admission_no",
    "admission_no": "admission_no",
    "准考证号": "admission_no",
    "name": "name",
    "姓名": "name",
    "serial": "serial",
    "卡号": "serial",
    "project": "project",
    "考核项目": "project",
    "batch": "batch",
    "考核批次": "batch",
    "room": "room",
    "考场号": "room",
    "seat": "seat",
    "座位号": "seat",
    "paper_type": "paper_type",
    "试卷类型": "paper_type",
}
FIELDS = tuple(dict.fromkeys(COLUMNS.values()))
ENCODINGS = ("utf-8-sig", "gb18030")
LONGEST = 200


class RosterError(InvalidInputError):
    """A row of the list cannot be printed."""

    code = "roster"


@dataclass(frozen=True)
class _Row:
    line: int
    values: dict[str, str]


def read_roster(data: bytes) -> tuple[CardHolder, ...]:
    """Read the candidates in their order; raises ``RosterError`` naming the line.

    A row without a serial gets the one of its place in the list, from 1.
    """
    holders = [_holder(row, place) for place, row in enumerate(_rows(data), 1)]
    if not holders:
        raise RosterError(field="名单", reason="名单中没有考生")
    for name, words in (("serial", "卡号"), ("admission_no", "准考证号")):
        _refuse_repeats([getattr(holder, name) for holder in holders], words)
    return tuple(holders)


def known_serials(holders: tuple[CardHolder, ...]) -> dict[str, str]:
    """Return each serial with the number of its candidate."""
    return {holder.serial: holder.admission_no for holder in holders}


def _rows(data: bytes) -> list[_Row]:
    reader = csv.reader(io.StringIO(_text(data), newline=""))
    heading = next(reader, None)
    if heading is None:
        raise RosterError(field="名单", reason="文件是空的")
    names = [COLUMNS.get(cell.strip().lower()) for cell in heading]
    if "admission_no" not in names:
        raise RosterError(field="名单第 1 行", reason="缺少“准考证号”（number）一列")
    rows = []
    for cells in reader:
        if any(cell.strip() for cell in cells):
            pairs = zip(names, cells, strict=False)
            values = {name: cell.strip() for name, cell in pairs if name is not None}
            rows.append(_Row(reader.line_num, values))
    return rows


def _text(data: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise RosterError(field="名单", reason="文字编码须为 UTF-8 或 GB 18030")


def _holder(row: _Row, place: int) -> CardHolder:
    values = dict.fromkeys(FIELDS, "") | row.values
    values["serial"] = values["serial"] or serial_of(place)
    number = values["admission_no"]
    faults = (
        (not (number.isascii() and number.isdigit()), f"准考证号须为数字，现为“{number}”"),
        (not is_serial(values["serial"]), "卡号须为 11 位数字且校验位正确"),
        (any(len(value) > LONGEST for value in values.values()), "内容过长"),
    )
    for applies, words in faults:
        if applies:
            raise RosterError(field=f"名单第 {row.line} 行", reason=words)
    return msgspec.convert(values, CardHolder)


def _refuse_repeats(values: list[str], words: str) -> None:
    repeated = next((value for value in values if values.count(value) > 1), None)
    if repeated is not None:
        raise RosterError(field="名单", reason=f"{words} {repeated} 出现多次")
