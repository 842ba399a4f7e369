"""What the journal remembers between batches changes nothing but the time that it takes."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from exam_server.delivery.journal import Delivered, HeadMovedError, Journal, store
from exam_server.delivery.models import Attempt
from exam_server.delivery.states import AttemptState
from exam_server.delivery.wire import Op
from registry.database import Database
from tests.exam_server.delivery.test_answer_journal import (
    EPOCH,
    attempt_at_work,
    examples,
    fold,
    ops_of_a_candidate,
    refusals,
    stored_answers,
    stored_ops,
)
from tests.support.room import START, Prepared, Room


def chosen(seq: int) -> Delivered:
    return Delivered(0, EPOCH, (Op(seq=seq, kind="set", item="q1", value=("o1",)),), START)


def sent(attempt_id: int, seq: int) -> list[Delivered]:
    return [Delivered(attempt_id, EPOCH, chosen(seq).ops, START)]


@examples
@given(
    ops=ops_of_a_candidate(),
    windows=st.lists(st.tuples(st.integers(0, 25), st.integers(1, 6)), min_size=3, max_size=14),
    batch=st.integers(1, 4),
)
def test_a_journal_that_remembers_answers_and_stores_as_one_that_does_not(
    database: Database,
    prepared: Prepared,
    ops: list[Op],
    windows: list[tuple[int, int]],
    batch: int,
) -> None:
    parts = [tuple(ops[first : first + count]) for first, count in windows]
    with attempt_at_work(database, prepared, count=2) as (db, (one, other)):
        remembering = Journal()
        for at in range(0, len(parts), batch):
            together = parts[at : at + batch]
            told = remembering.store(db, [Delivered(one, EPOCH, part, START) for part in together])
            fresh = store(db, [Delivered(other, EPOCH, part, START) for part in together])
            assert told == fresh
        assert stored_ops(db, one) == stored_ops(db, other)
        assert stored_answers(db, one) == stored_answers(db, other)
        assert refusals(db, one) == refusals(db, other)


def test_a_batch_larger_than_one_statement_is_stored_whole(
    database: Database, prepared: Prepared
) -> None:
    with attempt_at_work(database, prepared, count=3) as (db, ids):
        ops = tuple(
            Op(seq=seq, kind="flag", item=f"q{seq % 40}", flagged=seq % 3 > 0)
            if seq % 5 == 0
            else Op(seq=seq, kind="set", item=f"q{seq % 40}", value=(f"o{seq}",))
            for seq in range(1, 62)
        )
        told = store(db, [Delivered(attempt_id, EPOCH, ops, START) for attempt_id in ids])
        assert [stored.ack for stored in told] == [61, 61, 61]
        for attempt_id in ids:
            assert stored_ops(db, attempt_id) == list(ops)
            assert stored_answers(db, attempt_id) == fold(ops)


def test_heads_are_read_once_and_again_after_forgetting(
    database: Database, prepared: Prepared
) -> None:
    with attempt_at_work(database, prepared) as (db, (attempt_id,)):
        journal, reads = Journal(), selects_of(db)
        for seq in range(1, 4):
            journal.store(db, sent(attempt_id, seq))
        once = len(reads)
        journal.forget()
        journal.store(db, sent(attempt_id, 4))
        assert len(reads) == 2 * once > 0


def selects_of(db: Session) -> Sequence[str]:
    """Return the list to which every further SELECT of the session is added."""
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("SELECT"):
            seen.append(statement)

    event.listen(db.connection(), "before_cursor_execute", note)
    return seen


@pytest.mark.parametrize(
    "change",
    [
        {"epoch": EPOCH + 1},
        {"state": AttemptState.FORCED},
        {"head_seq": 9},
        {"paused_at": START},
        {"closes_at": START},
    ],
    ids=["fenced", "ended", "written to", "paused", "shortened"],
)
def test_what_somebody_else_changed_is_noticed_and_nothing_is_stored(
    database: Database, prepared: Prepared, change: dict[str, object]
) -> None:
    with attempt_at_work(database, prepared) as (db, (attempt_id,)):
        journal = Journal()
        journal.store(db, sent(attempt_id, 1))
        db.execute(update(Attempt).where(Attempt.id == attempt_id).values(**change))
        with pytest.raises(HeadMovedError), db.begin_nested():
            journal.store(db, sent(attempt_id, 2))
        assert len(stored_ops(db, attempt_id)) == 1


def test_nothing_is_refused_by_what_was_remembered(database: Database, prepared: Prepared) -> None:
    with attempt_at_work(database, prepared, count=2) as (db, (one, other)):
        journal = Journal()
        journal.store(db, [*sent(one, 1), *sent(other, 1)])
        late = START + timedelta(hours=9)
        db.execute(update(Attempt).where(Attempt.id == one).values(closes_at=late))
        batch = [Delivered(each, EPOCH, chosen(2).ops, late) for each in (other, one)]
        assert [told.error for told in journal.store(db, batch)] == ["closed", ""]
        assert [len(stored_ops(db, each)) for each in (one, other)] == [2, 1]
        assert len(refusals(db, other)) == 1


def test_extension_release_and_forced_end_count_for_the_very_next_answer(room: Room) -> None:
    (page,) = room.working()
    assert page.send(page.choose())["ok"]
    room.clock.advance(minutes=91)
    reviewer = {"reason": "停电", "reviewer": "jiankao02", "admission": page.admission_id}
    room.command("extend", minutes=10, **reviewer)
    assert page.send(page.choose(1))["ack"] == 2
    room.command("force_submit", **reviewer)
    assert page.send(page.op("clear"))["error"] in ("closed", "malformed")
