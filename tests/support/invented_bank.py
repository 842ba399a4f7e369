"""Invented banks and papers for tests of the item bank; every text is plainly a placeholder."""

import csv
import json
from decimal import Decimal
from pathlib import Path

from item_bank.rules.blueprint import DEFAULT_SHARES, RangeWeight, SectionTerms, Shares
from item_bank.rules.item import Figure, ItemContent, OptionContent, judgement_options
from item_bank.rules.kinds import Importance, ItemKind
from item_bank.rules.paper import PaperContent, PaperQuestion
from item_bank.rules.pool import PoolItem
from tests.support.single_papers import AssemblyRequest

RANGES = ("A-A-A", "A-A-B", "B-A-A")
WEIGHTS = ("20", "30", "50")
POINTS_PER_RANGE = 3
PER_CELL = 4  # items of each range, point and kind in a written bank
RATIONALE_MARK = "解析记号"
SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 10">'
    '<rect x="1" y="1" width="8" height="4" fill="none" stroke="#000"/>'
    '<text x="2" y="9" font-size="3">图</text></svg>'
)


def ranges() -> tuple[RangeWeight, ...]:
    return tuple(
        RangeWeight(code, Decimal(weight)) for code, weight in zip(RANGES, WEIGHTS, strict=True)
    )


def request(
    single: int = 10, multiple: int = 4, judged: int = 6, shares: Shares = DEFAULT_SHARES
) -> AssemblyRequest:
    counts = {
        ItemKind.SINGLE_CHOICE: single,
        ItemKind.MULTIPLE_CHOICE: multiple,
        ItemKind.TRUE_FALSE: judged,
    }
    sections = [SectionTerms(kind, n, Decimal(1)) for kind, n in counts.items() if n]
    return AssemblyRequest(tuple(sections), ranges(), shares)


def pool(per_cell: int = 4, points: int = POINTS_PER_RANGE) -> list[PoolItem]:
    """Return so many items for every range, point and kind; difficulty runs through 1 to 5."""
    items: list[PoolItem] = []
    for range_code in RANGES:
        for point in range(1, points + 1):
            for kind in ItemKind:
                for _ in range(per_cell):
                    items.append(pool_item(len(items) + 1, range_code, point, kind))
    return items


def pool_item(number: int, range_code: str, point: int, kind: ItemKind) -> PoolItem:
    return PoolItem(
        version_id=number,
        code=f"99-{number:04d}",
        content_hash=f"{number:064d}",
        kind=kind,
        range_code=range_code,
        point_code=f"{range_code}-{point:03d}",
        importance=Importance.Y if point == POINTS_PER_RANGE else Importance.X,
        difficulty=number % 5 + 1,
    )


def item_content(kind: ItemKind = ItemKind.SINGLE_CHOICE, number: int = 1) -> ItemContent:
    options = tuple(OptionContent(name, f"第{number}题选项{name}") for name in "abcd")
    key = {
        ItemKind.SINGLE_CHOICE: {"b"},
        ItemKind.MULTIPLE_CHOICE: {"a", "c"},
        ItemKind.TRUE_FALSE: {"right"},
    }[kind]
    judged = kind is ItemKind.TRUE_FALSE
    return ItemContent(
        kind=kind,
        point="A-A-A-001",
        difficulty=3,
        stem=f"第{number}题为虚构的说法。" if judged else f"第{number}题的虚构题干是（ ）。",
        options=judgement_options() if judged else options,
        key=frozenset(key),
        rationale=f"{RATIONALE_MARK}{number}",
        source="虚构",
    )


def paper_content(single: int = 5, multiple: int = 3, judged: int = 4) -> PaperContent:
    counts = {
        ItemKind.SINGLE_CHOICE: single,
        ItemKind.MULTIPLE_CHOICE: multiple,
        ItemKind.TRUE_FALSE: judged,
    }
    questions: list[PaperQuestion] = []
    for kind, count in counts.items():
        for _ in range(count):
            position = len(questions) + 1
            item = item_content(kind, position)
            figure = Figure("0" * 64, "image/svg+xml", "说明", "图1") if position == 1 else None
            questions.append(
                PaperQuestion(position, kind, Decimal("1.0"), item.stem, item.options, figure)
            )
    return PaperContent("虚构项目", 90, tuple(questions))


def write_bank(folder: Path, per_cell: int = PER_CELL) -> Path:
    """Write the folder of a bank of three ranges with three points each, one item with a figure."""
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    (folder / "figures" / "one.svg").write_text(SVG, encoding="utf-8")
    with (folder / "elements.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["code", "name", "level", "weight", "importance"])
        writer.writerows(_element_rows())
    (folder / "blueprint.toml").write_text(_blueprint_toml(), encoding="utf-8")
    write_items(folder, item_lines(per_cell))
    return folder


def write_items(folder: Path, lines: list[dict[str, object]]) -> None:
    text = "\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    (folder / "items.jsonl").write_text(text + "\n", encoding="utf-8")


def item_lines(per_cell: int) -> list[dict[str, object]]:
    lines: list[dict[str, object]] = []
    for item in pool(per_cell):
        content = item_content(item.kind, item.version_id)
        line: dict[str, object] = {
            "code": item.code,
            "kind": item.kind.value,
            "point": item.point_code,
            "difficulty": item.difficulty,
            "stem": content.stem,
            "key": sorted(content.key),
            "rationale": content.rationale,
            "source": content.source,
            "figure": None,
        }
        if item.kind is not ItemKind.TRUE_FALSE:
            line["options"] = [
                {"id": option.canonical_id, "content": option.content} for option in content.options
            ]
        lines.append(line)
    lines[0]["figure"] = {"file": "figures/one.svg", "description": "一个方框", "caption": "图1"}
    return lines


def _element_rows() -> list[list[object]]:
    rows: list[list[object]] = [
        ["A", "虚构甲", 1, "50", ""],
        ["A-A", "虚构甲一", 2, "50", ""],
        ["B", "虚构乙", 1, "50", ""],
        ["B-A", "虚构乙一", 2, "50", ""],
    ]
    for code, weight in zip(RANGES, WEIGHTS, strict=True):
        rows.append([code, f"范围{code}", 3, weight, ""])
        for point in range(1, POINTS_PER_RANGE + 1):
            importance = "Y" if point == POINTS_PER_RANGE else "X"
            rows.append([f"{code}-{point:03d}", f"鉴定点{point}", 4, "", importance])
    return rows


def _blueprint_toml() -> str:
    return """
code = "T-X"
version = 1
minutes = 60
sections = [
  { kind = "single_choice", item_count = 10, points_each = "4" },
  { kind = "multiple_choice", item_count = 4, points_each = "7.5" },
  { kind = "true_false", item_count = 6, points_each = "5" },
]
[settings.importance]
x_at_least = "0.60"
z_at_most = "0.10"
[settings.difficulty]
shares = ["0.20", "0.20", "0.20", "0.20", "0.20"]
tolerance = "0.10"
"""
