"""What the witness keeps: a database file, the log beside it byte by byte, the sealed files.

A copy is trusted from the moment it was received whole; a newer one replaces it only then.
"""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from registry.durable import flush_folder
from registry.errors import AssessmentError

DATABASE, FILES, WHOLE = "kaohe.db", "files", "whole"
OWNER_ONLY = 0o700


class CopyDiffersError(AssessmentError):
    """SQLite does not find in the log what was received."""

    code = "copy_differs"
    text = "备机上的数据与收到的不一致（{place}），须重新取一份完整数据。"


class WitnessCopy:
    """One copy, being received or followed; use from one thread."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = folder / DATABASE
        self._log: int | None = None
        self._frames = 0

    def add_to_database(self, content: bytes) -> None:
        """Put the next bytes of the database file behind those that came before."""
        with self.database.open("ab") as file:
            file.write(content)

    def add_to_log(self, content: bytes, frames: int, *, is_first: bool) -> None:
        """Put the next bytes of the log on disk; a first piece begins a new run of it."""
        if is_first:
            self.fold()
        if self._log is None:
            path = f"{self.database}-wal"
            self._log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
            flush_folder(self.folder)
        _write_all(self._log, content)
        os.fdatasync(self._log)
        self._frames += frames

    def add_file(self, name: str, content: bytes) -> None:
        """Keep a sealed file of the store under its name, ``ab/abcd…``."""
        path = self.folder / FILES / name
        if not path.resolve().is_relative_to((self.folder / FILES).resolve()):
            raise CopyDiffersError(place=name)
        path.parent.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
        path.write_bytes(content)

    def fold(self) -> None:
        """Move the log into the database; raises when SQLite sees less than was received."""
        if self._log is not None:
            os.close(self._log)
            self._log = None
        with closing(sqlite3.connect(self.database, isolation_level=None)) as db:
            _busy, seen, moved = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if (max(seen, 0), max(moved, 0)) != (self._frames, self._frames):
                raise CopyDiffersError(place=f"收到 {self._frames} 帧，可用 {seen} 帧")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._frames = 0

    def declare_whole(self) -> None:
        """Say that everything was received; older copies are not needed any more."""
        with self.database.open("rb") as file:
            os.fsync(file.fileno())
        (self.folder / WHOLE).touch()
        flush_folder(self.folder)
        for other in self.folder.parent.glob("copy-*"):
            if other != self.folder:
                shutil.rmtree(other)

    def close(self) -> None:
        """Let go of the files."""
        if self._log is not None:
            os.close(self._log)
            self._log = None


def fresh_copy(root: Path) -> WitnessCopy:
    """Return an empty copy beside those that are there; unfinished ones go."""
    root.mkdir(parents=True, exist_ok=True, mode=OWNER_ONLY)
    numbers = [0]
    for folder in root.glob("copy-*"):
        numbers.append(int(folder.name.removeprefix("copy-")))
        if not (folder / WHOLE).exists():
            shutil.rmtree(folder)
    folder = root / f"copy-{max(numbers) + 1:06d}"
    folder.mkdir(mode=OWNER_ONLY)
    return WitnessCopy(folder)


def newest_whole(root: Path) -> Path | None:
    """Return the folder of the newest copy that was received whole."""
    whole = sorted(path.parent for path in root.glob(f"copy-*/{WHOLE}"))
    return whole[-1] if whole else None


def _write_all(file: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(file, view) :]
