"""When an attempt ends: one pure function over the time ledger, which its events are (R10, R12).

Deadline = where the clock began + allowance + extra time + what was given back for pauses and
outages, never later than the hard stop. An undecided pause counts in full until it is decided;
while a pause is open or undecided the attempt is closed by the hard stop alone.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from exam_server.delivery.rules.attempt_states import Event
from exam_server.delivery.states import EventKind

GRACE = timedelta(seconds=15)  # operations already on their way at the deadline still count
LATEST_END = timedelta(minutes=180)  # after the ordinary end of a sitting nothing goes on
NOTHING = timedelta(0)
Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Pause:
    """A time in which the candidate could not work; ``credit`` is None until decided."""

    number: int  # of the event that began it
    began_at: datetime
    ended_at: datetime | None = None
    credit: timedelta | None = None
    cause: str = ""


@dataclass(frozen=True)
class Ledger:
    """All that decides when an attempt ends."""

    clock_from: datetime
    allowance: timedelta  # of the paper, with the time approved for this candidate
    hard_stop_at: datetime
    given: timedelta = NOTHING
    pauses: tuple[Pause, ...] = ()


def beginning(clock_from: datetime, minutes: int, approved: int = 0) -> dict[str, Any]:
    """Return the body of the event that starts an attempt: what its time is counted from."""
    return {
        "clock_from": clock_from.isoformat(),
        "minutes": minutes,
        "approved": approved,
        "hard_stop": (clock_from + timedelta(minutes=minutes) + LATEST_END).isoformat(),
    }


def ledger_of(events: Iterable[Event]) -> Ledger | None:
    """Return the time ledger of an attempt, None before the start."""
    ledger: Ledger | None = None
    for event in events:
        if event.kind == EventKind.STARTED:
            ledger = _opened(event)
        elif ledger is not None:
            ledger = _entered(ledger, event)
    return ledger


def _opened(event: Event) -> Ledger:
    body = event.body
    return Ledger(
        datetime.fromisoformat(body["clock_from"]),
        timedelta(minutes=body["minutes"] + body["approved"]),
        datetime.fromisoformat(body["hard_stop"]),
    )


def _entered(ledger: Ledger, event: Event) -> Ledger:
    kind, body = event.kind, event.body
    if kind == EventKind.EXTENDED:
        return replace(ledger, given=ledger.given + timedelta(minutes=body["minutes"]))
    if kind == EventKind.REOPENED:
        return replace(ledger, given=ledger.given + timedelta(seconds=body["seconds"]))
    if kind == EventKind.PAUSED:
        begun = Pause(event.number, event.at, cause=body.get("cause", ""))
        return replace(ledger, pauses=(*ledger.pauses, begun))
    if kind == EventKind.RESUMED:
        *closed, last = ledger.pauses
        return replace(ledger, pauses=(*closed, replace(last, ended_at=event.at)))
    if kind == EventKind.COMPENSATED:
        return _decided(ledger, timedelta(seconds=body["seconds"]), body.get("pause"))
    return ledger


def _decided(ledger: Ledger, credit: timedelta, pause_number: int | None) -> Ledger:
    if pause_number is None:  # an outage, of the seat or of the server
        return replace(ledger, given=ledger.given + credit)
    decided = [
        replace(pause, credit=credit) if pause.number == pause_number else pause
        for pause in ledger.pauses
    ]
    return replace(ledger, pauses=tuple(decided))


def deadline_of(ledger: Ledger) -> datetime:
    """Return the instant at which the candidate must stop."""
    given_back = sum((_credit(pause) for pause in ledger.pauses), NOTHING)
    ends_at = ledger.clock_from + ledger.allowance + ledger.given + given_back
    return min(ends_at, ledger.hard_stop_at)


def _credit(pause: Pause) -> timedelta:
    if pause.credit is not None:
        return pause.credit
    return pause.ended_at - pause.began_at if pause.ended_at else NOTHING


def closing_of(ledger: Ledger, outages: Sequence[Interval] = ()) -> datetime:
    """Return the instant from which nothing is accepted: the end and a grace of the server's time.

    The grace does not run while the server itself was down.
    """
    is_undecided = any(pause.credit is None for pause in ledger.pauses)
    ends_at = ledger.hard_stop_at if is_undecided else deadline_of(ledger)
    closes_at = ends_at + GRACE
    for began_at, ended_at in sorted(outages):
        if ended_at > ends_at and began_at < closes_at:
            closes_at += ended_at - max(began_at, ends_at)
    return closes_at
