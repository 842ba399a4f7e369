"""What a person may do with items (load, move) and papers (compose, release).

Reviews are decided in ``reviewing``.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from item_bank.booklet import print_booklet
from item_bank.errors import AlteredItemError, AlteredPaperError, WrongBlueprintError
from item_bank.exchange.bank_folder import BankSource
from item_bank.models import (
    Blueprint,
    Item,
    ItemVersion,
    Paper,
)
from item_bank.queries import (
    assembly_pool,
    blueprint_of,
    elements_of,
    paper_content,
    paper_of,
    range_weights,
    recent_item_ids,
    sealed_items,
    terms_of,
)
from item_bank.rules.assembly import AssemblyRequest, assemble
from item_bank.rules.element_table import ElementRow
from item_bank.rules.item import content_hash
from item_bank.rules.kinds import ItemState, PaperState
from item_bank.rules.paper import seal_of
from item_bank.rules.paper_sets.engine import SEED_LIMIT
from item_bank.rules.review import (
    ROUNDS,
    STATE_NAMES,
    ReviewPoint,
    Verdict,
    is_same_person,
    may_move,
)
from item_bank.sealing import content_of
from item_bank.storing import (
    known_items,
    store_blueprint,
    store_elements,
    store_item,
    store_paper,
    store_review,
)
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.catalog.models import Subject
from registry.catalog.queries import project_by_number
from registry.database import files_of
from registry.errors import InvalidInputError, NotFoundError, SeparationError, WrongStateError
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_of, plan_to_change, require_state
from registry.plans.rules.states import PlanState

MARK_DIGITS = 8  # of the hash, at the foot of a printed paper
COMPOSABLE = (
    PlanState.APPROVED,
    PlanState.ROSTER_SUBMITTED,
    PlanState.AUDITED,
    PlanState.ARRANGED,
)


@dataclass(frozen=True)
class LoadResult:
    """What loading a bank changed."""

    elements_added: int
    elements_changed: int
    items_added: int
    versions_added: int
    unchanged: int
    is_new_blueprint: bool
    blueprint_id: int


# The bank ----------------------------------------------------------------------------------


def load_bank(
    db: Session,
    project_number: int,
    source: BankSource,
    *,
    actor: Actor,
    reviewer: Actor,
    now: datetime,
) -> LoadResult:
    """Take a checked bank in: ``actor`` submits its items, ``reviewer`` passes both reviews.

    Known by code and hash, unchanged items stay as they are; a changed item gets a new version.
    """
    actor.require(Permission.BANK_WRITE)
    reviewer.require(Permission.BANK_WRITE)
    _require_two_people(actor.account_id, reviewer)
    project = project_by_number(db, project_number)
    for content in source.figures.values():
        files_of(db).put(content)
    elements, added, changed = store_elements(db, project.id, source.elements)
    known = known_items(db, project.id)
    versions = []
    for entry in source.items:
        version = store_item(db, project.id, entry, known, elements, actor=actor, now=now)
        if version is not None:
            versions.append(version)
    db.flush()
    for version in versions:
        _pass_reviews(db, version, reviewer=reviewer, now=now)
    blueprint, is_new = store_blueprint(db, project.id, source.blueprint)
    db.flush()
    result = LoadResult(
        elements_added=added,
        elements_changed=changed,
        items_added=sum(version.number == 1 for version in versions),
        versions_added=len(versions),
        unchanged=len(source.items) - len(versions),
        is_new_blueprint=is_new,
        blueprint_id=blueprint.id,
    )
    if versions or added or changed or is_new:
        subject = ("project", project.id)
        detail = {"items": result.items_added, "versions": len(versions), "elements": added}
        note(db, "load_bank", subject, actor=actor, now=now, detail=detail)
        note(db, "review_bank", subject, actor=reviewer, now=now, detail=detail)
    return result


def load_element_tree(
    db: Session, project_number: int, rows: Sequence[ElementRow], *, actor: Actor, now: datetime
) -> int:
    """Give a project its first, checked table of elements; return how many rows were added.

    A project that has elements keeps them as they are.
    """
    actor.require(Permission.BANK_WRITE)
    project = project_by_number(db, project_number)
    if elements_of(db, project.id):
        return 0
    _, added, _ = store_elements(db, project.id, tuple(rows))
    detail = {"elements": added}
    note(db, "load_element_tree", ("project", project.id), actor=actor, now=now, detail=detail)
    return added


def move_item(
    db: Session, item_id: int, wanted: ItemState, reason: str, *, actor: Actor, now: datetime
) -> None:
    """Move a reviewed item to 试测, 入库, 暂停, 泄露 or 停用; papers that hold it keep it."""
    actor.require(Permission.BANK_WRITE)
    item = _item_of(db, item_id)
    state = ItemState(item.state)
    if not may_move(state, wanted):
        action = f"改为{STATE_NAMES[wanted]}"
        raise WrongStateError(what=f"试题{item.code}", state=STATE_NAMES[state], action=action)
    if not reason.strip():
        raise InvalidInputError(field="原因", reason="请写明原因。")
    item.state = wanted
    detail = {"from": state, "to": wanted, "reason": reason.strip()}
    note(db, "move_item", ("item", item.id), actor=actor, now=now, detail=detail)


# Papers ------------------------------------------------------------------------------------


def compose_paper(
    db: Session, plan_id: int, blueprint_id: int, seed: int, *, actor: Actor, now: datetime
) -> Paper:
    """Assemble a paper for a plan and freeze its items, order, points and key under a hash.

    Raises ``InfeasiblePaperError`` with every deficit when the bank is too small.
    """
    actor.require(Permission.PAPER_COMPOSE)
    plan = plan_to_change(db, plan_id, actor=actor)
    require_state(plan, *COMPOSABLE, action="组卷")
    if not 0 <= seed < SEED_LIMIT:
        raise InvalidInputError(field="随机种子", reason=f"请输入 0 至 {SEED_LIMIT - 1} 的整数。")
    blueprint = _fitting_blueprint(db, plan, blueprint_id)
    terms = terms_of(blueprint)
    request = AssemblyRequest(terms.sections, range_weights(db, blueprint.project_id), terms.shares)
    pool = assembly_pool(db, blueprint.project_id, recent_item_ids(db, plan))
    drawn = assemble(request, pool, seed)
    paper = store_paper(db, plan, blueprint, drawn, actor=actor, now=now)
    detail = {
        "plan": plan.number,
        "number": paper.number,
        "blueprint": f"{blueprint.code}/{blueprint.version}",
        "seed": seed,
        "hash": paper.paper_hash,
        "missed": drawn.margins.missed,
        "recent": drawn.margins.recent_count,
    }
    note(db, "compose_paper", ("paper", paper.id), actor=actor, now=now, detail=detail)
    return paper


def release_paper(db: Session, paper_id: int, *, actor: Actor, now: datetime) -> Paper:
    """Release a composed paper: by another person, and only while it agrees with its hash."""
    actor.require(Permission.PAPER_RELEASE)
    paper = paper_of(db, paper_id)
    plan = plan_to_change(db, paper.plan_id, actor=actor)
    db.refresh(paper, ["state"])  # under the plan's lock, so that two releasers take turns
    if paper.state != PaperState.COMPOSED:
        raise WrongStateError(what=f"试卷{paper.number}", state="已签发", action="签发")
    if paper.composed_by_id == actor.account_id:
        raise SeparationError(first="组卷人", second="签发人")
    if not _agrees_with_hash(paper):
        raise AlteredPaperError(number=paper.number)
    paper.state = PaperState.RELEASED
    paper.released_at = now
    paper.released_by_id = actor.account_id
    detail = {"plan": plan.number, "number": paper.number, "hash": paper.paper_hash}
    note(db, "release_paper", ("paper", paper.id), actor=actor, now=now, detail=detail)
    db.flush()
    return paper


def print_paper(db: Session, paper_id: int, *, actor: Actor, now: datetime) -> bytes:
    """Return a released paper as a PDF for candidates with answer cards; goes on record."""
    actor.require(Permission.PAPER_RELEASE)
    paper = paper_of(db, paper_id)
    plan = plan_of(db, paper.plan_id, actor=actor)
    if paper.state != PaperState.RELEASED:
        raise WrongStateError(what=f"试卷{paper.number}", state="待签发", action="印制")
    mark = f"计划 {plan.number}　试卷 {paper.number}　校验 {paper.paper_hash[:MARK_DIGITS]}"
    booklet = print_booklet(paper_content(db, paper_id), files_of(db).get, paper_mark=mark)
    detail = {"plan": plan.number, "number": paper.number, "hash": paper.paper_hash}
    note(db, "print_paper", ("paper", paper.id), actor=actor, now=now, detail=detail)
    return booklet


# Steps and conditions ----------------------------------------------------------------------


def _pass_reviews(db: Session, version: ItemVersion, *, reviewer: Actor, now: datetime) -> None:
    version.item.state = ItemState.FIRST_REVIEW
    for round_no in sorted(ROUNDS.values()):
        verdict = Verdict(version.id, round_no, accepted=True, in_order=frozenset(ReviewPoint))
        store_review(db, version, verdict, reviewer=reviewer, now=now)


def _fitting_blueprint(db: Session, plan: AssessmentPlan, blueprint_id: int) -> Blueprint:
    blueprint = blueprint_of(db, blueprint_id)
    has_theory = any(entry.subject == Subject.THEORY for entry in plan.subjects)
    if blueprint.project_id != plan.specification.project_id or not has_theory:
        raise WrongBlueprintError
    return blueprint


def _agrees_with_hash(paper: Paper) -> bool:
    """Compare the paper with its hash, and each item's words with the version's hash."""
    try:
        return seal_of(sealed_items(paper)) == paper.paper_hash and all(
            content_hash(content_of(entry.version)) == entry.version.content_hash
            for entry in paper.items
        )
    except AlteredItemError:
        return False


def _item_of(db: Session, item_id: int) -> Item:
    item = db.get(Item, item_id)
    if item is None:
        raise NotFoundError(what="试题")
    return item


def _require_two_people(author_id: int | None, reviewer: Actor) -> None:
    if is_same_person(author_id, reviewer.account_id):
        raise SeparationError(first="命题人", second="审题人")
