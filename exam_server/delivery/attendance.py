"""Who came: a proctor marks absence, takes it back, and lets in after the limit with a second."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.errors import RoomNotReadyError
from exam_server.delivery.late_entry import entry_is_over
from exam_server.delivery.models import Attempt
from exam_server.delivery.proctor_actions import reviewer_of, tell_room
from exam_server.delivery.queries import admission_in, run_on_duty
from exam_server.delivery.states import RUN_WORDS, RunState
from proctor import actions as room_record
from proctor.rules.presence import Presence
from registry.access import Actor
from registry.audit_log import note
from registry.errors import InvalidInputError


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
    """Mark a candidate as absent, or take the mark back.

    After the limit for entering, taking it back lets a candidate in: two persons, with a reason.
    """
    run = run_on_duty(db, sitting_id, actor=actor)
    if run.state == RunState.CLOSED:
        state = RUN_WORDS[RunState.CLOSED]
        raise RoomNotReadyError(
            state=state, action="更改到场登记", hint="如需更正，请走成绩更正流程。"
        )
    admission = admission_in(db, sitting_id, admission_id)
    attempt = db.scalar(select(Attempt).where(Attempt.admission_id == admission.id))
    if presence is Presence.ABSENT and attempt is not None:
        raise RoomNotReadyError(
            state="该考生已登录", action="登记缺考", hint="如系误登录，请先核对身份。"
        )
    kind, text = "info", "登记缺考" if presence is Presence.ABSENT else "撤销缺考登记"
    if presence is Presence.PRESENT and attempt is None and entry_is_over(run, now):
        second = reviewer_of(db, sitting_id, reviewer, actor=actor)
        if not reason.strip():
            raise InvalidInputError(field="原因", reason="不能为空，请填写放行的原因。")
        kind, text = "let_in", f"超过迟到时限放行入场：{reason.strip()}，复核人 {second.name}"
        detail = {"reason": reason, "reviewer": second.login_name}
        note(db, "let_in_late", ("admission", admission.id), actor=actor, now=now, detail=detail)
    room_record.record_presence(db, admission.id, presence, actor=actor, now=now)
    tell_room(db, sitting_id, kind, text, admission_id=admission.id, actor=actor, now=now)
