"""Reads JSON Lines in the shape of a bank's items.jsonl, with points and locked options added."""

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from item_bank.exchange.item_draft import DraftOption, ItemDraft
from item_bank.exchange.records import FigureLink, ItemType, ReadFile, ReadItem
from item_bank.exchange.text_decoding import decoded
from item_bank.rules.item import judgement_options
from item_bank.rules.kinds import ItemKind

TYPE_OF_KIND = {
    ItemKind.SINGLE_CHOICE: ItemType.SINGLE,
    ItemKind.MULTIPLE_CHOICE: ItemType.MULTIPLE,
    ItemKind.TRUE_FALSE: ItemType.JUDGE,
}


class JsonlOption(msgspec.Struct, frozen=True):
    """An option of a line."""

    id: str
    content: str


class JsonlFigure(msgspec.Struct, frozen=True):
    """A figure of a line."""

    file: str
    description: str
    caption: str = ""


class JsonlItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A line; the first fields are those of a bank's folder, the rest is left out when empty."""

    code: str
    kind: ItemKind
    stem: str
    point: str | None = None
    difficulty: int | None = None
    options: tuple[JsonlOption, ...] = ()
    key: tuple[str, ...] | None = None
    rationale: str = ""
    source: str = ""
    figure: JsonlFigure | None = None
    points: Decimal | None = None
    locked: tuple[str, ...] = ()
    weights: dict[str, Decimal] = {}


def read_jsonl(content: bytes) -> ReadFile:
    """Read every line by itself; a faulty line harms no other."""
    return ReadFile(tuple(_items(decoded(content))))


def _items(text: str) -> Iterator[ReadItem]:
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            yield _item(line, f"第 {number} 行")


def _item(line: str, place: str) -> ReadItem:
    try:
        found = msgspec.json.decode(line.encode(), type=JsonlItem)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError) as fault:
        return ItemDraft(place).broken(f"这一行不是试题：{fault}。")
    draft = ItemDraft(
        place,
        type=TYPE_OF_KIND[found.kind],
        identifier=found.code,
        stem=found.stem,
        options=_options(found),
        key=None if found.key is None else list(found.key),
        points=found.points,
        point=found.point,
        difficulty=found.difficulty,
        rationale=found.rationale,
        source=found.source,
        weights=dict(found.weights),
    )
    if found.figure:
        draft.figure = FigureLink(**msgspec.structs.asdict(found.figure))
    return draft.finish()


def _options(found: JsonlItem) -> list[DraftOption]:
    if found.kind is ItemKind.TRUE_FALSE and not found.options:
        return [DraftOption(o.canonical_id, o.content) for o in judgement_options()]
    return [DraftOption(o.id, o.content, o.id in found.locked) for o in found.options]
