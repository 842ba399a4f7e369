"""Who is at a computer right now: kept in memory, computed from the last heartbeat, never a state.

After a restart the board is empty; the pages report within seconds.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

STALE_AFTER = timedelta(seconds=15)  # three heartbeats missed


class Heartbeat(NamedTuple):
    """The last sign of one page."""

    at: datetime
    pending: int  # operations that were only on that computer
    visible: bool
    after_event: int = 0  # the newest event that the page has


class PresenceBoard:
    """The last heartbeat of every attempt."""

    def __init__(self, opened_at: datetime) -> None:
        self._opened_at = opened_at
        self._beats: dict[int, Heartbeat] = {}
        self._seen: dict[int, datetime] = {}  # pages that have asked for something since
        self._offline: set[int] = set()

    def beat(self, attempt_id: int, heartbeat: Heartbeat) -> None:
        """Record a sign of life."""
        self._beats[attempt_id] = heartbeat

    def see(self, attempt_id: int, at: datetime) -> None:
        """Record that a page has asked for its paper: it is there, what it holds is not told."""
        self._seen[attempt_id] = at

    def last(self, attempt_id: int) -> Heartbeat:
        """Return the last sign; before the first, that of the server's own start."""
        beat = self._beats.get(attempt_id) or Heartbeat(self._opened_at, pending=0, visible=True)
        seen = self._seen.get(attempt_id, beat.at)
        return beat._replace(at=seen) if seen > beat.at else beat

    def is_stale(self, attempt_id: int, now: datetime) -> bool:
        """Say whether the page has been silent for too long."""
        return now - self.last(attempt_id).at > STALE_AFTER

    def connected(self, now: datetime) -> int:
        """Return how many pages have been heard of within the last seconds."""
        return sum(now - beat.at <= STALE_AFTER for beat in self._beats.values())

    def has_heard(self, attempt_id: int) -> bool:
        """Say whether the page has reported since the server's start."""
        return attempt_id in self._beats

    def changes(self, attempt_ids: Iterable[int], now: datetime) -> list[tuple[int, bool]]:
        """Return whose page has fallen silent (True) or is back (False).

        It says so again until the change is put down: ``settle``.
        """
        heard, offline, limit = self._beats.get, self._offline, now - STALE_AFTER
        found = []
        for attempt_id in attempt_ids:
            beat = heard(attempt_id)
            is_stale = (beat is None or beat.at < limit) and self.is_stale(attempt_id, now)
            if is_stale is not (attempt_id in offline):
                found.append((attempt_id, is_stale))
        return found

    def settle(self, attempt_id: int, *, is_silent: bool) -> None:
        """Take note that a change has been put down."""
        if is_silent:
            self._offline.add(attempt_id)
        else:
            self._offline.discard(attempt_id)
