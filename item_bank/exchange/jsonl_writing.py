"""Writes JSON Lines in the shape of a bank's items.jsonl."""

from collections.abc import Sequence

import msgspec

from item_bank.exchange.jsonl_reading import TYPE_OF_KIND, JsonlFigure, JsonlItem, JsonlOption
from item_bank.exchange.records import ItemType, ReadItem

KIND_OF_TYPE = {kind: name for name, kind in TYPE_OF_KIND.items()}


def write_jsonl(items: Sequence[ReadItem]) -> bytes:
    """Return one line per item, in the order given."""
    encoder = msgspec.json.Encoder(decimal_format="number")
    return encoder.encode_lines([_line(item) for item in items])


def _line(item: ReadItem) -> JsonlItem:
    figure = item.figure
    is_judgement = item.type is ItemType.JUDGE
    return JsonlItem(
        code=item.identifier,
        kind=KIND_OF_TYPE[item.type],
        stem=item.stem,
        point=item.point,
        difficulty=item.difficulty,
        options=() if is_judgement else tuple(JsonlOption(o.id, o.text) for o in item.options),
        key=item.key,
        rationale=item.rationale,
        source=item.source,
        figure=JsonlFigure(figure.file, figure.description, figure.caption) if figure else None,
        points=item.points,
        locked=item.locked,
        weights=dict(item.weights),
    )
