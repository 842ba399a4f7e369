"""Writes GIFT; points and order travel in comments, figures not at all."""

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal

from item_bank.exchange.item_tags import tags_of
from item_bank.exchange.records import ItemType, ReadItem, ReadOption
from item_bank.exchange.weights import shares_of
from item_bank.rules.kinds import RIGHT

SPECIAL = re.compile(r"([~=#{}:\\])")


def write_gift(items: Sequence[ReadItem]) -> bytes:
    """Return one block per item; its tags stand in the comment above it."""
    return "\n".join(_block(item) for item in items).encode()


def _block(item: ReadItem) -> str:
    marks = [f"[id:{_mark(item.identifier)}]"]
    marks += [f"[tag:{_mark(tag)}]" for tag in tags_of(item, with_points=True)]
    answers = "\n".join(f"  {line}" for line in _answers(item))
    title = escaped(item.identifier)
    return f"// {' '.join(marks)}\n::{title}::{escaped(item.stem)} {{\n{answers}\n}}\n"


def _mark(text: str) -> str:
    return re.sub(r"[\]\[\r\n]", " ", text)


def _answers(item: ReadItem) -> Iterator[str]:
    if item.type is ItemType.JUDGE and item.key:
        yield "TRUE" if item.key == (RIGHT,) else "FALSE"
    else:  # a judgement without a key keeps its two options, for {} would be an essay
        shares = shares_of(item)
        for option in item.options:
            yield _answer(item, option, shares)
    if item.rationale:
        yield f"####{escaped(item.rationale)}"


def _answer(item: ReadItem, option: ReadOption, shares: dict[str, Decimal]) -> str:
    share = shares.get(option.id, Decimal(0))
    if item.type is ItemType.SINGLE and (share == 1 or not share):
        return f"{'=' if share == 1 else '~'}{escaped(option.text)}"
    return f"~%{(share * 100).normalize():f}%{escaped(option.text)}"


def escaped(text: str) -> str:
    """Return a text whose signs mean nothing to GIFT, on one line."""
    return SPECIAL.sub(r"\\\1", text).replace("\n", r"\n")
