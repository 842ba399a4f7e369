"""What is wrong with the server itself, told on every wall: its clock was moved, its disk is full.

A store that cannot be written cannot keep an event either; that is said from memory, and put down
once writing works again.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.models import RoomEvent, SittingRun
from exam_server.delivery.states import LIVE, RunState
from exam_server.delivery.writer import Writer
from registry.local_time import JIANGSU

CLOCK_STEP_S = 1.0
OPEN = (RunState.CHECK_IN, *LIVE)
ADVICE = "服务器现在不能写盘（{reason}），答案暂存在考生机上。请立即{remedy}。"
QUIET = timedelta(seconds=10)  # without a failure: a small write may fit where others do not
FULL = ("full", "No space")  # as SQLite and PostgreSQL word it


def unmoved() -> float:
    """Say that the clock has not been moved: for servers whose clock is given."""
    return 0.0


class Alarms:
    """Notices trouble once and writes an open event for every open room."""

    def __init__(self, writer: Writer, step_s: Callable[[], float]) -> None:
        self.step_s = step_s
        self._writer = writer
        self._noted_step_s = 0.0
        self._failures = 0
        self._failing_from: datetime | None = None
        self._last_failure: datetime | None = None

    def of_the_store(self) -> str:
        """Return what the walls must say of the store now, empty when it works."""
        if self._failing_from is None:
            return ""
        if any(word in self._writer.trouble for word in FULL):
            return ADVICE.format(reason="磁盘已满", remedy="清理服务器磁盘")
        return ADVICE.format(reason="存储出错", remedy="检查服务器磁盘")

    def tick(self, now: datetime) -> None:
        """Put down what is new; raises ``BusyError`` while the store still fails."""
        if self._writer.failures != self._failures:
            self._failures = self._writer.failures
            self._failing_from, self._last_failure = self._failing_from or now, now
        if self._failing_from and self._last_failure and now > self._last_failure + QUIET:
            since = self._failing_from.astimezone(JIANGSU)
            text = f"{since:%H:%M:%S} 起服务器不能写盘，答案曾暂存在考生机上；现已恢复"
            self._writer.perform(lambda db: _tell_open_rooms(db, text, now=now))
            self._failing_from = None
        step_s = self.step_s()
        if abs(step_s - self._noted_step_s) > CLOCK_STEP_S:
            text = f"服务器时钟被拨动 {step_s - self._noted_step_s:+.0f} 秒；考试计时不受影响"
            advice = "。请勿再改时钟，并记入考场情况记录单"
            self._writer.perform(lambda db: _tell_open_rooms(db, text + advice, now=now))
            self._noted_step_s = step_s


def _tell_open_rooms(db: Session, text: str, *, now: datetime) -> None:
    for sitting_id in db.scalars(select(SittingRun.sitting_id).where(SittingRun.state.in_(OPEN))):
        db.add(
            RoomEvent(
                sitting_id=sitting_id,
                admission_id=None,
                kind="alert",
                text=text,
                for_candidate=False,
                is_open=True,
                at=now,
                by_id=None,
            )
        )
