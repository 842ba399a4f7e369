"""Keeps the process that reads scans alive while a batch waits; the server itself reads nothing."""

import os
import subprocess
import sys

from exam_server.config import Settings
from exam_server.scan_reading import sole_reader, waiting_batch
from registry.database import Database

PATIENCE_S = 5.0  # for a reader that is told to stop


class ReaderProcess:
    """Starts ``kaohe worker`` when there is something to read; it ends by itself."""

    def __init__(self, settings: Settings, database: Database) -> None:
        self._settings = settings
        self._database = database
        self._process: subprocess.Popen[bytes] | None = None

    def look(self) -> None:
        """Start a reader if a batch waits and none is at work."""
        if self._settings.readers == 0 or self._is_alive():
            return
        with self._database.reading() as db:
            waits = waiting_batch(db) is not None
        if waits and self._is_free():
            command = [sys.executable, "-m", "exam_server.cli.main", "worker", "--until-idle"]
            self._process = subprocess.Popen(command, env=_environment(self._settings))  # noqa: S603  (our own program)

    @property
    def pid(self) -> int | None:
        """Return the number of the process that reads, None when none does."""
        return self._process.pid if self._process is not None and self._is_alive() else None

    def stop(self) -> None:
        """End the reader; what it has recorded stays, the rest is read after the next start."""
        if self._process is None or not self._is_alive():
            return
        self._process.terminate()
        try:
            self._process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _is_free(self) -> bool:
        """Say whether no reader is at work, such as one of a server that was killed."""
        with sole_reader(self._settings.files_folder) as alone:
            return alone

    def _is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None


def _environment(settings: Settings) -> dict[str, str]:
    return os.environ | {
        "KAOHE_DATABASE_URL": settings.database_url,
        "KAOHE_KEYS": str(settings.keys_folder),
        "KAOHE_FILES": str(settings.files_folder),
        "KAOHE_READERS": str(settings.readers),
    }
