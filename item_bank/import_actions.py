"""Brings read items into a bank as drafts of the person who imports: all of them, or none.

``plan_import`` says beforehand, and without a change, what would happen to every item.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from item_bank.authoring.item_queries import require_author
from item_bank.duplicate_queries import items_in_use
from item_bank.errors import FaultyImportError
from item_bank.exchange.import_plan import (
    ImportChoices,
    ImportPlan,
    KnownBank,
    KnownItem,
    PlannedItem,
    PlannedStatus,
    planned_import,
)
from item_bank.exchange.importing import FileReport
from item_bank.models import Element, Item, ItemVersion
from item_bank.queries import elements_of
from item_bank.rules.element_table import POINT_LEVEL
from item_bank.rules.item import ItemContent, sha256_of
from item_bank.storing import store_new_items
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.catalog.models import Project
from registry.database import files_of
from registry.errors import NotFoundError

MAX_CODE = 12  # characters of a code that is kept


@dataclass(frozen=True)
class ImportResult:
    """What an import changed: the new items by code, and how many the bank had already."""

    codes: tuple[str, ...]
    known_count: int


@dataclass(frozen=True)
class PreparedImport:
    """A plan made before the transaction, and the state of the bank that it was made for."""

    plan: ImportPlan
    bank_print: str


def plan_import(
    db: Session,
    project_id: int,
    reports: Sequence[FileReport],
    choices: ImportChoices | None = None,
    *,
    actor: Actor,
) -> ImportPlan:
    """Say what an import of these files would do; nothing is changed."""
    bank = known_bank(db, project_id, actor=actor)
    return planned_import(reports, bank, choices or ImportChoices())


def import_items(
    db: Session,
    project_id: int,
    reports: Sequence[FileReport],
    choices: ImportChoices | None = None,
    *,
    prepared: PreparedImport | None = None,
    actor: Actor,
    now: datetime,
) -> ImportResult:
    """Store the new items as drafts; raises ``FaultyImportError`` for a single fault.

    Items that the bank has already are passed over, so that a file may be imported twice. A plan
    that was ``prepared`` is taken as long as the bank has not changed; so the lock is held briefly.
    """
    _require_writer(db, project_id, actor)
    project = db.get(Project, project_id, with_for_update=True)
    if project is None:
        raise NotFoundError(what="考核项目")
    if prepared is not None and prepared.bank_print == print_of_bank(db, project_id):
        plan = prepared.plan
    else:
        plan = plan_import(db, project_id, reports, choices, actor=actor)
    if plan.errors:
        raise FaultyImportError(plan.errors)
    known_count = plan.counts[PlannedStatus.KNOWN]
    if not plan.new:
        return ImportResult((), known_count)
    elements = {element.code: element for element in elements_of(db, project_id)}
    codes = tuple(_codes(db, project, plan.new))
    store_new_items(
        db,
        project_id,
        [
            (code, content, elements[content.point])
            for code, content in zip(codes, _contents(db, plan.new), strict=True)
        ],
        actor=actor,
        now=now,
    )
    detail = {
        "files": sorted({planned.file for planned in plan.new}),
        "items": len(codes),
        "known": known_count,
        "left_out": len((choices or ImportChoices()).left_out),
        "codes": f"{codes[0]} – {codes[-1]}",
    }
    note(db, "import_items", ("project", project_id), actor=actor, now=now, detail=detail)
    return ImportResult(codes, known_count)


def known_bank(db: Session, project_id: int, *, actor: Actor) -> KnownBank:
    """Return what a plan compares with; an author learns no code of another's item."""
    _require_writer(db, project_id, actor)
    of_project = select(ItemVersion.content_hash).join(Item).where(Item.project_id == project_id)
    own = select(Item.id).where(
        Item.project_id == project_id, Item.created_by_id == actor.account_id
    )
    own_ids = frozenset(db.scalars(own))
    sees_all = actor.may(Permission.BANK_READ)
    return KnownBank(
        points=[e.code for e in elements_of(db, project_id) if e.level == POINT_LEVEL],
        hashes=frozenset(db.scalars(of_project)),
        items=[
            KnownItem(item.code if sees_all or item.item_id in own_ids else "", item.content)
            for item in items_in_use(db, project_id)
        ],
    )


def print_of_bank(db: Session, project_id: int) -> str:
    """Return the hash of what a plan depends on: versions, states of items, points."""
    versions = select(ItemVersion.id).join(Item).where(Item.project_id == project_id)
    states = select(Item.id, Item.state).where(Item.project_id == project_id)
    points = select(Element.code).where(Element.project_id == project_id)
    return sha256_of(
        [
            sorted(db.scalars(versions)),
            sorted([number, state] for number, state in db.execute(states)),
            sorted(db.scalars(points)),
        ]
    )


def _require_writer(db: Session, project_id: int, actor: Actor) -> None:
    if not actor.may(Permission.BANK_WRITE):
        actor.require(Permission.ITEM_AUTHOR)
    if db.get(Project, project_id) is None:
        raise NotFoundError(what="考核项目")
    require_author(db, project_id, actor=actor)


def _codes(db: Session, project: Project, planned: Sequence[PlannedItem]) -> Iterator[str]:
    """Keep the codes that fit and are free; allot the others behind the last."""
    form = re.compile(rf"{project.number}-(\d+)")
    taken = set(db.scalars(select(Item.code).where(Item.project_id == project.id)))
    own = [entry.item.identifier for entry in planned]
    kept = {code for code in own if form.fullmatch(code) and len(code) <= MAX_CODE} - taken
    numbers = [int(found[1]) for code in taken | kept if (found := form.fullmatch(code))]
    last = max(numbers, default=0)
    for code in own:
        if code in kept:
            kept.discard(code)
            yield code
        else:
            last += 1
            yield f"{project.number}-{last:04d}"


def _contents(db: Session, planned: Sequence[PlannedItem]) -> Iterator[ItemContent]:
    """Yield what the drafts say, their figures being stored."""
    for entry in planned:
        assert entry.content is not None
        if entry.figure:
            files_of(db).put(entry.figure)
        yield entry.content
