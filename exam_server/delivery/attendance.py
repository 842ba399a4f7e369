"""Who came: a proctor marks absence or deferral, takes it back, lets in late with a second."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.ending import end_attempt, end_leases
from exam_server.delivery.errors import RoomNotReadyError
from exam_server.delivery.late_entry import entry_is_over
from exam_server.delivery.models import Attempt
from exam_server.delivery.proctor_actions import reviewer_of, tell_room
from exam_server.delivery.queries import admission_in, run_on_duty
from exam_server.delivery.states import RUN_WORDS, AttemptState, EventKind, RunState
from exam_server.delivery.transitions import record
from proctor import actions as room_record
from proctor.rules.presence import Presence
from registry.access import Actor
from registry.accounts.models import Account
from registry.audit_log import note
from registry.errors import InvalidInputError
from registry.scheduling.models import Admission
from scoring.models import SubjectResult

TEXTS = {
    Presence.ABSENT: "登记缺考",
    Presence.DEFERRED: "登记缓考",
    Presence.PRESENT: "撤销缺考、缓考登记",
}


def set_presence(
    db: Session,
    sitting_id: int,
    admission_id: int | None,
    presence: Presence,
    *,
    reason: str = "",
    reviewer: str = "",
    actor: Actor,
    now: datetime,
) -> None:
    """Mark a candidate as absent or deferred, or take the mark back.

    Deferring, and letting in after the limit for entering, take two persons and a reason.
    """
    run = run_on_duty(db, sitting_id, actor=actor)
    if run.state == RunState.CLOSED:
        state = RUN_WORDS[RunState.CLOSED]
        raise RoomNotReadyError(
            state=state, action="更改到场登记", hint="如需更正，请走成绩更正流程。"
        )
    admission = admission_in(db, sitting_id, admission_id)
    attempt = db.scalar(select(Attempt).where(Attempt.admission_id == admission.id))
    is_away = attempt is None or attempt.state == AttemptState.DEFERRED
    _require_possible(presence, attempt, is_away=is_away)
    kind, text, second = "info", TEXTS[presence], None
    is_late = presence is Presence.PRESENT and is_away and entry_is_over(run, now)
    if is_late or presence is Presence.DEFERRED:
        second = reviewer_of(db, sitting_id, reviewer, actor=actor)
        if not reason.strip():
            raise InvalidInputError(field="原因", reason="不能为空，请填写原因。")
        kind, text = ("let_in", "超过迟到时限放行入场") if is_late else ("deferred", text)
        text = f"{text}：{reason.strip()}，复核人 {second.name}"
        detail = {"reason": reason, "reviewer": second.login_name}
        action = "let_in_late" if is_late else "defer_candidate"
        note(db, action, ("admission", admission.id), actor=actor, now=now, detail=detail)
    if presence is Presence.DEFERRED:
        _require_unmarked(db, admission)
    if attempt is not None:
        _carry_over(db, attempt, presence, reason, second=second, actor=actor, now=now)
    room_record.record_presence(db, admission.id, presence, actor=actor, now=now)
    tell_room(db, sitting_id, kind, text, admission_id=admission.id, actor=actor, now=now)


def _require_possible(presence: Presence, attempt: Attempt | None, *, is_away: bool) -> None:
    """Refuse what cannot be said of somebody who has signed in, or has seen the paper."""
    action = TEXTS[presence]
    if presence is Presence.ABSENT and not is_away:
        hint = "如系误登录，请先核对身份。"
        raise RoomNotReadyError(state="该考生已登录", action=action, hint=hint)
    if presence is Presence.DEFERRED and attempt is not None and attempt.started_at is not None:
        hint = "考生已看到试卷；确实不能继续的，请强制交卷并写明原因。"
        raise RoomNotReadyError(state="该考生已开始作答", action=action, hint=hint)


def _carry_over(
    db: Session,
    attempt: Attempt,
    presence: Presence,
    reason: str,
    *,
    second: Account | None,
    actor: Actor,
    now: datetime,
) -> None:
    """End the attempt of one who signed in and is deferred now, or let it begin anew."""
    if presence is Presence.DEFERRED:
        kind = EventKind.DEFERRED
        end_attempt(db, attempt, kind, now=now, actor=actor, second=second, reason=reason)
    elif presence is Presence.PRESENT and attempt.state == AttemptState.DEFERRED:
        kind = EventKind.RECALLED
        record(db, [attempt], kind, now=now, actor=actor, second=second, reason=reason)
        attempt.ended_at = attempt.receipt = None
        attempt.data_confirmed_at = attempt.rules_confirmed_at = None
        end_leases(db, attempt, now=now)


def _require_unmarked(db: Session, admission: Admission) -> None:
    """Refuse to move somebody to a later batch who has a mark in this one."""
    own = select(SubjectResult.id).where(SubjectResult.enrolment_id == admission.enrolment_id)
    if db.scalar(own.limit(1)) is not None:
        raise RoomNotReadyError(state="该考生已有一科成绩", action="登记缓考", hint="")
