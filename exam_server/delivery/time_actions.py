"""What a proctor may do about time: extend, pause, resume, give lost time back (R10, R21)."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.ending import add_event
from exam_server.delivery.errors import RoomNotReadyError
from exam_server.delivery.models import Attempt
from exam_server.delivery.outages import open_proposals
from exam_server.delivery.proctor_actions import reviewer_of, tell_room
from exam_server.delivery.queries import attempt_of, run_on_duty
from exam_server.delivery.rules.attempt_states import Event
from exam_server.delivery.rules.compensation import CAUSE_WORDS, Cause, Proposal
from exam_server.delivery.states import BEGUN, RUN_WORDS, EventKind, RunState
from exam_server.delivery.transitions import events_of, record
from proctor import actions as room_record
from registry.access import Actor
from registry.audit_log import note
from registry.errors import InvalidInputError, NotFoundError


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


def pause(
    db: Session,
    sitting_id: int,
    admission_id: int | None,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> list[int]:
    """Let one candidate or the whole room stop working; return the admissions."""
    run = run_on_duty(db, sitting_id, actor=actor)
    if not reason.strip():
        raise InvalidInputError(field="原因", reason="不能为空，请填写暂停的原因。")
    if admission_id is not None:
        attempts: Sequence[Attempt] = [attempt_of(db, sitting_id, admission_id)]
    elif run.state != RunState.RUNNING:
        raise RoomNotReadyError(state=RUN_WORDS[RunState(run.state)], action="全场暂停", hint="")
    else:
        run.state = RunState.PAUSED
        run.stand_still(now)
        attempts = [each for each in _begun(db, sitting_id) if each.paused_at is None]
    cause = Cause.ROOM if admission_id is None else Cause.PAUSE
    body = {"cause": cause}
    kind = EventKind.PAUSED
    record(db, attempts, kind, now=now, actor=actor, reason=reason, body=body)
    words = f"考试已暂停：{reason.strip()}"
    return _tell(db, sitting_id, admission_id, attempts, "paused", words, actor=actor, now=now)


def resume(
    db: Session, sitting_id: int, admission_id: int | None, *, actor: Actor, now: datetime
) -> list[int]:
    """Let work go on: of one candidate, or of all whom the pause of the room had stopped.

    The time lost counts in full from now on, until it is decided how much is given back.
    """
    run = run_on_duty(db, sitting_id, actor=actor)
    is_room_paused = run.state == RunState.PAUSED
    if (admission_id is None) != is_room_paused:
        hint = "请先恢复全场。" if is_room_paused else "如有考生被单独暂停，请在其座位上恢复。"
        raise RoomNotReadyError(state=RUN_WORDS[RunState(run.state)], action="恢复", hint=hint)
    if admission_id is not None:
        attempts = [attempt_of(db, sitting_id, admission_id)]
    else:
        run.state = RunState.RUNNING
        run.go_on(now)
        attempts = _paused_with_room(db, sitting_id)
    record(db, attempts, EventKind.RESUMED, now=now, actor=actor)
    words = "考试已恢复，请继续作答"
    return _tell(db, sitting_id, admission_id, attempts, "resumed", words, actor=actor, now=now)


def compensate(
    db: Session,
    sitting_id: int,
    admission_id: int | None,
    key: str,
    seconds: int | None,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> list[int]:
    """Decide how much of a lost time is given back; without a candidate, all of what is proposed.

    More than was lost is extra time, which takes a second person.
    """
    run_on_duty(db, sitting_id, actor=actor)
    attempts = _begun(db, sitting_id)
    if admission_id is not None:
        attempts = [attempt_of(db, sitting_id, admission_id)]
    found = open_proposals(db, attempts)
    decided = []
    for attempt in attempts:
        for proposal in found.get(attempt.id, []):
            if admission_id is None or proposal.key == key:
                given = proposal.seconds if seconds is None else seconds
                _give_back(db, attempt, proposal, given, reason, actor=actor, now=now)
                decided.append(attempt.admission_id)
    if not decided:
        raise NotFoundError(what="待裁定的中断时间")
    return decided


def _give_back(
    db: Session,
    attempt: Attempt,
    proposal: Proposal,
    seconds: int,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    if seconds > proposal.seconds:
        told = f"不能多于中断的 {proposal.seconds} 秒；需要更多时间，请用“延时”。"
        raise InvalidInputError(field="补时秒数", reason=told)
    if seconds < proposal.seconds and not reason.strip():
        raise InvalidInputError(field="原因", reason="少补或不补时，请填写原因。")
    body = {
        "key": proposal.key,
        "cause": proposal.cause,
        "from": proposal.began_at.isoformat(),
        "until": proposal.ended_at.isoformat(),
        "seconds": seconds,
    }
    body |= {"pause": proposal.pause} if proposal.pause else {}
    kind = EventKind.COMPENSATED
    record(db, [attempt], kind, now=now, actor=actor, reason=reason, body=body)
    told = f"{CAUSE_WORDS[proposal.cause]}补时 {seconds // 60} 分 {seconds % 60:02d} 秒"
    add_event(db, attempt, "extension", told, now=now, for_candidate=seconds > 0, actor=actor)
    note(db, "compensate", ("attempt", attempt.id), actor=actor, now=now, detail=body)


def _tell(
    db: Session,
    sitting_id: int,
    admission_id: int | None,
    attempts: Sequence[Attempt],
    kind: str,
    words: str,
    *,
    actor: Actor,
    now: datetime,
) -> list[int]:
    """Tell candidates and wall of a pause or its end, and put it on record."""
    tell_room(
        db,
        sitting_id,
        kind,
        words,
        admission_id=admission_id,
        for_candidate=True,
        actor=actor,
        now=now,
    )
    subject = ("attempt", attempts[0].id) if admission_id else ("sitting", sitting_id)
    detail = {"words": words, "count": len(attempts)}
    note(db, f"work_{kind}", subject, actor=actor, now=now, detail=detail)
    return [attempt.admission_id for attempt in attempts]


def _begun(db: Session, sitting_id: int) -> list[Attempt]:
    return list(
        db.scalars(
            select(Attempt).where(
                Attempt.sitting_id == sitting_id,
                Attempt.closes_at.is_not(None),
                Attempt.state.in_(BEGUN),
            )
        )
    )


def _paused_with_room(db: Session, sitting_id: int) -> list[Attempt]:
    paused = [attempt for attempt in _begun(db, sitting_id) if attempt.paused_at is not None]
    events = events_of(db, [attempt.id for attempt in paused])
    return [attempt for attempt in paused if _last_pause(events[attempt.id]) == Cause.ROOM]


def _last_pause(events: Sequence[Event]) -> str:
    pauses = [event for event in events if event.kind == EventKind.PAUSED]
    return str(pauses[-1].body.get("cause", ""))


def _working(db: Session, sitting_id: int, admission_id: int | None) -> Sequence[Attempt]:
    if admission_id is not None:
        attempt = attempt_of(db, sitting_id, admission_id)
        if attempt.state not in BEGUN:
            raise RoomNotReadyError(state="该考生不在答题中", action="延时", hint="请刷新座位图。")
        return [attempt]
    working = _begun(db, sitting_id)
    if not working:
        raise RoomNotReadyError(state="没有考生在答题", action="延时", hint="")
    return working
