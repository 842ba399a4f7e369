"""Tells the wall and the log of every room that is open when the witness comes, goes or lags."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.models import RoomEvent, SittingRun
from exam_server.delivery.states import LIVE, RunState
from exam_server.room_host.witness.status import Mode, Standing, WitnessStatus
from registry.access import SYSTEM
from registry.audit_log import note

OPEN = (RunState.CHECK_IN, *LIVE)
WORDS = {
    Standing.ABSENT: "备机未连接",
    Standing.COPYING: "备机正在取完整数据",
    Standing.FOLLOWING: "备机同步正常",
    Standing.BEHIND: "备机跟不上",
}
ALONE = "：答案只存在服务器一处，请检查备机及网络"


def told(status: WitnessStatus) -> str:
    """Say how the witness is doing; of a ``sync`` room also that it goes on alone."""
    alone = status.mode is Mode.SYNC and status.standing is not Standing.FOLLOWING
    return WORDS[status.standing] + (ALONE if alone else "")


def is_alarm(status: WitnessStatus) -> bool:
    """Say whether a person must look."""
    return status.standing in (Standing.ABSENT, Standing.BEHIND)


def open_sittings(db: Session) -> list[int]:
    """Return the sittings whose rooms are open."""
    return list(db.scalars(select(SittingRun.sitting_id).where(SittingRun.state.in_(OPEN))))


def note_change(
    db: Session, status: WitnessStatus, sittings: Sequence[int], *, now: datetime
) -> None:
    """Write how the witness is doing into these rooms and the log."""
    for sitting_id in sittings:
        db.add(
            RoomEvent(
                sitting_id=sitting_id,
                admission_id=None,
                kind="alert" if is_alarm(status) else "info",
                text=told(status),
                for_candidate=False,
                is_open=False,
                at=now,
                by_id=None,
            )
        )
    detail = {"mode": status.mode, "standing": status.standing, "alone": status.alone}
    note(db, "note_witness", ("store", "witness"), actor=SYSTEM, now=now, detail=detail)
