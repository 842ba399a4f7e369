"""Takes items out of the bank in the formats of other systems; always on record."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session, joinedload

from item_bank.exchange.bank_items import read_item_of
from item_bank.exchange.exporting import ExportFormat, written
from item_bank.exchange.records import ReadItem
from item_bank.models import Item, ItemVersion
from item_bank.queries import blueprints_of, versions_in_force
from item_bank.rules.kinds import ItemKind, ItemState
from item_bank.sealing import content_of
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.catalog.models import Project
from registry.database import files_of
from registry.errors import NotFoundError

BANKED_ONLY = frozenset([ItemState.BANKED])


@dataclass(frozen=True)
class ExportChoice:
    """What is taken out, in which format and why."""

    target: ExportFormat
    states: frozenset[ItemState] = BANKED_ONLY
    kinds: frozenset[ItemKind] = frozenset(ItemKind)
    reason: str = ""


@dataclass(frozen=True)
class ExportedBank:
    """The file of an export and the items in it, figures by their content."""

    content: bytes
    items: tuple[ReadItem, ...]

    @property
    def figures(self) -> dict[str, bytes]:
        """Return the files of the figures by the names that the items give them."""
        links = (item.figure for item in self.items)
        return {link.file: link.content for link in links if link and link.content}


def export_bank(
    db: Session,
    project_id: int,
    target: ExportFormat,
    states: Collection[ItemState] = BANKED_ONLY,
    *,
    actor: Actor,
    now: datetime,
) -> ExportedBank:
    """Write the items of a project in these states, by code, in one format; goes on record.

    Items that state no points take those of their kind in the project's blueprint.
    """
    chosen = ExportChoice(target, frozenset(states))
    items = items_to_export(db, project_id, chosen, actor=actor)
    content = written(items, target)
    record_export(db, project_id, chosen, items, actor=actor, now=now)
    return ExportedBank(content, items)


def items_to_export(
    db: Session, project_id: int, chosen: ExportChoice, *, actor: Actor
) -> tuple[ReadItem, ...]:
    """Return the chosen items by code, as the writers take them."""
    actor.require(Permission.BANK_EXPORT)
    if db.get(Project, project_id) is None:
        raise NotFoundError(what="考核项目")
    points = _points_of_kinds(db, project_id)
    rows = db.scalars(
        versions_in_force()
        .where(
            Item.project_id == project_id,
            Item.state.in_(chosen.states),
            ItemVersion.kind.in_(chosen.kinds),
        )
        .options(joinedload(ItemVersion.item))
        .order_by(Item.code)
    )
    return tuple(_read_item(db, row, points) for row in rows)


def record_export(
    db: Session,
    project_id: int,
    chosen: ExportChoice,
    items: Sequence[ReadItem],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Put an export on record; the file may leave only when the record is safe."""
    actor.require(Permission.BANK_EXPORT)
    detail: dict[str, object] = {
        "format": chosen.target.value,
        "items": len(items),
        "states": sorted(chosen.states),
        "figures": sum(item.figure is not None for item in items),
    }
    if chosen.kinds != frozenset(ItemKind):
        detail["kinds"] = sorted(chosen.kinds)
    if chosen.reason:
        detail["reason"] = chosen.reason
    note(db, "export_bank", ("project", project_id), actor=actor, now=now, detail=detail)


def _points_of_kinds(db: Session, project_id: int) -> dict[ItemKind, Decimal]:
    """Return what the first blueprint of a project gives for each kind."""
    blueprints = blueprints_of(db, project_id)[:1]
    return {ItemKind(s.kind): s.points_each for plan in blueprints for s in plan.sections}


def _read_item(db: Session, version: ItemVersion, points: dict[ItemKind, Decimal]) -> ReadItem:
    content = content_of(version)
    drawn = files_of(db).get(content.figure.file_hash) if content.figure else b""
    return read_item_of(version.item.code, content, points=points.get(content.kind), figure=drawn)
