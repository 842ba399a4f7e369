"""Reads of sets of papers: their lists, what they are drawn from, who gets which paper."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import Session, joinedload, selectinload

from item_bank.errors import AlteredItemError
from item_bank.models import Blueprint, Item, ItemVersion, Paper, PaperItem, PaperSet
from item_bank.queries import (
    assembly_pool,
    blueprint_of,
    range_weights,
    terms_of,
    versions_in_force,
)
from item_bank.rules.blueprint_terms import BlueprintTerms, assembly_terms
from item_bank.rules.forms import place_at_seat
from item_bank.rules.item import content_hash
from item_bank.rules.kinds import PaperState, SetPurpose
from item_bank.rules.paper import SealedItem
from item_bank.rules.paper_sets.terms import AssemblyTerms, MultipleCredit
from item_bank.rules.pool import PoolItem
from item_bank.sealing import content_of
from registry.access import Actor, Permission
from registry.accounts.models import Account
from registry.catalog.models import Specification, Subject
from registry.errors import NotFoundError
from registry.organisations.models import Institution
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_of
from registry.scheduling.models import Admission, Sitting

CITY_DIGITS = 4


@dataclass(frozen=True)
class SetPeople:
    """Who composed a set and who released it, by name."""

    composer: str
    releaser: str


# Blueprints --------------------------------------------------------------------------------


def blueprint_versions(db: Session, project_id: int) -> list[tuple[Blueprint, int]]:
    """Return all versions of a project's blueprints, newest first, with the sets drawn by each."""
    drawn = select(func.count(PaperSet.id)).where(PaperSet.blueprint_id == Blueprint.id)
    rows = db.execute(
        select(Blueprint, drawn.scalar_subquery())
        .where(Blueprint.project_id == project_id)
        .options(selectinload(Blueprint.sections))
        .order_by(Blueprint.code, Blueprint.version.desc())
    )
    return [(found, count) for found, count in rows]


# Sets --------------------------------------------------------------------------------------


def set_of(db: Session, set_id: int, *, actor: Actor) -> PaperSet:
    """Return a set of a plan within reach, with its papers."""
    found = db.scalar(
        select(PaperSet)
        .where(PaperSet.id == set_id)
        .options(joinedload(PaperSet.blueprint), selectinload(PaperSet.papers))
    )
    if found is None:
        raise NotFoundError(what="试卷")
    plan_of(db, found.plan_id, actor=actor)
    return found


def sets_of(db: Session, plan_id: int, *, actor: Actor) -> Sequence[PaperSet]:
    """Return the sets of a plan within reach, by number."""
    actor.require(Permission.BANK_READ)
    plan_of(db, plan_id, actor=actor)
    chosen = select(PaperSet).where(PaperSet.plan_id == plan_id).order_by(PaperSet.number)
    return db.scalars(chosen.options(joinedload(PaperSet.blueprint))).all()


def people_of(db: Session, paper_set: PaperSet) -> SetPeople:
    """Return the names behind a set."""
    ids = {paper_set.composed_by_id, paper_set.released_by_id} - {None}
    names = dict(db.execute(select(Account.id, Account.name).where(Account.id.in_(ids))).all())
    releaser = _name(names, paper_set.released_by_id) if paper_set.released_at else ""
    return SetPeople(_name(names, paper_set.composed_by_id), releaser)


def sets_to_release(db: Session, plan_ids: Collection[int], *, actor: Actor) -> int:
    """Return how many sets of these plans the actor, who composed none of them, may release."""
    chosen = select(func.count(PaperSet.id)).where(
        PaperSet.plan_id.in_(plan_ids),
        PaperSet.state == PaperState.COMPOSED,
        PaperSet.composed_by_id != actor.account_id,
    )
    return db.scalar(chosen) or 0


def credit_of(db: Session, paper_id: int) -> MultipleCredit:
    """Return how the blueprint of a paper lets multiple choice be marked."""
    paper = db.get_one(Paper, paper_id)
    return terms_of(paper.blueprint).fairness.multiple_credit


@dataclass(frozen=True)
class StoredPaper:
    """A paper of a set as its hash covers it, read again from what is stored."""

    number: int
    paper_hash: str
    items: tuple[SealedItem, ...]


def stored_papers(db: Session, set_id: int) -> list[StoredPaper]:
    """Return what the hashes of a set cover; every item is opened once, however often it stands.

    Raises ``AlteredItemError`` when the words of an item are not those of its version.
    """
    keys = _keys_of_set(db, set_id)
    rows = db.execute(
        select(
            PaperItem.paper_id,
            PaperItem.position,
            PaperItem.kind,
            PaperItem.points,
            PaperItem.option_order,
            PaperItem.item_version_id,
            ItemVersion.number,
            ItemVersion.content_hash,
            Item.code,
        )
        .join(Paper, Paper.id == PaperItem.paper_id)
        .join(ItemVersion, ItemVersion.id == PaperItem.item_version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .where(Paper.set_id == set_id)
    )
    items: dict[int, list[SealedItem]] = {}
    for row in rows:
        sealed = SealedItem(
            position=row.position,
            code=row.code,
            version_number=row.number,
            content_hash=row.content_hash,
            kind=row.kind,
            points=row.points,
            key=keys[row.item_version_id],
            option_order=row.option_order,
        )
        items.setdefault(row.paper_id, []).append(sealed)
    papers = db.scalars(select(Paper).where(Paper.set_id == set_id).order_by(Paper.number))
    return [StoredPaper(p.number, p.paper_hash, tuple(items.get(p.id, ()))) for p in papers]


def _keys_of_set(db: Session, set_id: int) -> dict[int, str]:
    used = (
        select(PaperItem.item_version_id)
        .join(Paper, Paper.id == PaperItem.paper_id)
        .where(Paper.set_id == set_id)
    )
    keys = {}
    for version in db.scalars(select(ItemVersion).where(ItemVersion.id.in_(used))):
        content = content_of(version)
        if content_hash(content) != version.content_hash:
            raise AlteredItemError(version=version.number)
        keys[version.id] = ",".join(sorted(content.key))
    return keys


# Who gets which paper ----------------------------------------------------------------------


def paper_for(db: Session, set_id: int, admission: Admission) -> int:
    """Return the paper of a set that one candidate gets; asked again, the same.

    Of several forms neighbours get different ones, by their seats; of a set with a paper for
    everybody, candidates take them in the order of their places in the plan.
    """
    own = select(Paper.id, PaperSet.purpose).join(PaperSet, PaperSet.id == Paper.set_id)
    rows = db.execute(own.where(Paper.set_id == set_id).order_by(Paper.number)).all()
    papers: list[int] = [row.id for row in rows]
    if rows[0].purpose == SetPurpose.INDIVIDUAL:
        return papers[_rank_in_plan(db, admission) % len(papers)]
    columns = admission.sitting.room.column_count
    return papers[place_at_seat(admission.seat_no, columns, len(papers))]


def _rank_in_plan(db: Session, admission: Admission) -> int:
    """Return how many places of theory the plan gave before this one."""
    earlier = (
        select(func.count())
        .select_from(Admission)
        .join(Sitting, Sitting.id == Admission.sitting_id)
        .where(
            Sitting.plan_id == admission.sitting.plan_id,
            Sitting.subject == Subject.THEORY,
            Admission.id < admission.id,
        )
    )
    return db.scalar(earlier) or 0


# What sets are drawn from ------------------------------------------------------------------


@dataclass(frozen=True)
class DrawingBasis:
    """A blueprint and the bank as they are now, opened for the engine."""

    blueprint_id: int
    blueprint: BlueprintTerms
    terms: AssemblyTerms
    pool: tuple[PoolItem, ...]
    version_numbers: Mapping[int, int]


def drawing_basis(db: Session, plan: AssessmentPlan, blueprint_id: int) -> DrawingBasis:
    """Return what a set of a plan is drawn from."""
    blueprint = blueprint_of(db, blueprint_id)
    terms = terms_of(blueprint)
    recent = recent_item_ids(db, plan, sets=terms.fairness.cool_down_sets)
    pool = drawing_pool(db, blueprint.project_id, recent)
    chosen = select(ItemVersion.id, ItemVersion.number)
    ids = [item.version_id for item in pool]
    numbers: dict[int, int] = dict(db.execute(chosen.where(ItemVersion.id.in_(ids))).all())
    wanted = assembly_terms(terms, range_weights(db, blueprint.project_id))
    return DrawingBasis(blueprint_id, terms, wanted, pool, numbers)


def drawing_pool(
    db: Session, project_id: int, recent: Collection[int] = ()
) -> tuple[PoolItem, ...]:
    """Return the banked items with options, keys, enemies and how often they were used."""
    light = {item.version_id: item for item in assembly_pool(db, project_id, recent)}
    uses = uses_of(db, project_id)
    chosen = versions_in_force().where(ItemVersion.id.in_(light))
    opened = db.scalars(chosen.options(joinedload(ItemVersion.item)))
    return tuple(
        _opened(light[version.id], version, uses.get(version.item_id, 0)) for version in opened
    )


def _opened(item: PoolItem, version: ItemVersion, uses: int) -> PoolItem:
    content = content_of(version)
    group = version.item.enemy_group
    return replace(
        item,
        options=tuple(option.canonical_id for option in content.options),
        key=content.key,
        locked=frozenset(o.canonical_id for o in content.options if o.is_locked),
        enemies=(group,) if group else (),
        uses=uses,
    )


def recent_item_ids(db: Session, plan: AssessmentPlan, *, sets: int) -> frozenset[int]:
    """Return the items of the last sets of the plan's project in the plan's city.

    Sets of the plan itself count once they are released: before, one may take another's place.
    """
    city = plan.institution.division_code[:CITY_DIGITS]
    last = (
        select(PaperSet.id)
        .join(AssessmentPlan, AssessmentPlan.id == PaperSet.plan_id)
        .join(Institution, Institution.id == AssessmentPlan.institution_id)
        .join(Specification, Specification.id == AssessmentPlan.specification_id)
        .where(
            Institution.division_code.startswith(city),
            Specification.project_id == plan.specification.project_id,
            or_(PaperSet.plan_id != plan.id, PaperSet.state == PaperState.RELEASED),
        )
        .order_by(PaperSet.composed_at.desc(), PaperSet.id.desc())
        .limit(sets)
    )
    ids = db.scalars(last).all()
    used = (
        select(ItemVersion.item_id)
        .join(PaperItem, PaperItem.item_version_id == ItemVersion.id)
        .join(Paper, Paper.id == PaperItem.paper_id)
    )
    return frozenset(db.scalars(used.where(Paper.set_id.in_(ids))))


def uses_of(db: Session, project_id: int) -> Mapping[int, int]:
    """Return in how many released papers every item stands; versions A and B are one paper."""
    rows = db.execute(_released_places(project_id).distinct())
    return Counter(row.item_id for row in rows)


def _released_places(project_id: int) -> Select[int, int, int]:
    return (
        select(ItemVersion.item_id, Paper.set_id, Paper.form)
        .join(PaperItem, PaperItem.item_version_id == ItemVersion.id)
        .join(Paper, Paper.id == PaperItem.paper_id)
        .join(AssessmentPlan, AssessmentPlan.id == Paper.plan_id)
        .join(Specification, Specification.id == AssessmentPlan.specification_id)
        .where(Specification.project_id == project_id, Paper.state == PaperState.RELEASED)
    )


def _name(names: Mapping[int, str], account_id: int | None) -> str:
    return "系统" if account_id is None else names.get(account_id, "")
