"""What the city does with a roster: decide, release the feedback once; and looking up a number."""

from datetime import datetime

from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.audit_log import note
from registry.database import keys_of
from registry.enrolment import queries
from registry.enrolment.actions import CHINESE
from registry.enrolment.errors import RefusalReasonError, UndecidedEnrolmentsError
from registry.enrolment.models import ID_NUMBER, Enrolment, EnrolmentState
from registry.errors import InvalidInputError, SeparationError, WrongStateError
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_to_change, require_state
from registry.plans.rules.states import PlanState

MAY_REVEAL = (
    Permission.ENROLMENT_WRITE,
    Permission.ENROLMENT_AUDIT,
    Permission.CERTIFICATE_ISSUE,
    Permission.CERTIFICATE_APPROVE,
)


def decide_enrolment(
    db: Session, enrolment_id: int, *, passed: bool, reason: str = "", actor: Actor, now: datetime
) -> Enrolment:
    """Pass or refuse one candidate; a refusal needs a reason. Until the release it may change.

    Who entered the candidate may not decide.
    """
    actor.require(Permission.ENROLMENT_AUDIT)
    enrolment = queries.enrolment_of(db, enrolment_id, actor=actor)
    plan = plan_to_change(db, enrolment.plan_id, actor=actor)
    db.refresh(enrolment)
    require_state(plan, PlanState.ROSTER_SUBMITTED, action="审核报名")
    if enrolment.state != EnrolmentState.SUBMITTED and not queries.is_unreleased(enrolment):
        state = CHINESE[EnrolmentState(enrolment.state)]
        raise WrongStateError(what="该报名", state=state, action="审核")
    if actor.account_id == enrolment.entered_by_id:
        raise SeparationError(first="报名录入人", second="资格审核人")
    if not passed and not reason.strip():
        raise RefusalReasonError
    enrolment.state = EnrolmentState.PASSED if passed else EnrolmentState.REFUSED
    enrolment.decision_reason = reason.strip() or None
    enrolment.decided_at, enrolment.decided_by_id = now, actor.account_id
    db.flush()
    detail = {"state": enrolment.state, "reason": enrolment.decision_reason}
    subject = ("enrolment", enrolment.id)
    note(db, "decide_enrolment", subject, actor=actor, now=now, detail=detail)
    return enrolment


def release_feedback(db: Session, plan_id: int, *, actor: Actor, now: datetime) -> AssessmentPlan:
    """Show the institution every decision and reason of the roster at once (R-324)."""
    actor.require(Permission.ENROLMENT_AUDIT)
    plan = plan_to_change(db, plan_id, actor=actor)
    require_state(plan, PlanState.ROSTER_SUBMITTED, action="反馈审核结果")
    enrolments = queries.enrolments_of(db, plan.id, actor=actor)
    waiting = queries.undecided(enrolments)
    if waiting:
        raise UndecidedEnrolmentsError(count=waiting)
    plan.state, plan.roster_released_at = PlanState.AUDITED, now
    db.flush()
    passed = sum(entry.state == EnrolmentState.PASSED for entry in enrolments)
    detail = {"passed": passed, "refused": _refused(enrolments)}
    subject = ("assessment_plan", plan.id)
    note(db, "release_feedback", subject, actor=actor, now=now, detail=detail)
    return plan


def reveal_id_number(
    db: Session, enrolment_id: int, reason: str, *, actor: Actor, now: datetime
) -> str:
    """Return the full ID number to somebody who needs it; the reason goes into the log."""
    if not any(actor.may(permission) for permission in MAY_REVEAL):
        actor.require(MAY_REVEAL[0])
    enrolment = queries.enrolment_of(db, enrolment_id, actor=actor)
    if not reason.strip():
        raise InvalidInputError(field="查看原因", reason="请写明查看完整证件号码的原因。")
    subject = ("enrolment", enrolment.id)
    detail = {"reason": reason.strip()}
    note(db, "reveal_id_number", subject, actor=actor, now=now, detail=detail)
    return keys_of(db).reveal(enrolment.candidate.id_number_sealed, purpose=ID_NUMBER)


def _refused(enrolments: list[Enrolment]) -> int:
    return sum(entry.state == EnrolmentState.REFUSED for entry in enrolments)
