"""Writes what happens to an attempt: an event, chained, and the stored columns that follow from it.

Nothing else sets state, epoch, start or deadline of an attempt: they are the fold of its events.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from exam_server.delivery.chain import EventLink, link, microseconds
from exam_server.delivery.models import Attempt, AttemptEvent, Outage, RoomEvent, SeatTransfer
from exam_server.delivery.rules.attempt_states import (
    DECIDES_TRANSFER,
    ENDS_TRANSFER,
    Event,
    standing_of,
)
from exam_server.delivery.rules.deadline import Interval, closing_of, deadline_of, ledger_of
from exam_server.delivery.states import EventKind, TransferState
from registry.access import SYSTEM, Actor
from registry.accounts.models import Account

CANDIDATE = Actor(None, "考生", frozenset(), "32")
MOVES_TIME = frozenset(
    {
        EventKind.STARTED,
        EventKind.EXTENDED,
        EventKind.PAUSED,
        EventKind.RESUMED,
        EventKind.COMPENSATED,
        EventKind.REOPENED,
    }
)


def record(
    db: Session,
    attempts: Sequence[Attempt],
    kind: EventKind,
    *,
    now: datetime,
    actor: Actor = SYSTEM,
    second: Account | None = None,
    reason: str = "",
    body: Mapping[str, Any] | None = None,
) -> None:
    """Write one event for each attempt of a sitting; refuses what cannot happen where one stands.

    The caller writes the line of the audit log, which may speak of many attempts at once.
    """
    past = events_of(db, [attempt.id for attempt in attempts if attempt.event_no])
    persons = _name_of(db, actor), _signed(second) if second else ""
    text = json.dumps(body or {}, ensure_ascii=False, sort_keys=True)
    has_new_times = kind in MOVES_TIME and attempts
    outages = outages_of(db, attempts[0].sitting_id) if has_new_times else []
    for attempt in attempts:
        row = AttemptEvent(
            attempt_id=attempt.id,
            number=attempt.event_no + 1,
            kind=kind,
            body=text,
            reason=reason.strip(),
            actor=persons[0],
            second=persons[1],
            at=now,
        )
        _follow(attempt, [*past.get(attempt.id, []), read_event(row)])
        if has_new_times:
            set_times(attempt, [*past.get(attempt.id, []), read_event(row)], outages)
        row.chain_hash = link(attempt.event_hash, event_link(row, attempt))
        attempt.event_no, attempt.event_hash = row.number, row.chain_hash
        db.add(row)
    db.flush()
    if kind in ENDS_TRANSFER - DECIDES_TRANSFER:
        _lapse_requests(db, attempts)


ASKED = select(SeatTransfer).where(
    SeatTransfer.attempt_id.in_(bindparam("ids", expanding=True)),
    SeatTransfer.state == TransferState.ASKED,
)


def _lapse_requests(db: Session, attempts: Sequence[Attempt]) -> None:
    """Tell computers that wait for a proctor, and the wall, that nothing is left to decide."""
    places = {attempt.id: attempt.admission_id for attempt in attempts}
    for transfer in db.scalars(ASKED, {"ids": list(places)}).all():
        transfer.state = TransferState.REPLACED
        settle_transfer_alarm(db, places[transfer.attempt_id])


def settle_transfer_alarm(db: Session, admission_id: int) -> None:
    """Close what the wall was told of a computer that asks for a candidate's seat."""
    waiting = select(RoomEvent).where(
        RoomEvent.admission_id == admission_id, RoomEvent.kind == "transfer", RoomEvent.is_open
    )
    for event in db.scalars(waiting):
        event.is_open = False


def _follow(attempt: Attempt, events: Sequence[Event]) -> None:
    """Bring the stored columns in line with the events."""
    standing = standing_of(events)
    assert standing.state is not None
    attempt.state, attempt.epoch = standing.state, standing.epoch
    attempt.paused_at = standing.paused_at


def set_times(attempt: Attempt, events: Sequence[Event], outages: Sequence[Interval]) -> None:
    """Store when the attempt began and ends."""
    ledger = ledger_of(events)
    if ledger is not None:
        attempt.started_at = ledger.clock_from
        attempt.deadline_at = deadline_of(ledger)
        attempt.closes_at = closing_of(ledger, outages)


EVENTS = (
    select(
        AttemptEvent.attempt_id,
        AttemptEvent.number,
        AttemptEvent.kind,
        AttemptEvent.at,
        AttemptEvent.body,
    )
    .where(AttemptEvent.attempt_id.in_(bindparam("ids", expanding=True)))
    .order_by(AttemptEvent.attempt_id, AttemptEvent.number)
)


def events_of(db: Session, attempt_ids: Sequence[int]) -> dict[int, list[Event]]:
    """Return the events of attempts, in their order."""
    if not attempt_ids:
        return {}
    events: dict[int, list[Event]] = {}
    for row in db.execute(EVENTS, {"ids": list(attempt_ids)}):
        event = Event(row.number, EventKind(row.kind), row.at, json.loads(row.body))
        events.setdefault(row.attempt_id, []).append(event)
    return events


def outages_of(db: Session, sitting_id: int) -> list[Interval]:
    """Return when the server was down while the sitting was on."""
    chosen = select(Outage.began_at, Outage.ended_at).where(
        Outage.sitting_id == sitting_id, Outage.attempt_id.is_(None)
    )
    return [(began_at, ended_at) for began_at, ended_at in db.execute(chosen) if ended_at]


def read_event(row: AttemptEvent) -> Event:
    """Return an event as the rules see it."""
    return Event(row.number, EventKind(row.kind), row.at, json.loads(row.body))


def event_link(row: AttemptEvent, attempt: Attempt) -> EventLink:
    """Return an event as it is chained: under the number of its attempt in the room."""
    return EventLink(
        attempt.number_in_room or attempt.id,
        row.number,
        row.kind,
        row.body,
        row.reason,
        row.actor,
        row.second,
        microseconds(row.at),
    )


def _name_of(db: Session, actor: Actor) -> str:
    account = db.get(Account, actor.account_id) if actor.account_id is not None else None
    return _signed(account) if account else actor.name


def _signed(account: Account) -> str:
    return f"{account.name}（{account.login_name}）"
