"""The one writer: batches, and failures that harm nobody else."""

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from exam_server.delivery.errors import BusyError, NotInRoomError
from exam_server.delivery.models import SignInFailure, StoreIdentity
from exam_server.delivery.writer import Writer
from registry.database import Database
from tests.support.room import START


class Together:
    """A group that answers by a function of its payloads."""

    def __init__(self, answer: Callable[[Sequence[Any]], Sequence[Any]]) -> None:
        self._answer = answer
        self.forgotten = 0

    def store(self, _db: Session, payloads: Sequence[Any], /) -> Sequence[Any]:
        return self._answer(payloads)

    def forget(self) -> None:
        self.forgotten += 1


@pytest.fixture
def writer(database: Database) -> Iterator[Writer]:
    opened = Writer(database)
    yield opened
    opened.stop()


def write(subject: str) -> Callable[[Session], str]:
    def run(db: Session) -> str:
        db.add(SignInFailure(subject=subject, at=START))
        return subject

    return run


def subjects(database: Database) -> list[str]:
    with database.reading() as db:
        return sorted(db.scalars(select(SignInFailure.subject)))


def in_one_batch(writer: Writer, jobs: Sequence[Callable[[], object]]) -> list[object]:
    """Call every job from a thread of its own while the writer is held up."""
    outcomes: list[object] = [None] * len(jobs)
    gate, held = threading.Event(), threading.Event()

    def hold(_db: Session) -> None:
        held.set()
        gate.wait()

    def call(place: int) -> None:
        try:
            outcomes[place] = jobs[place]()
        except Exception as error:  # noqa: BLE001  (the outcome is what is tested)
            outcomes[place] = error

    threads = [threading.Thread(target=lambda: writer.perform(hold))]
    threads[0].start()
    held.wait()
    for place in range(len(jobs)):
        threads.append(threading.Thread(target=call, args=(place,)))
        threads[-1].start()
        while writer.waiting() < place + 1:
            threading.Event().wait(0.001)
    gate.set()
    for thread in threads:
        thread.join()
    return outcomes


def test_jobs_that_wait_are_stored_in_one_commit(writer: Writer, database: Database) -> None:
    jobs = [lambda n=n: writer.perform(write(f"s{n}")) for n in range(8)]
    assert in_one_batch(writer, jobs) == [f"s{n}" for n in range(8)]
    assert subjects(database) == [f"s{n}" for n in range(8)]
    assert writer.commits == 2  # the one that held it up, and all the others


def test_a_refusal_undoes_its_own_job_and_no_other(writer: Writer, database: Database) -> None:
    def refuse(db: Session) -> None:
        write("undone")(db)
        db.flush()
        raise NotInRoomError

    jobs = [
        lambda: writer.perform(write("before")),
        lambda: writer.perform(refuse),
        lambda: writer.perform(write("after")),
    ]
    outcomes = in_one_batch(writer, jobs)
    assert isinstance(outcomes[1], NotInRoomError)
    assert subjects(database) == ["after", "before"]


def test_data_that_the_store_refuses_undoes_its_own_job_and_no_other(
    writer: Writer, database: Database
) -> None:
    def twice(db: Session) -> None:
        for store in ("one", "other"):
            db.add(StoreIdentity(id=99, store=store))
            db.flush()
            db.expunge_all()

    jobs = [lambda: writer.perform(twice), lambda: writer.perform(write("other"))]
    outcomes = in_one_batch(writer, jobs)
    assert isinstance(outcomes[0], IntegrityError)
    assert subjects(database) == ["other"]


def test_a_store_that_fails_tells_every_job_of_the_batch_that_nothing_was_saved(
    writer: Writer, database: Database
) -> None:
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE sign_in_failure RENAME TO away"))
    jobs = [lambda n=n: writer.perform(write(f"s{n}")) for n in range(3)]
    assert all(isinstance(outcome, BusyError) for outcome in in_one_batch(writer, jobs))
    with database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE away RENAME TO sign_in_failure"))
    assert writer.perform(write("later")) == "later"
    assert subjects(database) == ["later"]


def test_a_bug_in_a_group_neither_hangs_its_callers_nor_ends_the_writer(
    writer: Writer, database: Database
) -> None:
    broken = Together(lambda _payloads: {}["a bug"])
    with pytest.raises(BusyError):
        writer.append(broken, 1)
    assert writer.perform(write("later")) == "later"


def test_members_of_a_group_are_handed_over_together_in_their_order(writer: Writer) -> None:
    number = Together(lambda payloads: [(payload, len(payloads)) for payload in payloads])
    jobs = [lambda n=n: writer.append(number, n) for n in range(4)]
    assert in_one_batch(writer, jobs) == [(n, 4) for n in range(4)]


def test_a_group_must_forget_whenever_anything_else_was_written_or_a_batch_was_lost(
    writer: Writer,
) -> None:
    steady, broken = Together(list), Together(lambda _payloads: {}["a bug"])
    for number in range(3):
        assert writer.append(steady, number) == number
    assert steady.forgotten == 0
    writer.perform(write("something else"))
    assert steady.forgotten == 1
    with pytest.raises(BusyError):
        writer.append(broken, 1)
    assert steady.forgotten == 2


def test_stopping_finishes_what_is_queued_and_refuses_what_comes_later(
    database: Database,
) -> None:
    writer = Writer(database)
    assert writer.perform(write("in time")) == "in time"
    writer.stop()
    writer.stop()
    with pytest.raises(BusyError):
        writer.perform(write("too late"))
    assert subjects(database) == ["in time"]
