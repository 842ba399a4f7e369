"""The real server as a child process: started, asked for its address, killed, started again."""

import os
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO

SAID = {
    "install": re.compile(r"考生机先打开 (\S+) "),
    "fingerprint": re.compile(r"([0-9A-F]{2}(?::[0-9A-F]{2}){31})"),
}  # what the server of a room tells its staff before it listens
ADDRESS = re.compile(r"listening (https?://\S+)")
MOST_SAID = 2_000  # characters of its log
START_WITHIN_S = 300.0  # a crowded machine has taken 145 s
KAOHE = "from exam_server.cli.main import main; main()"


class ServerProcess:
    """``kaohe serve`` on a database of its own; use as a context manager."""

    def __init__(
        self,
        home: Path,
        *,
        port: int = 0,
        environment: dict[str, str] | None = None,
        command: Sequence[str] = ("serve",),
        program: str = KAOHE,
    ) -> None:
        self._environment = {**os.environ, "KAOHE_HOME": str(home), **(environment or {})}
        self._log = home / "server.log"
        self._port = port
        self._command = ["-c", program, *command]
        self._process: subprocess.Popen[str] | None = None
        self.address = ""
        self.heard: dict[str, str] = {}

    def __enter__(self) -> "ServerProcess":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self, *, within_s: float = START_WITHIN_S) -> None:
        """Start and wait until it listens; a second start takes the same port again."""
        with self._log.open("a") as log:
            self._process = subprocess.Popen(  # noqa: S603  (this very program)
                [sys.executable, *self._command, "--port", str(self._port)],
                env=self._environment,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            )
        assert self._process.stdout is not None
        giving_up = threading.Timer(within_s, self._process.kill)  # ends its output
        giving_up.start()
        try:
            self.address = self._read_address(self._process.stdout)
        finally:
            giving_up.cancel()
        self._port = int(self.address.rsplit(":", 1)[1])

    @property
    def pid(self) -> int:
        """Return the number of the process that runs now."""
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """End it as a power cut would: SIGKILL, nothing flushed."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._close()

    def stop(self) -> None:
        """End it in order."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._close()

    def _close(self) -> None:
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()

    def _read_address(self, output: IO[str]) -> str:
        for line in output:
            self.heard |= {k: said[1] for k, p in SAID.items() if (said := p.match(line))}
            found = ADDRESS.match(line)
            if found:
                return found.group(1)
        self.kill()  # its output has ended
        log = self._log.read_text()[-MOST_SAID:]
        raise RuntimeError(f"the server did not start; see {self._log}: {log}")
