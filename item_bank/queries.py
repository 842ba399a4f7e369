"""Reads of papers and of what they are drawn from; lists of the bank are in ``bank_queries``.

The key of a paper is read by ``frozen_key`` alone.
"""

import json
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

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
from item_bank.rules.blueprint import RangeWeight, SectionTerms, Shares
from item_bank.rules.blueprint_terms import BlueprintTerms, FairnessTerms, PaperTool
from item_bank.rules.element_table import RANGE_LEVEL
from item_bank.rules.forms import label_of
from item_bank.rules.kinds import Importance, ItemKind, ItemState, SetPurpose
from item_bank.rules.paper import KeyedItem, PaperContent, PaperQuestion
from item_bank.rules.paper_sets.terms import CoolDown, MultipleCredit
from item_bank.rules.pool import PoolItem
from item_bank.rules.shares import Margins, margins_of
from item_bank.sealing import content_of
from registry.catalog.models import Subject
from registry.errors import NotFoundError
from registry.plans.models import AssessmentPlan

# Papers ------------------------------------------------------------------------------------


def paper_of(db: Session, paper_id: int) -> Paper:
    """Return a paper with everything it consists of."""
    chosen = select(Paper).where(Paper.id == paper_id).options(*_PAPER_PARTS)
    paper = db.scalar(chosen.execution_options(populate_existing=True))
    if paper is None:
        raise NotFoundError(what="试卷")
    return paper


def paper_content(db: Session, paper_id: int) -> PaperContent:
    """Return what a paper asks, in printed order, without its key."""
    paper = paper_of(db, paper_id)
    plan = db.get_one(AssessmentPlan, paper.plan_id)
    planned = [entry.minutes for entry in plan.subjects if entry.subject == Subject.THEORY]
    return PaperContent(
        title=plan.specification.project.name,
        minutes=planned[0] if planned else paper.blueprint.minutes,
        questions=tuple(_question(entry) for entry in paper.items),
        label=label_of(SetPurpose(paper.paper_set.purpose), paper.form, paper.version),
        multiple_credit=terms_of(paper.blueprint).fairness.multiple_credit,
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


def paper_margins(db: Session, paper_id: int) -> Margins:
    """Return what a paper achieves against the soft goals of its blueprint.

    Recent use belongs to the day of composition; it stands in the audit log, not here.
    """
    paper = paper_of(db, paper_id)
    items = [_pool_item(entry.version, is_recent=False) for entry in paper.items]
    return margins_of(items, terms_of(paper.blueprint).shares)


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
        fairness=_fairness_of(settings.get("fairness", {})),
        tools=tuple(PaperTool(name) for name in settings.get("tools", ())),
    )


def tools_of(paper: Paper) -> tuple[PaperTool, ...]:
    """Return what a paper's candidates may use at computers."""
    return terms_of(paper.blueprint).tools


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
    """Return the versions in force of all banked items, as far as they need not be opened."""
    rows = db.scalars(
        versions_in_force()
        .where(Item.project_id == project_id, Item.state == ItemState.BANKED)
        .options(joinedload(ItemVersion.item), joinedload(ItemVersion.element))
        .order_by(Item.code)
    )
    return tuple(_pool_item(row, is_recent=row.item_id in recent_item_ids) for row in rows)


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
    joinedload(Paper.paper_set),
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


def _fairness_of(stored: dict[str, Any]) -> FairnessTerms:
    """Return what a blueprint says of sets; one from before that says nothing."""
    if not stored:
        return FairnessTerms()
    return FairnessTerms(
        thetas=tuple(Decimal(theta) for theta in stored["thetas"]),
        half_width=Decimal(stored["half_width"]),
        overlap_at_most=stored["overlap_at_most"],
        exposure_at_most=stored["exposure_at_most"],
        cool_down=CoolDown(stored["cool_down"]),
        cool_down_sets=stored["cool_down_sets"],
        multiple_credit=MultipleCredit(stored["multiple_credit"]),
        is_strict=stored["is_strict"],
    )


def _question(entry: PaperItem) -> PaperQuestion:
    content = content_of(entry.version)
    by_id = {option.canonical_id: option for option in content.options}
    order = entry.option_order.split(",") if entry.option_order else by_id
    return PaperQuestion(
        position=entry.position,
        kind=ItemKind(entry.kind),
        points=entry.points,
        stem=content.stem,
        options=tuple(by_id[name] for name in order),
        figure=content.figure,
    )
