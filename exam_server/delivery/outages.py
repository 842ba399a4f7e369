"""When seats and the server itself were not there: seen, written down, and what follows from it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.generations import STORE_ID
from exam_server.delivery.models import Attempt, AttemptEvent, Outage, SittingRun, StoreIdentity
from exam_server.delivery.rules.compensation import (
    WORTH_PROPOSING,
    Cause,
    Lost,
    Proposal,
    proposals,
)
from exam_server.delivery.rules.deadline import Interval
from exam_server.delivery.states import BEGUN, LIVE, EventKind
from exam_server.delivery.transitions import events_of, outages_of, set_times
from exam_server.delivery.writer import Writer

ALIVE_EVERY = timedelta(seconds=5)
DOWN_AFTER = timedelta(seconds=10)  # two signs of life missed


class SignsOfLife:
    """Writes down every few seconds that this server works, while a sitting is on."""

    def __init__(self, writer: Writer, now: datetime) -> None:
        self._writer = writer
        self._due = now

    def tick(self, now: datetime) -> None:
        """Write a sign if one is due."""
        if now < self._due:
            return
        self._writer.perform(lambda db: show_life(db, now=now))
        self._due = now + ALIVE_EVERY


def show_life(db: Session, *, now: datetime) -> None:
    """Write down that the server works."""
    db.get_one(StoreIdentity, STORE_ID).alive_at = now


def wake(db: Session, *, now: datetime) -> None:
    """After a start, write down how long every sitting was without its server."""
    alive_at = db.get_one(StoreIdentity, STORE_ID).alive_at
    if alive_at is not None and now - alive_at > DOWN_AFTER:
        for run in db.scalars(select(SittingRun).where(SittingRun.state.in_(LIVE))).all():
            assert run.started_at is not None
            _was_down(db, run.sitting_id, (max(alive_at, run.started_at), now))
    show_life(db, now=now)


def _was_down(db: Session, sitting_id: int, outage: Interval) -> None:
    began_at, ended_at = outage
    lasting = select(Outage).where(Outage.sitting_id == sitting_id, Outage.ended_at.is_(None))
    for seat in db.scalars(lasting):
        seat.ended_at = max(began_at, seat.began_at)  # what came later nobody has seen
    db.add(Outage(sitting_id=sitting_id, began_at=began_at, ended_at=ended_at))
    db.flush()
    begun = select(Attempt).where(Attempt.sitting_id == sitting_id, Attempt.state.in_(BEGUN))
    attempts = db.scalars(begun).all()
    events = events_of(db, [attempt.id for attempt in attempts])
    for attempt in attempts:
        set_times(attempt, events[attempt.id], outages_of(db, sitting_id))


def seats_fell_silent(db: Session, silent: Iterable[tuple[Attempt, datetime]]) -> None:
    """Write down that nothing was heard of seats, of each since when."""
    db.add_all(
        Outage(sitting_id=attempt.sitting_id, attempt_id=attempt.id, began_at=since)
        for attempt, since in silent
    )


def seats_are_back(db: Session, back: Mapping[int, datetime]) -> None:
    """End the outages of seats by id of the attempt, of each when it was heard again."""
    lasting = select(Outage).where(Outage.attempt_id.in_(back), Outage.ended_at.is_(None))
    for outage in db.scalars(lasting):
        assert outage.attempt_id is not None
        outage.ended_at = back[outage.attempt_id]


def open_proposals(db: Session, attempts: Sequence[Attempt]) -> dict[int, list[Proposal]]:
    """Return what may be given back to attempts of one sitting; those without any are missing."""
    if not attempts:
        return {}
    seen = select(Outage).where(
        Outage.sitting_id == attempts[0].sitting_id, Outage.ended_at.is_not(None)
    )
    lost: dict[int | None, list[Lost]] = defaultdict(list)  # None: all lost it with the server
    stopped = _ever_paused(db, attempts)
    for row in db.scalars(seen):
        lost[row.attempt_id].append(one := _lost(row))
        if one.ended_at - one.began_at >= WORTH_PROPOSING:
            stopped.add(row.attempt_id)
    has_stopped = [
        attempt.id
        for attempt in attempts
        if attempt.state in BEGUN and (None in stopped or attempt.id in stopped)
    ]
    events = events_of(db, has_stopped)
    everybody = lost.get(None, [])
    found = {each: proposals(events[each], everybody + lost.get(each, [])) for each in has_stopped}
    return {attempt_id: own for attempt_id, own in found.items() if own}


def _ever_paused(db: Session, attempts: Sequence[Attempt]) -> set[int | None]:
    ids = [attempt.id for attempt in attempts]
    pauses = select(AttemptEvent.attempt_id).where(AttemptEvent.kind == EventKind.PAUSED)
    return set(db.scalars(pauses.where(AttemptEvent.attempt_id.in_(ids))))


def _lost(row: Outage) -> Lost:
    assert row.ended_at is not None
    cause = Cause.SEAT if row.attempt_id else Cause.SERVER
    return Lost(f"{cause}-{row.id}", cause, row.began_at, row.ended_at)
