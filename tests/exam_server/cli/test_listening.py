"""A port that is taken is said in words, before anything is lost; a demonstration ends whole."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from exam_server.rehearsal.server_process import KAOHE

TAKEN = "端口已被其他程序占用"
WITHIN_S = 120.0


@pytest.fixture
def taken_port() -> Iterator[int]:
    """Yield a port that somebody else listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def kaohe(home: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", KAOHE, *arguments],
        env={**os.environ, "KAOHE_HOME": str(home)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def refused(process: subprocess.Popen[str]) -> str:
    """Return what a program says that ends with a refusal."""
    _told, said = process.communicate(timeout=WITHIN_S)
    assert process.returncode == 1
    assert "Traceback" not in said
    return said


def test_a_server_says_that_its_port_is_taken(tmp_path: Path, taken_port: int) -> None:
    said = refused(kaohe(tmp_path, "serve", "--port", str(taken_port)))
    assert str(taken_port) in said
    assert TAKEN in said


def test_a_demonstration_whose_port_is_taken_throws_nothing_away(
    tmp_path: Path, taken_port: int
) -> None:
    earlier = tmp_path / "demo" / "kaohe.db"
    earlier.parent.mkdir()
    earlier.write_text("an earlier demonstration")
    options = ("--port", str(taken_port), "--home", str(earlier.parent))
    assert TAKEN in refused(kaohe(tmp_path, "demo", *options))
    assert earlier.read_text() == "an earlier demonstration"


def server_of(home: Path) -> int | None:
    """Return the process that serves a home, if there is one."""
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            command = (folder / "cmdline").read_bytes().split(b"\0")
            surroundings = (folder / "environ").read_bytes().split(b"\0")
        except OSError:  # it has ended, or belongs to somebody else
            continue
        if b"serve" in command and f"KAOHE_HOME={home}".encode() in surroundings:
            return int(folder.name)
    return None


def test_a_demonstration_that_is_told_to_end_leaves_no_server_behind(tmp_path: Path) -> None:
    home = tmp_path / "demo"
    process = kaohe(tmp_path, "demo", "--port", "0", "--home", str(home))
    until = time.monotonic() + WITHIN_S
    while server_of(home) is None and time.monotonic() < until:
        time.sleep(0.2)
    assert server_of(home) is not None
    process.send_signal(signal.SIGTERM)
    process.communicate(timeout=WITHIN_S)
    assert server_of(home) is None
