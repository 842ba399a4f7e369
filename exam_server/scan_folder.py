"""A folder into which a scanner writes: complete files become batches, then go to done or failed.

What has been taken stands in the database, by name and content: a watch that is started again
takes no file twice.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.scan_reading import BatchReader, sole_reader
from omr.batch_actions import add_file, open_batch, start_batch
from omr.models import BatchSitting, ScanBatch, ScanFile, ScanPage
from omr.rules.reasons import FILE_REASONS
from omr.rules.states import UNFINISHED
from omr.scan_files import StoredFile, store_file
from registry.access import Actor

DONE, FAILED = "done", "failed"
UNFINISHED_ENDINGS = (".part", ".tmp", ".partial", ".crdownload", "~")
REASON_ENDING = ".原因.txt"
LOOK_S = 0.5
QUIET_S = 3.0  # without a change, after which a file counts as complete


@dataclass
class FolderWatch:
    """One folder for some sittings, on behalf of one person."""

    reader: BatchReader
    folder: Path
    sitting_ids: tuple[int, ...]
    actor: Actor
    quiet_s: float = QUIET_S
    _seen: dict[Path, tuple[tuple[int, int], float]] = field(default_factory=dict)

    def complete_files(self) -> list[Path]:
        """Return the files that have not changed for a while, by name."""
        present = {}
        for path in sorted(self.folder.iterdir()):
            if path.is_file() and not _is_unfinished(path):
                facts = path.stat()
                mark = (facts.st_size, facts.st_mtime_ns)
                before = self._seen.get(path)
                is_same = before is not None and before[0] == mark
                present[path] = before if before and is_same else (mark, time.monotonic())
        self._seen = present
        now = time.monotonic()
        return [path for path, (_, since) in present.items() if now - since >= self.quiet_s]

    def round(self) -> int:
        """Take in what is complete, have it read, clear it away; return how many files."""
        paths = self.complete_files()
        if not paths:
            return 0
        taken = self._take(paths)
        while self._is_waiting(taken):
            with sole_reader(self.reader.folder) as alone:
                if alone:
                    self.reader.read_waiting()
            time.sleep(LOOK_S if not alone else 0)
        for path, file_id in zip(paths, taken, strict=True):
            self._clear(path, file_id)
        return len(paths)

    def _take(self, paths: Sequence[Path]) -> list[int]:
        """Return the files' numbers in the database; those not yet there form a new batch."""
        stored = []
        for path in paths:
            with path.open("rb") as content:
                stored.append(store_file(self.reader.database.files, content, path.name))
        with self.reader.database.transaction() as db:
            known = {file.name + file.digest: self._known(db, file) for file in stored}
            if fresh := [file for file in stored if known[file.name + file.digest] is None]:
                known |= self._new_batch(db, fresh)
            return [known[file.name + file.digest] or 0 for file in stored]

    def _known(self, db: Session, stored: StoredFile) -> int | None:
        chosen = (
            select(ScanFile.id)
            .join(BatchSitting, BatchSitting.batch_id == ScanFile.batch_id)
            .where(
                BatchSitting.sitting_id.in_(self.sitting_ids),
                ScanFile.name == stored.name,
                ScanFile.digest == stored.digest,
            )
        )
        return db.scalar(chosen.order_by(ScanFile.id).limit(1))

    def _new_batch(self, db: Session, fresh: Sequence[StoredFile]) -> dict[str, int]:
        actor, now = self.actor, self.reader.clock()
        name = f"{self.folder.name} {fresh[0].name}"
        batch = open_batch(db, self.sitting_ids, name, actor=actor, now=now)
        numbers = {
            file.name + file.digest: add_file(db, batch.id, file, actor=actor, now=now).id
            for file in fresh
        }
        start_batch(db, batch.id, actor=actor, now=now)
        return numbers

    def _is_waiting(self, files: Sequence[int]) -> bool:
        chosen = (
            select(ScanFile.id)
            .join(ScanBatch, ScanBatch.id == ScanFile.batch_id)
            .where(ScanFile.id.in_(files), ScanBatch.state.in_(UNFINISHED))
        )
        with self.reader.database.reading() as db:
            return db.scalar(chosen.limit(1)) is not None

    def _clear(self, path: Path, file_id: int) -> None:
        with self.reader.database.reading() as db:
            chosen = select(ScanPage.reason).where(ScanPage.file_id == file_id)
            reasons = list(db.scalars(chosen))
        failed = not reasons or all(reason in FILE_REASONS for reason in reasons)
        target = _free(self.folder / (FAILED if failed else DONE) / path.name)
        target.parent.mkdir(exist_ok=True)
        path.rename(target)
        if failed:
            words = "\n".join(dict.fromkeys(str(reason) for reason in reasons)) or "not_read"
            target.with_name(target.name + REASON_ENDING).write_text(words + "\n", "utf-8")


def _is_unfinished(path: Path) -> bool:
    return path.name.startswith(".") or path.name.endswith(UNFINISHED_ENDINGS)


def _free(path: Path) -> Path:
    """Return the path, with a number when the name is taken."""
    number, free = 2, path
    while free.exists():
        free, number = path.with_name(f"{path.stem}-{number}{path.suffix}"), number + 1
    return free
