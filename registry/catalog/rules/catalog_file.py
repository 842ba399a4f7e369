"""The catalog 考核目录 as a CSV file: one row per project of Annex 1."""

from dataclasses import dataclass
from typing import Final

from registry.errors import InvalidInputError
from registry.tables import read_table

ORIGINS: Final = frozenset({"original", "new"})
COLUMNS: Final = ("no", "name", "name_in_notice", "remark", "industry_group", "industry_group_en")


@dataclass(frozen=True)
class CatalogRow:
    """One project as the file gives it."""

    number: int
    name: str
    name_in_notice: str
    origin: str
    industry_group: str
    industry_group_en: str


def read_catalog(text: str) -> list[CatalogRow]:
    """Read the file; every number and name occurs once."""
    rows = [
        CatalogRow(
            number=int(row["no"]) if row["no"].isdecimal() else 0,
            name=row["name"],
            name_in_notice=row["name_in_notice"],
            origin=row["remark"],
            industry_group=row["industry_group"],
            industry_group_en=row["industry_group_en"],
        )
        for row in read_table(text, COLUMNS)
    ]
    for row in rows:
        if row.number < 1 or not row.name or row.origin not in ORIGINS:
            raise InvalidInputError(field="考核目录", reason=f"项目“{row.name}”的序号或备注有误。")
    if len({row.number for row in rows}) < len(rows) or len({row.name for row in rows}) < len(rows):
        raise InvalidInputError(field="考核目录", reason="序号或项目名称重复，请核对。")
    return rows
