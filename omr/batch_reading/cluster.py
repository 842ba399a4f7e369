"""A city's night run: the same jobs on the machines of a Dask cluster.

A Dask worker only lends its machine. Pages are read there by a worker process as at home, so that
a page that hangs or kills its process costs that page. The files must lie under the same paths on
every machine. Needs the optional library ``distributed``.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from queue import Empty, LifoQueue

from distributed import Client, Future, KilledWorker, Worker, WorkerPlugin, get_worker

from omr.batch_reading.jobs import Answer, Card, Job, Opened, PageJob, Source
from omr.batch_reading.pool import WorkerPool
from omr.batch_reading.results import page_result
from omr.reader.reading import rejected
from omr.rules.reasons import PageReason

AHEAD = 4  # jobs for each thread of the cluster that may be under way
CONNECT_TIMEOUT_S = 10.0
READERS = "kaohe-readers"


class NoWorkersError(Exception):
    """The scheduler cannot be reached, or no worker has joined it."""


class LentReaders(WorkerPlugin):  # type: ignore[misc]  # the library is untyped
    """The worker processes of one machine, started when a job comes and used again."""

    name = READERS

    def __init__(self, card: Card, timeout_s: float) -> None:
        self.card = card
        self.timeout_s = timeout_s

    def setup(self, worker: Worker) -> None:
        """Begin without processes."""
        self.idle: LifoQueue[WorkerPool] = LifoQueue()

    def teardown(self, worker: Worker) -> None:
        """End the processes that are not at work."""
        while True:
            try:
                self.idle.get_nowait().close()
            except Empty:
                return

    def answer(self, job: Job) -> tuple[Answer, ...]:
        """Answer one job with a process that nobody else uses meanwhile."""
        try:
            pool = self.idle.get_nowait()
        except Empty:
            pool = WorkerPool(self.card, workers=1, timeout_s=self.timeout_s)
        try:
            return tuple(answer for _, answer in pool.run([job]))
        finally:
            self.idle.put(pool)


def answer_job(job: Job) -> tuple[Answer, ...]:
    """Answer a job on whichever machine of the cluster this runs."""
    readers: LentReaders = get_worker().plugins[READERS]
    return readers.answer(job)


class ClusterPool:
    """The machines of a cluster for one card; a context manager that gives them back."""

    def __init__(self, card: Card, *, scheduler: str, timeout_s: float) -> None:
        try:
            self._client = Client(scheduler, timeout=CONNECT_TIMEOUT_S, set_as_default=False)
            self._client.wait_for_workers(1, timeout=CONNECT_TIMEOUT_S)
        except (OSError, TimeoutError, ValueError) as error:
            raise NoWorkersError(str(error)) from error
        self._client.register_plugin(LentReaders(card, timeout_s))

    def __enter__(self) -> "ClusterPool":
        return self

    def __exit__(self, *_: object) -> None:
        self._client.unregister_worker_plugin(READERS)
        self._client.close()

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[int, Answer]]:
        """Yield each answer with the place of its job, in the order of the jobs.

        Few jobs are under way at a time, so that the scheduler's memory does not grow with the
        batch; a machine that leaves has its jobs done by another.
        """
        waiting = deque(enumerate(jobs))
        under_way: deque[tuple[int, Job, Future]] = deque()
        while waiting or under_way:
            threads = sum(self._client.nthreads().values()) or 1
            while waiting and len(under_way) < AHEAD * threads:
                place, job = waiting.popleft()
                under_way.append((place, job, self._client.submit(answer_job, job, pure=False)))
            place, job, future = under_way.popleft()
            yield from ((place, answer) for answer in _answers(job, future))


def _answers(job: Job, future: Future) -> Sequence[Answer]:
    """Return what a job came to; one that has brought down several machines is named."""
    try:
        answers: Sequence[Answer] = future.result()
    except KilledWorker:
        reason = PageReason.WORKER_LOST
        if isinstance(job, str):
            return (Opened(Source(job), 0, reason),)
        return [page_result(job.source.name, page, rejected(reason), 0.0) for page in _pages(job)]
    finally:
        future.release()
    return answers


def _pages(job: PageJob) -> range:
    return range(job.first, job.last + 1)
