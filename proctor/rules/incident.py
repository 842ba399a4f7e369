"""What an incident in a room is worth: rules against false alarms (exam room, §2.4).

No incident ends an attempt or touches a mark; the system reports, people decide.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum


class Severity(StrEnum):
    """How much of a person's attention an incident asks for."""

    LOG = "log"  # not even on the wall
    INFO = "info"  # in the list of all events
    NOTICE = "notice"  # waits for a person


LEAST_ABSENCE_MS = 800  # shorter ones are the system's own pop-ups
LONG_ABSENCE_MS = 5_000
OFTEN = 3
WITHIN = timedelta(minutes=5)
ROOM_WIDE_FROM = 3  # silent computers


def severity_of_absence(hidden_ms: int, earlier: Sequence[datetime], *, now: datetime) -> Severity:
    """Judge that a page was hidden, given when it was hidden before.

    >>> from datetime import UTC
    >>> now = datetime(2026, 12, 5, 2, 0, tzinfo=UTC)
    >>> severity_of_absence(900, [], now=now).value
    'info'
    """
    if hidden_ms < LEAST_ABSENCE_MS:
        return Severity.LOG
    if hidden_ms > LONG_ABSENCE_MS or recent(earlier, now=now) + 1 >= OFTEN:
        return Severity.NOTICE
    return Severity.INFO


def recent(instants: Sequence[datetime], *, now: datetime) -> int:
    """Count what happened within the last five minutes."""
    return sum(now - instant <= WITHIN for instant in instants)


def is_room_wide(silent: int, working: int) -> bool:
    """Say whether so many silent computers are one fault of the room and not each its own.

    >>> is_room_wide(3, 5), is_room_wide(2, 2), is_room_wide(3, 30)
    (True, False, False)
    """
    return silent >= ROOM_WIDE_FROM and 2 * silent >= working
