"""The words in which point, difficulty and the like travel as tags of other formats."""

from decimal import Decimal

from item_bank.exchange.answer_words import number_in
from item_bank.exchange.item_draft import ItemDraft
from item_bank.exchange.records import ItemType, ReadItem
from item_bank.exchange.weights import is_all_or_nothing

PREFIX = "kaohe."
SIGNS = {"partial": "has_partial_credit", "multiple": "is_multiple"}  # set by being there


def tags_of(item: ReadItem, *, with_locked: bool = True, with_points: bool = False) -> list[str]:
    """Return what the format itself has no place for; one without points has no types either."""
    is_unseen = item.type is ItemType.MULTIPLE and len(item.key or ()) < 2
    found = {
        "point": item.point,
        "difficulty": item.difficulty,
        "source": item.source or None,
        "points": f"{item.points:f}" if with_points and item.points is not None else None,
        "partial": "yes" if item.weights and is_all_or_nothing(item.weights) else None,
        "multiple": "yes" if with_points and is_unseen else None,
        "locked": ",".join(item.locked) if with_locked and item.locked else None,
    }
    return [f"{PREFIX}{name}={value}" for name, value in found.items() if value is not None]


def apply_tag(draft: ItemDraft, tag: str) -> None:
    """Take one tag back; foreign tags are left alone."""
    name, sign, value = tag.strip().removeprefix(PREFIX).partition("=")
    if not sign or not tag.strip().startswith(PREFIX):
        return
    if name == "point":
        draft.point = value
    elif name == "source":
        draft.source = value
    elif name == "difficulty":
        draft.difficulty = int(value) if value in {"1", "2", "3", "4", "5"} else None
    elif name == "points":
        draft.points = number_in(value)
    elif name in SIGNS:
        setattr(draft, SIGNS[name], True)
    elif name == "locked":
        draft.locked_letters |= set(value.split(","))


def percent(text: str) -> Decimal | None:
    """Return a share from a percentage such as 33.33333; None when it is no number."""
    number = number_in(text)
    return None if number is None else number / 100
