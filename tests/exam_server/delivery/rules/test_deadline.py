"""When an attempt ends follows from its ledger alone."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from exam_server.delivery.rules.attempt_states import Event
from exam_server.delivery.rules.deadline import (
    GRACE,
    LATEST_END,
    beginning,
    closing_of,
    deadline_of,
    ledger_of,
)
from exam_server.delivery.states import EventKind as K

T0 = datetime(2026, 12, 5, 1, 0, tzinfo=UTC)
MINUTES = 90
END = T0 + timedelta(minutes=MINUTES)
HARD_STOP = END + LATEST_END


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def ends(*happened: tuple[K, float, dict[str, Any]], approved: int = 0) -> tuple[float, bool]:
    """Return minutes from the ordinary end to the deadline, and whether the hard stop closes."""
    events = [Event(1, K.STARTED, T0, beginning(T0, MINUTES, approved))]
    events += [
        Event(number, kind, T0 + minutes(at), body)
        for number, (kind, at, body) in enumerate(happened, start=2)
    ]
    ledger = ledger_of(events)
    assert ledger is not None
    later = (deadline_of(ledger) - END) / minutes(1)
    return later, closing_of(ledger) == ledger.hard_stop_at + GRACE


PAUSE, RESUME = (K.PAUSED, 10, {}), (K.RESUMED, 16, {})


@pytest.mark.parametrize(
    ("happened", "later", "only_hard_stop"),
    [
        ([], 0, False),
        ([(K.EXTENDED, 5, {"minutes": 5}), (K.EXTENDED, 6, {"minutes": 1})], 6, False),
        ([PAUSE], 0, True),
        ([PAUSE, RESUME], 6, True),
        ([PAUSE, RESUME, (K.COMPENSATED, 17, {"pause": 2, "seconds": 240})], 4, False),
        ([PAUSE, RESUME, (K.COMPENSATED, 17, {"pause": 2, "seconds": 0})], 0, False),
        ([PAUSE, RESUME, (K.COMPENSATED, 17, {"seconds": 120})], 8, True),
        ([(K.COMPENSATED, 17, {"seconds": 90})], 1.5, False),
        ([(K.SUBMITTED, 20, {}), (K.REOPENED, 30, {"seconds": 600})], 10, False),
        ([(K.EXTENDED, 5, {"minutes": 120}), (K.EXTENDED, 6, {"minutes": 120})], 180, True),
    ],
)
def test_the_ledger_says_when_the_attempt_ends(
    happened: list[tuple[K, float, dict[str, Any]]], later: float, only_hard_stop: bool
) -> None:
    assert ends(*happened) == (later, only_hard_stop)


def test_time_approved_for_a_candidate_belongs_to_the_allowance() -> None:
    assert ends(approved=20) == (20, False)


@pytest.mark.parametrize(
    ("outages", "seconds"),
    [
        ([], 15),
        ([(-60, -1)], 15),
        ([(-60, 10)], 25),
        ([(5, 65)], 75),
        ([(14, 16)], 17),
        ([(16, 60)], 15),
        ([(5, 65), (70, 80)], 85),
        ([(70, 80), (5, 65)], 85),
    ],
)
def test_the_grace_does_not_run_while_the_server_is_down(
    outages: list[tuple[int, int]], seconds: int
) -> None:
    ledger = ledger_of([Event(1, K.STARTED, T0, beginning(T0, MINUTES))])
    assert ledger is not None
    at = [(END + timedelta(seconds=a), END + timedelta(seconds=b)) for a, b in outages]
    assert closing_of(ledger, at) == END + timedelta(seconds=seconds)
