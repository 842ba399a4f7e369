"""Which lost time is proposed to be given back, from pauses and outages (R21).

From the notice or the pause until the candidate can go on. What lies within a pause is not
proposed a second time for an outage, nor what the server's own outage already covers.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from exam_server.delivery.rules.attempt_states import Event
from exam_server.delivery.rules.deadline import Interval, ledger_of
from exam_server.delivery.states import EventKind

WORTH_PROPOSING = timedelta(minutes=1)  # a shorter outage is gone before anyone has looked up


class Cause(StrEnum):
    """Why a candidate could not work."""

    PAUSE = "pause"
    ROOM = "room"  # the whole room was paused
    SEAT = "seat"  # the computer or its network
    SERVER = "server"


CAUSE_WORDS = {
    Cause.PAUSE: "个人暂停",
    Cause.ROOM: "全场暂停",
    Cause.SEAT: "机位断线",
    Cause.SERVER: "服务器中断",
}


@dataclass(frozen=True)
class Lost:
    """An outage as it was seen; ``key`` names it for good."""

    key: str
    cause: Cause
    began_at: datetime
    ended_at: datetime


@dataclass(frozen=True)
class Proposal:
    """Time that a person may give back."""

    key: str
    cause: Cause
    began_at: datetime
    ended_at: datetime
    seconds: int
    pause: int | None = None  # number of the event that began the pause


def proposals(events: Sequence[Event], outages: Iterable[Lost]) -> list[Proposal]:
    """Return what nobody has decided on yet, in the order it began."""
    ledger = ledger_of(events)
    if ledger is None:
        return []
    decided = {event.body.get("key") for event in events if event.kind == EventKind.COMPENSATED}
    began_at = next(event.at for event in events if event.kind == EventKind.STARTED)
    covered = [(pause.began_at, pause.ended_at) for pause in ledger.pauses if pause.ended_at]
    open_ones = [
        Proposal(
            f"pause-{pause.number}",
            Cause.ROOM if pause.cause == Cause.ROOM else Cause.PAUSE,
            pause.began_at,
            pause.ended_at,
            _seconds(pause.ended_at - pause.began_at),
            pause.number,
        )
        for pause in ledger.pauses
        if pause.ended_at and pause.credit is None
    ]
    for lost in sorted(outages, key=lambda one: one.cause != Cause.SERVER):
        interval = (max(lost.began_at, began_at), lost.ended_at)
        left = _without(interval, [(a, b) for a, b in covered if b])
        covered.append(interval)
        if lost.key not in decided and left >= WORTH_PROPOSING:
            open_ones.append(Proposal(lost.key, lost.cause, *interval, _seconds(left)))
    return sorted(open_ones, key=lambda one: one.began_at)


def _without(interval: Interval, covered: Sequence[Interval]) -> timedelta:
    """Return how much of the interval no other one covers."""
    at, end = interval
    left = timedelta(0)
    for began_at, ended_at in sorted(covered):
        left += max(timedelta(0), min(began_at, end) - at)
        at = max(at, ended_at)
    return left + max(timedelta(0), end - at)


def _seconds(length: timedelta) -> int:
    return round(length.total_seconds())
