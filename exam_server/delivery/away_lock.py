"""Covering a paper whose candidate left the page, where the proctor has asked for it.

Nothing of it is automatic unless a proctor switches it on for the room; a covered paper stays so
until a proctor lets the candidate go on. Both are events, and how things stand is the last of them.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.ending import add_event
from exam_server.delivery.models import Attempt, RoomEvent
from exam_server.delivery.queries import attempt_of, run_on_duty
from registry.access import Actor
from registry.audit_log import note
from registry.errors import NotFoundError

ON, OFF = "away_lock", "away_unlock"
COVERED, UNCOVERED = "covered", "uncovered"
COVER_WORDS = "您离开了答题窗口，答卷已遮盖。请举手，由监考人员放行。"
UNCOVER_WORDS = "监考人员已放行，可以继续作答。"


def is_on(db: Session, sitting_id: int) -> bool:
    """Say whether papers of the room are covered when their candidates leave the page."""
    last = select(RoomEvent.kind).where(
        RoomEvent.sitting_id == sitting_id, RoomEvent.kind.in_((ON, OFF))
    )
    return db.scalar(last.order_by(RoomEvent.id.desc()).limit(1)) == ON


def covered(db: Session, sitting_id: int, admission_id: int | None = None) -> Mapping[int, bool]:
    """Return by admission, of the room or one alone, whether the paper is covered now."""
    chosen = select(RoomEvent.admission_id, RoomEvent.kind).where(
        RoomEvent.sitting_id == sitting_id, RoomEvent.kind.in_((COVERED, UNCOVERED))
    )
    if admission_id is not None:
        chosen = chosen.where(RoomEvent.admission_id == admission_id)
    rows = db.execute(chosen.order_by(RoomEvent.id))
    return {admission: kind == COVERED for admission, kind in rows if admission is not None}


def is_covered(db: Session, attempt: Attempt) -> bool:
    """Say whether one candidate's paper is covered now."""
    place = attempt.admission_id
    return covered(db, attempt.sitting_id, place).get(place, False)


def set_lock(db: Session, sitting_id: int, *, on: bool, actor: Actor, now: datetime) -> None:
    """Switch the covering on or off for the room; again changes nothing."""
    run_on_duty(db, sitting_id, actor=actor)
    if is_on(db, sitting_id) == on:
        return
    text = "已开启离屏遮盖：考生离开答题窗口后，由监考人员放行" if on else "已关闭离屏遮盖"
    kind = ON if on else OFF
    event = RoomEvent(
        sitting_id=sitting_id,
        admission_id=None,
        kind=kind,
        text=text,
        for_candidate=False,
        is_open=False,
        at=now,
        by_id=actor.account_id,
    )
    db.add(event)
    note(db, kind, ("sitting", sitting_id), actor=actor, now=now)


def cover_after_leaving(db: Session, attempt: Attempt, *, now: datetime) -> None:
    """Cover the paper of one who left the page, where the room is set so."""
    if is_on(db, attempt.sitting_id) and not is_covered(db, attempt):
        add_event(db, attempt, COVERED, COVER_WORDS, now=now, for_candidate=True)


def uncover(
    db: Session, sitting_id: int, admission_id: int | None, *, actor: Actor, now: datetime
) -> None:
    """Let a candidate go on whose paper is covered."""
    run_on_duty(db, sitting_id, actor=actor)
    attempt = attempt_of(db, sitting_id, admission_id)
    if not is_covered(db, attempt):
        raise NotFoundError(what="被遮盖的答卷")
    add_event(db, attempt, UNCOVERED, UNCOVER_WORDS, now=now, for_candidate=True, actor=actor)
    note(db, "uncover_paper", ("attempt", attempt.id), actor=actor, now=now)
