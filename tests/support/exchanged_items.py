"""Invented items of every type for exchange with other systems."""

import random
from decimal import Decimal

from item_bank.exchange.records import ItemType, ReadItem, ReadOption

SIGNS = [
    "水温",
    "38 ℃",
    "a < b & c",
    "\\(x^{2}\\)",
    "“引号”",
    "1=2",
    "{集合}",
    "~波浪",
    "#号",
    "路径\\新",
    "第二行\n续",
    "H:O",
]
JUDGEMENT = (ReadOption("right", "正确"), ReadOption("wrong", "错误"))


def invented_items(count: int, seed: int = 7) -> list[ReadItem]:
    rng = random.Random(seed)
    return [invented_item(rng, number) for number in range(1, count + 1)]


def invented_item(rng: random.Random, number: int) -> ReadItem:
    kind = rng.choice([ItemType.SINGLE, ItemType.MULTIPLE, ItemType.JUDGE])
    options = JUDGEMENT if kind is ItemType.JUDGE else _options(rng)
    ids = [option.id for option in options]
    right = rng.randint(2, len(ids)) if kind is ItemType.MULTIPLE else 1
    locked = (
        ()
        if kind is ItemType.JUDGE
        else tuple(sorted(rng.sample(ids, rng.choice([0, 0, 1, len(ids)]))))
    )
    return ReadItem(
        place="",
        identifier=f"52-{number:04d}",
        type=kind,
        stem=f"题目{number}：{rng.choice(SIGNS)}与{rng.choice(SIGNS)}的关系是（ ）。",
        options=options,
        key=tuple(sorted(rng.sample(ids, right))),
        points=rng.choice([None, Decimal("1"), Decimal("1.5"), Decimal("2")]),
        point=rng.choice([None, f"B-A-C-{number:03d}"]),
        difficulty=rng.choice([None, 1, 2, 3, 4, 5]),
        rationale=rng.choice(["", f"解析：{rng.choice(SIGNS)}。"]),
        source=rng.choice(["", "教材 第 3 章"]),
        locked=locked,
    )


def _options(rng: random.Random) -> tuple[ReadOption, ...]:
    count = rng.randint(3, 6)
    return tuple(
        ReadOption("abcdef"[n], f"{rng.choice(SIGNS)}{rng.choice(SIGNS)}{n}") for n in range(count)
    )
