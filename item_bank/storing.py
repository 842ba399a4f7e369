"""Writes the rows of a bank and of a drawn paper; who may do so is decided in ``actions``."""

import json
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime

from sqlalchemy import delete, insert, select
from sqlalchemy.orm import Session, selectinload

from item_bank.exchange.bank_folder import SourceItem
from item_bank.models import (
    Blueprint,
    BlueprintSection,
    Element,
    Item,
    ItemReview,
    ItemVersion,
)
from item_bank.queries import terms_of
from item_bank.rules.blueprint_terms import BlueprintTerms
from item_bank.rules.element_table import RANGE_LEVEL, ElementRow
from item_bank.rules.item import ItemContent, content_hash
from item_bank.rules.kinds import ItemState
from item_bank.rules.review import ReviewPoint, Verdict, state_after_review
from item_bank.sealing import REVIEW_PURPOSE, sealed_content, sealed_json
from registry.access import Actor


def store_elements(
    db: Session, project_id: int, rows: tuple[ElementRow, ...]
) -> tuple[dict[str, Element], int, int]:
    """Store the element table by code; return the elements, how many are new, how many changed.

    Ranges of a tree that nobody has divided further make room when the table does not name them.
    """
    stored = db.scalars(select(Element).where(Element.project_id == project_id)).all()
    left_over = _left_over(stored, {row.code for row in rows})
    if left_over:
        db.execute(delete(Element).where(Element.id.in_([element.id for element in left_over])))
    elements = {element.code: element for element in stored if element not in left_over}
    added, changed = 0, len(left_over)
    for row in sorted(rows, key=lambda row: (row.level, row.code)):
        element = elements.get(row.code)
        says = {"name": row.name, "weight": row.weight, "importance": row.importance}
        if element is None:
            parent = elements.get(row.parent_code or "")
            element = Element(
                project_id=project_id,
                parent_id=parent and parent.id,
                code=row.code,
                level=row.level,
                **says,
            )
            db.add(element)
            db.flush()
            elements[row.code] = element
            added += 1
        elif any(getattr(element, field) != value for field, value in says.items()):
            element.name, element.weight, element.importance = row.name, row.weight, row.importance
            changed += 1
    return elements, added, changed


def known_items(db: Session, project_id: int) -> dict[str, Item]:
    """Return the items of a project by code, with their versions."""
    chosen = select(Item).where(Item.project_id == project_id)
    return {item.code: item for item in db.scalars(chosen.options(selectinload(Item.versions)))}


def store_item(
    db: Session,
    project_id: int,
    entry: SourceItem,
    known: dict[str, Item],
    elements: Mapping[str, Element],
    *,
    actor: Actor,
    now: datetime,
) -> ItemVersion | None:
    """Store a new version as a draft; None when the item already says the same."""
    content = entry.content
    digest = content_hash(content)
    item = known.get(entry.code)
    if item is None:
        item = Item(project_id=project_id, code=entry.code, created_at=now)
        item.created_by_id = actor.account_id
        known[entry.code] = item
        db.add(item)
    elif item.versions[-1].content_hash == digest:
        return None
    item.state = ItemState.DRAFT
    return add_version(db, item, content, elements[content.point], actor=actor, now=now)


def add_version(
    db: Session,
    item: Item,
    content: ItemContent,
    element: Element,
    *,
    actor: Actor,
    now: datetime,
) -> ItemVersion:
    """Store the next version of an item, sealed."""
    version = ItemVersion(
        number=len(item.versions) + 1,
        kind=content.kind,
        element=element,
        difficulty=content.difficulty,
        sealed=sealed_content(db, content),
        figure_hash=content.figure and content.figure.file_hash,
        content_hash=content_hash(content),
        created_at=now,
        created_by_id=actor.account_id,
    )
    item.versions.append(version)
    return version


def store_new_items(
    db: Session,
    project_id: int,
    entries: Sequence[tuple[str, ItemContent, Element]],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Store new drafts with their first versions, many at once: code, content, point of each."""
    of_all = {"created_at": now, "created_by_id": actor.account_id}
    items = [
        {"project_id": project_id, "code": code, "state": ItemState.DRAFT, **of_all}
        for code, _content, _element in entries
    ]
    ids = db.scalars(insert(Item).returning(Item.id, sort_by_parameter_order=True), items).all()
    versions = [
        {
            "item_id": item_id,
            "number": 1,
            "kind": content.kind,
            "element_id": element.id,
            "difficulty": content.difficulty,
            "sealed": sealed_content(db, content),
            "figure_hash": content.figure and content.figure.file_hash,
            "content_hash": content_hash(content),
            **of_all,
        }
        for item_id, (_code, content, element) in zip(ids, entries, strict=True)
    ]
    db.execute(insert(ItemVersion), versions)


def store_review(
    db: Session, version: ItemVersion, verdict: Verdict, *, reviewer: Actor, now: datetime
) -> None:
    """Store a decision about a version and move its item on."""
    in_order = [point for point in ReviewPoint if point in verdict.in_order]
    reason = verdict.reason.strip()
    db.add(
        ItemReview(
            version_id=version.id,
            round=verdict.round,
            accepted=verdict.accepted,
            checklist=json.dumps(in_order),
            comment_sealed=sealed_json(db, reason, REVIEW_PURPOSE) if reason else None,
            reviewed_at=now,
            reviewed_by_id=reviewer.account_id,
        )
    )
    state = ItemState(version.item.state)
    version.item.state = state_after_review(state, accepted=verdict.accepted)


def store_blueprint(
    db: Session, project_id: int, terms: BlueprintTerms, *, is_source: bool = False
) -> tuple[Blueprint, bool]:
    """Store the blueprint as the next version unless the newest says the same.

    A blueprint that comes with a bank, ``is_source``, was loaded before when any version says the
    same: what a person made of it since then stays in force.
    """
    chosen = select(Blueprint).where(
        Blueprint.project_id == project_id, Blueprint.code == terms.code
    )
    versions = db.scalars(chosen.order_by(Blueprint.version.desc())).all()
    for stored in versions if is_source else versions[:1]:
        if terms_of(stored) == terms:
            return stored, False
    blueprint = Blueprint(
        project_id=project_id,
        code=terms.code,
        version=versions[0].version + 1 if versions else 1,
        minutes=terms.minutes,
        settings=_settings(terms),
        sections=[
            BlueprintSection(
                position=position,
                kind=section.kind,
                item_count=section.item_count,
                points_each=section.points_each,
            )
            for position, section in enumerate(terms.sections, start=1)
        ],
    )
    db.add(blueprint)
    return blueprint, True


def _settings(terms: BlueprintTerms) -> str:
    shares, fairness = terms.shares, terms.fairness
    settings = {
        "core_at_least": str(shares.core_at_least),
        "auxiliary_at_most": str(shares.auxiliary_at_most),
        "difficulty": [str(share) for share in shares.difficulty],
        "tolerance": str(shares.tolerance),
        "fairness": {
            "thetas": [str(theta) for theta in fairness.thetas],
            "half_width": str(fairness.half_width),
            "overlap_at_most": fairness.overlap_at_most,
            "exposure_at_most": fairness.exposure_at_most,
            "cool_down": fairness.cool_down,
            "cool_down_sets": fairness.cool_down_sets,
            "multiple_credit": fairness.multiple_credit,
            "is_strict": fairness.is_strict,
        },
        "tools": list(terms.tools),
    }
    return json.dumps(settings, sort_keys=True)


def _left_over(stored: Sequence[Element], codes: Collection[str]) -> list[Element]:
    if any(element.level >= RANGE_LEVEL for element in stored):
        return []
    return [element for element in stored if element.code not in codes]
