"""What a person may do with a bank and its items: load, move.

Reviews are decided in ``reviewing``, papers are made in ``composing``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from item_bank.exchange.bank_folder import BankSource
from item_bank.models import Item, ItemVersion
from item_bank.queries import elements_of
from item_bank.rules.element_table import ElementRow
from item_bank.rules.kinds import ItemState
from item_bank.rules.review import (
    ROUNDS,
    STATE_NAMES,
    ReviewPoint,
    Verdict,
    is_same_person,
    may_move,
)
from item_bank.storing import (
    known_items,
    store_blueprint,
    store_elements,
    store_item,
    store_review,
)
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.catalog.queries import project_by_number
from registry.database import files_of
from registry.errors import InvalidInputError, NotFoundError, SeparationError, WrongStateError


@dataclass(frozen=True)
class LoadResult:
    """What loading a bank changed."""

    elements_added: int
    elements_changed: int
    items_added: int
    versions_added: int
    unchanged: int
    is_new_blueprint: bool
    blueprint_id: int


# The bank ----------------------------------------------------------------------------------


def load_bank(
    db: Session,
    project_number: int,
    source: BankSource,
    *,
    actor: Actor,
    reviewer: Actor,
    now: datetime,
) -> LoadResult:
    """Take a checked bank in: ``actor`` submits its items, ``reviewer`` passes both reviews.

    Known by code and hash, unchanged items stay as they are; a changed item gets a new version.
    """
    actor.require(Permission.BANK_WRITE)
    reviewer.require(Permission.BANK_WRITE)
    _require_two_people(actor.account_id, reviewer)
    project = project_by_number(db, project_number)
    for content in source.figures.values():
        files_of(db).put(content)
    elements, added, changed = store_elements(db, project.id, source.elements)
    known = known_items(db, project.id)
    versions = []
    for entry in source.items:
        version = store_item(db, project.id, entry, known, elements, actor=actor, now=now)
        if version is not None:
            versions.append(version)
    db.flush()
    for version in versions:
        _pass_reviews(db, version, reviewer=reviewer, now=now)
    blueprint, is_new = store_blueprint(db, project.id, source.blueprint, is_source=True)
    db.flush()
    result = LoadResult(
        elements_added=added,
        elements_changed=changed,
        items_added=sum(version.number == 1 for version in versions),
        versions_added=len(versions),
        unchanged=len(source.items) - len(versions),
        is_new_blueprint=is_new,
        blueprint_id=blueprint.id,
    )
    if versions or added or changed or is_new:
        subject = ("project", project.id)
        detail = {"items": result.items_added, "versions": len(versions), "elements": added}
        note(db, "load_bank", subject, actor=actor, now=now, detail=detail)
        note(db, "review_bank", subject, actor=reviewer, now=now, detail=detail)
    return result


def load_element_tree(
    db: Session, project_number: int, rows: Sequence[ElementRow], *, actor: Actor, now: datetime
) -> int:
    """Give a project its first, checked table of elements; return how many rows were added.

    A project that has elements keeps them as they are.
    """
    actor.require(Permission.BANK_WRITE)
    project = project_by_number(db, project_number)
    if elements_of(db, project.id):
        return 0
    _, added, _ = store_elements(db, project.id, tuple(rows))
    detail = {"elements": added}
    note(db, "load_element_tree", ("project", project.id), actor=actor, now=now, detail=detail)
    return added


def move_item(
    db: Session, item_id: int, wanted: ItemState, reason: str, *, actor: Actor, now: datetime
) -> None:
    """Move a reviewed item to 试测, 入库, 暂停, 泄露 or 停用; papers that hold it keep it."""
    actor.require(Permission.BANK_WRITE)
    item = _item_of(db, item_id)
    state = ItemState(item.state)
    if not may_move(state, wanted):
        action = f"改为{STATE_NAMES[wanted]}"
        raise WrongStateError(what=f"试题{item.code}", state=STATE_NAMES[state], action=action)
    if not reason.strip():
        raise InvalidInputError(field="原因", reason="请写明原因。")
    item.state = wanted
    detail = {"from": state, "to": wanted, "reason": reason.strip()}
    note(db, "move_item", ("item", item.id), actor=actor, now=now, detail=detail)


# Steps and conditions ----------------------------------------------------------------------


def _pass_reviews(db: Session, version: ItemVersion, *, reviewer: Actor, now: datetime) -> None:
    version.item.state = ItemState.FIRST_REVIEW
    for round_no in sorted(ROUNDS.values()):
        verdict = Verdict(version.id, round_no, accepted=True, in_order=frozenset(ReviewPoint))
        store_review(db, version, verdict, reviewer=reviewer, now=now)


def _item_of(db: Session, item_id: int) -> Item:
    item = db.get(Item, item_id)
    if item is None:
        raise NotFoundError(what="试题")
    return item


def _require_two_people(author_id: int | None, reviewer: Actor) -> None:
    if is_same_person(author_id, reviewer.account_id):
        raise SeparationError(first="命题人", second="审题人")
