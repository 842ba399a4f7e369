"""What two persons decide of an ended or running attempt: reopen, void, operations kept apart."""

from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from exam_server.delivery.ending import add_event, end_attempt, end_leases
from exam_server.delivery.errors import RoomNotReadyError
from exam_server.delivery.late_ops import accept, kept_of, refuse
from exam_server.delivery.proctor_actions import reviewer_of
from exam_server.delivery.queries import attempt_of, run_on_duty
from exam_server.delivery.rules.attempt_states import TransitionRefusedError
from exam_server.delivery.states import ENDED, RUN_WORDS, AttemptState, EventKind, RunState
from exam_server.delivery.transitions import record
from proctor import actions as room_record
from registry.access import Actor
from registry.accounts.models import Account
from registry.audit_log import note
from registry.errors import InvalidInputError, NotFoundError


def reopen(
    db: Session,
    sitting_id: int,
    admission_id: int | None,
    minutes: int,
    reason: str,
    *,
    reviewer: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Let a candidate who has ended work on; the time since the end is given back.

    One whose time was over gets ``minutes`` from now; the candidate signs in again.
    """
    second = _second(db, sitting_id, reviewer, reason, action="恢复作答", actor=actor)
    attempt = attempt_of(db, sitting_id, admission_id)
    if attempt.ended_at is None or attempt.deadline_at is None:
        raise TransitionRefusedError(state="未在作答后结束", action="恢复作答")
    lost = now - attempt.ended_at
    if attempt.state == AttemptState.EXPIRED:
        lost = now - attempt.deadline_at + timedelta(minutes=minutes)
    kind, body = EventKind.REOPENED, {"seconds": round(lost.total_seconds())}
    record(db, [attempt], kind, now=now, actor=actor, second=second, reason=reason, body=body)
    if attempt.deadline_at <= now:
        raise RoomNotReadyError(state="已到本场最迟结束时间", action="恢复作答", hint="")
    attempt.ended_at = attempt.receipt = None
    end_leases(db, attempt, now=now)
    text = f"恢复作答：{reason.strip()}，复核人 {second.name}"
    add_event(db, attempt, "released", text, now=now, actor=actor)
    detail = {"reason": reason, "reviewer": second.login_name, **body}
    note(db, "reopen_attempt", ("attempt", attempt.id), actor=actor, now=now, detail=detail)


def void(
    db: Session,
    sitting_id: int,
    admission_id: int | None,
    reason: str,
    *,
    reviewer: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Declare an attempt invalid by a misconduct decision; its answers are kept."""
    second = _second(db, sitting_id, reviewer, reason, action="判为无效", actor=actor)
    attempt = attempt_of(db, sitting_id, admission_id)
    kind = EventKind.VOIDED
    if attempt.state in ENDED:
        record(db, [attempt], kind, now=now, actor=actor, second=second, reason=reason)
    else:
        end_attempt(db, attempt, kind, now=now, actor=actor, second=second, reason=reason)
    words = f"违纪处理：作答判为无效（{reason.strip()}），复核人 {second.name}"
    room_record.record_incident(db, attempt.admission_id, words, actor=actor, now=now)
    add_event(db, attempt, "forced", words, now=now, for_candidate=True, actor=actor)
    detail = {"reason": reason, "reviewer": second.login_name}
    note(db, "void_attempt", ("attempt", attempt.id), actor=actor, now=now, detail=detail)


def decide_late(
    db: Session,
    sitting_id: int,
    admission_id: int | None,
    reason: str,
    *,
    is_accepted: bool,
    reviewer: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Decide on the operations of one candidate that were kept apart, all of them together."""
    second = _second(db, sitting_id, reviewer, reason, action="裁定迟到操作", actor=actor)
    attempt = attempt_of(db, sitting_id, admission_id)
    kept = kept_of(db, sitting_id).get(attempt.id)
    if kept is None:
        raise NotFoundError(what="待裁定的迟到操作")
    if attempt.state not in ENDED:
        raise TransitionRefusedError(state="答题中", action="裁定迟到操作")
    if is_accepted:
        count = accept(db, attempt, kept, second=second, reason=reason, actor=actor, now=now)
        text = f"采纳迟到操作，{count} 题答案据此更新：{reason.strip()}，复核人 {second.name}"
    else:
        refuse(db, attempt, kept, second=second, reason=reason, actor=actor, now=now)
        text = f"不采纳迟到操作 {len(kept.ops)} 个：{reason.strip()}，复核人 {second.name}"
    add_event(db, attempt, "info", text, now=now, actor=actor)
    detail = {"accepted": is_accepted, "ops": len(kept.ops), "reviewer": second.login_name}
    note(db, "decide_late", ("attempt", attempt.id), actor=actor, now=now, detail=detail)


def _second(
    db: Session, sitting_id: int, reviewer: str, reason: str, *, action: str, actor: Actor
) -> Account:
    """Return the second person; a room that is closed decides nothing any more."""
    run = run_on_duty(db, sitting_id, actor=actor)
    account = reviewer_of(db, sitting_id, reviewer, actor=actor)
    if run.state != RunState.RUNNING:
        raise RoomNotReadyError(state=RUN_WORDS[RunState(run.state)], action=action, hint="")
    if not reason.strip():
        raise InvalidInputError(field="原因", reason="不能为空，请填写处理的原因。")
    return account
