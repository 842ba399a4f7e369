"""Write invented items in every format, read them back and compare; prints JSON.

The items are drawn from a seed: every type, three to six options, signs that each format must
escape, formulas, locked options, partial credit, points, codes of points and levels, some with a
figure. "Equal" counts the items whose key, options, order lock, points, element, level and shares
come back the same; ``figures`` counts those that come back byte for byte where the format packs
them.

Run from the project's folder: ``python -m benchmarks.round_trip [items]``.
"""

import json
import random
import resource
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from item_bank.exchange.exporting import PACKING, ExportFormat, written
from item_bank.exchange.importing import read_file
from item_bank.exchange.records import FigureLink, ItemType, ReadItem, ReadOption
from item_bank.rules.figure import SVG_TYPE

ITEMS = 10_000
SEED = 20191118
FIGURE_SHARE = 0.05
WEIGHTED_SHARE = 0.1  # of multiple items
SIGNS = (
    *("水温", "38 ℃", "a < b & c", r"\(x^{2}\)", "“引号”", "1=2", "{集合}", "~波浪", "#号"),
    *(
        r"路径\新",
        "第二行\n续",
        "H:O",
        "100%",
        "=1+1",
        "'单引号",
        '"双引号"',
        "甲；乙，丙",
        "<p>标记</p>",
    ),
    *(r"\(\frac{U}{R}\)", "A、B两相", "[方括号]", "1. 序号", "𠮷字", "ＡＢ全角", "μm²"),
)
JUDGEMENT = (ReadOption("right", "正确"), ReadOption("wrong", "错误"))
FIELDS = ("type", "stem", "key", "options", "locked", "points", "point", "difficulty", "weights")


def invented_items(count: int) -> list[ReadItem]:
    """Return items that differ in everything a format carries."""
    rng = random.Random(SEED)
    return [_item(rng, number) for number in range(1, count + 1)]


def _item(rng: random.Random, number: int) -> ReadItem:
    kind = rng.choice([ItemType.SINGLE, ItemType.MULTIPLE, ItemType.JUDGE])
    is_judgement = kind is ItemType.JUDGE
    options = JUDGEMENT if is_judgement else _options(rng)
    ids = [option.id for option in options]
    right = rng.randint(2, len(ids)) if kind is ItemType.MULTIPLE else 1
    key = tuple(sorted(rng.sample(ids, right)))
    is_weighted = kind is ItemType.MULTIPLE and rng.random() < WEIGHTED_SHARE
    return ReadItem(
        place="",
        identifier=f"60-{number:05d}",
        type=kind,
        stem=f"题目{number}：{rng.choice(SIGNS)}与{rng.choice(SIGNS)}的关系是（ ）。",
        options=options,
        key=key,
        points=rng.choice([None, Decimal("0.5"), Decimal("1"), Decimal("1.5"), Decimal("2")]),
        point=rng.choice([None, f"{rng.choice('ABC')}-A-C-{number % 1000:03d}"]),
        difficulty=rng.choice([None, 1, 2, 3, 4, 5]),
        rationale=rng.choice(["", f"解析：{rng.choice(SIGNS)}。"]),
        source=rng.choice(["", "教材 第 3 章"]),
        locked=()
        if is_judgement
        else tuple(sorted(rng.sample(ids, rng.choice([0, 0, 1, len(ids)])))),
        weights=_weights(rng, ids, key) if is_weighted else {},
        figure=_figure(number) if rng.random() < FIGURE_SHARE else None,
    )


def _options(rng: random.Random) -> tuple[ReadOption, ...]:
    count = rng.randint(3, 6)
    return tuple(
        ReadOption("abcdef"[n], f"{rng.choice(SIGNS)}{rng.choice(SIGNS)}{n}") for n in range(count)
    )


def _weights(rng: random.Random, ids: Sequence[str], key: Sequence[str]) -> dict[str, Decimal]:
    """Share the mark among the right options; a wrong one costs nothing, half or a quarter."""
    each = Decimal(100 // len(key)) / 100
    shares = {name: each if name in key else Decimal(0) for name in ids}
    shares[key[0]] += 1 - each * len(key)
    loss = rng.choice([Decimal(0), Decimal("-0.5"), Decimal("-0.25")])
    return {name: share if name in key else loss for name, share in shares.items()}


def _figure(number: int) -> FigureLink:
    svg = (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9">'
        f'<rect width="{number % 9 + 1}" height="9"/><text>{number}</text></svg>'
    )
    return FigureLink("", f"第 {number} 号图", f"图 {number}", svg.encode(), SVG_TYPE)


def measure(count: int) -> dict[str, object]:
    """Take every format there and back."""
    items = invented_items(count)
    formats = {target.value: _round_trip(items, target) for target in ExportFormat}
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return {"benchmark": "round_trip", "items": count, "formats": formats, "memory_peak_mb": peak}


def _round_trip(items: Sequence[ReadItem], target: ExportFormat) -> dict[str, object]:
    started_s = time.perf_counter()
    content = written(items, target)
    written_s = time.perf_counter() - started_s
    started_s = time.perf_counter()
    read = read_file("items", content).items
    read_s = time.perf_counter() - started_s
    pairs = list(zip(items, read, strict=False))
    compared = {name: sum(_said(a, name) == _said(b, name) for a, b in pairs) for name in FIELDS}
    equal = sum(all(_said(a, name) == _said(b, name) for name in FIELDS) for a, b in pairs)
    return {
        "write_s": round(written_s, 2),
        "read_s": round(read_s, 2),
        "megabytes": round(len(content) / 1e6, 2),
        "read": len(read),
        "equal": equal,
        "equal_share": round(equal / len(items), 6),
        "unequal_by_field": {n: len(items) - c for n, c in compared.items() if c < len(items)},
        "figures": _figures(pairs) if target in PACKING else None,
    }


def _said(item: ReadItem, name: str) -> object:
    if name == "options":
        return [(option.id, option.text) for option in item.options]
    return dict(item.weights) if name == "weights" else getattr(item, name)


def _figures(pairs: Sequence[tuple[ReadItem, ReadItem]]) -> str:
    drawn = [(a.figure, b.figure) for a, b in pairs if a.figure]
    same = sum(b is not None and replace(b, file="") == a for a, b in drawn)
    return f"{same} of {len(drawn)}"


if __name__ == "__main__":
    json.dump(measure(int(sys.argv[1]) if len(sys.argv) > 1 else ITEMS), sys.stdout, indent=1)
    print()
