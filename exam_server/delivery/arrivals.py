"""Whether what was sent to candidates has arrived: at the page, confirmed by the person (R18)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.models import Attempt, EventReceipt, RoomEvent
from exam_server.delivery.presence_board import PresenceBoard
from exam_server.delivery.queries import CONFIRMED_KINDS
from exam_server.delivery.states import ENDED


@dataclass(frozen=True)
class Arrival:
    """How far one message or extension has come."""

    to: int
    delivered: int
    confirmed: int
    waiting: tuple[int, ...]  # seats that have not confirmed


def arrivals(
    db: Session,
    events: Sequence[RoomEvent],
    attempts: Iterable[Attempt],
    board: PresenceBoard,
    seat_of: Mapping[int, int],
) -> dict[int, Arrival]:
    """Return the arrival of every event that candidates must confirm."""
    asked = [event for event in events if event.kind in CONFIRMED_KINDS]
    if not asked:
        return {}
    own = select(EventReceipt.event_id, EventReceipt.attempt_id).where(
        EventReceipt.event_id.in_([event.id for event in asked])
    )
    seen = {(row.event_id, row.attempt_id) for row in db.execute(own)}
    every = list(attempts)
    return {event.id: _arrival(event, every, seen, board, seat_of) for event in asked}


def _arrival(
    event: RoomEvent,
    attempts: Iterable[Attempt],
    seen: set[tuple[int, int]],
    board: PresenceBoard,
    seat_of: Mapping[int, int],
) -> Arrival:
    """Count those it is for; one who has handed in without confirming is not waited for."""
    to, delivered, confirmed, waiting = 0, 0, 0, []
    for attempt in attempts:
        has_confirmed = (event.id, attempt.id) in seen
        is_meant = event.admission_id in (None, attempt.admission_id)
        is_waited_for = has_confirmed or attempt.state not in ENDED
        if not (is_meant and is_waited_for and attempt.claimed_at <= event.at):
            continue
        to += 1
        confirmed += has_confirmed
        delivered += has_confirmed or board.last(attempt.id).after_event >= event.id
        if not has_confirmed:
            waiting.append(seat_of[attempt.admission_id])
    return Arrival(to, delivered, confirmed, tuple(sorted(waiting)))


def told(arrival: Arrival | None) -> dict[str, object] | None:
    """Write an arrival as the wall receives it."""
    return {**asdict(arrival), "waiting": list(arrival.waiting)} if arrival else None
