"""What the round of every second would read again and again although answers never change it."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Generic, TypeVar

Value = TypeVar("Value")
READ_AGAIN_AFTER = timedelta(seconds=5)  # what other parts of the program write is seen then
LONG_S, RESTS = 0.15, 4  # of the processor, and how many times as long a long reading waits


class Remembered(Generic[Value]):
    """A value read from the store, kept until something other than answers was written.

    ``stamp`` tells so: it differs from the one before. While everybody signs in or hands in, it
    differs every time; then what takes long to read leaves the loop to the candidates for some
    times as long.
    """

    def __init__(self, read: Callable[[], Value], stamp: Callable[[], object]) -> None:
        self._read, self._stamp = read, stamp
        self._kept: tuple[Value, object, datetime] | None = None
        self._rests_until_s = 0.0

    def get(self, now: datetime) -> Value:
        """Return the value, read anew if it may have changed."""
        if self._kept is not None:
            value, stamp, read_at = self._kept
            is_old = now - read_at >= READ_AGAIN_AFTER
            rests = time.monotonic() < self._rests_until_s
            if not is_old and (rests or self._stamp() == stamp):
                return value
        return self._read_anew(now)

    def forget(self) -> None:
        """Read it anew the next time, however soon."""
        self._kept = None

    def _read_anew(self, now: datetime) -> Value:
        stamp, began_s = self._stamp(), time.thread_time()
        value = self._read()
        spent_s = time.thread_time() - began_s
        if spent_s > LONG_S:
            self._rests_until_s = time.monotonic() + RESTS * spent_s
        self._kept = value, stamp, now
        return value
