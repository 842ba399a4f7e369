"""Reads SQLite's write-ahead log of a running server, commit by commit, without missing a page.

The log starts anew only after all of it was copied into the database and nobody reads an older
state. A read transaction that is held here for all the time therefore keeps every other process
from letting it start anew; only ``turn`` does, while no one can write.
Layouts: https://www.sqlite.org/walformat.html and https://www.sqlite.org/fileformat2.html#walformat
"""

import os
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from registry.errors import AssessmentError

LOG_HEADER_BYTES, FRAME_HEADER_BYTES = 32, 24
INDEX_HEADER_BYTES = 48  # stands twice: equal copies are a whole one
BIGGEST_PAGE = 65_536  # is written as 1
PIECE_BYTES = 1024 * 1024
PATIENCE_S = 10.0


class LogBrokenOffError(AssessmentError):
    """The log was started anew by someone else: what it held may not have been read."""

    code = "log_broken_off"
    text = "数据库日志被其他程序重置，备机须重新取一份完整数据。"


@dataclass(frozen=True)
class Position:
    """How far the log reaches: which run of it, and how many frames were committed."""

    salts: bytes
    frames: int
    page_bytes: int

    def end(self) -> int:
        """Return the offset after the last frame."""
        return LOG_HEADER_BYTES + self.frames * (FRAME_HEADER_BYTES + self.page_bytes)


@dataclass(frozen=True)
class Piece:
    """Bytes of the log that were committed; ``is_first`` begins a new run of it."""

    content: bytes
    frames: int
    is_first: bool


class LogReader:
    """The log of one database; keep one for the life of a process.

    The raw files stay open: closing one would drop the locks that SQLite holds on it here.
    """

    def __init__(self, database: Path) -> None:
        self._guard, self._mover = _connect(database), _connect(database)
        self._holders = [_connect(database), _connect(database)]
        self._guard.execute("SELECT count(*) FROM sqlite_master").fetchone()
        beside = [database, Path(f"{database}-wal"), Path(f"{database}-shm")]
        self._database, self._log, self._index = (os.open(path, os.O_RDONLY) for path in beside)
        self._at: Position | None = None
        self._may_start_anew = False

    def attach(self) -> None:
        """Begin to hold the log; from here on ``news`` gives everything ``database`` lacks."""
        self.detach()
        with self._nobody_writes():
            is_moved = self._move()
            _hold(self._holders[0])
            now = self.position()
            # Log that is copied already may start anew at once; it is not read again.
            self._at = now if is_moved else Position(now.salts, 0, now.page_bytes)
            self._may_start_anew = is_moved

    def detach(self) -> None:
        """Let go of the log."""
        for holder in self._holders:
            _release(holder)
        self._at = None

    def database(self) -> Iterator[bytes]:
        """Yield the database file; nobody moves log into it while it is held."""
        at = 0
        while content := os.pread(self._database, PIECE_BYTES, at):
            yield content
            at += len(content)

    def position(self) -> Position:
        """Return how far the log reaches now."""
        while True:
            told = os.pread(self._index, 2 * INDEX_HEADER_BYTES, 0)
            first, second = told[:INDEX_HEADER_BYTES], told[INDEX_HEADER_BYTES:]
            if first == second and first:
                break
        page_bytes, frames = struct.unpack_from("=HI", first, 14)
        salts = first[32:40]
        return Position(salts, frames, BIGGEST_PAGE if page_bytes == 1 else page_bytes)

    def news(self) -> list[Piece]:
        """Return what was committed since the last call; raises ``LogBrokenOffError``."""
        assert self._at is not None
        now, at = self.position(), self._at
        if now.salts != at.salts:
            if not (self._may_start_anew and _follows(now, at)):
                raise LogBrokenOffError
            self._may_start_anew = False
            at = Position(now.salts, 0, now.page_bytes)
        if now.frames < at.frames:
            raise LogBrokenOffError
        self._at = now
        return list(self._pieces(at, now))

    def frames(self) -> int:
        """Return how many frames of the log's present run were read."""
        assert self._at is not None
        return self._at.frames

    def turn(self) -> list[Piece]:
        """Move the log into the database so that it starts anew; return the last of the old."""
        _hold(self._holders[1])  # before the first lets go: at no time is the log unheld
        _release(self._holders[0])
        self._move()  # the long part, while others write
        with self._nobody_writes():
            rest = self.news()
            _release(self._holders[1])
            self._may_start_anew = self._move()
            _hold(self._holders[0])
        return rest

    def store(self) -> str:
        """Return the name of the store."""
        found: tuple[str] = self._guard.execute("SELECT store FROM store_identity").fetchone()
        return found[0]

    def _pieces(self, at: Position, now: Position) -> Iterator[Piece]:
        start = 0 if at.frames == 0 else at.end()
        frame_bytes = FRAME_HEADER_BYTES + now.page_bytes
        whole = PIECE_BYTES // frame_bytes * frame_bytes + (LOG_HEADER_BYTES if not start else 0)
        while now.frames and start < now.end():
            content = os.pread(self._log, min(whole, now.end() - start), start)
            if not content:
                raise LogBrokenOffError
            yield Piece(content, len(content) // frame_bytes, start == 0)
            start += len(content)

    def _move(self) -> bool:
        """Copy log into the database as far as nobody is in the way; say whether all of it was."""
        busy, frames, moved = self._mover.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
        return not busy and frames == moved

    @contextmanager
    def _nobody_writes(self) -> Iterator[None]:
        self._guard.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            self._guard.execute("ROLLBACK")


def _follows(now: Position, at: Position) -> bool:
    """Say whether the log was started anew once: its first salt counts; a new file draws one."""
    return at.frames == 0 or _first_salt(now) == (_first_salt(at) + 1) % 2**32


def _first_salt(position: Position) -> int:
    return int.from_bytes(position.salts[:4], "big")


def _connect(database: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        database, timeout=PATIENCE_S, isolation_level=None, check_same_thread=False
    )


def _hold(connection: sqlite3.Connection) -> None:
    connection.execute("BEGIN")
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _release(connection: sqlite3.Connection) -> None:
    if connection.in_transaction:
        connection.execute("ROLLBACK")
