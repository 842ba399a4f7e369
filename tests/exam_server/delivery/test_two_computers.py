"""Two computers of one candidate over the real room: in no epoch do both write, nothing is lost."""

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

from exam_server.delivery.models import AnswerOp, RefusedOp
from tests.support.room import Page, Room

WHO = st.sampled_from([0, 1])


class TwoComputers(RuleBasedStateMachine):
    """A candidate who changes computers, a proctor who approves, releases and denies.

    The room goes on from one example to the next; each begins with a seat that was released.
    """

    def __init__(self, room: Room, attempt_id: int, items: list[tuple[str, list[str]]]) -> None:
        super().__init__()
        self.room, self.attempt_id, self.items = room, attempt_id, items
        self.computers = [Page(room, 0), Page(room, 0)]
        self.has_lease = [False, False]
        self.is_known = [False, False]  # has shown the page of the exam
        self.sent: list[list[dict[str, object]]] = [[], []]
        self.holder: int | None = None
        self.asked: int | None = None
        self.is_approved = False
        self.epoch = self.head = self.kept = 0

    @initialize()
    def begin(self) -> None:
        self.room.command("release_seat", admission=self.room.admissions[0], reason="换机")
        self.kept = self.count(RefusedOp)
        self.head = self.count(AnswerOp)
        self.sit_down(0)

    def count(self, table: type[AnswerOp | RefusedOp]) -> int:
        with self.room.database.reading() as db:
            own = select(func.count()).select_from(table)
            return db.scalar(own.where(table.attempt_id == self.attempt_id)) or 0

    def sit_down(self, who: int) -> None:
        assert self.computers[who].sign_in(self.room.code()) == ""
        self.is_known[who] = True
        self.hold(who)

    def hold(self, who: int) -> None:
        computer = self.computers[who]
        told = computer.state()
        assert told["epoch"] > self.epoch
        assert told["head_seq"] == self.head
        computer.epoch, computer.seq = told["epoch"], told["head_seq"]
        self.epoch, self.holder, self.has_lease[who] = told["epoch"], who, True
        self.sent[who] = []
        self.asked, self.is_approved = None, False

    def expect(self, who: int, op: dict[str, object], reply: dict[str, object]) -> None:
        """Say what the rules make of an operation of a computer."""
        if not self.has_lease[who]:
            assert reply["error"] == "not_signed_in"
        elif who != self.holder:
            assert reply["error"] == "fenced"
            self.kept += 1
        else:
            self.head = max(self.head, int(str(op["seq"])))
            assert (reply["ok"], reply["ack"]) == (True, self.head)

    @rule(who=WHO, place=st.integers(0, 4))
    def answer(self, who: int, place: int) -> None:
        if not self.is_known[who]:
            return
        computer = self.computers[who]
        item, options = self.items[place]
        op = computer.op("set", item, (options[who],))  # the option tells who wrote it
        self.sent[who].append(op)
        self.expect(who, op, computer.send(op))

    @rule(who=WHO, place=st.integers(0, 3))
    def answer_arrives_again(self, who: int, place: int) -> None:
        if self.sent[who]:
            op = self.sent[who][place % len(self.sent[who])]
            self.expect(who, op, self.computers[who].send(op))

    @precondition(lambda self: self.holder is not None)
    @rule()
    def the_other_computer_asks(self) -> None:
        who = 1 - (self.holder or 0)
        assert self.computers[who].sign_in(self.room.code()) == ""
        self.has_lease[who], self.is_known[who] = False, True
        self.asked, self.is_approved = who, False

    @precondition(lambda self: self.asked is not None and not self.is_approved)
    @rule()
    def approved(self) -> None:
        number = self.room.seat()["transfer"]["id"]
        self.room.command("approve_transfer", transfer=number, matches=True)
        self.is_approved = True

    @precondition(lambda self: self.asked is not None)
    @rule()
    def denied(self) -> None:
        number = self.room.seat()["transfer"]["id"]
        self.room.command("deny_transfer", transfer=number, reason="不是本人")
        self.asked, self.is_approved = None, False

    @rule(who=WHO)
    def computer_looks_after_its_request(self, who: int) -> None:
        if not self.is_known[who]:
            return
        state = self.computers[who].post("transfer", {})["state"]
        if who == self.asked and self.is_approved:
            assert state == "taken"
            self.hold(who)
        else:
            assert state == "asked" if who == self.asked else state != "asked"

    @precondition(lambda self: self.holder is not None)
    @rule()
    def released(self) -> None:
        self.room.command("release_seat", admission=self.room.admissions[0], reason="换机")
        self.holder, self.asked, self.is_approved = None, None, False

    @precondition(lambda self: self.holder is None)
    @rule(who=WHO)
    def somebody_sits_down(self, who: int) -> None:
        self.sit_down(who)

    @invariant()
    def nothing_is_lost_and_no_epoch_has_two_writers(self) -> None:
        assert self.count(AnswerOp) == self.head
        assert self.count(RefusedOp) == self.kept
        writers: dict[int, set[int]] = {}
        with self.room.database.reading() as db:
            chosen = select(AnswerOp.epoch, AnswerOp.value, AnswerOp.question_id)
            for epoch, value, item in db.execute(chosen):
                place = dict(self.items)[item].index(value)
                writers.setdefault(epoch, set()).add(place)
        assert all(len(who) == 1 for who in writers.values())


def test_two_computers_never_write_in_the_same_epoch(room: Room) -> None:
    (first,) = room.working()
    items = [(one["id"], [option["id"] for option in one["options"]]) for one in first.questions()]
    with room.database.reading() as db:
        attempt_id = first.attempt(db).id
    quick = settings(
        max_examples=8,
        stateful_step_count=12,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(lambda: TwoComputers(room, attempt_id, items[:5]), settings=quick)
