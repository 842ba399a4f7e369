"""What the exam room reads: leases, runs, the candidate's own state, the wall."""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session, contains_eager, joinedload

from exam_server.delivery.errors import NotOnDutyError
from exam_server.delivery.models import (
    Answer,
    AnswerOp,
    Attempt,
    EventReceipt,
    Lease,
    RoomEvent,
    SittingRun,
)
from exam_server.delivery.states import BEGUN, ENDED, AttemptState
from exam_server.delivery.timing import milliseconds
from proctor.queries import presences
from proctor.rules.presence import Presence
from proctor.rules.room_counts import Counts, Place, count_room
from registry.access import Actor, Permission
from registry.catalog.models import Subject
from registry.database import keys_of
from registry.enrolment.models import Enrolment
from registry.errors import NotFoundError
from registry.keys import sm3
from registry.scheduling.models import Admission, ExamMode, Sitting, SittingProctor

ROOM_CODE = "sitting_run.room_code"  # purpose that binds the sealed code to its column
CONFIRMED_KINDS = frozenset({"message", "extension"})  # events a candidate must acknowledge


@dataclass(frozen=True)
class Seat:
    """A browser's place: its attempt and the epoch of its lease."""

    attempt_id: int
    epoch: int
    sitting_id: int
    admission_id: int


def hash_of_token(token: str) -> str:
    """Return what the database keeps of a lease's secret token."""
    return sm3(token.encode()).hex()


PLACE = select(
    Lease.token_hash, Lease.attempt_id, Lease.epoch, Attempt.sitting_id, Attempt.admission_id
).join(Attempt, Attempt.id == Lease.attempt_id)
PLACE_OF_TOKEN = PLACE.where(Lease.token_hash == bindparam("token_hash"))
PLACES_IN_ROOM = PLACE.where(Attempt.sitting_id == bindparam("sitting_id"))


def seat_of(db: Session, token: str) -> Seat | None:
    """Return the place that a lease token stands for, ended leases included."""
    row = db.execute(PLACE_OF_TOKEN, {"token_hash": hash_of_token(token)}).one_or_none()
    return Seat(*row[1:]) if row else None


def seats_in(db: Session, sitting_id: int) -> dict[str, Seat]:
    """Return the places of all leases of a room by the hash of their token."""
    rows = db.execute(PLACES_IN_ROOM, {"sitting_id": sitting_id})
    return {token_hash: Seat(*place) for token_hash, *place in rows}


def live_lease(db: Session, attempt_id: int) -> Lease | None:
    """Return the lease that may write to the attempt."""
    return db.scalar(select(Lease).where(Lease.attempt_id == attempt_id, Lease.ended_at.is_(None)))


def screen_places(db: Session, admission_no: str) -> list[tuple[Admission, SittingRun]]:
    """Return the places of a candidate in theory sittings on screen, newest first."""
    sitting = contains_eager(Admission.sitting).joinedload(Sitting.room)
    rows = db.execute(
        select(Admission, SittingRun)
        .join(Enrolment, Enrolment.id == Admission.enrolment_id)
        .join(Sitting, Sitting.id == Admission.sitting_id)
        .join(SittingRun, SittingRun.sitting_id == Sitting.id)
        .options(contains_eager(Admission.enrolment), sitting)
        .where(
            Enrolment.admission_no == admission_no,
            Sitting.mode == ExamMode.ON_SCREEN,
            Sitting.subject == Subject.THEORY,
        )
        .order_by(Sitting.starts_at.desc())
    )
    return [(row.Admission, row.SittingRun) for row in rows]


def run_on_duty(db: Session, sitting_id: int, *, actor: Actor) -> SittingRun:
    """Return the run of a sitting for a proctor assigned to it."""
    actor.require(Permission.ROOM_PROCTOR)
    run = db.get(SittingRun, sitting_id)
    if run is None:
        raise NotFoundError(what="上机考场")
    if actor.account_id is not None and not db.get(SittingProctor, (sitting_id, actor.account_id)):
        raise NotOnDutyError
    return run


def sittings_on_duty(db: Session, *, actor: Actor) -> list[SittingRun]:
    """Return the proctor's sittings at computers, by start."""
    actor.require(Permission.ROOM_PROCTOR)
    return list(
        db.scalars(
            select(SittingRun)
            .join(SittingProctor, SittingProctor.sitting_id == SittingRun.sitting_id)
            .join(Sitting, Sitting.id == SittingRun.sitting_id)
            .where(SittingProctor.account_id == actor.account_id)
            .order_by(Sitting.starts_at)
        )
    )


def attempt_of(db: Session, sitting_id: int, admission_id: int | None) -> Attempt:
    """Return the attempt of one admission of the sitting."""
    attempt = db.scalar(
        select(Attempt).where(
            Attempt.sitting_id == sitting_id, Attempt.admission_id == admission_id
        )
    )
    if attempt is None:
        raise NotFoundError(what="已登录的考生")
    return attempt


def admission_in(db: Session, sitting_id: int, admission_id: int | None) -> Admission:
    """Return an admission of that sitting."""
    admission = db.get(Admission, admission_id) if admission_id else None
    if admission is None or admission.sitting_id != sitting_id:
        raise NotFoundError(what="本场考生")
    return admission


def admissions_in(db: Session, sitting_id: int) -> list[Admission]:
    """Return the admissions of a sitting with their candidates, by seat."""
    own = select(Admission).where(Admission.sitting_id == sitting_id)
    people = joinedload(Admission.enrolment).joinedload(Enrolment.candidate)
    return list(db.scalars(own.options(people).order_by(Admission.seat_no)))


def is_working(attempt: Attempt) -> bool:
    """Say whether the candidate may see the paper and answer now."""
    has_begun = attempt.state in BEGUN and attempt.closes_at is not None
    return has_begun and attempt.paused_at is None


BEGUN_UNTIL = select(Attempt.id, Attempt.closes_at).where(Attempt.state.in_(BEGUN))


def begun_attempts(db: Session) -> dict[int, datetime]:
    """Return the attempts that have begun and not ended, with the end of their time."""
    return {attempt_id: until for attempt_id, until in db.execute(BEGUN_UNTIL) if until}


def at_work(db: Session) -> dict[int, int]:
    """Return one attempt of every paper in a room where candidates work, with its sitting."""
    begun = select(func.min(Attempt.id), Attempt.sitting_id).where(Attempt.state.in_(BEGUN))
    rows = db.execute(begun.group_by(Attempt.sitting_id, Attempt.paper_id))
    return dict(iter(rows))


WHOLE = joinedload(Attempt.admission).joinedload(Admission.enrolment)
WITH_CANDIDATE = (
    select(Attempt)
    .where(Attempt.id == bindparam("attempt_id"))
    .options(WHOLE.joinedload(Enrolment.candidate))
)


def attempt_with_candidate(db: Session, attempt_id: int) -> Attempt:
    """Return an attempt and the candidate it belongs to, with one statement."""
    return db.scalars(WITH_CANDIDATE, {"attempt_id": attempt_id}).one()


ANSWERS = select(Answer.question_id, Answer.value, Answer.flagged, Answer.seq).where(
    Answer.attempt_id == bindparam("attempt_id")
)


def answers_of(db: Session, attempt_id: int) -> dict[str, dict[str, Any]]:
    """Return the candidate's answers as the page shows them."""
    rows = db.execute(ANSWERS, {"attempt_id": attempt_id})
    return {
        question_id: {"value": value.split(",") if value else [], "flagged": flagged, "seq": seq}
        for question_id, value, flagged, seq in rows
    }


EPOCH_AT = select(AnswerOp.epoch).where(
    AnswerOp.attempt_id == bindparam("attempt_id"), AnswerOp.seq == bindparam("seq")
)


def head_epoch(db: Session, attempt: Attempt) -> int:
    """Return the epoch in which the newest operation was written, 0 before the first."""
    if not attempt.head_seq:
        return 0
    return db.scalar(EPOCH_AT, {"attempt_id": attempt.id, "seq": attempt.head_seq}) or 0


def operations_of(db: Session, attempt_id: int) -> list[dict[str, Any]]:
    """Return all operations of an attempt as a page keeps them, by number."""
    rows = db.scalars(
        select(AnswerOp).where(AnswerOp.attempt_id == attempt_id).order_by(AnswerOp.seq)
    )
    return [
        {
            "seq": row.seq,
            "epoch": row.epoch,
            "kind": row.kind,
            "item": row.question_id,
            "value": row.value.split(",") if row.value else [],
            "flagged": row.flagged,
            "mono_ms": row.mono_ms,
        }
        for row in rows
    ]


def _unseen() -> Select[int, str, str, datetime]:
    seen = select(EventReceipt.event_id).where(EventReceipt.attempt_id == bindparam("attempt_id"))
    return (
        select(RoomEvent.id, RoomEvent.kind, RoomEvent.text, RoomEvent.at)
        .join(Attempt, Attempt.sitting_id == RoomEvent.sitting_id)
        .where(
            Attempt.id == bindparam("attempt_id"),
            RoomEvent.for_candidate,
            RoomEvent.id > bindparam("after"),
            RoomEvent.admission_id.is_(None) | (RoomEvent.admission_id == Attempt.admission_id),
            RoomEvent.id.not_in(seen),
            RoomEvent.at >= Attempt.claimed_at,
        )
        .order_by(RoomEvent.id)
    )


UNSEEN = _unseen()


def candidate_events(db: Session, attempt_id: int, after: int) -> list[dict[str, Any]]:
    """Return the events addressed to this candidate since ``after``, oldest first."""
    rows = db.execute(UNSEEN, {"attempt_id": attempt_id, "after": after})
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "text": row.text,
            "at_ms": milliseconds(row.at),
            "needs_confirmation": row.kind in CONFIRMED_KINDS,
        }
        for row in rows
    ]


def receipt_for_candidate(attempt: Attempt) -> dict[str, Any] | None:
    """Return the signed receipt as it is stored; anyone can verify it with the public key."""
    if attempt.receipt is None:
        return None
    receipt: dict[str, Any] = json.loads(attempt.receipt)
    return receipt


def room_code(db: Session, run: SittingRun) -> str | None:
    """Return the room code for the proctor to announce."""
    if run.room_code_sealed is None:
        return None
    return keys_of(db).reveal(run.room_code_sealed, purpose=ROOM_CODE)


def answered_counts(db: Session, attempt_ids: Collection[int]) -> dict[int, int]:
    """Return how many questions each of the attempts has answered."""
    rows = db.execute(
        select(Answer.attempt_id, func.count())
        .where(Answer.attempt_id.in_(attempt_ids), Answer.value != "")
        .group_by(Answer.attempt_id)
    )
    return dict.fromkeys(attempt_ids, 0) | {attempt_id: int(count) for attempt_id, count in rows}


def room_counts(db: Session, run: SittingRun) -> Counts:
    """Count who came, who did not and who handed in."""
    admissions = admissions_in(db, run.sitting_id)
    own = select(Attempt).where(
        Attempt.sitting_id == run.sitting_id, Attempt.state != AttemptState.DEFERRED
    )
    attempts = {attempt.admission_id: attempt for attempt in db.scalars(own)}
    recorded = presences(db, [admission.id for admission in admissions])
    return count_room(
        Place(
            admission.seat_no,
            admission.enrolment.candidate.name,
            is_present=admission.id in attempts,
            is_absent=recorded.get(admission.id) is Presence.ABSENT,
            is_deferred=recorded.get(admission.id) is Presence.DEFERRED,
            has_ended=admission.id in attempts and attempts[admission.id].state in ENDED,
        )
        for admission in admissions
    )
