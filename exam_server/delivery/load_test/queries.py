"""Load tests on record: the one that runs, the newest of a room, as the wall is told of it."""

import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.candidate_actions import OPEN_ROOMS
from exam_server.delivery.load_test.models import LoadTest
from exam_server.delivery.models import SittingRun
from exam_server.delivery.timing import milliseconds


def unfinished_test(db: Session) -> LoadTest | None:
    """Return the test of this server that has no result yet; there is one at most."""
    return db.scalars(select(LoadTest).where(LoadTest.result.is_(None))).first()


def load_tests_of(db: Session, sitting_id: int) -> Sequence[LoadTest]:
    """Return the tests of a room, oldest first."""
    own = select(LoadTest).where(LoadTest.sitting_id == sitting_id)
    return db.scalars(own.order_by(LoadTest.id)).all()


def has_open_room(db: Session) -> bool:
    """Say whether candidates may be at this server's computers."""
    opened = select(SittingRun.sitting_id).where(SittingRun.state.in_(OPEN_ROOMS))
    return db.scalars(opened.limit(1)).first() is not None


def newest_told(db: Session, sitting_id: int) -> dict[str, Any] | None:
    """Return what the wall shows of the newest test of a room."""
    newest = select(LoadTest).where(LoadTest.sitting_id == sitting_id)
    test = db.scalars(newest.order_by(LoadTest.id.desc()).limit(1)).first()
    if test is None:
        return None
    return {
        "id": test.id,
        "robots": test.robots,
        "begun_ms": milliseconds(test.begun_at),
        "until_ms": milliseconds(test.ended_at or test.until_at),
        "result": json.loads(test.result) if test.result else None,
    }
