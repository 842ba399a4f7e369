"""The server's end of the witness: starts the process that ships, waits for it after a commit."""

import logging
import os
import select
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from exam_server.room_host.witness.status import Mode, forget_status

MODULE = "exam_server.room_host.witness.shipping"
LONGEST_WAIT_MS = 3_000  # the shipper itself gives up after a third of this

log = logging.getLogger("kaohe.witness")


@dataclass(frozen=True)
class _Ends:
    """The server's ends of the two pipes."""

    asks: int
    answers: int

    def close(self) -> None:
        os.close(self.asks)
        os.close(self.answers)


class WitnessLink:
    """Keeps one shipping process; ``confirm`` is for the writer's thread alone."""

    def __init__(
        self, mode: Mode, port: int, room_folder: Path, new_poll: Callable[[], Any]
    ) -> None:
        self._mode, self._port, self._room_folder = mode, port, room_folder
        self._new_poll = new_poll  # the native one: the writer's thread must not meet the hub
        self._process: subprocess.Popen[bytes] | None = None
        self._ends: _Ends | None = None
        self._fresh: _Ends | None = None
        self._is_owed = False  # the process starts, hangs or is stopped

    def keep_running(self) -> None:
        """Start the process, again when it has ended."""
        if self._process is not None and self._process.poll() is None:
            return
        if self._process is not None:
            log.error("the process that ships to the witness ended; it is started again")
        asks_read, asks_write = os.pipe()
        answers_read, answers_write = os.pipe()
        arguments = (str(self._port), self._mode, str(asks_read), str(answers_write))
        self._process = subprocess.Popen(  # noqa: S603  (a module of this program)
            [sys.executable, "-m", MODULE, *arguments],
            pass_fds=(asks_read, answers_write),
            stdout=subprocess.DEVNULL,
        )
        os.close(asks_read)
        os.close(answers_write)
        self._fresh = _Ends(asks_write, answers_read)

    def confirm(self) -> None:
        """Wait until what was committed is on both disks, or it is said that the room is alone."""
        if self._fresh is not None:
            if self._ends is not None:
                self._ends.close()
            self._ends, self._fresh, self._is_owed = self._fresh, None, False
        if self._ends is None:
            return
        try:
            self._ask(self._ends)
        except OSError:  # its process is dead: the next one comes with pipes of its own
            self._ends.close()
            self._ends = None

    def _ask(self, ends: _Ends) -> None:
        """Ask and wait; while the last question is not answered nothing is asked or waited for."""
        poll = self._new_poll()
        poll.register(ends.answers, select.POLLIN)
        if self._is_owed and not poll.poll(0):
            return
        if self._is_owed:
            os.read(ends.answers, 1)
        os.write(ends.asks, b"?")
        self._is_owed = not poll.poll(LONGEST_WAIT_MS)
        if not self._is_owed and not os.read(ends.answers, 1):
            raise BrokenPipeError

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        forget_status(self._room_folder)
