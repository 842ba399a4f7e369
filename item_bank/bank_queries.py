"""Reads for the pages of the bank: lists of items, their versions, the stock by range."""

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, joinedload

from item_bank.models import Element, Item, ItemVersion
from item_bank.queries import assembly_pool, elements_of, versions_in_force
from item_bank.rules.element_table import POINT_LEVEL, RANGE_LEVEL, ratio_of
from item_bank.rules.kinds import ItemKind, ItemState
from item_bank.sealing import content_of
from registry.access import Actor, Permission
from registry.errors import NotFoundError

ENOUGH_PER_POINT = 4  # items a point should have at least
MAX_PAGE = 200


@dataclass(frozen=True)
class ItemFilter:
    """What the list of items is narrowed to; empty fields do not narrow."""

    kind: ItemKind | None = None
    state: ItemState | None = None
    code_prefix: str = ""  # of the point: B, B-A, B-A-C or a point
    difficulty: int | None = None
    words: str = ""

    def finds(self, line: "ItemLine") -> bool:
        """Tell whether an item has the words in its stem or its code, in any case."""
        words = self.words.casefold()
        return words in line.stem.casefold() or words in line.code.casefold()


@dataclass(frozen=True)
class ItemLine:
    """One line of the list of items, its version in force."""

    item_id: int
    code: str
    state: ItemState
    kind: ItemKind
    point_code: str
    point_name: str
    importance: str
    difficulty: int
    stem: str
    version_number: int
    has_figure: bool


@dataclass(frozen=True)
class ItemPage:
    """A page of the list and how many lines there are in all."""

    lines: tuple[ItemLine, ...]
    total: int


@dataclass(frozen=True)
class RangeSummary:
    """How well a level-3 range is stocked with banked items."""

    code: str
    name: str
    weight: Decimal
    ratio: str
    counts: dict[ItemKind, int]
    thin_points: tuple[str, ...]  # codes of points with fewer than four items

    @property
    def total(self) -> int:
        """Return the items of all kinds."""
        return sum(self.counts.values())


@dataclass(frozen=True)
class BankSummary:
    """The stock of a whole project."""

    ranges: tuple[RangeSummary, ...]
    states: dict[ItemState, int]

    def total_of(self, kind: ItemKind) -> int:
        """Return the banked items of a kind."""
        return sum(entry.counts.get(kind, 0) for entry in self.ranges)


def item_page(
    db: Session,
    project_id: int,
    narrowed: ItemFilter,
    *,
    offset: int,
    limit: int,
    actor: Actor,
) -> ItemPage:
    """Return a page of the items of a project, by code."""
    actor.require(Permission.BANK_READ)
    chosen = _narrowed(versions_in_force().where(Item.project_id == project_id), narrowed)
    ordered = chosen.options(
        joinedload(ItemVersion.item), joinedload(ItemVersion.element)
    ).order_by(Item.code)
    start, limit = max(0, offset), min(limit, MAX_PAGE)
    if narrowed.words:  # words are sealed in the database: they are searched here
        lines = [line for line in map(_item_line, db.scalars(ordered)) if narrowed.finds(line)]
        return ItemPage(tuple(lines[start : start + limit]), len(lines))
    total = db.scalar(select(func.count()).select_from(chosen.subquery())) or 0
    rows = db.scalars(ordered.offset(start).limit(limit))
    return ItemPage(tuple(map(_item_line, rows)), total)


def item_versions(db: Session, item_id: int, *, actor: Actor) -> tuple[ItemVersion, ...]:
    """Return every version of an item, newest first."""
    actor.require(Permission.BANK_READ)
    rows = db.scalars(
        select(ItemVersion)
        .where(ItemVersion.item_id == item_id)
        .options(joinedload(ItemVersion.item), joinedload(ItemVersion.element))
        .order_by(ItemVersion.number.desc())
    ).all()
    if not rows:
        raise NotFoundError(what="试题")
    return tuple(rows)


def bank_summary(db: Session, project_id: int, *, actor: Actor) -> BankSummary:
    """Return how many banked items each range has by kind, and which points are thin."""
    actor.require(Permission.BANK_READ)
    elements = elements_of(db, project_id)
    pool = assembly_pool(db, project_id)
    per_point = Counter(item.point_code for item in pool)
    points = [element for element in elements if element.level == POINT_LEVEL]
    ranges = []
    for entry in elements:
        if entry.level != RANGE_LEVEL:
            continue
        mine = [point for point in points if point.parent_id == entry.id]
        kinds = Counter(item.kind for item in pool if item.range_code == entry.code)
        ranges.append(
            RangeSummary(
                code=entry.code,
                name=entry.name,
                weight=entry.weight or Decimal(0),
                ratio=ratio_of(point.importance or "" for point in mine),
                counts={kind: kinds[kind] for kind in ItemKind},
                thin_points=tuple(p.code for p in mine if per_point[p.code] < ENOUGH_PER_POINT),
            )
        )
    states = db.execute(
        select(Item.state, func.count()).where(Item.project_id == project_id).group_by(Item.state)
    ).all()
    return BankSummary(tuple(ranges), {ItemState(state): count for state, count in states})


def _narrowed(chosen: Select[ItemVersion], narrowed: ItemFilter) -> Select[ItemVersion]:
    if narrowed.kind is not None:
        chosen = chosen.where(ItemVersion.kind == narrowed.kind)
    if narrowed.state is not None:
        chosen = chosen.where(Item.state == narrowed.state)
    if narrowed.difficulty is not None:
        chosen = chosen.where(ItemVersion.difficulty == narrowed.difficulty)
    if narrowed.code_prefix:
        chosen = chosen.where(Element.code.startswith(narrowed.code_prefix, autoescape=True))
    return chosen


def _item_line(version: ItemVersion) -> ItemLine:
    return ItemLine(
        item_id=version.item_id,
        code=version.item.code,
        state=ItemState(version.item.state),
        kind=ItemKind(version.kind),
        point_code=version.element.code,
        point_name=version.element.name,
        importance=version.element.importance or "",
        difficulty=version.difficulty,
        stem=content_of(version).stem,
        version_number=version.number,
        has_figure=version.figure_hash is not None,
    )
