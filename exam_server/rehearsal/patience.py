"""Waits that come to an end: each knows who waits for what, since when, and what was heard last."""

import time


class WaitedInVainError(RuntimeError):
    """Something never came; the text names who waited for what."""


class Patience:
    """The wait of one robot, or of whoever directs them."""

    def __init__(self, who: str, longest_s: float) -> None:
        self.who = who
        self.longest_s = longest_s
        self.what = ""
        self._heard = "nothing"
        self._since = 0.0

    def begin(self, what: str) -> None:
        """Wait for something from now on."""
        self.what, self._heard, self._since = what, "nothing", time.monotonic()

    def hear(self, answer: object) -> None:
        """Keep what came instead."""
        self._heard = repr(answer) if isinstance(answer, Exception) else str(answer)

    def check(self) -> None:
        """Raise ``WaitedInVainError`` when it has been too long."""
        if time.monotonic() - self._since > self.longest_s:
            raise WaitedInVainError(str(self))

    def end(self) -> None:
        """Wait for nothing any more."""
        self.what = ""

    def __str__(self) -> str:
        waited_s = time.monotonic() - self._since
        return f"{self.who} waits for {self.what} since {waited_s:.0f} s; heard: {self._heard}"
