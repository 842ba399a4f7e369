"""All rows of a batch in few statements, of fixed texts that the database keeps prepared.

A statement for each row would take and give back the interpreter's lock every time, between a
writer thread and a loop that both want it, and would cost a round trip each on PostgreSQL. There
the rows travel as one JSON text; SQLite takes a few of them at a time as parameters, which costs
a third of unpacking JSON.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from itertools import chain
from typing import Any

import msgspec
from sqlalchemy import Connection

from exam_server.delivery.chain import EPOCH_START, microseconds

INTEGER, TEXT, BOOLEAN = "integer", "text", "boolean"
INSTANT = "instant"  # as ``written`` gives it
ROWS_AT_ONCE = (64, 32, 16, 8, 4, 2, 1)  # of one text on SQLite: so few that all stay prepared
SECOND = timedelta(seconds=1)


class Bulk:
    """A statement; ``{rows}`` in it stands for the rows ``r``, ``{names}`` for their columns."""

    def __init__(self, statement: str, columns: Mapping[str, str]) -> None:
        self._statement = statement
        self._columns = columns
        self._texts = {count: self._filled(_parameters(columns, count)) for count in ROWS_AT_ONCE}
        self._of_json = self._filled(_unpacked(columns))

    def run(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> int:
        """Run the statement over rows in the order of the columns; return how many it touched."""
        if connection.dialect.name == "sqlite":
            return self._run_in_parts(connection, rows)
        named = [dict(zip(self._columns, row, strict=True)) for row in rows]
        text = msgspec.json.encode(named).decode()
        return connection.exec_driver_sql(self._of_json, (text,)).rowcount

    def _run_in_parts(self, connection: Connection, rows: Sequence[Sequence[Any]]) -> int:
        touched = first = 0
        for count in ROWS_AT_ONCE:
            while len(rows) - first >= count:
                values = tuple(chain.from_iterable(rows[first : first + count]))
                touched += connection.exec_driver_sql(self._texts[count], values).rowcount
                first += count
        return touched

    def _filled(self, rows: str) -> str:
        return self._statement.format(rows=f"({rows}) AS r", names=", ".join(self._columns))


def written(instant: datetime) -> str:
    """Return an instant as SQLite keeps it: UTC without saying so.

    >>> written(datetime(2026, 12, 5, 9, tzinfo=UTC))
    '2026-12-05 09:00:00.000000'
    """
    second, rest = divmod(microseconds(instant), 1_000_000)
    return f"{_second(second)}.{rest:06d}"


@lru_cache(maxsize=256)
def _second(number: int) -> str:
    """Return a second since the epoch in words; most instants of a batch share a few of them."""
    return (EPOCH_START + number * SECOND).isoformat(" ")[: -len("+00:00")]


def _parameters(columns: Mapping[str, str], count: int) -> str:
    taken = ", ".join(f"column{number} AS {name}" for number, name in enumerate(columns, start=1))
    places = f"({', '.join('?' * len(columns))})"
    return f"SELECT {taken} FROM (VALUES {', '.join([places] * count)})"  # noqa: S608  (our names)


def _unpacked(columns: Mapping[str, str]) -> str:
    taken = ", ".join(
        f"CAST({name} || 'Z' AS timestamptz) AS {name}" if kind == INSTANT else name
        for name, kind in columns.items()
    )
    kinds = {name: TEXT if kind == INSTANT else kind for name, kind in columns.items()}
    listed = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    return f"SELECT {taken} FROM jsonb_to_recordset(CAST(%s AS jsonb)) AS t({listed})"  # noqa: S608
