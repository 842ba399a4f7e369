"""Where commits wait for the witness, and where they are let through when it does not answer."""

import threading
import time

PATIENCE_S = 1.0  # a commit waits no longer; the room goes on alone and says so


class Turnstile:
    """Rounds that commits ask for and the thread that ships completes."""

    def __init__(self, patience_s: float = PATIENCE_S) -> None:
        self._patience_s = patience_s
        self._changed = threading.Condition()
        self._asked = self._done = 0
        self._is_open = self._is_behind = False
        self._owed_since: float | None = None
        self.alone = 0  # commits that went through without the witness

    def open(self) -> None:
        """From now on commits wait for their round."""
        with self._changed:
            self._is_open, self._is_behind = True, False

    def shut(self) -> None:
        """Let everybody through: the witness is gone."""
        with self._changed:
            self._is_open, self._owed_since = False, None
            self._changed.notify_all()

    def pass_with_witness(self) -> bool:
        """Wait until what is committed now is on the witness's disk; False when it is not."""
        with self._changed:
            self._asked += 1
            mine = self._asked
            self._owed_since = self._owed_since or time.monotonic()
            self._changed.notify_all()
            if self._is_open and not self._is_behind:
                self._changed.wait_for(
                    lambda: self._done >= mine or not self._is_open, self._patience_s
                )
            if self._is_open and self._done >= mine:
                return True
            self._is_behind = self._is_open
            self.alone += 1
            return False

    def next_round(self, wait_s: float) -> int:
        """Wait for a commit, at most so long; return the number of the round to complete."""
        with self._changed:
            self._changed.wait_for(lambda: self._asked > self._done, wait_s)
            return self._asked

    def complete(self, number: int) -> None:
        """Say that everything up to this round is on the witness's disk."""
        with self._changed:
            self._done = max(self._done, number)
            if self._done == self._asked:
                self._is_behind, self._owed_since = False, None
            self._changed.notify_all()

    def is_behind(self) -> bool:
        """Say whether commits have stopped to wait."""
        return self._is_behind

    def owed_s(self) -> float:
        """Return for how long the oldest commit has waited for the witness."""
        since = self._owed_since
        return time.monotonic() - since if since is not None else 0.0
