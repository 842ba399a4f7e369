"""Reads of papers and of what they are drawn from; lists of the bank are in ``bank_queries``.

The key of a paper is read by ``frozen_key`` alone.
"""

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from item_bank.models import (
    Blueprint,
    Element,
    Item,
    ItemVersion,
    Paper,
    PaperItem,
)
from item_bank.rules.blueprint import BlueprintTerms, RangeWeight, SectionTerms, Shares
from item_bank.rules.element_table import RANGE_LEVEL
from item_bank.rules.kinds import Importance, ItemKind, ItemState, PaperState
from item_bank.rules.paper import KeyedItem, PaperContent, PaperQuestion, SealedItem
from item_bank.rules.pool import PoolItem
from item_bank.rules.shares import Margins, margins_of
from item_bank.sealing import content_of
from registry.access import Actor, Permission
from registry.accounts.models import Account
from registry.catalog.models import Specification, Subject
from registry.errors import NotFoundError
from registry.organisations.models import Institution
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_of

RECENT_PAPERS = 2  # papers of a city whose items are avoided where the bank allows
CITY_DIGITS = 4


@dataclass(frozen=True)
class PaperLine:
    """One paper of a plan."""

    paper_id: int
    number: int
    state: str
    blueprint_code: str
    minutes: int
    item_count: int
    total_points: Decimal
    paper_hash: str
    composed_at: datetime
    composer_name: str
    released_at: datetime | None
    releaser_name: str


# Papers ------------------------------------------------------------------------------------


def paper_of(db: Session, paper_id: int) -> Paper:
    """Return a paper with everything it consists of."""
    chosen = select(Paper).where(Paper.id == paper_id).options(*_PAPER_PARTS)
    paper = db.scalar(chosen.execution_options(populate_existing=True))
    if paper is None:
        raise NotFoundError(what="试卷")
    return paper


def paper_content(db: Session, paper_id: int) -> PaperContent:
    """Return what a paper asks, in stored order, without its key."""
    paper = paper_of(db, paper_id)
    plan = db.get_one(AssessmentPlan, paper.plan_id)
    planned = [entry.minutes for entry in plan.subjects if entry.subject == Subject.THEORY]
    return PaperContent(
        title=plan.specification.project.name,
        minutes=planned[0] if planned else paper.blueprint.minutes,
        questions=tuple(_question(entry) for entry in paper.items),
    )


def frozen_key(db: Session, paper_id: int) -> tuple[KeyedItem, ...]:
    """Return the key frozen with the paper, by position; later versions do not touch it."""
    rows = db.scalars(
        select(PaperItem)
        .where(PaperItem.paper_id == paper_id)
        .options(joinedload(PaperItem.version))
        .order_by(PaperItem.position)
    ).all()
    if not rows:
        raise NotFoundError(what="试卷")
    return tuple(
        KeyedItem(row.position, ItemKind(row.kind), row.points, content_of(row.version).key)
        for row in rows
    )


def papers_of(db: Session, plan_id: int, *, actor: Actor) -> tuple[PaperLine, ...]:
    """Return the papers of a plan within reach, by number."""
    actor.require(Permission.BANK_READ)
    plan_of(db, plan_id, actor=actor)
    papers = db.scalars(
        select(Paper)
        .where(Paper.plan_id == plan_id)
        .options(joinedload(Paper.blueprint), selectinload(Paper.items))
        .order_by(Paper.number)
    ).all()
    people = {paper.composed_by_id for paper in papers} | {p.released_by_id for p in papers}
    names = dict(
        db.execute(select(Account.id, Account.name).where(Account.id.in_(people - {None}))).all()
    )
    return tuple(
        PaperLine(
            paper_id=paper.id,
            number=paper.number,
            state=paper.state,
            blueprint_code=paper.blueprint.code,
            minutes=paper.blueprint.minutes,
            item_count=len(paper.items),
            total_points=sum((entry.points for entry in paper.items), Decimal(0)),
            paper_hash=paper.paper_hash,
            composed_at=paper.composed_at,
            composer_name=_name(names, paper.composed_by_id),
            released_at=paper.released_at,
            releaser_name=_name(names, paper.released_by_id) if paper.released_at else "",
        )
        for paper in papers
    )


def papers_to_release(db: Session, plan_ids: Collection[int], *, actor: Actor) -> int:
    """Return how many papers of these plans the actor, who composed none of them, may release."""
    chosen = select(func.count(Paper.id)).where(
        Paper.plan_id.in_(plan_ids),
        Paper.state == PaperState.COMPOSED,
        Paper.composed_by_id != actor.account_id,
    )
    return db.scalar(chosen) or 0


def paper_margins(db: Session, paper_id: int) -> Margins:
    """Return what a paper achieves against the soft goals of its blueprint.

    Recent use belongs to the day of composition; it stands in the audit log, not here.
    """
    paper = paper_of(db, paper_id)
    items = [_pool_item(entry.version, is_recent=False) for entry in paper.items]
    return margins_of(items, terms_of(paper.blueprint).shares)


def sealed_items(paper: Paper) -> tuple[SealedItem, ...]:
    """Return what the hash of a paper covers, as it is stored now."""
    return tuple(
        SealedItem(
            position=entry.position,
            code=entry.version.item.code,
            version_number=entry.version.number,
            content_hash=entry.version.content_hash,
            kind=entry.kind,
            points=entry.points,
            key=",".join(sorted(content_of(entry.version).key)),
        )
        for entry in paper.items
    )


# The bank ----------------------------------------------------------------------------------


def blueprints_of(db: Session, project_id: int) -> tuple[Blueprint, ...]:
    """Return the newest version of each blueprint of a project."""
    rows = db.scalars(
        select(Blueprint)
        .where(Blueprint.project_id == project_id)
        .options(selectinload(Blueprint.sections))
        .order_by(Blueprint.code, Blueprint.version)
    )
    return tuple({blueprint.code: blueprint for blueprint in rows}.values())


def blueprint_of(db: Session, blueprint_id: int) -> Blueprint:
    """Return one blueprint."""
    blueprint = db.get(Blueprint, blueprint_id)
    if blueprint is None:
        raise NotFoundError(what="组卷方案")
    return blueprint


def terms_of(blueprint: Blueprint) -> BlueprintTerms:
    """Return a stored blueprint as values."""
    settings = json.loads(blueprint.settings)
    return BlueprintTerms(
        code=blueprint.code,
        minutes=blueprint.minutes,
        sections=tuple(
            SectionTerms(ItemKind(s.kind), s.item_count, s.points_each) for s in blueprint.sections
        ),
        shares=Shares(
            core_at_least=Decimal(settings["core_at_least"]),
            auxiliary_at_most=Decimal(settings["auxiliary_at_most"]),
            difficulty=tuple(Decimal(share) for share in settings["difficulty"]),
            tolerance=Decimal(settings["tolerance"]),
        ),
    )


def range_weights(db: Session, project_id: int) -> tuple[RangeWeight, ...]:
    """Return the level-3 ranges of a project with their weights, by code."""
    return tuple(
        RangeWeight(element.code, element.weight or Decimal(0))
        for element in elements_of(db, project_id)
        if element.level == RANGE_LEVEL
    )


def assembly_pool(
    db: Session, project_id: int, recent_item_ids: Collection[int] = ()
) -> tuple[PoolItem, ...]:
    """Return the versions in force of all banked items, for assembly."""
    rows = db.scalars(
        versions_in_force()
        .where(Item.project_id == project_id, Item.state == ItemState.BANKED)
        .options(joinedload(ItemVersion.item), joinedload(ItemVersion.element))
        .order_by(Item.code)
    )
    return tuple(_pool_item(row, is_recent=row.item_id in recent_item_ids) for row in rows)


def recent_item_ids(db: Session, plan: AssessmentPlan) -> frozenset[int]:
    """Return the items of the last papers of the plan's project in the plan's city."""
    city = plan.institution.division_code[:CITY_DIGITS]
    papers = (
        select(Paper.id)
        .join(AssessmentPlan, AssessmentPlan.id == Paper.plan_id)
        .join(Institution, Institution.id == AssessmentPlan.institution_id)
        .join(Specification, Specification.id == AssessmentPlan.specification_id)
        .where(
            Institution.division_code.startswith(city),
            Specification.project_id == plan.specification.project_id,
        )
        .order_by(Paper.composed_at.desc(), Paper.id.desc())
        .limit(RECENT_PAPERS)
    )
    ids = db.scalars(papers).all()
    used = select(ItemVersion.item_id).join(PaperItem, PaperItem.item_version_id == ItemVersion.id)
    return frozenset(db.scalars(used.where(PaperItem.paper_id.in_(ids))))


def elements_of(db: Session, project_id: int) -> Sequence[Element]:
    """Return the table of assessed elements of a project, by code."""
    chosen = select(Element).where(Element.project_id == project_id).order_by(Element.code)
    return db.scalars(chosen).all()


def versions_in_force() -> Select[ItemVersion]:
    """Select the newest version of every item, joined to its item and its point."""
    later = aliased(ItemVersion)
    newest = (
        select(func.max(later.number)).where(later.item_id == ItemVersion.item_id).scalar_subquery()
    )
    return (
        select(ItemVersion)
        .join(Item, Item.id == ItemVersion.item_id)
        .join(Element, Element.id == ItemVersion.element_id)
        .where(ItemVersion.number == newest)
    )


_PAPER_PARTS = (
    joinedload(Paper.blueprint),
    selectinload(Paper.items).joinedload(PaperItem.version).joinedload(ItemVersion.item),
    selectinload(Paper.items).joinedload(PaperItem.version).joinedload(ItemVersion.element),
)


def _pool_item(version: ItemVersion, *, is_recent: bool) -> PoolItem:
    return PoolItem(
        version_id=version.id,
        code=version.item.code,
        content_hash=version.content_hash,
        kind=ItemKind(version.kind),
        range_code=version.element.code.rpartition("-")[0],
        point_code=version.element.code,
        importance=Importance(version.element.importance or ""),
        difficulty=version.difficulty,
        is_recent=is_recent,
    )


def _question(entry: PaperItem) -> PaperQuestion:
    content = content_of(entry.version)
    return PaperQuestion(
        position=entry.position,
        kind=ItemKind(entry.kind),
        points=entry.points,
        stem=content.stem,
        options=content.options,
        figure=content.figure,
    )


def _name(names: dict[int, str], account_id: int | None) -> str:
    return "系统" if account_id is None else names.get(account_id, "")
