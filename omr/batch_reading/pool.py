"""Worker processes that may hang or die without harming another page.

Each worker has its own pipe and reads one page at a time. One that takes too long is ended and its
page is named; the rest of its job goes to a fresh worker. Answers come in the order of the jobs,
and only a few jobs are under way at a time, so that memory does not grow with the batch.
"""

import multiprocessing
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnContext, SpawnProcess

from omr.batch_reading.jobs import Answer, Card, Job, Opened, PageJob, Source
from omr.batch_reading.results import KeptPage, page_result
from omr.batch_reading.worker_process import Done, Message, Started, serve
from omr.reader.reading import rejected
from omr.rules.reasons import PageReason

AHEAD = 4  # jobs for each worker that may be under way or wait for an earlier one
MOST_IDLE_DEATHS = 5  # of workers that died before they began a job; then jobs are blamed
START_ALLOWANCE_S = 60.0  # a fresh worker loads its libraries


@dataclass
class _Worker:
    process: SpawnProcess
    pipe: Connection
    deadline: float
    place: int | None = None  # of the job in hand
    job: Job = ""
    page: int = 0
    begun: bool = False
    fresh: bool = True


@dataclass
class _Progress:
    """Jobs by their place; answers wait until all before them are out."""

    waiting: deque[tuple[int, Job]]
    answers: dict[int, list[Answer]] = field(default_factory=dict)
    finished: set[int] = field(default_factory=set)
    head: int = 0

    def next_job(self, ahead: int) -> tuple[int, Job] | None:
        if self.waiting and self.waiting[0][0] < self.head + ahead:
            return self.waiting.popleft()
        return None

    def ready(self) -> Iterator[tuple[int, Answer]]:
        while self.head in self.finished:
            self.finished.remove(self.head)
            yield from ((self.head, answer) for answer in self.answers.pop(self.head, ()))
            self.head += 1


class WorkerPool:
    """A few processes for one card; a context manager that ends them."""

    def __init__(self, card: Card, *, workers: int, timeout_s: float) -> None:
        self._card = card
        self._timeout_s = timeout_s
        self._idle_deaths = 0
        self._context: SpawnContext = multiprocessing.get_context("spawn")
        self._workers = [self._start() for _ in range(workers)]

    def __enter__(self) -> "WorkerPool":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the processes; one in the middle of a page is killed."""
        for worker in self._workers:
            worker.pipe.close()
        for worker in self._workers:
            worker.process.join(1.0)
            if worker.process.is_alive():
                worker.process.kill()
                worker.process.join()

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[int, Answer]]:
        """Yield each answer with the place of its job, in the order of the jobs."""
        progress = _Progress(deque(enumerate(jobs)))
        ahead = AHEAD * len(self._workers)
        while progress.head < len(jobs):
            for worker in self._workers:
                if worker.place is None:
                    self._give(worker, progress.next_job(ahead))
            self._listen(progress)
            yield from progress.ready()

    def _give(self, worker: _Worker, task: tuple[int, Job] | None) -> None:
        if task is None:
            return
        worker.place, worker.job = task
        worker.page, worker.begun = 0, isinstance(worker.job, str)
        worker.deadline = time.monotonic() + self._timeout_s
        if worker.fresh:
            worker.deadline += START_ALLOWANCE_S
            worker.fresh = False
        try:
            worker.pipe.send(worker.job)
        except OSError:
            return  # it has died: the silence is noticed in listening

    def _listen(self, progress: _Progress) -> None:
        busy = [worker for worker in self._workers if worker.place is not None]
        left_s = min(worker.deadline for worker in busy) - time.monotonic()
        heard = wait([worker.pipe for worker in busy], max(left_s, 0.0))
        for worker in busy:
            if worker.pipe in heard:
                self._hear(worker, progress)
            elif time.monotonic() > worker.deadline:
                self._replace(worker, PageReason.TIMED_OUT, progress)

    def _hear(self, worker: _Worker, progress: _Progress) -> None:
        assert worker.place is not None
        try:
            message: Message = worker.pipe.recv()
        except (EOFError, OSError):
            self._replace(worker, PageReason.WORKER_LOST, progress)
            return
        worker.deadline = time.monotonic() + self._timeout_s
        if isinstance(message, Started):
            worker.page, worker.begun = message.page, True
        elif isinstance(message, Done):
            progress.finished.add(worker.place)
            worker.place = None
        else:
            found = message if isinstance(message, tuple) else (message,)
            progress.answers.setdefault(worker.place, []).extend(found)

    def _replace(self, worker: _Worker, reason: PageReason, progress: _Progress) -> None:
        """End a worker, name the page it failed on and leave the rest of its job to a new one."""
        assert worker.place is not None
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        place, job, page = worker.place, worker.job, worker.page
        fresh = self._start()
        worker.process, worker.pipe, worker.place, worker.fresh = (
            fresh.process,
            fresh.pipe,
            None,
            True,
        )
        self._idle_deaths += not worker.begun
        if not worker.begun and self._idle_deaths <= MOST_IDLE_DEATHS:  # the job is not to blame
            progress.waiting.appendleft((place, job))
            return
        failed = _failed(job, page, reason, keeps=self._card.keeps)
        progress.answers.setdefault(place, []).append(failed)
        if isinstance(job, PageJob) and page < job.last:
            progress.waiting.appendleft((place, replace(job, first=page + 1)))
        else:
            progress.finished.add(place)

    def _start(self) -> _Worker:
        here, there = self._context.Pipe()
        process = self._context.Process(target=serve, args=(there, self._card), daemon=True)
        process.start()
        there.close()
        return _Worker(process, here, 0.0)


def _failed(job: Job, page: int, reason: PageReason, *, keeps: bool) -> Answer:
    if isinstance(job, PageJob):
        if keeps:
            return KeptPage(job.source.name, page, rejected(reason), None)
        return page_result(job.source.name, page, rejected(reason), 0.0)
    return Opened(Source(job), 0, reason)
