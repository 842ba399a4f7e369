"""Reads of rosters and enrolments within the actor's reach.

Decisions of a roster under audit are shown to its auditors alone until the feedback is released
for everyone at once (R-324).
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, contains_eager, selectinload

from registry.access import Actor, Permission
from registry.catalog.models import Specification
from registry.database import keys_of
from registry.enrolment.models import (
    ID_NUMBER,
    Candidate,
    Enrolment,
    EnrolmentState,
)
from registry.errors import NotFoundError
from registry.organisations.queries import within_reach
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_of
from registry.plans.rules.states import PlanState
from registry.written_forms import normalise_code

DECIDED = (EnrolmentState.PASSED, EnrolmentState.REFUSED)
FINISHED = (PlanState.PUBLISHED, PlanState.CERTIFIED, PlanState.CANCELLED)


@dataclass(frozen=True)
class RosterRow:
    """One line of a roster as the actor may see it; numbers are masked."""

    enrolment_id: int
    name: str
    id_number_masked: str
    gender: str
    born_on: date
    education: str
    candidate_source: str
    state: EnrolmentState
    reason: str | None
    warnings: tuple[str, ...]
    admission_no: str | None


def enrolments_of(
    db: Session, plan_id: int, *, actor: Actor, states: Collection[EnrolmentState] | None = None
) -> list[Enrolment]:
    """Return the enrolments of a plan with their candidates, in the order of entry."""
    plan = plan_of(db, plan_id, actor=actor)
    chosen = select(Enrolment).where(Enrolment.plan_id == plan.id).order_by(Enrolment.id)
    if states is not None:
        chosen = chosen.where(Enrolment.state.in_([state.value for state in states]))
    return list(db.scalars(chosen.options(selectinload(Enrolment.candidate))))


def roster_of(db: Session, plan_id: int, *, actor: Actor) -> list[RosterRow]:
    """Return the whole roster of a plan, without those who withdrew."""
    rows = enrolments_of(db, plan_id, actor=actor)
    return [_row(entry, actor) for entry in rows if entry.state != EnrolmentState.WITHDRAWN]


def passed_roster(db: Session, plan_id: int, *, actor: Actor) -> list[RosterRow]:
    """Return the roster of those who passed the audit 审核通过人员花名册 (R-323)."""
    passed = {EnrolmentState.PASSED, EnrolmentState.ARRANGED}
    return [row for row in roster_of(db, plan_id, actor=actor) if row.state in passed]


def roster_counts(db: Session, plan_id: int, *, actor: Actor) -> dict[EnrolmentState, int]:
    """Return how many enrolments the actor sees in each state."""
    counts = dict.fromkeys(EnrolmentState, 0)
    for entry in enrolments_of(db, plan_id, actor=actor):
        counts[visible_state(entry, actor)] += 1
    return counts


def enrolment_of(db: Session, enrolment_id: int, *, actor: Actor) -> Enrolment:
    """Return an enrolment within reach."""
    enrolment = db.scalar(
        select(Enrolment)
        .join(Enrolment.plan)
        .join(AssessmentPlan.institution)
        .where(Enrolment.id == enrolment_id, within_reach(actor))
        .options(contains_eager(Enrolment.plan), selectinload(Enrolment.candidate))
    )
    if enrolment is None:
        raise NotFoundError(what="报名记录")
    return enrolment


def visible_state(enrolment: Enrolment, actor: Actor) -> EnrolmentState:
    """Return the state as the actor may know it: an unreleased decision shows as submitted."""
    state = EnrolmentState(enrolment.state)
    if state in DECIDED and is_unreleased(enrolment):
        return state if actor.may(Permission.ENROLMENT_AUDIT) else EnrolmentState.SUBMITTED
    return state


def is_unreleased(enrolment: Enrolment) -> bool:
    """Say whether the decision belongs to the audit that is still under way."""
    plan = enrolment.plan
    return (
        plan.state == PlanState.ROSTER_SUBMITTED
        and enrolment.decided_at is not None
        and plan.roster_submitted_at is not None
        and enrolment.decided_at >= plan.roster_submitted_at
    )


def candidate_by_id_number(db: Session, id_number: str) -> Candidate | None:
    """Return the person with that ID number; the caller answers for who may ask."""
    index = keys_of(db).index(normalise_code(id_number), purpose=ID_NUMBER)
    return db.scalar(select(Candidate).where(Candidate.id_number_index == index))


def enrolment_in_plan(db: Session, plan_id: int, candidate_id: int) -> Enrolment | None:
    """Return a person's enrolment in a plan, in whatever state."""
    return db.scalar(
        select(Enrolment).where(
            Enrolment.plan_id == plan_id, Enrolment.candidate_id == candidate_id
        )
    )


def enrolment_count(db: Session, candidate_id: int) -> int:
    """Return in how many plans the person was ever enrolled."""
    counted = select(func.count(Enrolment.id)).where(Enrolment.candidate_id == candidate_id)
    return db.scalar(counted) or 0


def has_overlapping_enrolment(db: Session, candidate_id: int, plan: AssessmentPlan) -> bool:
    """Say whether the person passed the audit of another plan still running, same project or day.

    Plans of every place count, also those outside the actor's reach.
    """
    others = (
        select(Enrolment.id)
        .join(Enrolment.plan)
        .join(AssessmentPlan.specification)
        .where(
            Enrolment.candidate_id == candidate_id,
            Enrolment.plan_id != plan.id,
            Enrolment.state.in_([EnrolmentState.PASSED, EnrolmentState.ARRANGED]),
            AssessmentPlan.state.not_in([state.value for state in FINISHED]),
            or_(
                Specification.project_id == plan.specification.project_id,
                AssessmentPlan.planned_on == plan.planned_on,
            ),
        )
    )
    return db.scalar(others.limit(1)) is not None


def earlier_plan_numbers(db: Session, candidate_id: int, plan: AssessmentPlan) -> list[str]:
    """Return the finished plans of the same project in which the person was assessed."""
    chosen = (
        select(AssessmentPlan.number)
        .join(Enrolment, Enrolment.plan_id == AssessmentPlan.id)
        .join(AssessmentPlan.specification)
        .where(
            Enrolment.candidate_id == candidate_id,
            Enrolment.state == EnrolmentState.ARRANGED,
            AssessmentPlan.id != plan.id,
            AssessmentPlan.state.in_([PlanState.PUBLISHED, PlanState.CERTIFIED]),
            Specification.project_id == plan.specification.project_id,
        )
    )
    return list(db.scalars(chosen.order_by(AssessmentPlan.number)))


def undecided(enrolments: Collection[Enrolment]) -> int:
    """Return how many enrolments of a submitted roster still wait for a decision."""
    return sum(entry.state == EnrolmentState.SUBMITTED for entry in enrolments)


def _row(enrolment: Enrolment, actor: Actor) -> RosterRow:
    candidate = enrolment.candidate
    state = visible_state(enrolment, actor)
    return RosterRow(
        enrolment_id=enrolment.id,
        name=candidate.name,
        id_number_masked=candidate.id_number_masked,
        gender=candidate.gender,
        born_on=candidate.born_on,
        education=candidate.education,
        candidate_source=candidate.candidate_source,
        state=state,
        reason=enrolment.decision_reason if state == EnrolmentState.REFUSED else None,
        warnings=tuple(enrolment.warnings.split("；")) if enrolment.warnings else (),
        admission_no=enrolment.admission_no,
    )
