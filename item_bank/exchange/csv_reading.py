"""Reads tables in text files: commas, tabs or semicolons, told by the first lines."""

import csv
import io
from collections.abc import Iterator

from item_bank.exchange.limits import MAX_COLUMNS, MAX_ROWS
from item_bank.exchange.records import ReadFile, UnreadableFileError
from item_bank.exchange.table_reading import Row, Table, read_table_items
from item_bank.exchange.text_decoding import decoded

DELIMITERS = ",\t;，"
SEEN = 2000  # characters looked at for the delimiter


def read_csv(content: bytes) -> ReadFile:
    """Read one table; rows are numbered by the line on which they begin."""
    text = decoded(content)
    return read_table_items(Table("", tuple(_rows(text, delimiter_of(text)))))


def delimiter_of(text: str) -> str:
    """Return the separator that stands most often in the first lines; a comma otherwise."""
    start = text[:SEEN]
    return max(DELIMITERS, key=lambda sign: (start.count(sign), sign == ","))


def _rows(text: str, delimiter: str) -> Iterator[Row]:
    lines = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    begins = 1
    try:
        for count, cells in enumerate(lines):
            if count >= MAX_ROWS:
                raise UnreadableFileError(f"超过 {MAX_ROWS} 行。", f"第 {begins} 行")
            yield Row(begins, tuple(cells[:MAX_COLUMNS]))
            begins = lines.line_num + 1
    except csv.Error as fault:
        reason = f"不是有效的 CSV（{fault}）。"
        raise UnreadableFileError(reason, f"第 {begins} 行") from fault
