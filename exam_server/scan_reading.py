"""Reads waiting batches of scans by a pool of processes, outside every request.

One process of an installation reads at a time (a lock that the kernel releases). A page
comes to the database together with its state, so that a reader that is killed loses no page and
records none twice: the next one goes on behind the last that was recorded.
"""

import fcntl
import json
import logging
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from omr.batch_actions import begin_reading, finish_reading, promise_pages, take_page
from omr.batch_reading.jobs import Card, Opened, PageJob, page_jobs
from omr.batch_reading.pool import WorkerPool
from omr.batch_reading.reading_files import PAGE_TIMEOUT_S, open_files
from omr.batch_reading.results import KeptPage
from omr.layout_queries import cards_of_sittings
from omr.layouts import STANDARD, blank_of_layout, sheets_of
from omr.models import ScanBatch, ScanFile, ScanPage
from omr.queries import known_serials
from omr.reader.archives import shown_name
from omr.reader.loading import MOST_PAGES
from omr.reader.page import Orders
from omr.rules.reasons import PageReason
from omr.rules.states import UNFINISHED, BatchState
from omr.scan_files import write_out
from proctor.queries import presences
from proctor.rules.presence import Presence
from registry.access import SYSTEM, Actor
from registry.accounts.models import Account
from registry.accounts.queries import actor_of
from registry.database import Database
from registry.scheduling.models import Admission

LOCK = "reading.lock"
UNSEALED = "reading-"  # folders in which the files of a batch lie open while it is read
PAGES_A_COMMIT = 8
SECONDS_A_COMMIT = 1.0
log = logging.getLogger("kaohe")


@contextmanager
def sole_reader(folder: Path) -> Iterator[bool]:
    """Say whether this process is the one that reads; holds the place until the end."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        for left in folder.glob(f"{UNSEALED}*"):  # by a reader that was killed
            shutil.rmtree(left, ignore_errors=True)
        yield True


def waiting_batch(db: Session) -> int | None:
    """Return the batch that is to be read next, the oldest first."""
    chosen = select(ScanBatch.id).where(ScanBatch.state.in_(UNFINISHED))
    return db.scalar(chosen.order_by(ScanBatch.id).limit(1))


@dataclass(frozen=True)
class BatchReader:
    """What reading needs; ``folder`` is where files may lie open for the time being."""

    database: Database
    folder: Path
    clock: Callable[[], datetime]
    workers: int = 1
    timeout_s: float = PAGE_TIMEOUT_S

    def read_waiting(self) -> int:
        """Read every batch that waits, one after the other; return how many were taken up."""
        count = 0
        while True:
            with self.database.reading() as db:
                batch_id = waiting_batch(db)
            if batch_id is None:
                return count
            self.read_batch(batch_id)
            count += 1

    def read_batch(self, batch_id: int) -> None:
        """Read what is left of one batch."""
        with self.database.transaction() as db:
            batch = db.get_one(ScanBatch, batch_id)
            if not begin_reading(batch, now=self.clock()):
                log.error("batch %s is left to a person: no page further", batch_id)
                return
            card = card_of_batch(db, batch)
        with tempfile.TemporaryDirectory(prefix=UNSEALED, dir=self.folder) as name:
            paths = self._unseal(batch_id, Path(name))
            with WorkerPool(card, workers=self.workers, timeout_s=self.timeout_s) as pool:
                jobs = self._open(batch_id, paths, pool)
                if not self._record(batch_id, paths, jobs, pool):
                    return
        with self.database.transaction() as db:
            batch = db.get_one(ScanBatch, batch_id)
            if batch.state == BatchState.READING:
                finish_reading(db, batch, actor=_reader_of(db, batch), now=self.clock())

    def _unseal(self, batch_id: int, folder: Path) -> dict[str, ScanFile]:
        """Put the files of a batch where worker processes can open them."""
        with self.database.reading() as db:
            chosen = select(ScanFile).where(ScanFile.batch_id == batch_id)
            files = db.scalars(chosen.order_by(ScanFile.position)).all()
            db.expunge_all()
        paths = {}
        for file in files:
            path = folder / f"{file.position:06d}"
            write_out(self.database.files, json.loads(file.pieces), path)
            paths[str(path)] = file
        return paths

    def _open(
        self, batch_id: int, paths: Mapping[str, ScanFile], pool: WorkerPool
    ) -> list[PageJob]:
        """Count the pages of all files, record the count, and return what is left to read."""
        opened = [_bounded(source) for source in open_files(list(map(Path, paths)), pool).opened]
        promised = dict.fromkeys((file.id for file in paths.values()), 0)
        for source in opened:
            promised[paths[source.source.path].id] += source.pages or 1
        with self.database.transaction() as db:
            batch = db.get_one(ScanBatch, batch_id)
            promise_pages(batch, promised, now=self.clock())
            recorded = pages_recorded(db, batch_id)
        return list(_left(opened, paths, recorded))

    def _record(
        self, batch_id: int, paths: Mapping[str, ScanFile], jobs: list[PageJob], pool: WorkerPool
    ) -> bool:
        """Record pages as they come; return False once somebody has cancelled the batch."""
        held: list[tuple[int, KeptPage]] = []
        since = time.monotonic()
        for place, page in pool.run(jobs):
            assert isinstance(page, KeptPage)
            file = paths[jobs[place].source.path]
            held.append((file.id, replace(page, file_name=_shown(file, jobs[place]))))
            if len(held) >= PAGES_A_COMMIT or time.monotonic() - since > SECONDS_A_COMMIT:
                if not self._commit(batch_id, held):
                    return False
                held, since = [], time.monotonic()
        return self._commit(batch_id, held)

    def _commit(self, batch_id: int, pages: list[tuple[int, KeptPage]]) -> bool:
        for _, page in pages:  # first, so that the exam room does not wait for the disk meanwhile
            if page.jpeg:
                self.database.files.put(page.jpeg)
        with self.database.transaction() as db:
            batch = db.get_one(ScanBatch, batch_id)
            if batch.state != BatchState.READING:
                return False
            actor, absences = _reader_of(db, batch), recorded_absences(db, batch)
            for file_id, page in pages:
                take_page(
                    db,
                    batch_id,
                    page,
                    actor=actor,
                    now=self.clock(),
                    file_id=file_id,
                    absences=absences,
                )
        return True


def card_of_batch(db: Session, batch: ScanBatch) -> Card:
    """Return the cards that the candidates of a batch's sittings were given."""
    sittings = [sitting.id for sitting in batch.sittings]
    cards = cards_of_sittings(db, *sittings) or (sheets_of(STANDARD),)
    kinds = tuple(tuple((sheet, blank_of_layout(sheet)) for sheet in card) for card in cards)
    orders = Orders(known_serials(db, *sittings), by_number=True)
    return Card(kinds, orders, keeps=True)


def recorded_absences(db: Session, batch: ScanBatch) -> dict[int, bool]:
    """Return whom the room records call absent and whom present, by admission."""
    sittings = [sitting.id for sitting in batch.sittings]
    admissions = db.scalars(select(Admission.id).where(Admission.sitting_id.in_(sittings)))
    found = presences(db, admissions)
    return {number: presence is Presence.ABSENT for number, presence in found.items()}


def pages_recorded(db: Session, batch_id: int) -> Counter[int]:
    """Return how many pages of each file have their state."""
    rows = db.execute(
        select(ScanPage.file_id, func.count())
        .where(ScanPage.batch_id == batch_id, ScanPage.file_id.is_not(None))
        .group_by(ScanPage.file_id)
    )
    return Counter({file_id: count for file_id, count in rows if file_id is not None})


def _bounded(opened: Opened) -> Opened:
    if opened.pages > MOST_PAGES:
        return Opened(opened.source, 0, PageReason.TOO_LARGE)
    return opened


def _left(
    opened: list[Opened], paths: Mapping[str, ScanFile], recorded: Counter[int]
) -> Iterator[PageJob]:
    """Yield the jobs without the pages that are recorded, which are the first of every file."""
    done = Counter(recorded)
    for source in opened:
        file_id = paths[source.source.path].id
        for job in page_jobs(source):
            pages = job.last - job.first + 1
            skipped = min(done[file_id], pages)
            done[file_id] -= skipped
            if skipped < pages:
                yield replace(job, first=job.first + skipped)


def _shown(file: ScanFile, job: PageJob) -> str:
    member = job.source.member
    return f"{file.name}/{shown_name(member)}" if member else file.name


def _reader_of(db: Session, batch: ScanBatch) -> Actor:
    """Return who started the batch: pages are read on their behalf."""
    account = db.get(Account, batch.uploaded_by_id) if batch.uploaded_by_id else None
    return actor_of(account) if account is not None else SYSTEM
