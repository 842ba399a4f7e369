"""The journal against a model of it: crashes before and after the commit, replays, old epochs."""

from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_server.delivery.journal import Delivered, Journal, Stored
from exam_server.delivery.models import Answer, Attempt, RefusedOp
from exam_server.delivery.states import ENDED, EventKind
from exam_server.delivery.transitions import record
from exam_server.delivery.wire import Op
from registry.database import Database
from tests.exam_server.delivery.test_answer_journal import (
    EPOCH,
    QUESTIONS,
    attempt_at_work,
    fold,
    stored_ops,
)
from tests.support.room import START, Prepared

CRASHES = st.sampled_from(["none", "none", "before the commit", "before the reply"])


class JournalUnderCrashes(RuleBasedStateMachine):
    """A page that keeps everything, a journal whose process may die at every message."""

    def __init__(self, db: Session, attempt_id: int) -> None:
        super().__init__()
        self.db, self.attempt_id = db, attempt_id
        self.outer = db.begin_nested()
        self.journal = Journal()  # remembers heads from batch to batch, as a server does
        self.written: list[Op] = []  # in the page's own journal
        self.told = 0  # the highest acknowledgement that the page has heard
        self.stored = 0  # what the model says is on the disk
        self.refused = 0
        self.epoch = EPOCH
        self.ended = False

    @initialize()
    def begin(self) -> None:
        assert stored_ops(self.db, self.attempt_id) == []

    def carry(self, ops: list[Op], crash: str, *, epoch: int | None = None) -> Stored | None:
        """Deliver in a transaction of its own; return the reply that the page hears."""
        batch = self.db.begin_nested()
        message = Delivered(self.attempt_id, epoch or self.epoch, tuple(ops), START)
        (reply,) = self.journal.store(self.db, [message])
        if crash == "before the commit":
            batch.rollback()
            self.db.expire_all()
            self.journal.forget()  # as the writer does, and as a new process would
            return None
        batch.commit()
        if crash == "before the reply":
            self.journal = Journal()
        self.expect(ops, reply, epoch or self.epoch)
        return reply if crash == "none" else None

    def expect(self, ops: list[Op], reply: Stored, epoch: int) -> None:
        """Say what the rules make of a message that was committed, and compare the reply."""
        error = ""
        if epoch != self.epoch:
            error, self.refused = "fenced", self.refused + len(ops)
            ops = []
        for place, op in enumerate(ops):
            if op.seq <= self.stored and op == self.written[op.seq - 1]:
                continue
            if op.seq <= self.stored:
                error, self.refused = "chain_conflict", self.refused + 1
            elif op.seq > self.stored + 1:
                error = "gap"
            elif self.ended:
                error, self.refused = "closed", self.refused + len(ops) - place
            else:
                self.stored += 1
                self.ended = op.kind == "submit"
                continue
            break
        assert (reply.error, reply.ack) == (error, self.stored)
        assert reply.expected == (self.stored + 1 if error == "gap" else None)

    def hear(self, reply: Stored | None) -> None:
        self.told = max(self.told, reply.ack) if reply else self.told

    @precondition(lambda self: not any(op.kind == "submit" for op in self.written))
    @rule(
        kind=st.sampled_from(["set", "set", "set", "clear", "flag", "submit"]),
        item=st.sampled_from(QUESTIONS),
        option=st.integers(1, 4),
    )
    def write(self, kind: str, item: str, option: int) -> None:
        value = (f"o{option}",) if kind == "set" else ()
        name = "" if kind == "submit" else item
        flagged = kind == "flag" and option > 2
        self.written.append(Op(len(self.written) + 1, kind, name, value, flagged))

    @precondition(lambda self: self.written)
    @rule(crash=CRASHES, back=st.integers(0, 3), most=st.integers(1, 64))
    def send(self, crash: str, back: int, most: int) -> None:
        """Send what was not acknowledged, some of what was too."""
        start = max(0, self.told - back)
        self.hear(self.carry(self.written[start : start + most], crash))

    @precondition(lambda self: self.written)
    @rule(crash=CRASHES, data=st.data())
    def send_any_stretch(self, crash: str, data: Any) -> None:
        """Send a stretch from anywhere: late, repeated, or ahead of a gap."""
        start = data.draw(st.integers(0, len(self.written) - 1))
        self.hear(self.carry(self.written[start : start + 5], crash))

    @precondition(lambda self: self.stored)
    @rule(crash=CRASHES, data=st.data())
    def contradict(self, crash: str, data: Any) -> None:
        """Send another operation under a number that is stored."""
        seq = data.draw(st.integers(1, self.stored))
        self.carry([Op(seq, "set", QUESTIONS[0], ("o9",))], crash)

    @precondition(lambda self: self.written)
    @rule(crash=CRASHES)
    def send_from_the_seat_before(self, crash: str) -> None:
        self.carry(self.written[-1:], crash, epoch=self.epoch - 1)

    @rule()
    def move_to_another_seat(self) -> None:
        """Approve a new seat; the page takes everything with it."""
        attempt = self.db.get_one(Attempt, self.attempt_id, populate_existing=True)
        if attempt.state not in ENDED:
            record(self.db, [attempt], EventKind.RELEASED, now=START)
            self.journal.forget()
            self.epoch += 1

    @precondition(lambda self: not self.ended)
    @rule()
    def close_by_the_proctor(self) -> None:
        attempt = self.db.get_one(Attempt, self.attempt_id, populate_existing=True)
        record(self.db, [attempt], EventKind.FORCED, now=START)
        self.journal.forget()
        self.ended = True

    @invariant()
    def what_was_acknowledged_is_stored_once_in_order(self) -> None:
        assert self.told <= self.stored
        assert stored_ops(self.db, self.attempt_id) == self.written[: self.stored]

    @invariant()
    def the_answers_are_the_fold_of_the_operations(self) -> None:
        rows = self.db.execute(
            select(Answer.question_id, Answer.value, Answer.flagged, Answer.seq).where(
                Answer.attempt_id == self.attempt_id
            )
        ).all()
        answers = {row[0]: (row[1], row[2], row[3]) for row in rows}
        changes = [op for op in self.written[: self.stored] if op.kind != "submit"]
        assert answers == fold(changes)

    @invariant()
    def what_has_no_effect_is_kept_apart(self) -> None:
        own = select(func.count()).select_from(RefusedOp)
        kept = self.db.scalar(own.where(RefusedOp.attempt_id == self.attempt_id))
        assert kept == self.refused

    def teardown(self) -> None:
        self.outer.rollback()
        self.db.expire_all()


def test_the_journal_keeps_its_promises_whenever_its_process_dies(
    database: Database, prepared: Prepared
) -> None:
    with attempt_at_work(database, prepared) as (db, (attempt_id,)):
        run_state_machine_as_test(
            lambda: JournalUnderCrashes(db, attempt_id),
            settings=settings(
                max_examples=25,
                stateful_step_count=25,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
