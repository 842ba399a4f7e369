"""What an author does with own items, and a manager with any: begin, write, save, submit.

A saved version is never changed; between versions the editor keeps a draft. Only an item that is a
draft is written by its author; what a manager saves goes back through both reviews.
"""

import re
from dataclasses import replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from item_bank.authoring.drafts import Draft, draft_of, drop_draft, store_draft
from item_bank.authoring.item_queries import (
    figure_with_type,
    figures_of,
    item_in_reach,
    may_write,
    other_editor,
    points_open_to,
    require_author,
)
from item_bank.authoring.queries import task_of
from item_bank.duplicate_queries import blocking_duplicates
from item_bank.errors import BlockedItemError, NewerVersionError, UnfinishedItemError
from item_bank.models import AuthoringTask, Element, Item, ItemReview, ItemVersion, ReviewComment
from item_bank.rules.element_table import POINT_LEVEL
from item_bank.rules.item import ItemContent, ItemFindings, check_item, content_hash
from item_bank.rules.item_fields import (
    ItemFields,
    content_of_fields,
    fields_of,
    within_bounds,
)
from item_bank.rules.kinds import KIND_NAMES, ItemKind, ItemState
from item_bank.rules.review import STATE_NAMES
from item_bank.sealing import content_of
from item_bank.storing import add_version
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.catalog.models import Project
from registry.database import files_of
from registry.errors import InvalidInputError, NotFoundError, WrongStateError

MAX_GROUP = 40  # characters of the name of an enemy group


def create_item(
    db: Session,
    project_id: int,
    task_id: int | None = None,
    *,
    kind: ItemKind = ItemKind.SINGLE_CHOICE,
    actor: Actor,
    now: datetime,
) -> Item:
    """Begin an item under the next code of its project, for a task order or without one."""
    _require_writer(actor)
    require_author(db, project_id, actor=actor)
    task = _open_task(db, project_id, task_id, actor) if task_id is not None else None
    item = Item(
        project_id=project_id,
        code=_next_code(db, project_id),
        task_id=task_id,
        created_at=now,
        created_by_id=actor.account_id,
    )
    db.add(item)
    db.flush()
    fields = ItemFields(kind) if task is None else _ordered_fields(task)
    store_draft(db, item, Draft(fields), actor=actor, now=now)
    detail = {"code": item.code, "task": task_id}
    note(db, "create_item", ("item", item.id), actor=actor, now=now, detail=detail)
    return item


def autosave_draft(
    db: Session, item_id: int, fields: ItemFields, *, actor: Actor, now: datetime
) -> Item:
    """Keep unsaved work; only its beginning stands in the log. Equal to the version, it is none."""
    item = _writable(db, item_id, actor)
    fields, draft = _own_fields(db, item, fields), draft_of(db, item)
    if item.versions and _says_the_same(item, content_of_fields(fields, _newest(item))):
        if draft is not None and not draft.uploads:
            drop_draft(db, item)
            return item
        if draft is None:
            return item
    if draft is None:
        note(db, "begin_draft", ("item", item.id), actor=actor, now=now)
    store_draft(db, item, Draft(fields, draft.uploads if draft else {}), actor=actor, now=now)
    return item


def add_figure(
    db: Session, item_id: int, content: bytes, media_type: str, *, actor: Actor, now: datetime
) -> str:
    """Keep the file of a figure for an item and return its hash; the fields name it or not."""
    item = _writable(db, item_id, actor)
    digest = files_of(db).put(content)
    draft = draft_of(db, item) or Draft(fields_of(content_of(item.versions[-1])))
    store_draft(db, item, draft.with_upload(digest, media_type), actor=actor, now=now)
    detail = {"file": digest, "type": media_type}
    note(db, "add_figure", ("item", item.id), actor=actor, now=now, detail=detail)
    return digest


def save_version(
    db: Session, item_id: int, fields: ItemFields, base: int, *, actor: Actor, now: datetime
) -> ItemVersion | None:
    """Make a version of the fields when they say something new; ``base`` is the version edited.

    Raises ``UnfinishedItemError`` for an item that breaks the rules of its form.
    """
    item = _writable(db, item_id, actor)
    if base != len(item.versions):
        raise NewerVersionError(version=len(item.versions))
    fields = _own_fields(db, item, fields)
    content = content_of_fields(fields, _newest(item))
    if errors := findings_of(db, item, content).errors:
        raise UnfinishedItemError(count=len(errors), faults="".join(errors))
    drop_draft(db, item)
    if item.versions and _says_the_same(item, content):
        return None
    version = add_version(db, item, content, _element(db, item, content), actor=actor, now=now)
    item.state = ItemState.DRAFT
    db.flush()
    detail = {"version": version.number, "hash": version.content_hash}
    note(db, "save_version", ("item", item.id), actor=actor, now=now, detail=detail)
    return version


def discard_draft(db: Session, item_id: int, *, actor: Actor, now: datetime) -> Item | None:
    """Drop unsaved work; an item that never had a version goes with it, then None."""
    item = item_in_reach(db, item_id, actor=actor, is_locked=True)
    if item.draft is None:
        return item
    is_own = item.draft.account_id in (None, actor.account_id)
    if not is_own and not actor.may(Permission.BANK_WRITE):
        raise NotFoundError(what="未保存的修改")
    drop_draft(db, item)
    has_versions = bool(item.versions)
    detail = {"code": item.code, "is_removed": not has_versions}
    note(db, "discard_draft", ("item", item.id), actor=actor, now=now, detail=detail)
    if has_versions:
        return item
    db.delete(item)
    db.flush()
    return None


def submit_item(db: Session, item_id: int, *, actor: Actor, now: datetime) -> Item:
    """Send a saved draft to its first review: without errors and without contradiction."""
    _require_writer(actor)
    item = item_in_reach(db, item_id, actor=actor, is_locked=True)
    _require_state(item, ItemState.DRAFT, action="送审")
    if item.draft is not None or not item.versions:
        raise InvalidInputError(field=f"试题{item.code}", reason="还有未保存的修改，请先保存。")
    content = content_of(item.versions[-1])
    if errors := findings_of(db, item, content).errors:
        raise UnfinishedItemError(count=len(errors), faults="".join(errors))
    found = blocking_duplicates(db, item.project_id, content, except_item_id=item.id)
    others = [one for one in found if one.item.state is not ItemState.DRAFT]
    if others:
        raise BlockedItemError(count=len(others))
    item.state = ItemState.FIRST_REVIEW
    detail = {"version": item.versions[-1].number}
    note(db, "submit_item", ("item", item.id), actor=actor, now=now, detail=detail)
    return item


def withdraw_item(db: Session, item_id: int, *, actor: Actor, now: datetime) -> Item:
    """Take an item back from its first review while nobody has decided."""
    item = item_in_reach(db, item_id, actor=actor, is_locked=True)
    _require_state(item, ItemState.FIRST_REVIEW, action="撤回")
    decided = select(func.count(ItemReview.id)).where(ItemReview.version_id == item.versions[-1].id)
    if db.scalar(decided):
        raise WrongStateError(what=f"试题{item.code}", state="已有审题结论", action="撤回")
    item.state = ItemState.DRAFT
    note(db, "withdraw_item", ("item", item.id), actor=actor, now=now)
    return item


def settle_remark(
    db: Session, item_id: int, remark_id: int, *, actor: Actor, now: datetime
) -> ReviewComment:
    """Say that a reviewer's remark has been dealt with."""
    item = item_in_reach(db, item_id, actor=actor)
    row = db.get(ReviewComment, remark_id)
    if row is None or row.version_id not in {version.id for version in item.versions}:
        raise NotFoundError(what="批注")
    if row.settled_at is None:
        row.settled_at, row.settled_by_id = now, actor.account_id
        detail = {"remark": remark_id}
        note(db, "settle_remark", ("item", item.id), actor=actor, now=now, detail=detail)
    return row


def set_enemy_group(db: Session, item_id: int, name: str, *, actor: Actor, now: datetime) -> Item:
    """Put an item into a group of which a paper holds one at most; an empty name takes it out."""
    actor.require(Permission.BANK_WRITE)
    item = item_in_reach(db, item_id, actor=actor)
    name = name.strip()
    if len(name) > MAX_GROUP:
        raise InvalidInputError(field="互斥组", reason=f"最多 {MAX_GROUP} 字。")
    if (item.enemy_group or "") != name:
        detail = {"from": item.enemy_group, "to": name}
        item.enemy_group = name or None
        note(db, "set_enemy_group", ("item", item.id), actor=actor, now=now, detail=detail)
    return item


def findings_of(db: Session, item: Item, content: ItemContent) -> ItemFindings:
    """Judge an item by the rules of its form and by what was ordered."""
    found = check_item(content)
    errors, warnings = list(found.errors), list(found.warnings)
    if all(element.code != content.point for element in points_open_to(db, item)):
        errors = [error for error in errors if not error.startswith("鉴定点编号")]
        errors.insert(0, "请选择鉴定点。" if not content.point else "鉴定点不在可选范围内。")
    if item.task_id is not None:
        task = db.get_one(AuthoringTask, item.task_id)
        if content.kind != task.kind:
            errors.append(f"命题任务要求{KIND_NAMES[ItemKind(task.kind)]}。")
        if task.difficulty not in (None, content.difficulty):
            warnings.append(f"命题任务要求难度 {task.difficulty}。")
    return ItemFindings(tuple(errors), tuple(warnings))


# Steps and conditions ----------------------------------------------------------------------


def _require_writer(actor: Actor) -> None:
    if not actor.may(Permission.BANK_WRITE):
        actor.require(Permission.ITEM_AUTHOR)


def _writable(db: Session, item_id: int, actor: Actor) -> Item:
    _require_writer(actor)
    item = item_in_reach(db, item_id, actor=actor, is_locked=True)
    if not may_write(item, actor=actor):
        state = STATE_NAMES[ItemState(item.state)]
        raise WrongStateError(what=f"试题{item.code}", state=state, action="修改")
    if other := other_editor(db, item, actor=actor):
        raise WrongStateError(what=f"试题{item.code}", state=f"{other}正在编辑", action="修改")
    return item


def _require_state(item: Item, wanted: ItemState, action: str) -> None:
    state = ItemState(item.state)
    if state is not wanted:
        raise WrongStateError(what=f"试题{item.code}", state=STATE_NAMES[state], action=action)


def _open_task(db: Session, project_id: int, task_id: int, actor: Actor) -> AuthoringTask:
    task = task_of(db, task_id, actor=actor)
    if task.project_id != project_id:
        raise NotFoundError(what="命题任务")
    if task.closed_at is not None:
        raise WrongStateError(what="命题任务", state="已结束", action="新建试题")
    return task


def _ordered_fields(task: AuthoringTask) -> ItemFields:
    fields = ItemFields(ItemKind(task.kind))
    is_point = task.element.level == POINT_LEVEL
    return replace(
        fields,
        point=task.element.code if is_point else "",
        difficulty=task.difficulty or fields.difficulty,
    )


def _next_code(db: Session, project_id: int) -> str:
    """Allot the code after the last; the locked row of the project makes writers take turns."""
    project = db.get(Project, project_id, with_for_update=True)
    if project is None:
        raise NotFoundError(what="考核项目")
    form = re.compile(rf"{project.number}-(\d+)")
    codes = db.scalars(select(Item.code).where(Item.project_id == project_id))
    numbers = [int(found[1]) for code in codes if (found := form.fullmatch(code))]
    return f"{project.number}-{max(numbers, default=0) + 1:04d}"


def _own_fields(db: Session, item: Item, fields: ItemFields) -> ItemFields:
    """Return the fields as they may be kept: cut to their bounds, with no foreign figure."""
    figure = figure_with_type(fields.figure, figures_of(db, item))
    return within_bounds(replace(fields, figure=figure))


def _newest(item: Item) -> ItemContent | None:
    return content_of(item.versions[-1]) if item.versions else None


def _says_the_same(item: Item, content: ItemContent) -> bool:
    return item.versions[-1].content_hash == content_hash(content)


def _element(db: Session, item: Item, content: ItemContent) -> Element:
    return next(e for e in points_open_to(db, item) if e.code == content.point)
