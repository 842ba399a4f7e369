"""Who comes after the limit: refused at the sign-in, absent by itself, let in by two persons."""

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.errors import LateEntryError
from exam_server.delivery.models import Attempt, RoomEvent, SittingRun
from exam_server.delivery.remembered import Remembered
from exam_server.delivery.states import LIVE
from exam_server.delivery.writer import Writer
from proctor.actions import record_presence
from proctor.models import PresenceRecord
from proctor.rules.presence import Presence
from proctor.rules.room_counts import named
from registry.access import SYSTEM
from registry.scheduling.models import Admission


def entry_is_over(run: SittingRun, now: datetime) -> bool:
    """Say whether nobody may come in any more without two persons letting them."""
    ends_at = run.entry_ends_at
    return ends_at is not None and now > ends_at


def require_entry(db: Session, admission: Admission, run: SittingRun, *, now: datetime) -> None:
    """Refuse a first sign-in after the limit, unless somebody was let in after it."""
    if not entry_is_over(run, now) or _has_attempt(db, admission.id):
        return
    if not _was_let_in(db.get(PresenceRecord, admission.id), run):
        raise LateEntryError(run.sitting_id, admission.id, minutes=run.rules.late_entry_minutes)


def mark_late_absent(db: Session, run: SittingRun, *, now: datetime) -> int:
    """Record everyone as absent who has not signed in by the limit; return how many."""
    if run.state not in LIVE or not entry_is_over(run, now):
        return 0
    missing = [admission for admission in run.sitting.admissions if _is_missing(db, admission, run)]
    for admission in missing:
        record_presence(db, admission.id, Presence.ABSENT, actor=SYSTEM, now=now)
    if missing:
        labels = tuple(f"{one.seat_no:02d} {one.enrolment.candidate.name}" for one in missing)
        minutes = run.rules.late_entry_minutes
        words = f"开考已满 {minutes} 分钟，未登录的 {len(missing)} 人自动记缺考：{named(labels)}"
        db.add(_event(run.sitting_id, None, "info", words, now, is_open=False))
    return len(missing)


class Latecomers:
    """Marks absent by itself who has not come, room by room, once its limit has passed."""

    def __init__(self, writer: Writer, stamp: Callable[[], object]) -> None:
        self._writer = writer
        self._runs = Remembered(self._live, stamp)
        self._settled: set[int] = set()

    def tick(self, now: datetime) -> None:
        """Mark those of every room whose limit has passed since the last look."""
        over = {run.sitting_id for run in self._runs.get(now) if entry_is_over(run, now)}
        for sitting_id in over - self._settled:
            self._settle(sitting_id, now)

    def _live(self) -> Sequence[SittingRun]:
        with self._writer.database.reading() as db:
            return db.scalars(select(SittingRun).where(SittingRun.state.in_(LIVE))).all()

    def _settle(self, sitting_id: int, now: datetime) -> None:
        def mark(db: Session) -> int:
            return mark_late_absent(db, db.get_one(SittingRun, sitting_id), now=now)

        self._writer.perform(mark)
        self._settled.add(sitting_id)


def refused_entry(refused: LateEntryError, address: str, now: datetime) -> RoomEvent:
    """Return what the wall is told of somebody who came too late."""
    words = f"超过迟到时限，要求入场（{address}）。放行须两人同意"
    return _event(refused.sitting_id, refused.admission_id, "help", words, now, is_open=True)


def _is_missing(db: Session, admission: Admission, run: SittingRun) -> bool:
    record = db.get(PresenceRecord, admission.id)
    is_settled = record is not None and record.presence != Presence.PRESENT
    return not is_settled and not _was_let_in(record, run) and not _has_attempt(db, admission.id)


def _was_let_in(record: PresenceRecord | None, run: SittingRun) -> bool:
    ends_at = run.entry_ends_at
    if record is None or ends_at is None or record.presence != Presence.PRESENT:
        return False
    return record.recorded_at > ends_at


def _has_attempt(db: Session, admission_id: int) -> bool:
    own = select(Attempt.id).where(Attempt.admission_id == admission_id)
    return db.scalar(own) is not None


def _event(
    sitting_id: int,
    admission_id: int | None,
    kind: str,
    words: str,
    now: datetime,
    *,
    is_open: bool,
) -> RoomEvent:
    return RoomEvent(
        sitting_id=sitting_id,
        admission_id=admission_id,
        kind=kind,
        text=words,
        for_candidate=False,
        is_open=is_open,
        at=now,
        by_id=None,
    )
