"""The table of assessed elements 鉴定要素细目表: its codes, levels and weights."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from item_bank.rules.kinds import Importance

POINT_LEVEL = 4
RANGE_LEVEL = 3
TOTAL_WEIGHT = Decimal(100)
HALF = Decimal("0.5")
CODE = re.compile(r"[A-Z](-[A-Z](-[A-Z](-\d{3})?)?)?")


@dataclass(frozen=True)
class ElementRow:
    """One row of the table; ranges carry a weight, points an importance."""

    code: str
    name: str
    level: int
    weight: Decimal | None
    importance: str | None

    @property
    def parent_code(self) -> str | None:
        """Return the code of the range above, none for level 1."""
        return self.code.rpartition("-")[0] or None


def check_element_table(rows: Sequence[ElementRow]) -> tuple[str, ...]:
    """Return what is wrong with the table, in Chinese; weights of children add up to the parent."""
    faults = [fault for row in rows for fault in _row_faults(row)]
    codes = [row.code for row in rows]
    faults += [f"{code} 重复。" for code in sorted({c for c in codes if codes.count(c) > 1})]
    faults += [
        f"{row.code} 缺少上级 {row.parent_code}。"
        for row in rows
        if row.parent_code is not None and row.parent_code not in codes
    ]
    return tuple(faults or _weight_faults(rows))


def ratio_of(importances: Iterable[str]) -> str:
    """Return the importance ratio 重要程度比例 of points as the official layout prints it.

    Examples
    --------
    >>> ratio_of("XXYXXYX")
    '(05:02:00)'
    """
    counts = list(importances)
    return "(" + ":".join(f"{counts.count(kind.value):02d}" for kind in Importance) + ")"


def _row_faults(row: ElementRow) -> list[str]:
    faults = []
    if not CODE.fullmatch(row.code) or row.code.count("-") + 1 != row.level:
        faults.append(f"{row.code} 的编号与级别 {row.level} 不符。")
    if not row.name.strip():
        faults.append(f"{row.code} 缺少名称。")
    if row.level == POINT_LEVEL and row.importance not in {kind.value for kind in Importance}:
        faults.append(f"{row.code} 的重要程度应为 X、Y 或 Z。")
    if row.level < POINT_LEVEL and (row.weight is None or row.weight <= 0 or row.weight % HALF):
        faults.append(f"{row.code} 的鉴定比重应为正的整数或半数。")
    return faults


def _weight_faults(rows: Sequence[ElementRow]) -> list[str]:
    sums: dict[str | None, Decimal] = {}
    for row in rows:
        if row.weight is not None:
            sums[row.parent_code] = sums.get(row.parent_code, Decimal(0)) + row.weight
    faults = []
    if sums.get(None, Decimal(0)) != TOTAL_WEIGHT:
        faults.append(f"一级比重之和应为 100，现为 {sums.get(None, 0)}。")
    for row in rows:
        total = sums.get(row.code)
        if row.weight is not None and total is not None and total != row.weight:
            faults.append(f"{row.code} 的比重为 {row.weight}，下级之和为 {total}。")
    return faults
