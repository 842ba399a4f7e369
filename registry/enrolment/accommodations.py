"""Extra time 合理便利 that the city approves for a candidate before the exam."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.audit_log import note
from registry.enrolment import queries
from registry.enrolment.models import Accommodation
from registry.errors import InvalidInputError, SeparationError
from registry.plans.queries import plan_to_change, require_state
from registry.plans.rules.states import PlanState

MAX_MINUTES = 120
BEFORE_THE_EXAM = (
    PlanState.APPROVED,
    PlanState.ROSTER_SUBMITTED,
    PlanState.AUDITED,
    PlanState.ARRANGED,
)


def approve_accommodation(
    db: Session, enrolment_id: int, minutes: int, reason: str, *, actor: Actor, now: datetime
) -> None:
    """Approve extra time for one candidate, or with 0 minutes take the approval back.

    Who entered the candidate may not approve.
    """
    actor.require(Permission.ENROLMENT_AUDIT)
    enrolment = queries.enrolment_of(db, enrolment_id, actor=actor)
    plan = plan_to_change(db, enrolment.plan_id, actor=actor)
    require_state(plan, *BEFORE_THE_EXAM, action="批准延长考试时间")
    if actor.account_id == enrolment.entered_by_id:
        raise SeparationError(first="报名录入人", second="批准人")
    if not 0 <= minutes <= MAX_MINUTES:
        raise InvalidInputError(field="延长分钟数", reason=f"请填写 0 至 {MAX_MINUTES} 的整数。")
    if not reason.strip():
        raise InvalidInputError(field="理由", reason="不能为空，请写明理由和依据。")
    known = db.get(Accommodation, enrolment_id)
    before = known.minutes if known else 0
    if known is None:
        known = Accommodation(enrolment_id=enrolment_id)
        db.add(known)
    known.minutes, known.reason = minutes, reason.strip()
    known.approved_at, known.approved_by_id = now, actor.account_id
    db.flush()
    detail = {"before": before, "minutes": minutes, "reason": reason.strip()}
    subject = ("enrolment", enrolment_id)
    note(db, "approve_accommodation", subject, actor=actor, now=now, detail=detail)


def accommodation_of(db: Session, enrolment_id: int) -> Accommodation | None:
    """Return what was decided on one candidate; the caller answers for who may know."""
    return db.get(Accommodation, enrolment_id)


def approved_minutes(db: Session, enrolment_ids: Collection[int]) -> dict[int, int]:
    """Return the extra minutes of those who were approved any."""
    own = select(Accommodation.enrolment_id, Accommodation.minutes).where(
        Accommodation.enrolment_id.in_(enrolment_ids), Accommodation.minutes > 0
    )
    return {row.enrolment_id: row.minutes for row in db.execute(own)}
