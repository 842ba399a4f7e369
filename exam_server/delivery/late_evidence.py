"""What two persons look at before they decide on operations that were kept apart (R7, R12).

Which questions, what stands there, when it came; never which option was chosen.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.late_ops import CHANGING, Kept, kept_of, read_op
from exam_server.delivery.models import Answer, AnswerOp, Attempt, Outage, RefusedOp, SittingRun
from exam_server.delivery.states import ENDED, OpKind
from exam_server.delivery.timing import milliseconds
from exam_server.delivery.wire import Op

NumbersOf = Callable[[int], Mapping[str, int]]
"""Returns, for an attempt, the number under which each question is shown."""


def evidence_of(db: Session, sitting_id: int, numbers_of: NumbersOf) -> list[dict[str, Any]]:
    """Return everyone whose operations wait for a decision, by seat."""
    within = db.get_one(SittingRun, sitting_id).rules.late_ops_within
    people = [
        _person(db, db.get_one(Attempt, attempt_id), kept, within, numbers_of(attempt_id))
        for attempt_id, kept in kept_of(db, sitting_id).items()
    ]
    return sorted(people, key=lambda person: int(person["no"]))


def _person(
    db: Session, attempt: Attempt, kept: Kept, within: timedelta, numbers: Mapping[str, int]
) -> dict[str, Any]:
    admission = attempt.admission
    newest = max(row.received_at for row in kept.ops)
    return {
        "no": admission.seat_no,
        "admission": admission.id,
        "name": admission.enrolment.candidate.name,
        "state": attempt.state,
        "has_ended": attempt.state in ENDED,
        "ended_ms": _ms(attempt.ended_at),
        "deadline_ms": _ms(attempt.deadline_at),
        "refused_by_itself_ms": milliseconds(newest + within),
        "follow_on": kept.follow_on,
        "outages": [[_ms(began_at), _ms(ended_at)] for began_at, ended_at in _outages(db, attempt)],
        "changing": len(kept.changing),
        "ops": [_operation(db, attempt, row, kept, numbers) for row in kept.ops],
    }


def _outages(db: Session, attempt: Attempt) -> list[tuple[datetime, datetime | None]]:
    """Return when the seat, or the server itself, was not there."""
    own = select(Outage.began_at, Outage.ended_at).where(
        Outage.sitting_id == attempt.sitting_id,
        (Outage.attempt_id == attempt.id) | Outage.attempt_id.is_(None),
    )
    return [(row.began_at, row.ended_at) for row in db.execute(own.order_by(Outage.began_at))]


def _operation(
    db: Session, attempt: Attempt, row: RefusedOp, kept: Kept, numbers: Mapping[str, int]
) -> dict[str, Any]:
    op = read_op(row)
    standing = db.get(Answer, (attempt.id, op.item)) if op.item else None
    return {
        "question": numbers.get(op.item),
        "kind": op.kind,
        "reason": row.reason,
        "epoch": row.epoch,
        "seq": row.seq,
        "received_ms": milliseconds(row.received_at),
        "standing": bool(standing and standing.value),
        "standing_ms": _saved(db, attempt, standing),
        "effect": _effect(op, row, kept, standing),
    }


def _saved(db: Session, attempt: Attempt, standing: Answer | None) -> int | None:
    if standing is None:
        return None
    saved = select(AnswerOp.received_at).where(
        AnswerOp.attempt_id == attempt.id, AnswerOp.seq == standing.seq
    )
    return _ms(db.scalar(saved))


def _effect(op: Op, row: RefusedOp, kept: Kept, standing: Answer | None) -> str:
    """Say what accepting would do to the answer that stands."""
    if op.kind not in CHANGING or row not in kept.changing:
        return "none"
    if op.kind == OpKind.CLEAR:
        return "clears"
    return "changes" if standing is not None and standing.value else "fills"


def _ms(instant: datetime | None) -> int | None:
    return milliseconds(instant) if instant else None
