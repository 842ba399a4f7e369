"""Waiting for the native writer thread from greenlets, without ever blocking the hub."""

from collections import deque
from collections.abc import Callable
from typing import Any

import gevent
from gevent import monkey
from gevent.hub import Waiter

from exam_server.delivery.writer import Concurrency


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


def greenlet_concurrency() -> Concurrency:
    """Return native threads and queues for a process that gevent has patched."""
    start_native = monkey.get_original("_thread", "start_new_thread")
    simple_queue = monkey.get_original("queue", "SimpleQueue")
    mailbox = _Mailbox()

    def start_thread(run: Callable[[], None]) -> object:
        return start_native(run, ())

    return Concurrency(start_thread, simple_queue, lambda: GreenletPromise(mailbox))
