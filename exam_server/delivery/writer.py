"""One native thread that owns every write of the exam room.

Jobs that arrive while a commit runs form the next batch (natural group commit); a job's caller is
woken only when its batch is on disk. On PostgreSQL and SQLite alike there is no other writer of the
room's tables, so a test of state and the write it permits are never torn apart.
"""

import logging
import queue
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol, TypeVar

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError
from sqlalchemy.orm import Session

from exam_server.delivery.errors import BusyError
from registry.database import Database
from registry.errors import AssessmentError

Result = TypeVar("Result")
BATCH_LIMIT = 512  # jobs of one commit
COMMITS_TIMED = 500
QUEUE_LIMIT = 5_000  # beyond this the caller is told to come back

log = logging.getLogger("kaohe.writer")


class Promise(Protocol):
    """What a caller waits on; the concurrency model supplies it."""

    def resolve(self, result: object, error: BaseException | None) -> None:
        """Called by the writer thread once the outcome is durable."""

    def wait(self) -> Any:
        """Block the caller alone until then; raises the error."""


class ThreadPromise:
    """A promise for servers and tests that run on threads."""

    def __init__(self) -> None:
        self._future: Future[Any] = Future()

    def resolve(self, result: object, error: BaseException | None) -> None:
        """Wake the waiting thread."""
        if error is None:
            self._future.set_result(result)
        else:
            self._future.set_exception(error)

    def wait(self) -> Any:
        """Wait for the writer."""
        return self._future.result()


@dataclass(frozen=True)
class Concurrency:
    """Where native threads and queues come from: gevent replaces the standard ones."""

    start_thread: Callable[[Callable[[], None]], object]
    new_queue: Callable[[], Any]
    new_promise: Callable[[], Promise]


def _start_thread(run: Callable[[], None]) -> threading.Thread:
    thread = threading.Thread(target=run, name="exam-room-writer", daemon=True)
    thread.start()
    return thread


THREADS = Concurrency(_start_thread, queue.SimpleQueue, ThreadPromise)


class Group(Protocol):
    """Stores payloads that came together, and may remember what it alone writes."""

    def store(self, db: Session, payloads: Sequence[Any], /) -> Sequence[Any]:
        """Store them all and return a reply for each."""

    def forget(self) -> None:
        """Something else was written, or a batch was not stored."""


class Job(NamedTuple):
    """One piece of work. Hot jobs of the same ``group`` are handed over together."""

    promise: Promise
    run: Callable[[Session], Any] | None = None
    group: Group | None = None
    payload: Any = None


@dataclass
class _Batch:
    outcomes: list[tuple[Job, Any, BaseException | None]] = field(default_factory=list)

    def add(self, job: Job, result: Any, error: BaseException | None = None) -> None:
        self.outcomes.append((job, result, error))


class Writer:
    """Takes jobs from any thread or greenlet and commits them in batches."""

    def __init__(self, database: Database, concurrency: Concurrency = THREADS) -> None:
        self.database = database
        self._new_promise = concurrency.new_promise
        self._queue = concurrency.new_queue()
        self._ended = concurrency.new_promise()
        self._stopping = False
        self._groups: set[Group] = set()
        self.commits = 0
        self.changes = 0  # batches that held more than what groups store
        self.commit_ms: deque[float] = deque(maxlen=COMMITS_TIMED)  # newest last
        self.failures = 0  # batches that the store refused
        self.trouble = ""  # why it refused the last one
        self.confirm: Callable[[], None] | None = None  # waits for a second disk, when there is one
        self.first: Callable[[Session], None] | None = (
            None  # nothing is stored before or without it
        )
        concurrency.start_thread(self._loop)

    def perform(self, run: Callable[[Session], Result]) -> Result:
        """Run one action in the writer's transaction; return when it is durable."""
        result: Result = self._enqueue(Job(self._new_promise(), run=run))
        return result

    def append(self, group: Group, payload: object) -> Any:
        """Add a payload to the batch that ``group`` stores together; return its own reply."""
        self._groups.add(group)
        return self._enqueue(Job(self._new_promise(), group=group, payload=payload))

    def stop(self) -> None:
        """Finish what is queued, end the thread and wait for it; later jobs are refused."""
        if self._stopping:
            return
        self._stopping = True
        self._queue.put(None)
        self._ended.wait()

    def waiting(self) -> int:
        """Return how many jobs are queued behind the batch that is being stored."""
        count: int = self._queue.qsize()
        return count

    def _enqueue(self, job: Job) -> Any:
        if self._stopping or self.waiting() > QUEUE_LIMIT:
            raise BusyError
        self._queue.put(job)
        return job.promise.wait()

    def _loop(self) -> None:
        while True:
            jobs, last = self._take()
            if jobs:
                self._commit(jobs)
            if last:
                self._ended.resolve(None, None)
                return

    def _take(self) -> tuple[list[Job], bool]:
        jobs = []
        job = self._queue.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) >= BATCH_LIMIT:
                return jobs, False
            try:
                job = self._queue.get_nowait()
            except queue.Empty:
                return jobs, False
        return jobs, True

    def _commit(self, jobs: Sequence[Job]) -> None:
        batch = _Batch()
        began_s = time.perf_counter()
        try:
            with self.database.transaction() as db:
                if self.first is not None:
                    self.first(db)
                self._run(db, jobs, batch)
        except Exception as error:  # noqa: BLE001  (nobody waits for ever and the thread goes on)
            self._forget()
            self._give_back(jobs, error)
            return
        self.first = None
        self.commits += 1
        self.changes += any(job.group is None for job in jobs)
        self.commit_ms.append((time.perf_counter() - began_s) * 1000)
        if self.confirm is not None:
            self.confirm()
        for job, result, error_of_job in batch.outcomes:
            job.promise.resolve(result, error_of_job)

    def _give_back(self, jobs: Sequence[Job], error: Exception) -> None:
        """Tell every caller that nothing was saved."""
        if isinstance(error, OperationalError):  # nobody's bug: a full disk, a server that is away
            self.failures += 1
            self.trouble = str(error.orig)
            log.error("a batch of %d jobs was not stored: %s", len(jobs), self.trouble)
        else:
            log.exception("a batch of %d jobs was not stored", len(jobs), exc_info=error)
        for job in jobs:
            job.promise.resolve(None, BusyError())

    def _run(self, db: Session, jobs: Sequence[Job], batch: _Batch) -> None:
        at = 0
        while at < len(jobs):
            group = jobs[at].group
            end = at + 1
            while group is not None and end < len(jobs) and jobs[end].group is group:
                end += 1
            if group is None:
                self._run_alone(db, jobs[at], batch)
                self._forget()
            else:
                part = jobs[at:end]
                replies = group.store(db, [job.payload for job in part])
                for job, reply in zip(part, replies, strict=True):
                    batch.add(job, reply)
            at = end

    def _forget(self) -> None:
        for group in list(self._groups):
            group.forget()

    def _run_alone(self, db: Session, job: Job, batch: _Batch) -> None:
        assert job.run is not None
        try:
            with db.begin_nested():
                result = job.run(db)
        except (AssessmentError, DataError, IntegrityError) as error:
            batch.add(job, None, error)  # its savepoint is rolled back, the others are not harmed
        except DBAPIError:
            raise  # the store itself fails: the whole batch is not stored
        except Exception as error:  # noqa: BLE001  (a bug in one job must not lose the others)
            batch.add(job, None, error)
        else:
            batch.add(job, result)
