"""What a person may do with blueprints (save) and sets of papers (compose, release).

``compose_set`` does it in one go. A large set takes seconds, during which nobody else could
write; a page therefore takes the three steps by themselves: ``order_basis`` (reads), ``draw``
(pure, anywhere) and ``keep_set`` (writes).
"""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from item_bank.composing.queries import DrawingBasis, drawing_basis, set_of, stored_papers
from item_bank.composing.storing import SealedSet, hash_of_set, seals_of, store_set
from item_bank.errors import (
    AlteredItemError,
    AlteredPaperError,
    ChangedBankError,
    FaultyBlueprintError,
    WrongBlueprintError,
)
from item_bank.models import Blueprint, Paper, PaperSet
from item_bank.queries import blueprint_of, paper_of, range_weights
from item_bank.rules.blueprint_terms import BlueprintTerms, check_blueprint
from item_bank.rules.kinds import PaperState, SetPurpose
from item_bank.rules.paper import seal_of
from item_bank.rules.paper_sets.engine import MOST_PAPERS, SEED_LIMIT, assemble_set
from item_bank.rules.paper_sets.terms import SetMode
from item_bank.rules.pool import bank_hash
from item_bank.rules.set_report import report_of
from item_bank.storing import store_blueprint
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.catalog.models import Subject
from registry.catalog.queries import project_of
from registry.errors import InvalidInputError, SeparationError, WrongStateError
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_of, plan_to_change, require_state
from registry.plans.rules.states import PlanState

MOST_FORMS = 50  # of a set of parallel papers
COMPOSABLE = (
    PlanState.APPROVED,
    PlanState.ROSTER_SUBMITTED,
    PlanState.AUDITED,
    PlanState.ARRANGED,
)
MODES = {
    SetPurpose.ONE: SetMode.PARALLEL,
    SetPurpose.AB: SetMode.AB,
    SetPurpose.PARALLEL: SetMode.PARALLEL,
    SetPurpose.INDIVIDUAL: SetMode.INDIVIDUAL,
}


@dataclass(frozen=True)
class SetOrder:
    """What is to be composed; ``papers`` of different items."""

    blueprint_id: int
    seed: int
    purpose: SetPurpose = SetPurpose.ONE
    papers: int = 1


@dataclass(frozen=True)
class Drawing:
    """A set as drawn, with what it was drawn from."""

    order: SetOrder
    basis: DrawingBasis
    sealed: SealedSet


# Blueprints --------------------------------------------------------------------------------


def save_blueprint(
    db: Session, project_id: int, terms: BlueprintTerms, *, actor: Actor, now: datetime
) -> tuple[Blueprint, bool]:
    """Store a blueprint as its next version; papers keep the version they were drawn by.

    The second value is False when the newest version says the same already.
    """
    actor.require(Permission.BANK_WRITE)
    project = project_of(db, project_id)
    faults = list(check_blueprint(terms))
    if not range_weights(db, project_id):
        faults.append("细目表还没有三级鉴定范围，请先完成细目表。")
    if faults:
        raise FaultyBlueprintError(faults)
    blueprint, is_new = store_blueprint(db, project_id, terms)
    db.flush()
    if is_new:
        detail = {
            "project": project.number,
            "code": blueprint.code,
            "version": blueprint.version,
        }
        subject = ("blueprint", blueprint.id)
        note(db, "save_blueprint", subject, actor=actor, now=now, detail=detail)
    return blueprint, is_new


# Composing ---------------------------------------------------------------------------------


def compose_set(
    db: Session, plan_id: int, order: SetOrder, *, actor: Actor, now: datetime
) -> PaperSet:
    """Assemble a set for a plan; freeze items, order, points and keys of each paper by a hash.

    Raises ``InfeasiblePaperError`` with every deficit when the bank is too small.
    """
    drawing = draw(order, order_basis(db, plan_id, order, actor=actor))
    return keep_set(db, plan_id, drawing, actor=actor, now=now)


def compose_paper(
    db: Session, plan_id: int, blueprint_id: int, seed: int, *, actor: Actor, now: datetime
) -> Paper:
    """Compose a set of one paper; return the paper."""
    order = SetOrder(blueprint_id, seed)
    return paper_of(db, compose_set(db, plan_id, order, actor=actor, now=now).papers[0].id)


def order_basis(db: Session, plan_id: int, order: SetOrder, *, actor: Actor) -> DrawingBasis:
    """Return what a set is drawn from, once the order makes sense and the actor may give it."""
    actor.require(Permission.PAPER_COMPOSE)
    plan = plan_of(db, plan_id, actor=actor)
    require_state(plan, *COMPOSABLE, action="组卷")
    _check_order(order)
    _require_fitting(db, plan, order.blueprint_id)
    return drawing_basis(db, plan, order.blueprint_id)


def draw(order: SetOrder, basis: DrawingBasis) -> Drawing:
    """Draw the papers; pure and, for a large set, slow."""
    mode = MODES[order.purpose]
    drawn = assemble_set(basis.terms, basis.pool, papers=order.papers, seed=order.seed, mode=mode)
    report = report_of(drawn, basis.terms, basis.pool)
    return Drawing(order, basis, SealedSet(drawn, seals_of(basis, drawn), report))


def keep_set(
    db: Session, plan_id: int, drawing: Drawing, *, actor: Actor, now: datetime
) -> PaperSet:
    """Store a drawn set, if plan and bank are still what it was drawn for."""
    plan = plan_to_change(db, plan_id, actor=actor)
    basis = order_basis(db, plan_id, drawing.order, actor=actor)
    if (
        bank_hash(basis.pool) != drawing.sealed.drawn.bank_hash
        or basis.terms != drawing.basis.terms
    ):
        raise ChangedBankError
    purpose = drawing.order.purpose
    paper_set = store_set(
        db, plan, basis.blueprint_id, drawing.sealed, purpose=purpose, actor=actor, now=now
    )
    blueprint = blueprint_of(db, basis.blueprint_id)
    detail = {
        "plan": plan.number,
        "number": paper_set.number,
        "purpose": purpose,
        "papers": paper_set.paper_count,
        "blueprint": f"{blueprint.code}/{blueprint.version}",
        "seed": paper_set.seed,
        "hash": paper_set.set_hash,
        "missed": list(drawing.sealed.report.missed),
        "recent": drawing.sealed.report.recent_most,
    }
    note(db, "compose_set", ("paper_set", paper_set.id), actor=actor, now=now, detail=detail)
    return paper_set


def _check_order(order: SetOrder) -> None:
    if not 0 <= order.seed < SEED_LIMIT:
        raise InvalidInputError(field="随机种子", reason=f"请输入 0 至 {SEED_LIMIT - 1} 的整数。")
    least, most = {
        SetPurpose.ONE: (1, 1),
        SetPurpose.AB: (1, 1),
        SetPurpose.PARALLEL: (2, MOST_FORMS),
        SetPurpose.INDIVIDUAL: (2, MOST_PAPERS),
    }[order.purpose]
    if not least <= order.papers <= most:
        raise InvalidInputError(field="卷数", reason=f"请输入 {least} 至 {most} 的整数。")


def _require_fitting(db: Session, plan: AssessmentPlan, blueprint_id: int) -> None:
    blueprint = blueprint_of(db, blueprint_id)
    has_theory = any(entry.subject == Subject.THEORY for entry in plan.subjects)
    if blueprint.project_id != plan.specification.project_id or not has_theory:
        raise WrongBlueprintError


# Releasing --------------------------------------------------------------------------------


def release_set(db: Session, set_id: int, *, actor: Actor, now: datetime) -> PaperSet:
    """Release all papers of a set: by another person, and only while they agree with the hash."""
    actor.require(Permission.PAPER_RELEASE)
    paper_set = set_of(db, set_id, actor=actor)
    plan = plan_to_change(db, paper_set.plan_id, actor=actor)
    db.refresh(paper_set, ["state"])  # under the plan's lock, so that two releasers take turns
    if paper_set.state != PaperState.COMPOSED:
        what = f"第 {paper_set.number} 套试卷"
        raise WrongStateError(what=what, state="已签发", action="签发试卷")
    if paper_set.composed_by_id == actor.account_id:
        raise SeparationError(first="组卷人", second="签发人")
    _require_unaltered(db, paper_set)
    frozen: list[PaperSet | Paper] = [paper_set, *paper_set.papers]
    for entry in frozen:
        entry.state = PaperState.RELEASED
        entry.released_at = now
        entry.released_by_id = actor.account_id
    detail = {
        "plan": plan.number,
        "number": paper_set.number,
        "papers": paper_set.paper_count,
        "hash": paper_set.set_hash,
    }
    note(db, "release_set", ("paper_set", paper_set.id), actor=actor, now=now, detail=detail)
    db.flush()
    return paper_set


def release_paper(db: Session, paper_id: int, *, actor: Actor, now: datetime) -> Paper:
    """Release the set of a paper; return the paper."""
    actor.require(Permission.PAPER_RELEASE)
    release_set(db, paper_of(db, paper_id).set_id, actor=actor, now=now)
    return paper_of(db, paper_id)


def _require_unaltered(db: Session, paper_set: PaperSet) -> None:
    """Compare the hashes of set, papers and items' words with what is stored now."""
    if hash_of_set(paper_set) != paper_set.set_hash:
        raise AlteredPaperError(number=paper_set.number)
    try:
        papers = stored_papers(db, paper_set.id)
    except AlteredItemError as fault:
        raise AlteredPaperError(number=paper_set.number) from fault
    for paper in papers:
        if seal_of(paper.items) != paper.paper_hash:
            raise AlteredPaperError(number=paper_set.number)
