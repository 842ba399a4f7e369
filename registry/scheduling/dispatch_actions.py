"""What the city does before a practical sitting: dispatch the group of examiners."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.audit_log import note
from registry.catalog.models import Project, Subject
from registry.errors import InvalidInputError
from registry.local_time import local_date
from registry.plans.queries import plan_to_change, require_state
from registry.scheduling import queries
from registry.scheduling.actions import BEFORE_THE_END, shares_time
from registry.scheduling.errors import (
    ExaminerBusyError,
    ExaminerCardError,
    ExaminerGroupError,
    ExaminerNotQualifiedError,
)
from registry.scheduling.models import Dispatch, Sitting
from registry.staff.models import Examiner
from registry.staff.queries import examiner_of, is_qualified

SMALLEST_GROUP: Final = 3  # part 3 (2) 5 of the notice


def dispatch_examiners(
    db: Session,
    sitting_id: int,
    examiner_ids: Sequence[int],
    *,
    lead_id: int,
    actor: Actor,
    now: datetime,
) -> list[Dispatch]:
    """Send at least three qualified examiners, one of them the lead (R-352, R-353).

    Sending another group replaces the one sent before.
    """
    actor.require(Permission.EXAMINERS_DISPATCH)
    sitting = queries.sitting_of(db, sitting_id, actor=actor)
    plan = plan_to_change(db, sitting.plan_id, actor=actor)
    require_state(plan, *BEFORE_THE_END, action="派遣考评员")
    if sitting.subject != Subject.PRACTICAL:
        raise InvalidInputError(field="场次", reason="只有操作技能场次需要派遣考评员。")
    chosen = sorted(set(examiner_ids))
    if len(chosen) < max(SMALLEST_GROUP, len(examiner_ids)) or lead_id not in chosen:
        raise ExaminerGroupError
    project = plan.specification.project
    for examiner_id in chosen:
        _require_available(db, examiner_of(db, examiner_id, actor=actor), sitting, project)
    before = queries.dispatches_of(db, sitting.id, actor=actor)
    replaced = [dispatch.examiner_id for dispatch in before]
    db.execute(delete(Dispatch).where(Dispatch.sitting_id == sitting.id))
    db.add_all(
        Dispatch(
            sitting_id=sitting.id,
            examiner_id=examiner_id,
            is_lead=examiner_id == lead_id,
            dispatched_at=now,
        )
        for examiner_id in chosen
    )
    db.flush()
    detail = {"examiners": chosen, "lead": lead_id, "replaced": replaced}
    note(db, "dispatch_examiners", ("sitting", sitting.id), actor=actor, now=now, detail=detail)
    return queries.dispatches_of(db, sitting.id, actor=actor)


def _require_available(db: Session, examiner: Examiner, sitting: Sitting, project: Project) -> None:
    name = examiner.account.name
    on = local_date(sitting.starts_at)
    if not examiner.card_valid_from_on <= on <= examiner.card_valid_until_on:
        raise ExaminerCardError(name=name, on=on)
    if not is_qualified(db, examiner.id, project.id):
        raise ExaminerNotQualifiedError(name=name, project=project.name)
    duties = select(Sitting).join(Dispatch, Dispatch.sitting_id == Sitting.id)
    duties = duties.where(Dispatch.examiner_id == examiner.id, Sitting.id != sitting.id)
    if any(shares_time(other, sitting.starts_at, sitting.minutes) for other in db.scalars(duties)):
        raise ExaminerBusyError(name=name)
