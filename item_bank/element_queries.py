"""Reads of the table of assessed elements: as an outline to edit, and how well it is stocked."""

import hashlib
import json

from sqlalchemy import select
from sqlalchemy.orm import Session

from item_bank.models import AuthoringTask, Element, ItemVersion
from item_bank.queries import assembly_pool, blueprints_of, elements_of, range_weights, terms_of
from item_bank.rules.adequacy import AdequacyLine, NamedElement, adequacy_of, needs_of
from item_bank.rules.element_outline import OutlineRow, Rows, written
from item_bank.rules.element_table import POINT_LEVEL, RANGE_LEVEL
from registry.access import Actor, Permission


def outline_of(db: Session, project_id: int) -> Rows:
    """Return the stored table in its order; the key of a row is the id of its element."""
    pinned = pinned_ids(db, project_id)
    return tuple(
        OutlineRow(
            key=str(element.id),
            level=element.level,
            name=element.name,
            weight="" if element.weight is None else written(element.weight),
            importance=element.importance or "",
            code=element.code,
            is_pinned=element.id in pinned,
        )
        for element in elements_of(db, project_id)
    )


def pinned_ids(db: Session, project_id: int) -> frozenset[int]:
    """Return the elements that versions of items or task orders refer to."""
    of_items = select(ItemVersion.element_id).join(Element, Element.id == ItemVersion.element_id)
    of_tasks = select(AuthoringTask.element_id).where(AuthoringTask.project_id == project_id)
    used = db.scalars(of_items.where(Element.project_id == project_id).distinct()).all()
    return frozenset(used) | frozenset(db.scalars(of_tasks))


def print_of(rows: Rows) -> str:
    """Return a short mark of a stored table, by which a later change of it is noticed."""
    told = [[row.key, row.code, row.name, row.weight, row.importance] for row in rows]
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:32]


def bank_adequacy(db: Session, project_id: int, *, actor: Actor) -> tuple[AdequacyLine, ...]:
    """Return how many banked items each range and point has by type and level, and needs."""
    actor.require(Permission.BANK_READ)
    elements = elements_of(db, project_id)
    named = {
        level: [NamedElement(one.code, one.name) for one in elements if one.level == level]
        for level in (RANGE_LEVEL, POINT_LEVEL)
    }
    terms = [terms_of(blueprint) for blueprint in blueprints_of(db, project_id)]
    needs = needs_of(terms, range_weights(db, project_id))
    pool = assembly_pool(db, project_id)
    return adequacy_of(named[RANGE_LEVEL], named[POINT_LEVEL], pool, needs)
