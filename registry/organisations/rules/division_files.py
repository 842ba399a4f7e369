"""Division codes 行政区划代码 as CSV files: those in force and the former ones."""

from dataclasses import dataclass
from typing import Final

from registry.tables import read_table

DIVISION_COLUMNS: Final = ("code", "name", "level", "parent", "type")
FORMER_COLUMNS: Final = ("code", "name", "used_from", "last_year_used")


@dataclass(frozen=True)
class DivisionRow:
    """A division in force."""

    code: str
    name: str
    level: str
    parent_code: str | None
    kind: str


@dataclass(frozen=True)
class FormerDivisionRow:
    """A former division; an empty first year means before 1983."""

    code: str
    name: str
    used_from: str
    last_year_used: str


def read_divisions(text: str) -> list[DivisionRow]:
    """Read the divisions in force."""
    return [
        DivisionRow(row["code"], row["name"], row["level"], row["parent"] or None, row["type"])
        for row in read_table(text, DIVISION_COLUMNS)
    ]


def read_former_divisions(text: str) -> list[FormerDivisionRow]:
    """Read the former divisions."""
    return [FormerDivisionRow(**row) for row in read_table(text, FORMER_COLUMNS)]
