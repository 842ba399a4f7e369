"""Reads of plans within the actor's reach, and of the official calendar."""

from collections.abc import Collection
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access import Actor
from registry.errors import NotFoundError, WrongStateError
from registry.organisations.queries import within_reach
from registry.plans.models import AssessmentPlan, CalendarDay
from registry.plans.rules.states import CHINESE, PlanState


def plan_of(db: Session, plan_id: int, *, actor: Actor) -> AssessmentPlan:
    """Return a plan within reach."""
    chosen = select(AssessmentPlan).join(AssessmentPlan.institution)
    plan = db.scalar(chosen.where(AssessmentPlan.id == plan_id, within_reach(actor)))
    if plan is None:
        raise NotFoundError(what="考核计划")
    return plan


def plan_by_number(db: Session, number: str, *, actor: Actor) -> AssessmentPlan:
    """Return a plan within reach by its number ``YYCC-NNNN``."""
    chosen = select(AssessmentPlan).join(AssessmentPlan.institution)
    plan = db.scalar(chosen.where(AssessmentPlan.number == number, within_reach(actor)))
    if plan is None:
        raise NotFoundError(what=f"编号为{number}的考核计划")
    return plan


def plan_to_change(db: Session, plan_id: int, *, actor: Actor) -> AssessmentPlan:
    """Return a plan within reach, locked until the transaction ends."""
    chosen = (
        select(AssessmentPlan)
        .join(AssessmentPlan.institution)
        .where(AssessmentPlan.id == plan_id, within_reach(actor))
        .with_for_update(of=AssessmentPlan)
        .execution_options(populate_existing=True)
    )
    plan = db.scalar(chosen)
    if plan is None:
        raise NotFoundError(what="考核计划")
    return plan


def plans_in_reach(
    db: Session, *, actor: Actor, states: Collection[PlanState] | None = None
) -> list[AssessmentPlan]:
    """Return the plans that the actor sees, newest first; of certain states when given."""
    chosen = select(AssessmentPlan).join(AssessmentPlan.institution).where(within_reach(actor))
    if states is not None:
        chosen = chosen.where(AssessmentPlan.state.in_([state.value for state in states]))
    return list(db.scalars(chosen.order_by(AssessmentPlan.id.desc())))


def overdue_audits(db: Session, today: date, *, actor: Actor) -> list[AssessmentPlan]:
    """Return the rosters whose audit is past its last day, the longest overdue first (R-322)."""
    chosen = select(AssessmentPlan).join(AssessmentPlan.institution).where(within_reach(actor))
    chosen = chosen.where(
        AssessmentPlan.state == PlanState.ROSTER_SUBMITTED, AssessmentPlan.audit_due_on < today
    )
    return list(db.scalars(chosen.order_by(AssessmentPlan.audit_due_on)))


def official_days(db: Session) -> dict[date, bool]:
    """Return the days that the official calendar names: True for a make-up working day."""
    return {day.day_on: day.is_workday for day in db.scalars(select(CalendarDay))}


def require_state(plan: AssessmentPlan, *allowed: PlanState, action: str) -> None:
    """Raise ``WrongStateError`` unless the plan is in one of the states."""
    if PlanState(plan.state) not in allowed:
        state = CHINESE[PlanState(plan.state)]
        raise WrongStateError(what=f"考核计划{plan.number}", state=state, action=action)
