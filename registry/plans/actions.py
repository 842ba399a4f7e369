"""What is done with plans: drafting, submission, approval; and the official calendar."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.audit_log import note
from registry.catalog.models import Project, Specification
from registry.catalog.queries import project_by_number, specification_in_force
from registry.errors import InvalidInputError, SeparationError, WrongStateError
from registry.local_time import local_date
from registry.organisations.errors import NoFilingInForceError, ProjectOutsideFilingError
from registry.organisations.models import Institution
from registry.organisations.queries import city_centre_to_change, filing_in_force, institution_of
from registry.plans import queries
from registry.plans.errors import PlannedTooEarlyError
from registry.plans.models import AssessmentPlan, CalendarDay, PlanSubject
from registry.plans.rules.states import CHINESE, LATER_STEPS, PlanState, may_follow
from registry.plans.rules.working_days import AUDIT_WORKING_DAYS, nth_working_day


@dataclass(frozen=True)
class NewPlan:
    """A plan as an institution drafts it; its subjects follow the specification (R-342)."""

    institution_id: int
    project_number: int
    planned_on: date
    expected_count: int


def draft_plan(db: Session, new: NewPlan, *, actor: Actor, now: datetime) -> AssessmentPlan:
    """Draft a plan; needs a filing that covers the project, and a specification (R-101, R-313)."""
    actor.require(Permission.PLAN_WRITE)
    institution = institution_of(db, new.institution_id, actor=actor)
    project = project_by_number(db, new.project_number)
    today = local_date(now)
    _require_filing(db, institution, project, today)
    specification = specification_in_force(db, project, today)
    if new.planned_on <= today:
        raise PlannedTooEarlyError(planned_on=new.planned_on)
    if new.expected_count < 1:
        raise InvalidInputError(field="预计人数", reason="须为正整数，请核对。")
    plan = AssessmentPlan(
        number=_next_number(db, institution, today),
        institution=institution,
        specification=specification,
        state=PlanState.DRAFT,
        planned_on=new.planned_on,
        expected_count=new.expected_count,
        created_by_id=actor.account_id,
        created_at=now,
        audit_due_is_provisional=False,
        subjects=_subjects_of(specification),
    )
    db.add(plan)
    db.flush()
    _note(db, "draft_plan", plan, actor=actor, now=now, project=project.number)
    return plan


def submit_plan(db: Session, plan_id: int, *, actor: Actor, now: datetime) -> AssessmentPlan:
    """Send a draft or returned plan to the city."""
    actor.require(Permission.PLAN_WRITE)
    plan = queries.plan_to_change(db, plan_id, actor=actor)
    _require_following(plan, PlanState.SUBMITTED, doing="提交")
    today = local_date(now)
    _require_filing(db, plan.institution, plan.specification.project, today)
    if plan.planned_on <= today:
        raise PlannedTooEarlyError(planned_on=plan.planned_on)
    plan.state, plan.submitted_at = PlanState.SUBMITTED, now
    plan.return_reason = None
    _note(db, "submit_plan", plan, actor=actor, now=now)
    return plan


def approve_plan(db: Session, plan_id: int, *, actor: Actor, now: datetime) -> AssessmentPlan:
    """Approve a submitted plan: enrolment opens. Who drafted it may not approve it."""
    plan = _to_decide(db, plan_id, PlanState.APPROVED, actor=actor, doing="批准")
    plan.state, plan.decided_at = PlanState.APPROVED, now
    _note(db, "approve_plan", plan, actor=actor, now=now)
    return plan


def return_plan(
    db: Session, plan_id: int, reason: str, *, actor: Actor, now: datetime
) -> AssessmentPlan:
    """Send a submitted plan back with a reason."""
    plan = _to_decide(db, plan_id, PlanState.RETURNED, actor=actor, doing="退回")
    if not reason.strip():
        raise InvalidInputError(field="退回原因", reason="请写明原因，便于机构修改。")
    plan.state, plan.decided_at = PlanState.RETURNED, now
    plan.return_reason = reason.strip()
    _note(db, "return_plan", plan, actor=actor, now=now, reason=plan.return_reason)
    return plan


def cancel_plan(
    db: Session, plan_id: int, reason: str, *, actor: Actor, now: datetime
) -> AssessmentPlan:
    """Cancel a plan with a reason; possible until the assessment begins."""
    actor.require(Permission.PLAN_WRITE)
    plan = queries.plan_to_change(db, plan_id, actor=actor)
    _require_following(plan, PlanState.CANCELLED, doing="取消")
    if not reason.strip():
        raise InvalidInputError(field="取消原因", reason="请写明取消原因。")
    plan.state = PlanState.CANCELLED
    _note(db, "cancel_plan", plan, actor=actor, now=now, reason=reason.strip())
    return plan


def advance_plan(
    db: Session, plan_id: int, state: PlanState, *, actor: Actor, now: datetime
) -> AssessmentPlan:
    """Move a plan on from the exam day; each later step calls this when its own work is done."""
    if state not in LATER_STEPS:
        raise ValueError(f"{state} is reached by an action of its own")
    plan = queries.plan_to_change(db, plan_id, actor=actor)
    _require_following(plan, state, doing=f"转为“{CHINESE[state]}”")
    before, plan.state = plan.state, state
    _note(db, "advance_plan", plan, actor=actor, now=now, before=before, after=state)
    return plan


def load_calendar(db: Session, days: Mapping[date, bool], *, actor: Actor, now: datetime) -> int:
    """Enter the official calendar of one or more years; those years are replaced as a whole.

    Provisional deadlines are counted again; one already shown is never shortened.
    """
    actor.require(Permission.CATALOG_MANAGE)
    years = sorted({day.year for day in days})
    if not years:
        raise InvalidInputError(field="日历", reason="文件中没有日期，请核对。")
    present = {day.day_on: day for day in db.scalars(select(CalendarDay))}
    for day_on, entry in present.items():
        if day_on.year in years and day_on not in days:
            db.delete(entry)
    for day_on, is_workday in days.items():
        if day_on in present:
            present[day_on].is_workday = is_workday
        else:
            db.add(CalendarDay(day_on=day_on, is_workday=is_workday))
    db.flush()
    _settle_provisional_deadlines(db)
    subject = ("calendar", years[0])
    note(db, "load_calendar", subject, actor=actor, now=now, detail={"years": years})
    return len(days)


def _settle_provisional_deadlines(db: Session) -> None:
    official = queries.official_days(db)
    waiting = select(AssessmentPlan).where(
        AssessmentPlan.state == PlanState.ROSTER_SUBMITTED,
        AssessmentPlan.audit_due_is_provisional.is_(True),
    )
    for plan in db.scalars(waiting):
        if plan.roster_submitted_at is None or plan.audit_due_on is None:
            continue
        start_on = local_date(plan.roster_submitted_at)
        deadline = nth_working_day(start_on, AUDIT_WORKING_DAYS, official)
        plan.audit_due_on = max(plan.audit_due_on, deadline.due_on)
        plan.audit_due_is_provisional = deadline.is_provisional


def _subjects_of(specification: Specification) -> list[PlanSubject]:
    return [
        PlanSubject(subject=part.subject, minutes=part.minutes) for part in specification.subjects
    ]


def _require_filing(db: Session, institution: Institution, project: Project, on: date) -> None:
    filing = filing_in_force(db, institution.id, on)
    if filing is None:
        raise NoFilingInForceError(institution=institution.name)
    if all(entry.project_id != project.id for entry in filing.projects):
        raise ProjectOutsideFilingError(project=project.name)


def _next_number(db: Session, institution: Institution, today: date) -> str:
    centre = city_centre_to_change(db, institution.division_code)
    prefix = f"{today:%y}{centre.appraisal_code[2:]}-"
    last = db.scalar(
        select(func.max(AssessmentPlan.number)).where(AssessmentPlan.number.startswith(prefix))
    )
    return f"{prefix}{int(last[-4:]) + 1 if last else 1:04d}"


def _to_decide(
    db: Session, plan_id: int, state: PlanState, *, actor: Actor, doing: str
) -> AssessmentPlan:
    actor.require(Permission.PLAN_APPROVE)
    plan = queries.plan_to_change(db, plan_id, actor=actor)
    if actor.account_id == plan.created_by_id:
        raise SeparationError(first="计划编制人", second="计划审批人")
    _require_following(plan, state, doing=doing)
    return plan


def _require_following(plan: AssessmentPlan, state: PlanState, *, doing: str) -> None:
    present = PlanState(plan.state)
    if not may_follow(present, state):
        what = f"考核计划{plan.number}"
        raise WrongStateError(what=what, state=CHINESE[present], action=doing)


def _note(
    db: Session,
    action: str,
    plan: AssessmentPlan,
    *,
    actor: Actor,
    now: datetime,
    **detail: object,
) -> None:
    db.flush()
    subject = ("assessment_plan", plan.id)
    note(db, action, subject, actor=actor, now=now, detail={"number": plan.number, **detail})
