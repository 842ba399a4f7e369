"""Files of an assembly, written from the bank that the benchmark invents."""

import json
from pathlib import Path

from numpy.random import PCG64, Generator

from benchmarks.paper_assembly import invented_bank, invented_terms
from item_bank.rules.kinds import ItemKind
from item_bank.rules.pool import PoolItem


def write_assembly(folder: Path, size: int = 600, **tables: str) -> tuple[Path, Path]:
    """Write items.jsonl and blueprint.toml; further tables are TOML texts by any name."""
    random = Generator(PCG64(11))
    terms = invented_terms(random)
    lines = [line_of(item) for item in invented_bank(terms, size, random)]
    text = [f'code = "T-M"\n{tables.pop("top", "")}']
    for section in terms.sections:
        text.append(f'[[sections]]\nkind = "{section.kind}"\nitem_count = {section.item_count}')
        text.append(f'points_each = "{section.points_each}"')
    for entry in terms.ranges:
        text.append(f'[[ranges]]\ncode = "{entry.code}"\nweight = "{entry.weight}"')
    for goal in terms.levels:
        text.append(f"[[levels]]\nlevel = {goal.level}\ncount = {goal.count}\ntolerance = 1")
    text += tables.values()
    (folder / "blueprint.toml").write_text("\n".join(text) + "\n", encoding="utf-8")
    return write_lines(folder, lines), folder / "blueprint.toml"


def write_lines(folder: Path, lines: list[dict[str, object]]) -> Path:
    path = folder / "items.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return path


def line_of(item: PoolItem) -> dict[str, object]:
    line: dict[str, object] = {
        "code": item.code,
        "kind": item.kind.value,
        "point": item.range_code,
        "difficulty": item.difficulty,
        "stem": "虚构的题干。",
        "key": sorted(item.key),
        "a": item.a,
        "b": item.b,
        "c": item.c,
        "enemies": list(item.enemies),
    }
    if item.kind is not ItemKind.TRUE_FALSE:
        line["options"] = [{"id": name, "content": f"选项{name}"} for name in item.options]
    return line
