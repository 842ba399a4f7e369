"""Reads CSV tables of natural keys; a missing column is an error that names it."""

import csv
import io
from collections.abc import Iterator, Sequence

from registry.errors import InvalidInputError


def read_table(text: str, columns: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield the rows of a CSV text, trimmed; raise ``InvalidInputError`` for missing columns."""
    reader = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    missing = [column for column in columns if column not in (reader.fieldnames or ())]
    if missing:
        raise InvalidInputError(field="文件", reason=f"缺少列：{'、'.join(missing)}。")
    for number, row in enumerate(reader, start=2):
        if None in row or any(row[column] is None for column in columns):
            raise InvalidInputError(field=f"文件第{number}行", reason="列数与表头不符，请核对。")
        yield {column: row[column].strip() for column in columns}
