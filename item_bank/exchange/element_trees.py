"""Reads the upper levels of element tables 鉴定要素细目表 of many projects from one CSV file."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Final

from item_bank.errors import FaultyBankError
from item_bank.rules.element_table import ElementRow, check_element_table
from item_bank.rules.item import tidy
from registry.tables import read_table

COLUMNS: Final = ("project", "code", "name", "level", "weight")


def read_element_trees(text: str) -> Mapping[int, tuple[ElementRow, ...]]:
    """Read the trees by number of project; raises ``FaultyBankError`` with every fault."""
    trees: dict[int, list[ElementRow]] = {}
    faults: list[str] = []
    for number, row in enumerate(read_table(text, COLUMNS), start=2):
        try:
            trees.setdefault(int(row["project"]), []).append(_element(row))
        except (ValueError, InvalidOperation):
            faults.append(f"第 {number} 行：无法读取。")
    for project, rows in trees.items():
        faults += [f"项目 {project}：{fault}" for fault in check_element_table(rows)]
    if faults:
        raise FaultyBankError(faults)
    return {project: tuple(rows) for project, rows in trees.items()}


def _element(row: Mapping[str, str]) -> ElementRow:
    return ElementRow(
        code=row["code"],
        name=tidy(row["name"]),
        level=int(row["level"]),
        weight=Decimal(row["weight"]),
        importance=None,
    )
