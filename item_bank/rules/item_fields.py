"""What the editor of an item holds while it is written; any of it may be missing still.

Options are in the order of the form; letters and canonical ids come when a version is made of it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from item_bank.rules.item import (
    CANONICAL_IDS,
    DIFFICULTIES,
    OPTION_COUNTS,
    Figure,
    ItemContent,
    OptionContent,
    judgement_options,
    tidy,
)
from item_bank.rules.kinds import RIGHT, WRONG, ItemKind

MAX_OPTIONS = max(max(allowed) for allowed in OPTION_COUNTS.values())
LEAST_OPTIONS = min(min(allowed) for allowed in OPTION_COUNTS.values())
USUAL_DIFFICULTY = 3
MAX_TYPED = 20_000  # characters of one field that are kept


@dataclass(frozen=True)
class OptionField:
    """A row of the form: what an option says, whether it is right, whether it keeps its place."""

    text: str = ""
    is_key: bool = False
    is_locked: bool = False


@dataclass(frozen=True)
class ItemFields:
    """The fields of the editor; ``verdict`` is the key of a judgement: right, wrong or empty."""

    kind: ItemKind
    point: str = ""
    difficulty: int = USUAL_DIFFICULTY
    stem: str = ""
    options: tuple[OptionField, ...] = (OptionField(),) * LEAST_OPTIONS
    verdict: str = ""
    rationale: str = ""
    source: str = ""
    figure: Figure | None = None


def fields_of(content: ItemContent) -> ItemFields:
    """Return a version as the editor opens it."""
    is_judged = content.kind is ItemKind.TRUE_FALSE
    options = tuple(
        OptionField(option.content, option.canonical_id in content.key, option.is_locked)
        for option in content.options
    )
    return ItemFields(
        kind=content.kind,
        point=content.point,
        difficulty=content.difficulty,
        stem=content.stem,
        options=ItemFields(content.kind).options if is_judged else options,
        verdict="".join(sorted(content.key)) if is_judged else "",
        rationale=content.rationale,
        source=content.source,
        figure=content.figure,
    )


def content_of_fields(fields: ItemFields, before: ItemContent | None = None) -> ItemContent:
    """Return what a version made of the fields would say; empty rows at the end are left out.

    Shares of the mark by option, which another system gave, last while options and key do.
    """
    if fields.kind is ItemKind.TRUE_FALSE:
        options, key = judgement_options(), frozenset({fields.verdict} - {""})
    else:
        rows = list(zip(CANONICAL_IDS, _without_empty_end(fields.options), strict=False))
        options = tuple(OptionContent(name, tidy(o.text), o.is_locked) for name, o in rows)
        key = frozenset(name for name, option in rows if option.is_key)
    figure = fields.figure and replace(
        fields.figure,
        description=tidy(fields.figure.description),
        caption=tidy(fields.figure.caption),
    )
    is_same = before is not None and (before.options, before.key) == (options, key)
    return ItemContent(
        kind=fields.kind,
        point=fields.point,
        difficulty=fields.difficulty,
        stem=tidy(fields.stem),
        options=options,
        key=key,
        rationale=tidy(fields.rationale),
        source=tidy(fields.source),
        figure=figure,
        points=before.points if before else None,
        weights=before.weights if before and is_same else (),
    )


def with_option_added(fields: ItemFields) -> ItemFields:
    """Return the fields with one more row, as long as the forms allow."""
    if len(fields.options) >= MAX_OPTIONS:
        return fields
    return replace(fields, options=(*fields.options, OptionField()))


def without_option(fields: ItemFields, place: int) -> ItemFields:
    """Return the fields without the row in a place, counted from 0."""
    kept = tuple(option for at, option in enumerate(fields.options) if at != place)
    return replace(fields, options=kept)


def with_option_moved(fields: ItemFields, place: int, step: int) -> ItemFields:
    """Return the fields with a row moved up (-1) or down (+1); key and lock go with it.

    Examples
    --------
    >>> fields = ItemFields(ItemKind.SINGLE_CHOICE, options=(OptionField("甲"), OptionField("乙")))
    >>> [option.text for option in with_option_moved(fields, 1, -1).options]
    ['乙', '甲']
    """
    options, other = list(fields.options), place + step
    if 0 <= place < len(options) and 0 <= other < len(options):
        options[place], options[other] = options[other], options[place]
    return replace(fields, options=tuple(options))


def document_of_fields(fields: ItemFields) -> dict[str, object]:
    """Return the fields as JSON values."""
    figure = fields.figure
    return {
        "kind": fields.kind.value,
        "point": fields.point,
        "difficulty": fields.difficulty,
        "stem": fields.stem,
        "options": [[option.text, option.is_key, option.is_locked] for option in fields.options],
        "verdict": fields.verdict,
        "rationale": fields.rationale,
        "source": fields.source,
        "figure": figure
        and [figure.file_hash, figure.media_type, figure.description, figure.caption],
    }


def fields_of_document(document: Mapping[str, Any]) -> ItemFields:
    """Return the fields that ``document_of_fields`` wrote."""
    return ItemFields(
        kind=ItemKind(document["kind"]),
        point=document["point"],
        difficulty=document["difficulty"],
        stem=document["stem"],
        options=tuple(OptionField(*option) for option in document["options"]),
        verdict=document["verdict"],
        rationale=document["rationale"],
        source=document["source"],
        figure=Figure(*document["figure"]) if document["figure"] else None,
    )


def within_bounds(fields: ItemFields) -> ItemFields:
    """Return the fields cut to what a form may hold, whatever a request has sent."""
    return replace(
        fields,
        point=fields.point[:20],
        difficulty=fields.difficulty if fields.difficulty in DIFFICULTIES else USUAL_DIFFICULTY,
        stem=fields.stem[:MAX_TYPED],
        options=tuple(
            replace(option, text=option.text[:MAX_TYPED]) for option in fields.options[:MAX_OPTIONS]
        ),
        verdict=fields.verdict if fields.verdict in (RIGHT, WRONG) else "",
        rationale=fields.rationale[:MAX_TYPED],
        source=fields.source[:MAX_TYPED],
    )


def _without_empty_end(options: tuple[OptionField, ...]) -> tuple[OptionField, ...]:
    last = max((at for at, option in enumerate(options) if option.text.strip()), default=-1)
    return options[: last + 1]
