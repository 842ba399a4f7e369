"""What every reply to a candidate says of the attempt: state, head, deadline, last event."""

import json
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from sqlalchemy import Row, ScalarSelect, Select, bindparam, func, select
from sqlalchemy.orm import aliased

from exam_server.delivery.away_lock import COVERED, UNCOVERED
from exam_server.delivery.models import Attempt, RoomEvent, SittingRun
from exam_server.delivery.states import BEGUN, AttemptState, RunState
from exam_server.delivery.timing import milliseconds
from registry.database import Database


@dataclass
class Brief:
    """What every reply to a candidate says of the attempt."""

    state: AttemptState
    epoch: int
    head_seq: int
    deadline_at: datetime | None
    closes_at: datetime | None
    paused_at: datetime | None
    deadline_version: int
    last_event: int
    receipt: dict[str, Any] | None
    is_covered: bool  # left the page, and the proctor has not let go on yet
    is_sealed: bool  # nothing can change any more: pages may forget the attempt
    may_leave_at: datetime | None  # from when the candidate may hand in

    @cached_property
    def told(self) -> dict[str, Any]:
        """What every reply says of it, as the wire writes it; operations change none of it."""
        return {
            "epoch": self.epoch,
            "state": self.state.value,
            "deadline_ms": self.deadline_at and milliseconds(self.deadline_at),
            "deadline_version": self.deadline_version,
            "paused_ms": self.paused_at and milliseconds(self.paused_at),
            "receipt": self.receipt,
            "may_leave_ms": self.may_leave_at and milliseconds(self.may_leave_at),
            "covered": self.is_covered,
            "sealed": self.is_sealed,
        }

    @property
    def is_working(self) -> bool:
        """Say whether the candidate may see the paper and answer."""
        return self.state in BEGUN and self.closes_at is not None and self.paused_at is None


def _everything() -> Select[Any]:
    of_the_room = RoomEvent.sitting_id == Attempt.sitting_id
    own = of_the_room & (RoomEvent.admission_id == Attempt.admission_id)
    newest = select(func.max(RoomEvent.id)).where(RoomEvent.for_candidate)
    cover = select(RoomEvent.kind).where(own, RoomEvent.kind.in_((COVERED, UNCOVERED)))
    columns = (
        Attempt.id,
        Attempt.state,
        Attempt.epoch,
        Attempt.head_seq,
        Attempt.deadline_at,
        Attempt.closes_at,
        Attempt.paused_at,
        Attempt.event_no,
        Attempt.receipt,
        SittingRun,
        newest.where(own).scalar_subquery().label("last_own"),
        newest.where(of_the_room, RoomEvent.admission_id.is_(None))
        .scalar_subquery()
        .label("last_of_all"),
        cover.order_by(RoomEvent.id.desc()).limit(1).scalar_subquery().label("cover"),
    )
    return select(*columns).join(SittingRun, SittingRun.sitting_id == Attempt.sitting_id)


def _own_sitting() -> ScalarSelect[int]:
    own = aliased(Attempt)
    return select(own.sitting_id).where(own.id == bindparam("attempt_id")).scalar_subquery()


OF_ONE = _everything().where(Attempt.id == bindparam("attempt_id"))
OF_ITS_ROOM = _everything().where(Attempt.sitting_id == _own_sitting())


def _brief(row: Row[Any]) -> Brief:
    run: SittingRun = row.SittingRun
    return Brief(
        AttemptState(row.state),
        row.epoch,
        row.head_seq,
        row.deadline_at,
        row.closes_at,
        row.paused_at,
        row.event_no,
        max(row.last_own or 0, row.last_of_all or 0),
        json.loads(row.receipt) if row.receipt else None,
        row.cover == COVERED,
        run.state == RunState.CLOSED,
        run.may_leave_at,
    )


class Briefs:
    """A cache: whoever changes an attempt lets its brief be forgotten."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._briefs: dict[int, Brief] = {}
        self._forgotten: set[int] = set()  # by themselves, while the others of the room are known
        self._changes = 0  # a brief read before a change must not be kept after it

    def of(self, attempt_id: int) -> Brief:
        """Return the brief of an attempt.

        After a start, and after a command of the proctor, every page asks at once: then the whole
        room's are read together.
        """
        brief = self._briefs.get(attempt_id)
        if brief is not None:
            return brief
        return self._read(OF_ONE if attempt_id in self._forgotten else OF_ITS_ROOM, attempt_id)

    def fresh(self, attempt_id: int) -> Brief:
        """Read the brief of an attempt anew."""
        return self._read(OF_ONE, attempt_id)

    def _read(self, statement: Select[Any], attempt_id: int) -> Brief:
        before = self._changes
        with self._database.reading() as db:
            rows = db.execute(statement, {"attempt_id": attempt_id}).all()
            read = {row.id: _brief(row) for row in rows}
        own, known = read[attempt_id], self._briefs.get(attempt_id)
        if known is not None:
            own.head_seq = max(own.head_seq, known.head_seq)  # stored while it was read
        if self._changes == before:
            for other_id, brief in read.items():
                self._briefs.setdefault(other_id, brief)
            self._briefs[attempt_id] = own
        return own

    def forget(self, attempt_id: int) -> None:
        """Something about the attempt has changed."""
        self._changes += 1
        self._briefs.pop(attempt_id, None)
        self._forgotten.add(attempt_id)

    def forget_all(self) -> None:
        """Something about many attempts may have changed."""
        self._changes += 1
        self._briefs.clear()
        self._forgotten.clear()

    def advance(self, attempt_id: int, head_seq: int) -> None:
        """Operations were stored; nothing else has changed."""
        brief = self._briefs.get(attempt_id)
        if brief is None:
            self._changes += 1  # one that is being read may be older
        else:
            brief.head_seq = head_seq
