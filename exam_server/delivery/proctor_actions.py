"""What a proctor may do in a room: open, start, message, end, release, close; time apart.

Every action is audited and leaves an event in the room's feed.
"""

import secrets
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.candidate_actions import OPEN_ROOMS, begin_work
from exam_server.delivery.custody.queries import require_forms, require_key
from exam_server.delivery.ending import add_event, end_attempt, end_leases
from exam_server.delivery.errors import ReviewerError, RoomNotReadyError
from exam_server.delivery.late_entry import mark_late_absent
from exam_server.delivery.late_ops import settle_overdue
from exam_server.delivery.limits import default_rules
from exam_server.delivery.load_test.actions import give_way
from exam_server.delivery.models import Attempt, RoomEvent, SittingRun
from exam_server.delivery.queries import (
    ROOM_CODE,
    admission_in,
    attempt_of,
    room_counts,
    run_on_duty,
)
from exam_server.delivery.question_reports import answer_in_room
from exam_server.delivery.roots import sign_room
from exam_server.delivery.rules.exam_rules import ExamRules
from exam_server.delivery.states import (
    BEFORE_CHECK_IN,
    ENDED,
    LIVE,
    RUN_WORDS,
    AttemptState,
    EventKind,
    RunState,
)
from exam_server.delivery.transitions import record
from item_bank.models import Paper, PaperSet
from item_bank.rules.kinds import PaperState
from proctor import actions as room_record
from proctor.queries import identity_marks
from proctor.rules.identity import may_start
from registry.access import SYSTEM, Actor, Permission
from registry.accounts.models import Account, AccountState
from registry.audit_log import note
from registry.database import keys_of
from registry.errors import InvalidInputError, NotFoundError, SeparationError
from registry.scheduling.models import ExamMode, Sitting, SittingProctor


def prepare_run(
    db: Session,
    sitting_id: int,
    paper_id: int,
    *,
    actor: Actor,
    now: datetime,
    rules: ExamRules | None = None,
) -> SittingRun:
    """Give a sitting at computers its released paper."""
    actor.require(Permission.PAPER_RELEASE)
    paper = db.get(Paper, paper_id)
    return _prepare(db, sitting_id, paper, None, rules, actor=actor, now=now)


def prepare_set_run(
    db: Session,
    sitting_id: int,
    set_id: int,
    *,
    actor: Actor,
    now: datetime,
    rules: ExamRules | None = None,
) -> SittingRun:
    """Give a sitting at computers a released set, of which every candidate gets a paper."""
    actor.require(Permission.PAPER_RELEASE)
    paper_set = db.get(PaperSet, set_id)
    paper = paper_set.papers[0] if paper_set else None
    return _prepare(db, sitting_id, paper, set_id, rules, actor=actor, now=now)


def _prepare(
    db: Session,
    sitting_id: int,
    paper: Paper | None,
    set_id: int | None,
    rules: ExamRules | None,
    *,
    actor: Actor,
    now: datetime,
) -> SittingRun:
    sitting = db.get(Sitting, sitting_id)
    if sitting is None or paper is None or paper.plan_id != sitting.plan_id:
        raise NotFoundError(what="场次或试卷")
    if sitting.mode != ExamMode.ON_SCREEN or paper.state != PaperState.RELEASED:
        raise InvalidInputError(field="试卷", reason="须为本计划已签发的试卷，且场次为上机考试。")
    run = SittingRun(
        sitting_id=sitting_id,
        paper_id=paper.id,
        set_id=set_id,
        state=RunState.PLANNED,
        **asdict(rules or default_rules(db)),
    )
    db.add(run)
    digest = paper.paper_set.set_hash if set_id else paper.paper_hash
    detail = {"paper": paper.id, "set": set_id, "hash": digest}
    note(db, "prepare_run", ("sitting", sitting_id), actor=actor, now=now, detail=detail)
    db.flush()
    return run


def open_check_in(db: Session, sitting_id: int, *, actor: Actor, now: datetime) -> str:
    """Let candidates sign in: draw a fresh room code and return it."""
    run = run_on_duty(db, sitting_id, actor=actor)
    if run.state not in BEFORE_CHECK_IN:
        raise RoomNotReadyError(
            state=RUN_WORDS[RunState(run.state)], action="再次开放登录", hint=""
        )
    require_forms(db, sitting_id)
    give_way(db, now=now)
    code = f"{secrets.randbelow(10**6):06d}"
    run.room_code_sealed = keys_of(db).seal(code, purpose=ROOM_CODE)
    run.room_code_index = keys_of(db).index(code, purpose=ROOM_CODE)
    run.state = RunState.CHECK_IN
    tell_room(db, sitting_id, "info", "已开放登录", actor=actor, now=now)
    note(db, "open_check_in", ("sitting", sitting_id), actor=actor, now=now)
    return code


def start_sitting(db: Session, sitting_id: int, *, actor: Actor, now: datetime) -> int:
    """Begin the exam for all who are waiting; return how many."""
    run = run_on_duty(db, sitting_id, actor=actor)
    if run.state != RunState.CHECK_IN:
        hint = "请先开放登录。" if run.state in BEFORE_CHECK_IN else ""
        raise RoomNotReadyError(state=RUN_WORDS[RunState(run.state)], action="开考", hint=hint)
    require_key(db, sitting_id)
    run.state = RunState.RUNNING
    run.started_at = now
    waiting = _waiting(db, sitting_id)
    begin_work(db, run, waiting, now=now, actor=actor)
    text = f"考试开始，{len(waiting)} 人答题"
    tell_room(db, sitting_id, "started", text, actor=actor, now=now, for_candidate=True)
    detail = {"count": len(waiting)}
    note(db, "start_sitting", ("sitting", sitting_id), actor=actor, now=now, detail=detail)
    return len(waiting)


def _waiting(db: Session, sitting_id: int) -> list[Attempt]:
    """Return who may begin: all who wait, but for those the check of identity has refused."""
    own = select(Attempt).where(
        Attempt.sitting_id == sitting_id, Attempt.state == AttemptState.WAITING
    )
    waiting = db.scalars(own).all()
    marks = identity_marks(db, [attempt.admission_id for attempt in waiting])
    return [attempt for attempt in waiting if may_start(marks.get(attempt.admission_id))]


def send_message(
    db: Session,
    sitting_id: int,
    admission_id: int | None,
    text: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Send a message to one candidate or to the whole room."""
    run = run_on_duty(db, sitting_id, actor=actor)
    if run.state not in OPEN_ROOMS:
        state = RUN_WORDS[RunState(run.state)]
        raise RoomNotReadyError(state=state, action="发消息", hint="没有考生能收到。")
    if not text.strip():
        raise InvalidInputError(field="消息内容", reason="不能为空，请填写。")
    if admission_id is not None:
        admission_in(db, sitting_id, admission_id)
    tell_room(
        db,
        sitting_id,
        "message",
        text.strip(),
        admission_id=admission_id,
        for_candidate=True,
        actor=actor,
        now=now,
    )
    subject = ("admission", admission_id) if admission_id else ("sitting", sitting_id)
    note(db, "send_message", subject, actor=actor, now=now, detail={"text": text})


def force_submit(
    db: Session,
    sitting_id: int,
    admission_id: int | None,
    reason: str,
    *,
    reviewer: str,
    actor: Actor,
    now: datetime,
) -> None:
    """End one candidate's attempt with a reason, checked by a second person.

    One who signed in but never confirmed the rules is ended too: else the room could not close.
    """
    run = run_on_duty(db, sitting_id, actor=actor)
    reviewer_account = reviewer_of(db, sitting_id, reviewer, actor=actor)
    if not reason.strip():
        raise InvalidInputError(field="原因", reason="不能为空，请填写强制交卷的原因。")
    attempt = attempt_of(db, sitting_id, admission_id)
    if run.state not in LIVE or attempt.state in ENDED:
        raise RoomNotReadyError(state="该考生不在答题中", action="强制交卷", hint="请刷新座位图。")
    end_attempt(
        db,
        attempt,
        EventKind.FORCED,
        now=now,
        actor=actor,
        second=reviewer_account,
        reason=reason,
    )
    text = f"强制交卷：{reason.strip()}，复核人 {reviewer_account.name}"
    add_event(db, attempt, "forced", text, now=now, for_candidate=True, actor=actor)


def release_seat(
    db: Session,
    sitting_id: int,
    admission_id: int | None,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Let a candidate sign in again, here or at another computer; the old page is fenced."""
    run_on_duty(db, sitting_id, actor=actor)
    attempt = attempt_of(db, sitting_id, admission_id)
    if attempt.state in ENDED:
        raise RoomNotReadyError(state="该考生已交卷", action="换机", hint="")
    end_leases(db, attempt, now=now)
    record(db, [attempt], EventKind.RELEASED, now=now, actor=actor, reason=reason)
    text = f"换机：{reason.strip() or '允许重新登录'}"
    add_event(db, attempt, "released", text, now=now, actor=actor)
    detail = {"epoch": attempt.epoch, "reason": reason}
    note(db, "release_seat", ("attempt", attempt.id), actor=actor, now=now, detail=detail)


def report_incident(
    db: Session,
    sitting_id: int,
    admission_id: int | None,
    text: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Record a misconduct or special event of one candidate."""
    run_on_duty(db, sitting_id, actor=actor)
    admission = admission_in(db, sitting_id, admission_id)
    room_record.record_incident(db, admission.id, text, actor=actor, now=now)
    words = f"违纪记录：{text.strip()}"
    tell_room(db, sitting_id, "info", words, admission_id=admission.id, actor=actor, now=now)


def handle_event(
    db: Session,
    sitting_id: int,
    event_id: int | None,
    *,
    actor: Actor,
    now: datetime,
    answer: str = "",
) -> RoomEvent:
    """Record that an open event has been dealt with, and what was answered to a question."""
    run_on_duty(db, sitting_id, actor=actor)
    event = db.get(RoomEvent, event_id) if event_id else None
    if event is None or event.sitting_id != sitting_id:
        raise NotFoundError(what="事件")
    if event.is_open:
        event.is_open = False
        note(db, "handle_event", ("room_event", event.id), actor=actor, now=now)
        if answer.strip():
            answer_in_room(db, event, answer.strip(), actor=actor, now=now)
    return event


def close_room(db: Session, sitting_id: int, *, actor: Actor, now: datetime) -> None:
    """Close the room once every candidate has ended or is recorded as absent."""
    run = run_on_duty(db, sitting_id, actor=actor)
    if run.state != RunState.RUNNING:
        state = RUN_WORDS[RunState(run.state)]
        raise RoomNotReadyError(state=state, action="结束本场", hint="")
    mark_late_absent(db, run, now=now)
    db.flush()
    counts = room_counts(db, run)
    if counts.differences:
        raise RoomNotReadyError(
            state="；".join(counts.differences),
            action="结束本场",
            hint="请等待全部交卷，逐一登记缺考，人数相符后再结束。",
        )
    settle_overdue(db, run, now=now)
    run.state = RunState.CLOSED
    run.closed_at = now
    attempts = db.scalars(select(Attempt).where(Attempt.sitting_id == sitting_id)).all()
    record(db, attempts, EventKind.SEALED, now=now, actor=actor)
    run.room_code_index = None
    root = sign_room(db, sitting_id, now=now)
    detail: dict[str, object] = {"present": counts.present, "absent": counts.absent}
    detail |= {"root": root.root, "root_number": root.number} if root else {}
    tell_room(db, sitting_id, "info", "本场已结束", actor=actor, now=now)
    note(db, "close_room", ("sitting", sitting_id), actor=actor, now=now, detail=detail)


def expire_attempts(db: Session, attempt_ids: Sequence[int], *, now: datetime) -> list[int]:
    """Close the attempts whose time is over, whoever noticed; return those it closed."""
    closed = []
    for attempt_id in attempt_ids:
        attempt = db.get_one(Attempt, attempt_id, populate_existing=True)
        closes_at = attempt.closes_at
        if attempt.state in ENDED or closes_at is None or now <= closes_at:
            continue
        end_attempt(db, attempt, EventKind.EXPIRED, now=now, actor=SYSTEM, reason="到时")
        add_event(db, attempt, "expired", "到时自动交卷", now=now, for_candidate=True)
        closed.append(attempt.id)
    return closed


def reviewer_of(db: Session, sitting_id: int, login_name: str, *, actor: Actor) -> Account:
    """Return the second person: another proctor on duty in the same sitting."""
    account = db.scalar(select(Account).where(Account.login_name == login_name.strip()))
    if account is None or account.state != AccountState.ACTIVE:
        raise ReviewerError(name=login_name)
    if account.id == actor.account_id:
        raise SeparationError(first="操作人", second="复核人")
    if db.get(SittingProctor, (sitting_id, account.id)) is None:
        raise ReviewerError(name=login_name)
    return account


def tell_room(
    db: Session,
    sitting_id: int,
    kind: str,
    text: str,
    *,
    actor: Actor,
    now: datetime,
    admission_id: int | None = None,
    for_candidate: bool = False,
) -> RoomEvent:
    """Write an event about the room, or one candidate of it, into its feed."""
    event = RoomEvent(
        sitting_id=sitting_id,
        admission_id=admission_id,
        kind=kind,
        text=text,
        for_candidate=for_candidate,
        is_open=False,
        at=now,
        by_id=actor.account_id,
    )
    db.add(event)
    db.flush()
    return event
