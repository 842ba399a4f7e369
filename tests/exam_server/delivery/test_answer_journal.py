"""Whatever the network does, the journal stores each operation once and in order."""

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from exam_server.delivery.journal import Delivered, Stored, store
from exam_server.delivery.models import Answer, AnswerOp, Attempt, RefusedOp, SittingRun
from exam_server.delivery.states import AttemptState
from exam_server.delivery.wire import Op
from registry.database import Database
from tests.support.attempts import begin
from tests.support.room import START, Prepared

EPOCH = 2
QUESTIONS = ("q1", "q2", "q3", "q4")
examples = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@contextmanager
def attempt_at_work(
    database: Database, prepared: Prepared, *, count: int = 1
) -> Iterator[tuple[Session, list[int]]]:
    """Begin attempts in a transaction that is rolled back."""
    sitting_id = prepared.batch.screen_sitting_id
    with database.session() as db:
        paper_id = db.get_one(SittingRun, sitting_id).paper_id
        made = [
            Attempt(
                admission_id=admission_id,
                sitting_id=sitting_id,
                paper_id=paper_id,
                order_seed=1,
                claimed_at=START,
            )
            for admission_id in range(1, count + 1)
        ]
        db.add_all(made)
        db.flush()
        begin(db, made, clock_from=START, epoch=EPOCH)
        yield db, [attempt.id for attempt in made]


def ops_of_a_candidate(*, most: int = 25) -> st.SearchStrategy[list[Op]]:
    """Draw what one candidate does, numbered from 1."""
    kinds = st.sampled_from(["set", "set", "set", "clear", "flag"])
    one = st.tuples(kinds, st.sampled_from(QUESTIONS), st.integers(1, 4), st.booleans())
    return st.lists(one, min_size=1, max_size=most).map(
        lambda drawn: [
            Op(
                seq=place + 1,
                kind=kind,
                item=item,
                value=(f"o{option}",) if kind == "set" else (),
                flagged=flagged if kind == "flag" else False,
            )
            for place, (kind, item, option, flagged) in enumerate(drawn)
        ]
    )


def fold(ops: Sequence[Op]) -> dict[str, tuple[str, bool, int]]:
    """Return value, flag and newest number of each question, as the operations say."""
    state: dict[str, tuple[str, bool, int]] = {}
    for op in ops:
        value, flagged, _seq = state.get(op.item, ("", False, 0))
        if op.kind == "set":
            value = ",".join(op.value)
        elif op.kind == "clear":
            value = ""
        elif op.kind == "flag":
            flagged = op.flagged
        state[op.item] = (value, flagged, op.seq)
    return state


def deliver(
    db: Session, attempt_id: int, *ops: Op, epoch: int = EPOCH, at: datetime = START
) -> Stored:
    return store(db, [Delivered(attempt_id, epoch, ops, at)])[0]


def stored_ops(db: Session, attempt_id: int) -> list[Op]:
    rows = db.scalars(
        select(AnswerOp).where(AnswerOp.attempt_id == attempt_id).order_by(AnswerOp.id)
    )
    return [
        Op(
            seq=row.seq,
            kind=row.kind,
            item=row.question_id,
            value=tuple(row.value.split(",")) if row.value else (),
            flagged=row.flagged,
        )
        for row in rows
    ]


def stored_answers(db: Session, attempt_id: int) -> dict[str, tuple[str, bool, int]]:
    rows = db.execute(
        select(Answer.question_id, Answer.value, Answer.flagged, Answer.seq).where(
            Answer.attempt_id == attempt_id
        )
    )
    return {item: (value, flagged, seq) for item, value, flagged, seq in rows}


def refusals(db: Session, attempt_id: int) -> Counter[tuple[str, int]]:
    rows = db.execute(
        select(RefusedOp.reason, RefusedOp.seq).where(RefusedOp.attempt_id == attempt_id)
    )
    return Counter((reason, seq) for reason, seq in rows)


def head_of(db: Session, attempt_id: int) -> int:
    return db.scalars(select(Attempt.head_seq).where(Attempt.id == attempt_id)).one()


@st.composite
def bad_network(draw: st.DrawFn) -> tuple[list[Op], list[list[tuple[str, int, int]]]]:
    """Draw a candidate and batches of windows: sent, altered, or from an old page."""
    ops = draw(ops_of_a_candidate())
    fate = st.sampled_from(["sent", "sent", "sent", "altered", "old"])
    window = st.tuples(fate, st.integers(0, len(ops) - 1), st.integers(1, 6))
    batches = st.lists(st.lists(window, min_size=1, max_size=4), max_size=8)
    return ops, draw(batches)


def message(attempt_id: int, ops: list[Op], window: tuple[str, int, int]) -> Delivered:
    fate, start, length = window
    part = ops[start : start + length]
    if fate == "altered":
        part = [replace_op(op) for op in part]
    return Delivered(attempt_id, EPOCH - 1 if fate == "old" else EPOCH, tuple(part), START)


def replace_op(op: Op) -> Op:
    return Op(seq=op.seq, kind="set", item=op.item, value=("o9",))


@examples
@given(drawn=bad_network())
def test_repeated_reordered_and_cut_messages_store_each_operation_once_in_order(
    database: Database, prepared: Prepared, drawn: tuple[list[Op], list[list[tuple[str, int, int]]]]
) -> None:
    ops, batches = drawn
    fenced = Counter[tuple[str, int]]()
    with attempt_at_work(database, prepared) as (db, (attempt_id,)):
        for batch in batches:
            head = head_of(db, attempt_id)
            sent = [
                message(attempt_id, ops, window)
                for window in batch
                if window[0] != "altered" or window[1] < head
            ]
            told = store(db, sent)
            assert all(reply.ack <= head_of(db, attempt_id) for reply in told)
            fenced.update(("fenced", op.seq) for m in sent if m.epoch != EPOCH for op in m.ops)
        head = head_of(db, attempt_id)
        assert stored_ops(db, attempt_id) == ops[:head]
        assert stored_answers(db, attempt_id) == fold(ops[:head])
        kept = refusals(db, attempt_id)
        assert {key: kept[key] for key in kept if key[0] == "fenced"} == fenced


@examples
@given(drawn=bad_network())
def test_an_honest_page_gets_everything_stored_by_following_the_replies(
    database: Database, prepared: Prepared, drawn: tuple[list[Op], list[list[tuple[str, int, int]]]]
) -> None:
    ops, batches = drawn
    with attempt_at_work(database, prepared) as (db, (attempt_id,)):
        for batch in batches:
            honest = [window for window in batch if window[0] != "altered"]
            store(db, [message(attempt_id, ops, window) for window in honest])
        reply = deliver(db, attempt_id, *ops[-1:])
        while reply.error == "gap":
            assert reply.expected == reply.ack + 1
            reply = deliver(db, attempt_id, *ops[reply.ack : reply.ack + 5])
            if not reply.error and reply.ack < len(ops):
                reply = deliver(db, attempt_id, *ops[-1:])
        assert (reply.error, reply.ack) == ("", len(ops))
        assert stored_ops(db, attempt_id) == ops
        assert stored_answers(db, attempt_id) == fold(ops)


@examples
@given(ops=ops_of_a_candidate(), cut=st.integers(0, 24))
def test_a_contradiction_is_kept_apart_and_changes_nothing(
    database: Database, prepared: Prepared, ops: list[Op], cut: int
) -> None:
    target = ops[cut % len(ops)]
    with attempt_at_work(database, prepared) as (db, (attempt_id,)):
        deliver(db, attempt_id, *ops)
        before = stored_answers(db, attempt_id)
        reply = deliver(db, attempt_id, replace_op(target))
        assert (reply.error, reply.ack) == ("chain_conflict", len(ops))
        assert stored_ops(db, attempt_id) == ops
        assert stored_answers(db, attempt_id) == before
        assert refusals(db, attempt_id) == {("conflict", target.seq): 1}


@examples
@given(every=st.lists(ops_of_a_candidate(most=6), min_size=2, max_size=3), order=st.randoms())
def test_messages_of_many_candidates_in_one_batch_never_mix(
    database: Database, prepared: Prepared, every: list[list[Op]], order: object
) -> None:
    with attempt_at_work(database, prepared, count=len(every)) as (db, ids):
        turns = [index for index, ops in enumerate(every) for _ in ops]
        order.shuffle(turns)  # type: ignore[attr-defined]
        sent = Counter[int]()
        batch = []
        for index in turns:
            batch.append(Delivered(ids[index], EPOCH, (every[index][sent[index]],), START))
            sent[index] += 1
        assert not any(reply.error for reply in store(db, batch))
        for attempt_id, ops in zip(ids, every, strict=True):
            assert stored_ops(db, attempt_id) == ops
            assert stored_answers(db, attempt_id) == fold(ops)


def choose(seq: int, item: str = "q1", option: str = "o1") -> Op:
    return Op(seq=seq, kind="set", item=item, value=(option,))


def test_a_gap_asks_for_the_next_expected_and_stores_nothing(
    database: Database, prepared: Prepared
) -> None:
    with attempt_at_work(database, prepared) as (db, (attempt_id,)):
        deliver(db, attempt_id, choose(1))
        reply = deliver(db, attempt_id, choose(3), choose(4))
        assert (reply.error, reply.ack, reply.expected) == ("gap", 1, 2)
        assert head_of(db, attempt_id) == 1


def test_a_gap_within_a_message_keeps_what_came_before_it(
    database: Database, prepared: Prepared
) -> None:
    with attempt_at_work(database, prepared) as (db, (attempt_id,)):
        reply = deliver(db, attempt_id, choose(1), choose(2), choose(4))
        assert (reply.error, reply.ack, reply.expected) == ("gap", 2, 3)
        assert [op.seq for op in stored_ops(db, attempt_id)] == [1, 2]


@pytest.mark.parametrize("epoch", [EPOCH - 1, EPOCH + 1])
def test_another_epoch_is_fenced_and_kept_apart(
    database: Database, prepared: Prepared, epoch: int
) -> None:
    with attempt_at_work(database, prepared) as (db, (attempt_id,)):
        deliver(db, attempt_id, choose(1))
        reply = deliver(db, attempt_id, choose(2), choose(3), epoch=epoch)
        assert (reply.error, reply.ack) == ("fenced", 1)
        assert refusals(db, attempt_id) == {("fenced", 2): 1, ("fenced", 3): 1}
        assert stored_answers(db, attempt_id) == fold([choose(1)])


def test_a_flag_set_in_the_same_batch_before_a_choice_does_not_make_the_answer_older(
    database: Database, prepared: Prepared
) -> None:
    ops = [Op(seq=1, kind="flag", item="q1", flagged=True), choose(2)]
    with attempt_at_work(database, prepared) as (db, (attempt_id,)):
        deliver(db, attempt_id, *ops)
        assert stored_answers(db, attempt_id) == {"q1": ("o1", True, 2)}


def test_handing_in_again_with_the_same_operation_is_acknowledged(
    database: Database, prepared: Prepared
) -> None:
    submit = Op(seq=2, kind="submit")
    with attempt_at_work(database, prepared) as (db, (attempt_id,)):
        first = deliver(db, attempt_id, choose(1), submit)
        receipt = db.scalars(select(Attempt.receipt).where(Attempt.id == attempt_id)).one()
        again = deliver(db, attempt_id, choose(1), submit)
        assert first == again == Stored("", 2, AttemptState.SUBMITTED)
        db.expire_all()
        assert db.get_one(Attempt, attempt_id).receipt == receipt


def test_what_follows_the_hand_in_in_the_same_message_is_kept_apart(
    database: Database, prepared: Prepared
) -> None:
    ops = (choose(1), Op(seq=2, kind="submit"), choose(3, "q2"), choose(4, "q3"))
    with attempt_at_work(database, prepared) as (db, (attempt_id,)):
        reply = deliver(db, attempt_id, *ops)
        assert (reply.error, reply.ack) == ("closed", 2)
        assert refusals(db, attempt_id) == {("closed", 3): 1, ("closed", 4): 1}
        assert stored_answers(db, attempt_id) == fold([choose(1)])


@pytest.mark.parametrize("state", ["submitted", "forced", "expired"])
def test_after_any_end_operations_are_closed_out_and_kept_apart(
    database: Database, prepared: Prepared, state: str
) -> None:
    with attempt_at_work(database, prepared) as (db, (attempt_id,)):
        deliver(db, attempt_id, choose(1))
        db.execute(update(Attempt).where(Attempt.id == attempt_id).values(state=state))
        reply = deliver(db, attempt_id, choose(2, option="o2"))
        assert (reply.error, reply.ack, reply.state) == ("closed", 1, state)
        assert refusals(db, attempt_id) == {("closed", 2): 1}
        assert stored_answers(db, attempt_id) == fold([choose(1)])


@pytest.mark.parametrize("state", ["claimed", "waiting"])
def test_before_the_start_nothing_is_stored_and_nothing_kept(
    database: Database, prepared: Prepared, state: str
) -> None:
    with attempt_at_work(database, prepared) as (db, (attempt_id,)):
        unstarted = {"state": state, "started_at": None, "closes_at": None}
        db.execute(update(Attempt).where(Attempt.id == attempt_id).values(**unstarted))
        assert deliver(db, attempt_id, choose(1)).error == "not_started"
        assert stored_ops(db, attempt_id) == []
        assert not refusals(db, attempt_id)


@pytest.mark.parametrize("change", ["UPDATE answer_op SET value = 'o2'", "DELETE FROM answer_op"])
def test_stored_operations_cannot_be_changed_or_deleted(
    database: Database, prepared: Prepared, change: str
) -> None:
    with attempt_at_work(database, prepared) as (db, (attempt_id,)):
        deliver(db, attempt_id, choose(1))
        with pytest.raises(DBAPIError, match="append-only"):
            db.connection().exec_driver_sql(change)
