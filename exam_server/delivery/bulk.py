"""All rows of a batch in one statement: they travel as one JSON text and the database unpacks it.

A statement for each row would take and give back the interpreter's lock every time, between a
writer thread and a loop that both want it, and would cost a round trip each on PostgreSQL.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from sqlalchemy import Connection

INTEGER, TEXT, BOOLEAN = "integer", "text", "boolean"
INSTANT = "instant"  # as ``written`` gives it


class Bulk:
    """One statement; ``{rows}`` in it stands for the rows ``r``, ``{names}`` for their columns."""

    def __init__(self, statement: str, columns: Mapping[str, str]) -> None:
        names = ", ".join(columns)
        rows = {"sqlite": _from_sqlite(columns), "postgresql": _from_postgresql(columns)}
        self._texts = {
            dialect: statement.format(rows=f"({taken}) AS r", names=names)
            for dialect, taken in rows.items()
        }

    def run(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
        """Run the statement over the rows; return how many rows it touched."""
        text = msgspec.json.encode(rows).decode()
        return connection.exec_driver_sql(self._texts[connection.dialect.name], (text,)).rowcount


def written(instant: datetime) -> str:
    """Return an instant as SQLite keeps it: UTC without saying so.

    >>> written(datetime(2026, 12, 5, 9, tzinfo=UTC))
    '2026-12-05 09:00:00.000000'
    """
    return instant.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")


def _from_sqlite(columns: Mapping[str, str]) -> str:
    taken = ", ".join(f"json_extract(value, '$.{name}') AS {name}" for name in columns)
    return f"SELECT {taken} FROM json_each(?)"  # noqa: S608  (names of columns, not of people)


def _from_postgresql(columns: Mapping[str, str]) -> str:
    taken = ", ".join(
        f"CAST({name} || 'Z' AS timestamptz) AS {name}" if kind == INSTANT else name
        for name, kind in columns.items()
    )
    kinds = {name: TEXT if kind == INSTANT else kind for name, kind in columns.items()}
    listed = ", ".join(f"{name} {kind}" for name, kind in kinds.items())
    return f"SELECT {taken} FROM jsonb_to_recordset(CAST(%s AS jsonb)) AS t({listed})"  # noqa: S608
