"""What a proctor may do about time: extend, pause, resume, give lost time back (R10, R21)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.ending import add_event
from exam_server.delivery.errors import RoomNotReadyError
from exam_server.delivery.models import Attempt
from exam_server.delivery.proctor_actions import reviewer_of
from exam_server.delivery.queries import attempt_of, run_on_duty
from exam_server.delivery.states import BEGUN, EventKind
from exam_server.delivery.transitions import record
from proctor import actions as room_record
from registry.access import Actor


def extend(
    db: Session,
    sitting_id: int,
    admission_id: int | None,
    minutes: int,
    reason: str,
    *,
    reviewer: str,
    actor: Actor,
    now: datetime,
) -> list[int]:
    """Give extra time to one candidate, or to all who are working; return the admissions."""
    run_on_duty(db, sitting_id, actor=actor)
    reviewer_account = reviewer_of(db, sitting_id, reviewer, actor=actor)
    attempts = _working(db, sitting_id, admission_id)
    record(
        db,
        attempts,
        EventKind.EXTENDED,
        now=now,
        actor=actor,
        second=reviewer_account,
        reason=reason,
        body={"minutes": minutes},
    )
    for attempt in attempts:
        room_record.give_extra_time(
            db,
            attempt.admission_id,
            minutes,
            reason,
            reviewer_id=reviewer_account.id,
            actor=actor,
            now=now,
        )
        text = f"延长时间 {minutes} 分钟（{reason.strip()}），复核人 {reviewer_account.name}"
        add_event(db, attempt, "extension", text, now=now, for_candidate=True, actor=actor)
    return [attempt.admission_id for attempt in attempts]


def _working(db: Session, sitting_id: int, admission_id: int | None) -> Sequence[Attempt]:
    if admission_id is not None:
        attempt = attempt_of(db, sitting_id, admission_id)
        if attempt.state not in BEGUN:
            raise RoomNotReadyError(state="该考生不在答题中", action="延时", hint="请刷新座位图。")
        return [attempt]
    working = db.scalars(
        select(Attempt).where(
            Attempt.sitting_id == sitting_id,
            Attempt.closes_at.is_not(None),
            Attempt.state.in_(BEGUN),
        )
    ).all()
    if not working:
        raise RoomNotReadyError(state="没有考生在答题", action="延时", hint="")
    return working
