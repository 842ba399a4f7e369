"""The writer's thread serving greenlets: bursts in, outcomes back to whoever waits."""

from collections.abc import Callable, Sequence
from typing import Any

import gevent
import pytest
from sqlalchemy.orm import Session

from exam_server.delivery.errors import BusyError
from exam_server.delivery.greenlets import LARGEST_BURST, greenlet_concurrency
from exam_server.delivery.writer import Writer
from registry.database import Database


class Counting:
    """A group that notes what was stored together."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    def store(self, _db: Session, payloads: Sequence[Any], /) -> Sequence[Any]:
        self.batches.append(list(payloads))
        return [-payload for payload in payloads]

    def forget(self) -> None:
        """Remembers nothing."""


@pytest.fixture
def opened(database: Database):
    writer = Writer(database, greenlet_concurrency())
    yield writer
    writer.stop()


def answers(calls: Sequence[Callable[[], Any]]) -> list[Any]:
    waiting = [gevent.spawn(call) for call in calls]
    gevent.joinall(waiting, timeout=30)
    return [greenlet.value for greenlet in waiting]


def test_what_comes_in_one_round_is_stored_together_in_order_and_everybody_gets_the_own_reply(
    opened: Writer,
):
    group, numbers = Counting(), range(1, 3 * LARGEST_BURST)
    told = answers([lambda n=n: opened.append(group, n) for n in numbers])
    assert told == [-n for n in numbers]
    assert [n for batch in group.batches for n in batch] == list(numbers)
    assert len(group.batches[0]) >= LARGEST_BURST
    assert len(group.batches) <= 3
    assert opened.waiting() == 0


def test_a_lone_job_does_not_wait_for_company(opened: Writer):
    group = Counting()
    for number in (1, 2, 3):
        assert answers([lambda n=number: opened.append(group, n)]) == [-number]
    assert group.batches == [[1], [2], [3]]


def test_what_is_put_before_the_end_is_still_stored_and_nothing_afterwards(opened: Writer):
    group = Counting()
    waiting = [gevent.spawn(opened.append, group, number) for number in (1, 2)]
    gevent.sleep(0)  # both are put and not yet handed over
    opened.stop()
    gevent.joinall(waiting, timeout=30)
    assert [greenlet.value for greenlet in waiting] == [-1, -2]
    with pytest.raises(BusyError):
        opened.append(group, 3)
