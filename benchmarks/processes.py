"""Servers under measurement: Kaohe and the stock app, with the CPU time and memory they use."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from exam_server.rehearsal.server_process import ServerProcess

TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measured:
    """A running server: where it listens and what it uses."""

    pid: int
    port: int

    def cpu_s(self) -> float:
        """Return the CPU time it has used so far, in seconds."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS_PER_S

    def resident_kib(self) -> int:
        """Return what it keeps in memory."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


@contextmanager
def kaohe(home: Path, **environment: str) -> Iterator[Measured]:
    """Run ``kaohe serve`` on a home."""
    with ServerProcess(home, environment=environment) as server:
        yield Measured(server.pid, int(server.address.rsplit(":", 1)[1]))


@contextmanager
def stock(folder: Path, *options: str) -> Iterator[Measured]:
    """Run the stock app on a store of its own."""
    command = [sys.executable, str(Path(__file__).with_name("stock_app.py")), str(folder), *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline()
        try:
            yield Measured(process.pid, int(address.rsplit(":", 1)[1]))
        finally:
            process.kill()


@contextmanager
def gunicorn() -> Iterator[Measured]:
    """Run the pages of the stock app under gunicorn with one gevent worker."""
    options = ["--worker-class", "gevent", "--bind", "127.0.0.1:0", "benchmarks.stock_app:app"]
    command = [sys.executable, "-m", "gunicorn", *options]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr is not None
        found = (re.search(r"Listening at: http://[^:]+:(\d+)", line) for line in process.stderr)
        port = next(int(match[1]) for match in found if match)
        try:
            yield Measured(process.pid, port)
        finally:
            process.terminate()
