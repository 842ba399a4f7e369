"""Reads of items by those who write them: an author's own ones, any for a manager of banks.

Whatever another author wrote is "not found"; of the rest of the bank an author learns only that it
holds something alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload, selectinload

from item_bank.authoring.drafts import Draft, draft_of
from item_bank.authoring.queries import require_member
from item_bank.duplicate_queries import ComparedItem, items_in_use
from item_bank.errors import MissingUndertakingError
from item_bank.models import (
    AuthoringTask,
    Element,
    Item,
    ItemDraft,
    ItemReview,
    ItemVersion,
    ReviewComment,
)
from item_bank.rules.element_table import POINT_LEVEL
from item_bank.rules.item import Figure
from item_bank.rules.item_fields import ItemFields, fields_of
from item_bank.rules.kinds import BankDuty, ItemKind, ItemState
from item_bank.sealing import content_of
from registry.access import Actor, Permission
from registry.accounts.models import Account
from registry.catalog.models import Project
from registry.errors import NotFoundError

EDITABLE_BY_MANAGER = frozenset(ItemState) - {ItemState.COMPROMISED, ItemState.RETIRED}


@dataclass(frozen=True)
class OwnItem:
    """A line of an author's list; ``stem`` is that of the unsaved work where there is some."""

    item_id: int
    code: str
    project_name: str
    state: ItemState
    kind: ItemKind
    point: str
    stem: str
    versions: int
    is_returned: bool
    open_remarks: int
    unsaved_since: datetime | None
    changed_at: datetime


def blank_item(db: Session, project_id: int, task_id: int | None, *, actor: Actor) -> Item | None:
    """Return the actor's own item of a project, or of a task, in which nothing was written yet."""
    return db.scalar(
        select(Item)
        .join(ItemDraft)
        .where(
            Item.project_id == project_id,
            Item.task_id == task_id,
            Item.created_by_id == actor.account_id,
            Item.state == ItemState.DRAFT,
            ItemDraft.saved_at == Item.created_at,
            ~Item.versions.any(),
        )
        .order_by(Item.id)
        .limit(1)
    )


@dataclass(frozen=True)
class WorkInHand:
    """What the editor opens: the fields, and since when unsaved ones differ from the version."""

    item: Item
    fields: ItemFields
    unsaved_since: datetime | None
    editor_name: str  # of somebody else whose unsaved work it is
    may_write: bool
    may_discard: bool


def require_author(db: Session, project_id: int, *, actor: Actor) -> None:
    """See that a person may write items of a bank: a member who has promised secrecy, a manager."""
    if actor.may(Permission.BANK_WRITE):
        return
    member = require_member(db, project_id, BankDuty.AUTHOR, actor=actor)
    if member.undertaking_at is None:
        raise MissingUndertakingError(project=project_id)


def item_in_reach(db: Session, item_id: int, *, actor: Actor, is_locked: bool = False) -> Item:
    """Return an item that the person wrote, or any for a manager."""
    item = db.get(Item, item_id, with_for_update=is_locked, populate_existing=is_locked)
    is_own = item is not None and item.created_by_id == actor.account_id
    if item is None or not (is_own or actor.may(Permission.BANK_WRITE)):
        raise NotFoundError(what="试题")
    try:
        require_author(db, item.project_id, actor=actor)
    except NotFoundError:  # no member any more
        raise NotFoundError(what="试题") from None
    return item


def may_write(item: Item, *, actor: Actor) -> bool:
    """Say whether the person may change what an item says: its author only while it is a draft."""
    state = ItemState(item.state)
    if actor.may(Permission.BANK_WRITE):
        return state in EDITABLE_BY_MANAGER
    return state is ItemState.DRAFT


def work_in_hand(db: Session, item_id: int, *, actor: Actor) -> WorkInHand:
    """Return what the editor shows of an item: unsaved work first, else the newest version."""
    item = item_in_reach(db, item_id, actor=actor)
    draft, other = draft_of(db, item), other_editor(db, item, actor=actor)
    if draft is not None and not other:
        unsaved = item.draft.saved_at if item.draft and item.versions else None
        may_change = may_write(item, actor=actor)
        return WorkInHand(item, draft.fields, unsaved, "", may_change, may_discard=True)
    fields = fields_of(content_of(item.versions[-1])) if item.versions else _empty(draft)
    may_change = may_write(item, actor=actor) and not other
    is_manager = actor.may(Permission.BANK_WRITE)
    return WorkInHand(item, fields, None, other, may_change, may_discard=is_manager)


def other_editor(db: Session, item: Item, *, actor: Actor) -> str:
    """Return the name of another person whose unsaved work on the item is kept."""
    if item.draft is None or item.draft.account_id in (None, actor.account_id):
        return ""
    return db.get_one(Account, item.draft.account_id).name


def points_open_to(db: Session, item: Item) -> Sequence[Element]:
    """Return the points an item may be written for: of its project, within its task's range."""
    chosen = (
        select(Element)
        .where(Element.project_id == item.project_id, Element.level == POINT_LEVEL)
        .order_by(Element.code)
    )
    if item.task_id is not None:
        code = db.get_one(AuthoringTask, item.task_id).element.code
        chosen = chosen.where(
            (Element.code == code) | Element.code.startswith(f"{code}-", autoescape=True)
        )
    return db.scalars(chosen).all()


def own_items(db: Session, *, actor: Actor) -> tuple[OwnItem, ...]:
    """Return what the person has written: returned ones first, then drafts, newest first."""
    chosen = (
        select(Item, Project.name)
        .join(Project, Project.id == Item.project_id)
        .where(Item.created_by_id == actor.account_id)
        .options(
            selectinload(Item.versions).joinedload(ItemVersion.element), joinedload(Item.draft)
        )
        .order_by(Item.id.desc())
    )
    rows = db.execute(chosen).all()
    ids = [item.id for item, _ in rows]
    refused, remarks = _refused(db, ids), _open_remarks(db, ids)
    lines = [
        _own_item(db, item, name, is_refused=item.id in refused, remarks=remarks.get(item.id, 0))
        for item, name in rows
    ]
    return tuple(sorted(lines, key=_rank))


def returned_count(db: Session, *, actor: Actor) -> int:
    """Return how many of the person's items were returned by a reviewer."""
    own = select(Item.id).where(
        Item.created_by_id == actor.account_id, Item.state == ItemState.DRAFT
    )
    return len(_refused(db, list(db.scalars(own))))


def figures_of(db: Session, item: Item) -> dict[str, str]:
    """Return the figures an item may show, by hash: of its versions and those just sent."""
    draft = draft_of(db, item)
    figures = [content_of(version).figure for version in item.versions if version.figure_hash]
    known = {figure.file_hash: figure.media_type for figure in figures if figure}
    return {**known, **(draft.uploads if draft else {})}


def others_alike(db: Session, item: Item) -> tuple[ComparedItem, ...]:
    """Return the items of a bank that an item is compared with."""
    return tuple(one for one in items_in_use(db, item.project_id) if one.item_id != item.id)


def may_see_item(db: Session, item_id: int, *, actor: Actor) -> bool:
    """Say whether a person may be told which item another resembles."""
    try:
        item_in_reach(db, item_id, actor=actor)
    except NotFoundError:
        return False
    return True


def _empty(draft: Draft | None) -> ItemFields:
    """Return the fields of an item without a version: kind and point of another's draft."""
    assert draft is not None
    return ItemFields(draft.fields.kind, draft.fields.point, draft.fields.difficulty)


def _own_item(
    db: Session, item: Item, project_name: str, *, is_refused: bool, remarks: int
) -> OwnItem:
    draft, versions = draft_of(db, item), item.versions
    fields = draft.fields if draft else fields_of(content_of(versions[-1]))
    state = ItemState(item.state)
    changed = item.draft.saved_at if item.draft else versions[-1].created_at
    return OwnItem(
        item_id=item.id,
        code=item.code,
        project_name=project_name,
        state=state,
        kind=fields.kind,
        point=fields.point,
        stem=fields.stem,
        versions=len(versions),
        is_returned=is_refused and state is ItemState.DRAFT,
        open_remarks=remarks,
        unsaved_since=item.draft.saved_at if item.draft else None,
        changed_at=changed,
    )


def _rank(line: OwnItem) -> tuple[bool, int, int]:
    return not line.is_returned, list(ItemState).index(line.state), -line.item_id


def _refused(db: Session, item_ids: Sequence[int]) -> set[int]:
    """Return the items whose last decision was a refusal."""
    last = (
        select(func.max(ItemReview.id))
        .join(ItemVersion, ItemVersion.id == ItemReview.version_id)
        .where(ItemVersion.item_id.in_(item_ids))
        .group_by(ItemVersion.item_id)
    )
    chosen = (
        select(ItemVersion.item_id)
        .join(ItemReview, ItemReview.version_id == ItemVersion.id)
        .where(ItemReview.id.in_(last), ItemReview.accepted.is_(False))
    )
    return set(db.scalars(chosen))


def _open_remarks(db: Session, item_ids: Sequence[int]) -> dict[int, int]:
    rows = db.execute(
        select(ItemVersion.item_id, func.count())
        .join(ReviewComment, ReviewComment.version_id == ItemVersion.id)
        .where(ItemVersion.item_id.in_(item_ids), ReviewComment.settled_at.is_(None))
        .group_by(ItemVersion.item_id)
    ).all()
    return {row[0]: row[1] for row in rows}


def figure_with_type(figure: Figure | None, known: dict[str, str]) -> Figure | None:
    """Return a figure under the type its file was read as; an unknown file is no figure."""
    if figure is None or figure.file_hash not in known:
        return None
    return Figure(figure.file_hash, known[figure.file_hash], figure.description, figure.caption)
