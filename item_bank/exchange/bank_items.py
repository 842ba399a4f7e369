"""An item of the bank as it travels, and a travelled item as the bank would say it."""

import re
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from item_bank.exchange.carried_pictures import ENDINGS
from item_bank.exchange.jsonl_reading import TYPE_OF_KIND
from item_bank.exchange.pictures import media_type_of
from item_bank.exchange.records import FigureLink, ItemType, ReadItem, ReadOption
from item_bank.rules.item import (
    BLANK,
    Figure,
    ItemContent,
    OptionContent,
    judgement_options,
    tidy,
)
from item_bank.rules.kinds import ItemKind

KIND_OF_TYPE = {kind: name for name, kind in TYPE_OF_KIND.items()}
FIGURES = "figures"
OTHER_BLANK = re.compile(r"[(（][ \t\u3000]*[)）]|_{3,}")
TWO_LOW_LINES = re.compile(r"(?<![_\\])__(?!_)")
LAST_BLANK = re.compile(r"[ \t\u3000]*[(（][ \t\u3000]*[)）](?=[。.]?\s*$)")


def read_item_of(
    code: str, content: ItemContent, *, points: Decimal | None, figure: bytes = b""
) -> ReadItem:
    """Return an item as the writers of formats take it; ``points`` where it states none."""
    is_judged = content.kind is ItemKind.TRUE_FALSE
    locked = tuple(option.canonical_id for option in content.options if option.is_locked)
    return ReadItem(
        place=code,
        identifier=code,
        type=TYPE_OF_KIND[content.kind],
        stem=content.stem,
        options=tuple(ReadOption(o.canonical_id, o.content) for o in content.options),
        key=tuple(sorted(content.key)) or None,
        points=points if content.points is None else content.points,
        point=content.point,
        difficulty=content.difficulty,
        rationale=content.rationale,
        source=content.source,
        locked=() if is_judged else locked,
        weights=dict(content.weights),
        figure=_link(content.figure, figure),
    )


def content_of_read(item: ReadItem, *, point: str, difficulty: int) -> ItemContent:
    """Return a read item as a version would say it, its blanks brought to the form of the bank.

    ``point`` and ``difficulty`` stand in where the file states none. The figure is named by the
    hash of its file.
    """
    kind = KIND_OF_TYPE[item.type]
    is_judged = item.type is ItemType.JUDGE
    return ItemContent(
        kind=kind,
        point=item.point or point,
        difficulty=item.difficulty or difficulty,
        stem=stem_for_bank(item.stem, kind),
        options=judgement_options()
        if is_judged
        else tuple(OptionContent(o.id, tidy(o.text), o.id in item.locked) for o in item.options),
        key=frozenset(item.key or ()),
        rationale=tidy(item.rationale),
        source=tidy(item.source),
        figure=_figure(item.figure),
        points=item.points,
        weights=tuple(sorted(item.weights.items())),
    )


def stem_for_bank(stem: str, kind: ItemKind) -> str:
    """Write the blank of a choice as （ ）; a statement to be judged has none at its end.

    >>> stem_for_bank("水温是(   )。", ItemKind.SINGLE_CHOICE)
    '水温是（ ）。'
    >>> stem_for_bank("水往低处流（ ）。", ItemKind.TRUE_FALSE)
    '水往低处流。'
    """
    if kind is ItemKind.TRUE_FALSE:
        return tidy(LAST_BLANK.sub("", stem))
    gaps = TWO_LOW_LINES.findall(stem)
    stem = TWO_LOW_LINES.sub(BLANK, stem) if len(gaps) == 1 else stem  # two would underline
    return tidy(OTHER_BLANK.sub(BLANK, stem))


def _link(figure: Figure | None, content: bytes) -> FigureLink | None:
    if figure is None:
        return None
    ending = ENDINGS.get(figure.media_type, "bin")
    return FigureLink(
        file=f"{FIGURES}/{figure.file_hash}.{ending}",
        description=figure.description,
        caption=figure.caption,
        content=content,
        media_type=figure.media_type,
    )


def _figure(link: FigureLink | None) -> Figure | None:
    if link is None or link.file_hash is None:
        return None
    return Figure(link.file_hash, link.media_type, tidy(link.description), tidy(link.caption))


def with_file(item: ReadItem, find: Callable[[str], bytes | None]) -> ReadItem:
    """Return an item whose figure has the content that ``find`` has for its name."""
    link = item.figure
    if link is None or link.content:
        return item
    content = find(link.file) or b""
    kind = media_type_of(content)
    if kind is None:
        return item
    return replace(item, figure=replace(link, content=content, media_type=kind))
