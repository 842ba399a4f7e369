"""What one version of an item says differently from the next, field by field."""

from dataclasses import dataclass
from itertools import zip_longest

from item_bank.rules.duplicates import StemPart, differing_parts
from item_bank.rules.item import ItemContent
from item_bank.rules.review import RemarkField, option_field


@dataclass(frozen=True)
class FieldChange:
    """A field before and after, cut where the two differ."""

    field: str  # a RemarkField, an option, "point" or "difficulty"
    before: tuple[StemPart, ...]
    after: tuple[StemPart, ...]


def changes_between(before: ItemContent, after: ItemContent) -> tuple[FieldChange, ...]:
    """Return the fields that differ, in reading order; a figure by its description."""
    return tuple(
        FieldChange(field, *differing_parts(old, new))
        for field, old, new in _fields(before, after)
        if old != new
    )


def _fields(before: ItemContent, after: ItemContent) -> list[tuple[str, str, str]]:
    options = [
        (
            option_field((new or old).canonical_id),
            old.content if old else "",
            new.content if new else "",
        )
        for old, new in zip_longest(before.options, after.options)
    ]
    figures = [content.figure.description if content.figure else "" for content in (before, after)]
    return [
        (RemarkField.STEM, before.stem, after.stem),
        *options,
        (RemarkField.KEY, _letters(before), _letters(after)),
        (RemarkField.RATIONALE, before.rationale, after.rationale),
        (RemarkField.SOURCE, before.source, after.source),
        (RemarkField.FIGURE, figures[0], figures[1]),
        ("point", before.point, after.point),
        ("difficulty", str(before.difficulty), str(after.difficulty)),
    ]


def _letters(content: ItemContent) -> str:
    names = {"right": "√", "wrong": "×"}
    return "、".join(names.get(name, name.upper()) for name in sorted(content.key))
