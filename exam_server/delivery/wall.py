"""The proctor's wall: a snapshot of one room from the tables and the presence board.

It knows how many questions are answered, never what was answered. What answers change is brought
up to date for every snapshot, all else is read once and remembered (``walls.py``).
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from exam_server.delivery.arrivals import Arrival, arrivals, told
from exam_server.delivery.away_lock import covered, is_on
from exam_server.delivery.candidate_actions import OPEN_ROOMS
from exam_server.delivery.custody.queries import custody_state
from exam_server.delivery.ending import question_count
from exam_server.delivery.journal_keys import seat_pin
from exam_server.delivery.late_ops import Kept, kept_of
from exam_server.delivery.load_test.queries import newest_told
from exam_server.delivery.models import AnswerOp, Attempt, RoomEvent, SeatTransfer, SittingRun
from exam_server.delivery.outages import open_proposals
from exam_server.delivery.presence_board import PresenceBoard
from exam_server.delivery.queries import admissions_in, answered_counts, room_code
from exam_server.delivery.rules.compensation import Proposal
from exam_server.delivery.states import BEGUN, ENDED, LIVE, AttemptState
from exam_server.delivery.timing import milliseconds
from exam_server.delivery.transfers import is_approved, open_transfers, seats_moved_to
from proctor.queries import extra_minutes, identity_marks, presences
from proctor.rules.identity import Identity
from proctor.rules.presence import Presence
from registry.database import keys_of
from registry.enrolment.accommodations import approved_minutes
from registry.scheduling.models import Admission, SittingProctor

EVENTS_SHOWN = 200
FLAGS = {"released": "moved", "seb_override": "seb"}  # of a seat, by the kind of event
JIANGSU = timedelta(hours=8)
WALL_KINDS = frozenset({"help", "alert", "offline", "submitted", "identity"})


@dataclass(frozen=True)
class _Facts:
    """What the seats of one room are made from."""

    run: SittingRun
    total: int
    attempts: Mapping[int, Attempt]
    extra: Mapping[int, int]
    presence: Mapping[int, Presence]
    open_kinds: Mapping[int, str]
    away: Mapping[int, int]
    identity: Mapping[int, Identity]
    covered: Mapping[int, bool]
    pins: Mapping[int, str]  # that open a PC's journal while the server is away
    flags: Mapping[int, list[str]]
    proposals: Mapping[int, list[Proposal]]
    transfers: Mapping[int, SeatTransfer]
    moved: Mapping[int, int]
    kept: Mapping[int, Kept]
    approved: Mapping[int, int]  # extra minutes by enrolment


@dataclass(frozen=True)
class _Answers:
    """How far each attempt has come: head of its journal, questions answered, last save."""

    heads: dict[int, int] = field(default_factory=dict)
    counts: dict[int, int] = field(default_factory=dict)
    saved: dict[int, datetime] = field(default_factory=dict)

    def bring_up_to_date(self, db: Session, sitting_id: int) -> None:
        """Read those again that have stored anything since the last time."""
        heads = select(Attempt.id, Attempt.head_seq).where(Attempt.sitting_id == sitting_id)
        moved = {i: seq for i, seq in db.execute(heads).all() if seq != self.heads.get(i, 0)}
        if not moved:
            return
        self.counts.update(answered_counts(db, moved))
        newest = select(AnswerOp.attempt_id, AnswerOp.received_at).join(
            Attempt, and_(Attempt.id == AnswerOp.attempt_id, Attempt.head_seq == AnswerOp.seq)
        )
        self.saved.update(dict(iter(db.execute(newest.where(Attempt.id.in_(moved))))))
        self.heads.update(moved)


@dataclass(frozen=True)
class Known:
    """A room as it was read; of its own accord only ``answers`` moves on."""

    sitting: Mapping[str, Any]
    admissions: Sequence[Admission]
    events: Sequence[RoomEvent]
    facts: _Facts
    answers: _Answers


def known(db: Session, run: SittingRun) -> Known:
    """Read all of a room that is worth remembering."""
    admissions = admissions_in(db, run.sitting_id)
    events = _events(db, run.sitting_id)
    facts = _facts(db, run, admissions, events)
    return Known(_sitting(db, run, facts), admissions, events, facts, _Answers())


def snapshot(db: Session, room: Known, board: PresenceBoard, *, now: datetime) -> dict[str, Any]:
    """Return the whole room: sitting, seats, events."""
    facts, answers = room.facts, room.answers
    answers.bring_up_to_date(db, room.sitting["id"])
    seat_of = {admission.id: admission.seat_no for admission in room.admissions}
    arrived = arrivals(db, room.events, facts.attempts.values(), board, seat_of)
    return {
        "ok": True,
        "server_ms": milliseconds(now),
        "sitting": deepcopy(room.sitting),
        "seats": [_seat(admission, facts, answers, board, now) for admission in room.admissions],
        "events": [_event(event, seat_of, arrived.get(event.id)) for event in room.events],
    }


def _events(db: Session, sitting_id: int) -> list[RoomEvent]:
    newest = select(RoomEvent).where(RoomEvent.sitting_id == sitting_id)
    return list(db.scalars(newest.order_by(RoomEvent.id.desc()).limit(EVENTS_SHOWN)))


def _facts(
    db: Session, run: SittingRun, admissions: list[Admission], events: list[RoomEvent]
) -> _Facts:
    ids = [admission.id for admission in admissions]
    attempts = db.scalars(select(Attempt).where(Attempt.sitting_id == run.sitting_id)).all()
    open_kinds: dict[int, str] = {}
    away: dict[int, int] = {}
    for event in events:
        if event.admission_id is None:
            continue
        if event.kind == "alert":
            away[event.admission_id] = away.get(event.admission_id, 0) + 1
        if event.is_open and event.kind in ("help", "alert", "transfer"):
            before = open_kinds.get(event.admission_id)
            open_kinds[event.admission_id] = "help" if "help" in (before, event.kind) else "alert"
    return _Facts(
        run,
        question_count(db, run.paper_id),
        {attempt.admission_id: attempt for attempt in attempts},
        extra_minutes(db, ids),
        presences(db, ids),
        open_kinds,
        away,
        identity_marks(db, ids),
        covered(db, run.sitting_id),
        {a.admission_id: seat_pin(keys_of(db), a.id) for a in attempts if a.state not in ENDED},
        _flags(db, run.sitting_id),
        open_proposals(db, attempts) if run.state in LIVE else {},
        {one.attempt_id: one for one in open_transfers(db, [a.id for a in attempts])},
        seats_moved_to(db, run.sitting_id),
        kept_of(db, run.sitting_id) if run.state in LIVE else {},
        approved_minutes(db, [admission.enrolment_id for admission in admissions]),
    )


def _flags(db: Session, sitting_id: int) -> dict[int, list[str]]:
    """Return what was done to whom and still is worth knowing, whenever it was."""
    own = select(RoomEvent.admission_id, RoomEvent.kind).distinct()
    marked = own.where(RoomEvent.sitting_id == sitting_id, RoomEvent.kind.in_(FLAGS))
    flags: dict[int, list[str]] = {}
    for row in db.execute(marked.order_by(RoomEvent.kind)):
        flags.setdefault(row.admission_id, []).append(FLAGS[row.kind])
    return flags


def _seat(
    admission: Admission, facts: _Facts, answers: _Answers, board: PresenceBoard, now: datetime
) -> dict[str, Any]:
    attempt = facts.attempts.get(admission.id)
    candidate = admission.enrolment.candidate
    extra = facts.extra.get(admission.id, 0)
    ends = attempt.deadline_at if attempt else None
    saved_at = answers.saved.get(attempt.id) if attempt else None
    beat = board.last(attempt.id) if attempt else None
    return {
        "no": admission.seat_no,
        "admission": admission.id,
        "name": candidate.name,
        "admission_no": admission.enrolment.admission_no,
        "photo": f"/proctor/photo/{admission.id}" if candidate.photo_hash else None,
        "state": _seat_state(admission, attempt, facts, board, now),
        "ended": _ended(attempt),
        "answered": answers.counts.get(attempt.id, 0) if attempt else 0,
        "total": facts.total,
        "since_ms": milliseconds(beat.at)
        if beat and attempt and board.is_stale(attempt.id, now)
        else None,
        "extra_min": extra,
        "approved_min": facts.approved.get(admission.enrolment_id, 0),
        "deadline_ms": milliseconds(ends) if ends else None,
        "last_save_ms": milliseconds(saved_at) if saved_at else None,
        "pending": _pending(attempt, board),
        "heard": attempt is None or board.has_heard(attempt.id),
        "identity": facts.identity.get(admission.id),
        "flags": facts.flags.get(admission.id, []),
        "away_count": facts.away.get(admission.id, 0),
        "covered": facts.covered.get(admission.id, False),
        "pin": facts.pins.get(admission.id),
        "paused_ms": milliseconds(attempt.paused_at) if attempt and attempt.paused_at else None,
        "late": _late(facts.kept.get(attempt.id)) if attempt else None,
        "proposals": [
            _proposal(one) for one in (facts.proposals.get(attempt.id, []) if attempt else [])
        ],
        "moved_to": facts.moved.get(attempt.id) if attempt else None,
        "transfer": _transfer(attempt, facts, now),
    }


def _pending(attempt: Attempt | None, board: PresenceBoard) -> int | None:
    """Return how many operations only the PC has, None where nobody can know: it was not heard."""
    if attempt is None:
        return 0
    if board.has_heard(attempt.id) or attempt.state in ENDED:
        return board.last(attempt.id).pending
    return None


def _ended(attempt: Attempt | None) -> str | None:
    """Return how the work ended; one who was deferred has done none."""
    is_over = attempt is not None and attempt.state in ENDED - {AttemptState.DEFERRED}
    return attempt.state if attempt and is_over else None


def _late(kept: Kept | None) -> dict[str, Any] | None:
    if kept is None:
        return None
    return {
        "ops": len(kept.ops),
        "changing": len(kept.changing),
        "reasons": sorted({op.reason for op in kept.ops}),
        "from_ms": milliseconds(kept.ops[0].received_at),
        "until_ms": milliseconds(kept.ops[-1].received_at),
        "follow_on": kept.follow_on,
        "had_outage": kept.had_outage,
    }


def _proposal(proposal: Proposal) -> dict[str, Any]:
    return {
        "key": proposal.key,
        "cause": proposal.cause.value,
        "from_ms": milliseconds(proposal.began_at),
        "until_ms": milliseconds(proposal.ended_at),
        "seconds": proposal.seconds,
    }


def _transfer(attempt: Attempt | None, facts: _Facts, now: datetime) -> dict[str, Any] | None:
    """Return the other computer that wants to take over, and whether it was approved."""
    asked = facts.transfers.get(attempt.id) if attempt else None
    if asked is None or attempt is None or attempt.state != AttemptState.TRANSFER_PENDING:
        return None
    return {
        "id": asked.id,
        "from": asked.from_address,
        "to": asked.address,
        "asked_ms": milliseconds(asked.asked_at),
        "approved": is_approved(asked, now),
    }


def _seat_state(
    admission: Admission,
    attempt: Attempt | None,
    facts: _Facts,
    board: PresenceBoard,
    now: datetime,
) -> str:
    if attempt is None or attempt.state == AttemptState.DEFERRED:
        recorded = facts.presence.get(admission.id, Presence.PRESENT)
        return "idle" if recorded is Presence.PRESENT else recorded.value
    if attempt.state in ENDED:
        return "submitted"
    if admission.id in facts.open_kinds:
        return facts.open_kinds[admission.id]
    if board.is_stale(attempt.id, now):
        return "offline"
    if attempt.state == AttemptState.PAUSED:
        return "paused"
    return "active" if attempt.state in BEGUN else "ready"


def _sitting(db: Session, run: SittingRun, facts: _Facts) -> dict[str, Any]:
    sitting = run.sitting
    plan = sitting.plan
    proctors = db.scalars(
        select(SittingProctor).where(SittingProctor.sitting_id == run.sitting_id)
    ).all()
    code = room_code(db, run) if run.state in OPEN_ROOMS else None
    ends = _room_ends(run, facts)
    entry_ends = run.entry_ends_at
    begins = (sitting.starts_at + JIANGSU).strftime("%H:%M")
    finishes = (sitting.starts_at + JIANGSU + timedelta(minutes=sitting.minutes)).strftime("%H:%M")
    names = "、".join(proctor.account.name for proctor in proctors)
    project = plan.specification.project.name
    return {
        "id": sitting.id,
        "title": f"第 {sitting.room.number} 考场 · {project} 理论知识考试",
        "sub": f"{plan.number} 批 · 第 {sitting.number} 场　{begins} — {finishes}　监考 {names}",
        "state": run.state,
        "room_code": f"{code[:3]} {code[3:]}" if code else None,
        "rows": sitting.room.row_count,
        "columns": sitting.room.column_count,
        "started_ms": milliseconds(run.started_at) if run.started_at else None,
        "paused_since_ms": milliseconds(run.paused_since) if run.paused_since else None,
        "ends_ms": milliseconds(ends) if ends else None,
        "minutes": sitting.minutes,
        "entry_ends_ms": milliseconds(entry_ends) if entry_ends else None,
        "rules": asdict(run.rules),
        "custody": custody_state(db, sitting.id),
        "away_lock": is_on(db, run.sitting_id),
        "load_test": newest_told(db, run.sitting_id),
    }


def _room_ends(run: SittingRun, facts: _Facts) -> datetime | None:
    if run.started_at is None:
        return None
    own = [attempt.deadline_at for attempt in facts.attempts.values() if attempt.deadline_at]
    return max(own, default=run.started_at + timedelta(minutes=run.sitting.minutes))


def _event(event: RoomEvent, seat_of: Mapping[int, int], arrival: Arrival | None) -> dict[str, Any]:
    kind = "alert" if event.kind == "transfer" else event.kind
    return {
        "id": event.id,
        "at_ms": milliseconds(event.at),
        "seat": seat_of.get(event.admission_id) if event.admission_id else None,
        "kind": kind if kind in WALL_KINDS else "info",
        "text": event.text,
        "open": event.is_open,
        "arrival": told(arrival),
    }


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return what changed between two snapshots of a room, None when nothing did."""
    old_seats = {seat["no"]: seat for seat in before["seats"]}
    old_events = {event["id"]: event for event in before["events"]}
    seats = [seat for seat in after["seats"] if old_seats.get(seat["no"]) != seat]
    events = [event for event in after["events"] if old_events.get(event["id"]) != event]
    sitting = after["sitting"] if after["sitting"] != before["sitting"] else None
    if not seats and not events and sitting is None:
        return None
    return {"seats": seats, "events": events, "sitting": sitting}
