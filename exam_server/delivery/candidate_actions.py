"""What a candidate may do before and beside answering: sign in, confirm, raise a hand."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_server.delivery.away_lock import cover_after_leaving
from exam_server.delivery.custody.queries import form_of
from exam_server.delivery.ending import add_event
from exam_server.delivery.errors import (
    CheckInClosedError,
    DeferredError,
    DeviceRefusedError,
    IdentityRefusedError,
    MarkedAbsentError,
    TooManyAttemptsError,
    WrongAdmissionNoError,
    WrongRoomCodeError,
)
from exam_server.delivery.late_entry import require_entry
from exam_server.delivery.lease_tokens import order_seed
from exam_server.delivery.leases import candidate_actor, new_lease
from exam_server.delivery.models import (
    Attempt,
    EventReceipt,
    RoomEvent,
    SignInFailure,
    SittingRun,
)
from exam_server.delivery.queries import ROOM_CODE, live_lease, screen_places
from exam_server.delivery.question_reports import ReportedQuestion, add_report
from exam_server.delivery.rules.compensation import Cause
from exam_server.delivery.rules.deadline import beginning
from exam_server.delivery.states import ENDED, LIVE, AttemptState, EventKind, RunState
from exam_server.delivery.transfers import ask_transfer
from exam_server.delivery.transitions import CANDIDATE, record
from exam_server.delivery.wire import MalformedMessageError
from item_bank.composing.queries import paper_for
from proctor.actions import record_presence
from proctor.queries import identity_marks, presences
from proctor.rules.identity import may_start
from proctor.rules.incident import Severity, severity_of_absence
from proctor.rules.presence import Presence
from registry.access import Actor
from registry.audit_log import note
from registry.database import keys_of
from registry.errors import NotFoundError
from registry.scheduling.models import Admission
from registry.scheduling.queries import approved_at
from registry.scheduling.rules.admission_no import is_valid_admission_no

FAILURES_ALLOWED = 5  # per admission number within the window
FAILURE_WINDOW = timedelta(minutes=10)
HANDS = {"technical": "设备问题", "question": "试题文字", "personal": "个人事务"}
Gate = Callable[[Session, Admission], None]
"""Refuses a sign-in from the computer in front of it."""
OPEN_ROOMS = frozenset({RunState.CHECK_IN}) | LIVE
RUN_WORDS = {
    RunState.PLANNED: "尚未开放登录",
    RunState.SEALED: "尚未开放登录",
    RunState.CLOSED: "已经结束",
}


@dataclass(frozen=True)
class Claimed:
    """What a sign-in came to: the token of a lease, or the secret of a computer that must wait."""

    attempt_id: int
    sitting_id: int
    token: str = ""
    device: str = ""


def check_failures(db: Session, admission_no: str, *, now: datetime) -> None:
    """Raise ``TooManyAttemptsError`` after too many failures; counted in rows."""
    since = now - FAILURE_WINDOW
    count = db.scalar(
        select(func.count())
        .select_from(SignInFailure)
        .where(SignInFailure.subject == admission_no, SignInFailure.at > since)
    )
    if (count or 0) >= FAILURES_ALLOWED:
        raise TooManyAttemptsError(minutes=10)


def record_failure(db: Session, admission_no: str, *, now: datetime) -> None:
    """Count one refused sign-in."""
    db.add(SignInFailure(subject=admission_no[:80], at=now))


def refused_device(refused: DeviceRefusedError, address: str, now: datetime) -> RoomEvent:
    """Return what the room is told of a computer that was not let in."""
    return RoomEvent(
        sitting_id=refused.sitting_id,
        admission_id=refused.admission_id,
        kind="alert",
        text=f"登录被拒（{address}）：{refused.seen}",
        for_candidate=False,
        is_open=True,
        at=now,
        by_id=None,
    )


def any_computer(_db: Session, _admission: Admission) -> None:
    """Let every computer in: a room that asks for nothing else."""


def claim_seat(
    db: Session,
    admission_no: str,
    room_code: str,
    *,
    address: str,
    now: datetime,
    gate: Gate = any_computer,
) -> Claimed:
    """Sign a candidate in; where another computer may write, ask a proctor for a transfer."""
    if not is_valid_admission_no(admission_no):
        raise WrongAdmissionNoError
    check_failures(db, admission_no, now=now)
    admission, run = _place(db, admission_no, room_code)
    gate(db, admission)
    if presences(db, [admission.id]).get(admission.id) is Presence.DEFERRED:
        raise DeferredError
    require_entry(db, admission, run, now=now)
    if presences(db, [admission.id]).get(admission.id) is Presence.ABSENT:
        raise MarkedAbsentError
    if not may_start(identity_marks(db, [admission.id]).get(admission.id)):
        raise IdentityRefusedError
    attempt = db.scalar(select(Attempt).where(Attempt.admission_id == admission.id))
    if attempt is None:
        attempt = seat_attempt(db, admission, run, now=now)
    elif live_lease(db, attempt.id) is not None and attempt.state not in ENDED:
        device = ask_transfer(db, attempt, address=address, now=now)
        return Claimed(attempt.id, attempt.sitting_id, device=device)
    elif attempt.state in ENDED:
        raise CheckInClosedError(state="您已交卷")
    token = new_lease(db, attempt, address=address, now=now)
    add_event(db, attempt, "info", f"已登录（{address}）", now=now)
    note(
        db,
        "claim_seat",
        ("attempt", attempt.id),
        actor=candidate_actor(admission),
        now=now,
        detail={"epoch": attempt.epoch, "address": address},
    )
    return Claimed(attempt.id, attempt.sitting_id, token)


def _place(db: Session, admission_no: str, room_code: str) -> tuple[Admission, SittingRun]:
    """Find the sitting whose code was given; with an open room a wrong code says nothing else."""
    code = keys_of(db).index(room_code.replace(" ", ""), purpose=ROOM_CODE)
    states = []
    for admission, run in screen_places(db, admission_no):
        if run.room_code_index and run.room_code_index == code:
            return admission, run
        states.append(RunState(run.state))
    if states and not OPEN_ROOMS.intersection(states):
        raise CheckInClosedError(state=RUN_WORDS[states[0]])
    raise WrongRoomCodeError


def seat_attempt(
    db: Session,
    admission: Admission,
    run: SittingRun,
    *,
    now: datetime,
    number: int | None = None,
) -> Attempt:
    """Begin the attempt of an admission, under a number it had before if one is given."""
    paper_id, seed = _form(db, admission, run)
    attempt = Attempt(
        id=number,
        admission_id=admission.id,
        sitting_id=run.sitting_id,
        paper_id=paper_id,
        order_seed=seed,
        epoch=1,
        head_seq=0,
        claimed_at=now,
    )
    db.add(attempt)
    db.flush()
    record(db, [attempt], EventKind.CLAIMED, now=now, actor=CANDIDATE)
    record_presence(db, admission.id, Presence.PRESENT, actor=candidate_actor(admission), now=now)
    return attempt


def _form(db: Session, admission: Admission, run: SittingRun) -> tuple[int, int]:
    """Return paper and order of a candidate: as frozen at the sealing, else as they come out."""
    frozen = form_of(db, run.sitting_id, admission.id)
    if frozen is not None:
        return frozen.paper_id, frozen.order_seed
    paper_id = paper_for(db, run.set_id, admission) if run.set_id else run.paper_id
    return paper_id, order_seed(keys_of(db), admission.id)


def confirm_step(db: Session, attempt_id: int, step: str, *, now: datetime) -> AttemptState:
    """Record that own data or the rules were confirmed; both let the candidate wait or begin."""
    attempt = db.get_one(Attempt, attempt_id)
    if step == "data":
        attempt.data_confirmed_at = attempt.data_confirmed_at or now
    elif step == "rules":
        attempt.rules_confirmed_at = attempt.rules_confirmed_at or now
    else:
        raise MalformedMessageError
    if attempt.state == AttemptState.CLAIMED and is_ready(attempt):
        record(db, [attempt], EventKind.READY, now=now, actor=CANDIDATE)
        run = db.get_one(SittingRun, attempt.sitting_id, populate_existing=True)
        if run.state in LIVE:
            begin_work(db, run, [attempt], now=now, actor=CANDIDATE)
        note(
            db,
            "confirm_rules",
            ("attempt", attempt.id),
            actor=candidate_actor(attempt.admission),
            now=now,
            detail={"state": attempt.state},
        )
    return AttemptState(attempt.state)


def begin_work(
    db: Session, run: SittingRun, attempts: Sequence[Attempt], *, now: datetime, actor: Actor
) -> None:
    """Start attempts of a running room, each with the extra time that was approved before.

    One who comes late begins now but ends with the room: the clock runs from its start.
    """
    assert run.started_at is not None
    approved = approved_at(db, [attempt.admission_id for attempt in attempts])
    by_minutes: dict[int, list[Attempt]] = {}
    for attempt in attempts:
        extra = approved.get(attempt.admission_id, 0)
        by_minutes.setdefault(extra, []).append(attempt)
    for extra, own in by_minutes.items():
        body = beginning(run.started_at, run.sitting.minutes, extra)
        record(db, own, EventKind.STARTED, now=now, actor=actor, body=body)
    if run.state == RunState.PAUSED:
        record(db, attempts, EventKind.PAUSED, now=now, actor=actor, body={"cause": Cause.ROOM})


def is_ready(attempt: Attempt) -> bool:
    """Say whether the candidate has confirmed everything."""
    return bool(attempt.data_confirmed_at and attempt.rules_confirmed_at)


def see_event(db: Session, attempt_id: int, event_id: int, *, now: datetime) -> None:
    """Record that the candidate has read an event; again changes nothing."""
    attempt = db.get_one(Attempt, attempt_id)
    event = db.get(RoomEvent, event_id)
    is_own = event is not None and event.admission_id in (None, attempt.admission_id)
    if event is None or event.sitting_id != attempt.sitting_id or not is_own:
        raise NotFoundError(what="通知")
    if db.get(EventReceipt, (event_id, attempt_id)) is None:
        db.add(EventReceipt(event_id=event_id, attempt_id=attempt_id, seen_at=now))


def raise_hand(
    db: Session,
    attempt_id: int,
    kind: str,
    text: str,
    *,
    now: datetime,
    asked: ReportedQuestion | None = None,
) -> RoomEvent:
    """Call the proctor; what is said of a question goes into the history of its item."""
    if kind not in HANDS:
        raise MalformedMessageError
    attempt = db.get_one(Attempt, attempt_id)
    about = f"第 {asked.number} 题 {text}" if asked else text
    words = f"举手：{HANDS[kind]}" + (f"，{about.strip()}" if about.strip() else "")
    event = add_event(db, attempt, "help", words, now=now, is_open=True)
    if asked and kind == "question":
        add_report(db, event, attempt, asked, text.strip())
    actor = candidate_actor(attempt.admission)
    note(db, "raise_hand", ("attempt", attempt.id), actor=actor, now=now, detail={"kind": kind})
    return event


def set_display(db: Session, attempt_id: int, theme: str, zoom: int) -> None:
    """Keep theme and size of text with the attempt."""
    if theme not in ("", "dark", "contrast"):
        raise MalformedMessageError
    attempt = db.get_one(Attempt, attempt_id)
    attempt.theme, attempt.zoom = theme, zoom


def report_away(db: Session, attempt_id: int, hidden_ms: int, *, now: datetime) -> None:
    """Record that the page was hidden; a proctor decides what it means."""
    attempt = db.get_one(Attempt, attempt_id)
    own = select(RoomEvent.at).where(
        RoomEvent.admission_id == attempt.admission_id, RoomEvent.kind == "alert"
    )
    earlier = db.scalars(own).all()
    severity = severity_of_absence(hidden_ms, earlier, now=now)
    if attempt.state != AttemptState.IN_PROGRESS or severity is Severity.LOG:
        return
    text = f"第 {len(earlier) + 1} 次离开答题窗口，持续 {max(1, round(hidden_ms / 1000))} 秒"
    waits = severity is Severity.NOTICE
    add_event(db, attempt, "alert", text, now=now, is_open=waits)
    cover_after_leaving(db, attempt, now=now)
