"""Reads for the search for duplicates 查重: what is compared, and what a new item runs into."""

from dataclasses import dataclass

from sqlalchemy.orm import Session, joinedload

from item_bank.models import Item, ItemVersion
from item_bank.queries import versions_in_force
from item_bank.rules.duplicates import DuplicateIndex, Likeness
from item_bank.rules.item import ItemContent
from item_bank.rules.kinds import ItemState
from item_bank.sealing import content_of
from registry.access import Actor, Permission


@dataclass(frozen=True)
class ComparedItem:
    """An item in the words of its version in force."""

    item_id: int
    code: str
    state: ItemState
    content: ItemContent


@dataclass(frozen=True)
class FoundDuplicate:
    """An item that another resembles; a blocking likeness keeps that one out of the bank."""

    item: ComparedItem
    likeness: Likeness


def compared_items(db: Session, project_id: int, *, actor: Actor) -> tuple[ComparedItem, ...]:
    """Return the items of a project that are compared, by code: all that are not retired."""
    actor.require(Permission.BANK_READ)
    return items_in_use(db, project_id)


def duplicates_of(
    db: Session, project_id: int, content: ItemContent, *, except_item_id: int | None = None
) -> tuple[FoundDuplicate, ...]:
    """Return the items that a new one resembles, gravest class first.

    A new version of an item names it as ``except_item_id``, so that it is not compared with itself.
    """
    items = [item for item in items_in_use(db, project_id) if item.item_id != except_item_id]
    hits = DuplicateIndex(item.content for item in items).check(content)
    return tuple(FoundDuplicate(items[hit.place], hit.likeness) for hit in hits)


def blocking_duplicates(
    db: Session, project_id: int, content: ItemContent, *, except_item_id: int | None = None
) -> tuple[FoundDuplicate, ...]:
    """Return the items that a new one contradicts: same stem, but other key or turned round."""
    found = duplicates_of(db, project_id, content, except_item_id=except_item_id)
    return tuple(one for one in found if one.likeness.is_blocking)


def items_in_use(db: Session, project_id: int) -> tuple[ComparedItem, ...]:
    """Return the items of a project in the words of their versions in force, by code."""
    rows = db.scalars(
        versions_in_force()
        .where(Item.project_id == project_id, Item.state != ItemState.RETIRED)
        .options(joinedload(ItemVersion.item))
        .order_by(Item.code)
    )
    return tuple(
        ComparedItem(row.item_id, row.item.code, ItemState(row.item.state), content_of(row))
        for row in rows
    )
