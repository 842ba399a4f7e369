"""What every reply to a candidate says of the attempt: state, head, deadline, last event."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_server.delivery.away_lock import is_covered
from exam_server.delivery.models import Attempt, RoomEvent, SittingRun
from exam_server.delivery.queries import is_working, receipt_for_candidate
from exam_server.delivery.states import AttemptState, RunState


@dataclass(frozen=True)
class Brief:
    """What every reply to a candidate says of the attempt."""

    state: AttemptState
    epoch: int
    head_seq: int
    deadline_at: datetime | None
    closes_at: datetime | None
    paused_at: datetime | None
    deadline_version: int
    last_event: int
    receipt: dict[str, Any] | None
    is_covered: bool  # left the page, and the proctor has not let go on yet
    is_sealed: bool  # nothing can change any more: pages may forget the attempt
    may_leave_at: datetime | None  # from when the candidate may hand in
    is_working: bool  # may see the paper and answer


def read_brief(db: Session, attempt_id: int) -> Brief:
    """Read the brief of an attempt from the tables."""
    attempt = db.get_one(Attempt, attempt_id)
    run = db.get_one(SittingRun, attempt.sitting_id)
    last = select(func.max(RoomEvent.id)).where(
        RoomEvent.sitting_id == attempt.sitting_id,
        RoomEvent.for_candidate,
        RoomEvent.admission_id.is_(None) | (RoomEvent.admission_id == attempt.admission_id),
    )
    return Brief(
        AttemptState(attempt.state),
        attempt.epoch,
        attempt.head_seq,
        attempt.deadline_at,
        attempt.closes_at,
        attempt.paused_at,
        attempt.event_no,
        db.scalar(last) or 0,
        receipt_for_candidate(attempt),
        is_covered(db, attempt),
        run.state == RunState.CLOSED,
        run.rules.may_leave_at(run.started_at),
        is_working(attempt),
    )
