"""What a disk may have forgotten when the power goes: the writes of a file since its last flush.

Before every write its old and new bytes are noted beside the file, and struck out by the next
flush. The note outlives the process, so that a power cut can be played after a kill: every write
that was not flushed is undone, then any of them, whole or torn by sectors, in any combination,
comes back. What was flushed stays as it is.
"""

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

NOTES = ".unflushed"
SECTOR_BYTES = 512  # what a disk writes whole or not at all
HEAD = struct.Struct(">cQQII")  # kind, place, size of the file before, length of old and of new
WRITE, TRUNCATE, CREATE, FLUSH = b"W", b"T", b"C", b"F"


@dataclass(frozen=True)
class Change:
    """One change of a file that may not have reached the disk."""

    kind: bytes
    place: int  # for ``TRUNCATE`` the new size, for ``FLUSH`` how many changes it covers
    size_before: int = 0
    old: bytes = b""
    new: bytes = b""

    def packed(self) -> bytes:
        """Return the change as it is noted."""
        head = HEAD.pack(self.kind, self.place, self.size_before, len(self.old), len(self.new))
        return head + self.old + self.new


class Notes:
    """The notes of one file; calls must not overlap."""

    def __init__(self, path: str) -> None:
        self._handle = os.open(path + NOTES, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self.noted = len(pending_changes(Path(path + NOTES)))  # ever
        self._flushed = 0

    def note(self, change: Change) -> None:
        """Note a change that is about to be made."""
        os.write(self._handle, change.packed())
        self.noted += 1

    def strike_out(self, up_to: int) -> None:
        """Forget the changes up to that number: they have been flushed."""
        count = up_to - self._flushed
        if count <= 0:
            return
        self._flushed = up_to
        if up_to == self.noted:
            os.ftruncate(self._handle, 0)
        else:
            os.write(self._handle, Change(FLUSH, count).packed())

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._handle)


def pending_changes(notes: Path) -> list[Change]:
    """Return the changes that no flush has covered, oldest first."""
    changes: list[Change] = []
    content, at = notes.read_bytes(), 0
    while at + HEAD.size <= len(content):
        kind, place, size_before, old, new = HEAD.unpack_from(content, at)
        at += HEAD.size
        if at + old + new > len(content):
            break  # the kill came while it was being noted: the change itself was not made
        if kind == FLUSH:
            del changes[:place]
        else:
            body = content[at : at + old + new]
            changes.append(Change(kind, place, size_before, body[:old], body[old:]))
        at += old + new
    return changes


@dataclass(frozen=True)
class Forgotten:
    """What a power cut did: changes that were not flushed, and how many of them were lost."""

    unflushed: int
    lost: int


def cut_power(folder: Path, draw: Random) -> Forgotten:
    """Leave every file of the folder as a disk may hold it after the power went."""
    unflushed = lost = 0
    for notes in sorted(folder.glob(f"*{NOTES}")):
        path = notes.with_name(notes.name.removesuffix(NOTES))
        changes = pending_changes(notes)
        notes.unlink()
        if not path.exists():
            continue
        _undo(path, changes)
        unflushed += len(changes)
        lost += _bring_back_some(path, changes, draw)
    for shared in folder.glob("*-shm"):
        shared.unlink()  # lives in memory only
    return Forgotten(unflushed, lost)


def _undo(path: Path, changes: Sequence[Change]) -> None:
    with path.open("r+b") as file:
        for change in reversed(changes):
            if change.kind != CREATE:
                file.seek(change.place)
                file.write(change.old)
                file.flush()
                os.truncate(path, change.size_before)


def _bring_back_some(path: Path, changes: Sequence[Change], draw: Random) -> int:
    """Make some of the changes after all; return how many were lost wholly or in part."""
    if any(change.kind == CREATE for change in changes) and draw.random() < 0.5:
        path.unlink()  # the folder had not been flushed either
        return len(changes)
    share, prefix = draw.choice((0.0, 0.3, 0.7, 0.95)), draw.randint(0, len(changes))
    in_order = draw.random() < 0.3
    lost = 0
    with path.open("r+b") as file:
        for number, change in enumerate(changes):
            kept = number < prefix if in_order else draw.random() < share
            if kept and change.kind == WRITE:
                torn = not in_order and draw.random() < 0.3
                lost += _write(file.fileno(), change, draw if torn else None)
            elif kept and change.kind == TRUNCATE:
                os.ftruncate(file.fileno(), change.place)
            else:
                lost += change.kind != CREATE
    return lost


def _write(handle: int, change: Change, tears: Random | None) -> bool:
    """Write the change, with ``tears`` only some of its sectors; return whether any is missing."""
    is_torn = False
    start, end = change.place, change.place + len(change.new)
    while start < end:
        stop = min(end, (start // SECTOR_BYTES + 1) * SECTOR_BYTES)
        if tears is None or tears.random() < 0.5:
            os.pwrite(handle, change.new[start - change.place : stop - change.place], start)
        else:
            is_torn = True
        start = stop
    return is_torn
