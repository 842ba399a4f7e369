"""When an attempt ends: one pure function over start, allowance and extra time (R10, R12)."""

from collections.abc import Iterable
from datetime import datetime, timedelta

GRACE = timedelta(seconds=15)  # operations already on their way at the deadline still count


def deadline_of(started_at: datetime, minutes: int, extra_minutes: Iterable[int]) -> datetime:
    """Return the instant at which the candidate must stop."""
    return started_at + timedelta(minutes=minutes + sum(extra_minutes))


def is_over(deadline_at: datetime, now: datetime) -> bool:
    """Say whether even the grace after the deadline has passed."""
    return now > deadline_at + GRACE


def milliseconds(instant: datetime) -> int:
    """Return the instant as the wire writes it: milliseconds since the epoch."""
    return round(instant.timestamp() * 1000)
