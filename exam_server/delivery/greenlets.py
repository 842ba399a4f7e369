"""Waiting for the native writer thread from greenlets, without ever blocking the hub."""

from collections import deque
from collections.abc import Callable
from typing import Any

import gevent
from gevent import monkey
from gevent.hub import Waiter

from exam_server.delivery.writer import Concurrency

LARGEST_BURST = 128  # jobs after which the thread begins while the round goes on


class _Mailbox:
    """Outcomes on their way from the writer thread to the hub's greenlets."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Waiter, object, BaseException | None]] = deque()
        self._bell = gevent.get_hub().loop.async_()
        self._bell.start(self._deliver)

    def put(self, target: Waiter, result: object, error: BaseException | None) -> None:
        """Called by the writer thread: only the bell may be touched from there.

        Whoever finds another outcome still waiting need not ring: its bell was heard after it.
        """
        self._waiting.append((target, result, error))
        if len(self._waiting) == 1:
            self._bell.send()

    def _deliver(self) -> None:
        while self._waiting:
            target, result, error = self._waiting.popleft()
            if error is None:
                target.switch(result)  # straight into the greenlet: this runs in the hub
            else:
                target.throw(error)


class GreenletPromise:
    """A promise on which a greenlet waits while others go on."""

    def __init__(self, mailbox: _Mailbox) -> None:
        self._mailbox = mailbox
        self._waiter = Waiter()

    def resolve(self, result: object, error: BaseException | None) -> None:
        """Wake the waiting greenlet, from the writer thread."""
        self._mailbox.put(self._waiter, result, error)

    def wait(self) -> Any:
        """Wait for the writer; the hub serves others meanwhile."""
        return self._waiter.get()


class Burst:
    """A queue to the writer thread that is filled once for each round of the hub's loop.

    Jobs put while one round of events is worked off are handed over together: the thread is woken
    once, not in the middle of the burst, and does not fight for the interpreter with every job.
    """

    def __init__(self, queue: Any) -> None:
        self._queue = queue
        self._burst: list[Any] = []
        self._taken: deque[Any] = deque()  # the writer's own
        self._put_count = self._got_count = 0  # each changed by one side alone
        self._loop = gevent.get_hub().loop

    def put(self, job: object) -> None:
        """Add a job, from the hub's thread."""
        self._burst.append(job)
        self._put_count += 1
        if len(self._burst) == 1:
            self._loop.run_callback(self._hand_over)
        elif len(self._burst) >= LARGEST_BURST:
            self._hand_over()

    def get(self) -> Any:
        """Wait for the next job, from the writer's thread."""
        if not self._taken:
            self._taken.extend(self._queue.get())
        return self._next()

    def get_nowait(self) -> Any:
        """Return the next job; raises ``queue.Empty``."""
        if not self._taken:
            self._taken.extend(self._queue.get_nowait())
        return self._next()

    def qsize(self) -> int:
        """Return how many jobs were put and not taken."""
        return self._put_count - self._got_count

    def _next(self) -> Any:
        self._got_count += 1
        return self._taken.popleft()

    def _hand_over(self) -> None:
        if self._burst:
            burst, self._burst = self._burst, []
            self._queue.put(burst)


def greenlet_concurrency() -> Concurrency:
    """Return native threads and queues for a process that gevent has patched."""
    start_native = monkey.get_original("_thread", "start_new_thread")
    simple_queue = monkey.get_original("queue", "SimpleQueue")
    mailbox = _Mailbox()

    def start_thread(run: Callable[[], None]) -> object:
        return start_native(run, ())

    return Concurrency(
        start_thread, lambda: Burst(simple_queue()), lambda: GreenletPromise(mailbox)
    )
