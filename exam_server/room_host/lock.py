"""One server at a home: a lock that the kernel releases however the process ends (R24)."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from registry.errors import AssessmentError

LOCK = "server.lock"


class ServerRunsError(AssessmentError):
    """A server is working on this home."""

    code = "server_runs"
    text = "{folder} 的考场服务器正在运行。请先停止它，再办理此项操作。"


@contextmanager
def sole_server(folder: Path) -> Iterator[None]:
    """Hold the home while a server runs or a copy is being restored."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServerRunsError(folder=folder.parent) from None
        yield
