"""What an institution does with its roster: enrol, amend, withdraw, hand in."""

from datetime import datetime

from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.audit_log import note
from registry.enrolment import queries
from registry.enrolment.applications import (
    CheckedPerson,
    NewCandidate,
    check_person,
    find_person,
    record_person,
    warnings_for,
)
from registry.enrolment.errors import (
    DuplicateEnrolmentError,
    EmptyRosterError,
    OverlappingEnrolmentError,
)
from registry.enrolment.models import Candidate, Enrolment, EnrolmentState
from registry.errors import WrongStateError
from registry.local_time import local_date
from registry.plans.models import AssessmentPlan
from registry.plans.queries import official_days, plan_to_change, require_state
from registry.plans.rules.states import PlanState
from registry.plans.rules.working_days import AUDIT_WORKING_DAYS, nth_working_day

CHINESE = {
    EnrolmentState.DRAFT: "草稿",
    EnrolmentState.SUBMITTED: "待审核",
    EnrolmentState.PASSED: "审核通过",
    EnrolmentState.REFUSED: "未通过",
    EnrolmentState.WITHDRAWN: "已撤回",
    EnrolmentState.ARRANGED: "已编排",
    EnrolmentState.DEFERRED: "缓考",
}


def enrol_candidate(
    db: Session, plan_id: int, new: NewCandidate, *, actor: Actor, now: datetime
) -> Enrolment:
    """Enter a candidate in the roster of an approved plan, after every check."""
    actor.require(Permission.ENROLMENT_WRITE)
    plan = plan_to_change(db, plan_id, actor=actor)
    require_state(plan, PlanState.APPROVED, action="录入报名")
    person = check_person(db, new, now=now)
    candidate = find_person(db, person)
    enrolment = _earlier_withdrawal(db, plan, candidate)
    warnings = warnings_for(db, person, candidate, plan)
    candidate = record_person(db, person, candidate)
    if enrolment is None:
        enrolment = Enrolment(plan=plan, candidate=candidate)
        db.add(enrolment)
    enrolment.state = EnrolmentState.DRAFT
    enrolment.entered_by_id = actor.account_id
    enrolment.confirmed_at = new.confirmed_at
    enrolment.warnings = warnings
    _note(db, "enrol_candidate", enrolment, actor=actor, now=now)
    return enrolment


def amend_enrolment(
    db: Session, enrolment_id: int, new: NewCandidate, *, actor: Actor, now: datetime
) -> Enrolment:
    """Correct a draft, or one that the audit refused; it waits for the next hand-in (R-324)."""
    enrolment = _own_enrolment(db, enrolment_id, actor=actor, doing="修改")
    plan = enrolment.plan
    person = check_person(db, new, now=now)
    candidate = find_person(db, person, may_rename=_is_known_only_here(db, enrolment, person))
    if candidate is not None and candidate.id != enrolment.candidate_id:
        _require_newcomer(db, plan, candidate)
    warnings = warnings_for(db, person, candidate, plan)
    enrolment.candidate = record_person(db, person, candidate)
    enrolment.state = EnrolmentState.DRAFT
    enrolment.entered_by_id = actor.account_id
    enrolment.confirmed_at = new.confirmed_at
    enrolment.warnings = warnings
    enrolment.decision_reason = enrolment.decided_at = enrolment.decided_by_id = None
    _note(db, "amend_enrolment", enrolment, actor=actor, now=now)
    return enrolment


def withdraw_enrolment(db: Session, enrolment_id: int, *, actor: Actor, now: datetime) -> Enrolment:
    """Take a candidate off a roster that is not under audit."""
    enrolment = _own_enrolment(db, enrolment_id, actor=actor, doing="撤回")
    enrolment.state = EnrolmentState.WITHDRAWN
    _note(db, "withdraw_enrolment", enrolment, actor=actor, now=now)
    return enrolment


def submit_roster(db: Session, plan_id: int, *, actor: Actor, now: datetime) -> AssessmentPlan:
    """Hand the roster to the city; the audit ends on the 10th working day after today (R-322).

    After the feedback the corrected enrolments are handed in the same way, with a term of
    their own.
    """
    actor.require(Permission.ENROLMENT_WRITE)
    plan = plan_to_change(db, plan_id, actor=actor)
    require_state(plan, PlanState.APPROVED, PlanState.AUDITED, action="提交花名册")
    drafts = queries.enrolments_of(db, plan.id, actor=actor, states=[EnrolmentState.DRAFT])
    if not drafts:
        raise EmptyRosterError
    deadline = nth_working_day(local_date(now), AUDIT_WORKING_DAYS, official_days(db))
    for enrolment in drafts:
        enrolment.state = EnrolmentState.SUBMITTED
    plan.state = PlanState.ROSTER_SUBMITTED
    plan.roster_submitted_at, plan.roster_released_at = now, None
    plan.audit_due_on = deadline.due_on
    plan.audit_due_is_provisional = deadline.is_provisional
    db.flush()
    detail = {"count": len(drafts), "due_on": deadline.due_on}
    note(db, "submit_roster", ("assessment_plan", plan.id), actor=actor, now=now, detail=detail)
    return plan


def _own_enrolment(db: Session, enrolment_id: int, *, actor: Actor, doing: str) -> Enrolment:
    """Return an enrolment that the institution may still change, its plan locked."""
    actor.require(Permission.ENROLMENT_WRITE)
    enrolment = queries.enrolment_of(db, enrolment_id, actor=actor)
    plan_to_change(db, enrolment.plan_id, actor=actor)
    db.refresh(enrolment)
    require_state(enrolment.plan, PlanState.APPROVED, PlanState.AUDITED, action=f"{doing}报名")
    if enrolment.state not in (EnrolmentState.DRAFT, EnrolmentState.REFUSED):
        state = CHINESE[EnrolmentState(enrolment.state)]
        raise WrongStateError(what="该报名", state=state, action=doing)
    return enrolment


def _earlier_withdrawal(
    db: Session, plan: AssessmentPlan, candidate: Candidate | None
) -> Enrolment | None:
    """Return the withdrawn enrolment that revives; raise when the person may not be entered."""
    if candidate is None:
        return None
    enrolment = queries.enrolment_in_plan(db, plan.id, candidate.id)
    if enrolment is None or enrolment.state != EnrolmentState.WITHDRAWN:
        _require_newcomer(db, plan, candidate)
    elif queries.has_overlapping_enrolment(db, candidate.id, plan):
        raise OverlappingEnrolmentError
    return enrolment


def _require_newcomer(db: Session, plan: AssessmentPlan, candidate: Candidate) -> None:
    if queries.enrolment_in_plan(db, plan.id, candidate.id) is not None:
        raise DuplicateEnrolmentError(id_number=candidate.id_number_masked, name=candidate.name)
    if queries.has_overlapping_enrolment(db, candidate.id, plan):
        raise OverlappingEnrolmentError


def _is_known_only_here(db: Session, enrolment: Enrolment, person: CheckedPerson) -> bool:
    known = queries.candidate_by_id_number(db, person.id_number.text)
    return (
        known is not None
        and known.id == enrolment.candidate_id
        and queries.enrolment_count(db, known.id) == 1
    )


def _note(db: Session, action: str, enrolment: Enrolment, *, actor: Actor, now: datetime) -> None:
    db.flush()
    detail = {
        "plan": enrolment.plan.number,
        "id_number": enrolment.candidate.id_number_masked,
        "warnings": enrolment.warnings,
    }
    note(db, action, ("enrolment", enrolment.id), actor=actor, now=now, detail=detail)
