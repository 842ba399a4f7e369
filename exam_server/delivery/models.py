"""Tables of delivery: runs, attempts, leases, the journal of operations, answers, events."""

import json
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from exam_server.delivery.chain import GENESIS
from exam_server.delivery.rules.exam_rules import ExamRules, Standstill
from exam_server.delivery.states import AttemptState, EventKind, OpKind, RunState, TransferState
from item_bank.models import Paper
from registry.database import Record, UtcDateTime, one_of
from registry.scheduling.models import Admission, Sitting


class SittingRun(Record):
    """How a sitting at computers goes: its paper, room code, start and end.

    With a set, every candidate gets a paper of their own from it; ``paper_id`` is then the first
    of the set, which is as long as the others.
    """

    __tablename__ = "sitting_run"
    __table_args__ = (one_of("state", RunState),)

    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id"), primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"))
    set_id: Mapped[int | None] = mapped_column(ForeignKey("paper_set.id"))
    state: Mapped[str] = mapped_column(String(16), default=RunState.PLANNED)
    room_code_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)  # shown to the proctor
    room_code_index: Mapped[str | None] = mapped_column(String(64))  # compared at sign-in
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    room_key: Mapped[bytes | None] = mapped_column(LargeBinary)  # of the room it came from
    late_entry_minutes: Mapped[int]  # the three limits are read as ``rules``
    early_leave_minutes: Mapped[int]
    late_ops_minutes: Mapped[int]
    pauses: Mapped[str] = mapped_column(Text, default="[]")  # of the room, as JSON: from, until

    sitting: Mapped[Sitting] = relationship()
    paper: Mapped[Paper] = relationship()

    @property
    def rules(self) -> ExamRules:
        """Return the limits that hold in this sitting."""
        return ExamRules(self.late_entry_minutes, self.early_leave_minutes, self.late_ops_minutes)

    @property
    def entry_ends_at(self) -> datetime | None:
        """Return when nobody is let in any more, None before the start and while it moves."""
        return self.rules.entry_ends_at(self.started_at, self._standstills())

    @property
    def may_leave_at(self) -> datetime | None:
        """Return from when candidates may hand in."""
        return self.rules.may_leave_at(self.started_at, self._standstills())

    @property
    def paused_since(self) -> datetime | None:
        """Return since when the whole room has been paused, None while it works."""
        running = [began_at for began_at, ended_at in self._standstills() if ended_at is None]
        return running[-1] if running else None

    def stand_still(self, now: datetime) -> None:
        """Keep that the whole room was paused."""
        self._keep([*self._standstills(), (now, None)])

    def go_on(self, now: datetime) -> None:
        """Keep that the pause of the whole room is over."""
        *earlier, (began_at, _) = self._standstills()
        self._keep([*earlier, (began_at, now)])

    def _keep(self, pauses: Sequence[Standstill]) -> None:
        self.pauses = json.dumps([[at and at.isoformat() for at in pause] for pause in pauses])

    def _standstills(self) -> list[Standstill]:
        return [
            (datetime.fromisoformat(began), datetime.fromisoformat(ended) if ended else None)
            for began, ended in json.loads(self.pauses)
        ]


class DefaultRules(Record):
    """The limits that new sittings at computers take over, as the province last set them."""

    __tablename__ = "default_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    late_entry_minutes: Mapped[int]
    early_leave_minutes: Mapped[int]
    late_ops_minutes: Mapped[int]
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    @property
    def rules(self) -> ExamRules:
        """Return the limits."""
        return ExamRules(self.late_entry_minutes, self.early_leave_minutes, self.late_ops_minutes)


class Attempt(Record):
    """The work of one candidate; one per admission.

    State, epoch, start and the times after it are the fold of the events; see transitions.py.
    """

    __tablename__ = "attempt"
    __table_args__ = (one_of("state", AttemptState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    admission_id: Mapped[int] = mapped_column(ForeignKey("admission.id"), unique=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting_run.sitting_id"), index=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"))
    order_seed: Mapped[int]  # of the order of items and options
    state: Mapped[str] = mapped_column(String(16), default=AttemptState.CLAIMED)
    epoch: Mapped[int] = mapped_column(default=1)
    head_seq: Mapped[int] = mapped_column(default=0)
    head_hash: Mapped[str] = mapped_column(String(64), default=GENESIS)
    event_no: Mapped[int] = mapped_column(default=0)
    event_hash: Mapped[str] = mapped_column(String(64), default=GENESIS)
    claimed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    data_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    rules_confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the clock runs from here
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # of the pause that lasts
    deadline_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # as the candidate sees it
    closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # nothing is accepted after
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    receipt: Mapped[str | None] = mapped_column(Text)  # canonical JSON, signed
    theme: Mapped[str] = mapped_column(String(16), default="")
    zoom: Mapped[int] = mapped_column(default=0)
    number_in_room: Mapped[int | None]  # of an imported one: what chain and receipt name

    admission: Mapped[Admission] = relationship()
    paper: Mapped[Paper] = relationship()


class AttemptEvent(Record):
    """One thing that happened to an attempt; a trigger refuses to change or delete it."""

    __tablename__ = "attempt_event"
    __table_args__ = (one_of("kind", EventKind), UniqueConstraint("attempt_id", "number"))

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    number: Mapped[int]  # within the attempt, from 1
    kind: Mapped[str] = mapped_column(String(20))
    body: Mapped[str] = mapped_column(Text)  # JSON
    reason: Mapped[str] = mapped_column(String(200))
    actor: Mapped[str] = mapped_column(String(120))  # name and login: the same in every database
    second: Mapped[str] = mapped_column(String(120))  # the person who checked it
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    chain_hash: Mapped[str] = mapped_column(String(64))  # covers this row and the one before it


class Outage(Record):
    """A time in which a seat was not heard of, or without a seat the server itself was down."""

    __tablename__ = "outage"

    id: Mapped[int] = mapped_column(primary_key=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting_run.sitting_id"), index=True)
    attempt_id: Mapped[int | None] = mapped_column(ForeignKey("attempt.id"))
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # None while it lasts


class Lease(Record):
    """The right of one browser to write to an attempt; only the newest epoch is live."""

    __tablename__ = "lease"
    __table_args__ = (
        Index(
            "ix_lease_live",
            "attempt_id",
            unique=True,
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    epoch: Mapped[int]
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    address: Mapped[str] = mapped_column(String(60))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SeatTransfer(Record):
    """A request to go on at another computer, and the proctor's decision."""

    __tablename__ = "seat_transfer"
    __table_args__ = (one_of("state", TransferState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), index=True)
    device_hash: Mapped[str] = mapped_column(String(64), unique=True)  # of that computer's secret
    from_address: Mapped[str] = mapped_column(String(60))
    address: Mapped[str] = mapped_column(String(60))
    state: Mapped[str] = mapped_column(String(16))
    seat_no: Mapped[int | None]  # a spare seat, where the proctor named one
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    taken_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AnswerOp(Record):
    """One operation of the journal; a trigger refuses to change or delete it."""

    __tablename__ = "answer_op"
    __table_args__ = (
        one_of("kind", OpKind),
        UniqueConstraint("attempt_id", "seq"),
        CheckConstraint("seq > 0", name="seq"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"))
    epoch: Mapped[int]
    seq: Mapped[int]
    kind: Mapped[str] = mapped_column(String(8))
    question_id: Mapped[str] = mapped_column(String(12))  # as in the candidate's paper
    value: Mapped[str] = mapped_column(String(80))  # option ids of that paper, joined by commas
    flagged: Mapped[bool]
    mono_ms: Mapped[int]
    op_hash: Mapped[str] = mapped_column(String(64))
    chain_hash: Mapped[str] = mapped_column(String(64))  # covers this row and the one before it
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)


class ChainRoot(Record):
    """The heads of all chains of a room at one instant, signed; a trigger keeps it as written."""

    __tablename__ = "chain_root"
    __table_args__ = (UniqueConstraint("sitting_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting_run.sitting_id"))
    number: Mapped[int]  # within the sitting, from 1
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    heads: Mapped[str] = mapped_column(Text)  # JSON: attempt, sequence number and hash of each
    root: Mapped[str] = mapped_column(String(64))
    previous_root: Mapped[str] = mapped_column(String(64))
    signature: Mapped[bytes] = mapped_column(LargeBinary)


class Answer(Record):
    """The answer to one question as it now stands: the fold over the operations."""

    __tablename__ = "answer"

    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    question_id: Mapped[str] = mapped_column(String(12), primary_key=True)
    value: Mapped[str] = mapped_column(String(80))
    flagged: Mapped[bool]
    seq: Mapped[int]


class RefusedOp(Record):
    """An operation that came late, from a fenced seat or in conflict: kept for two persons."""

    __tablename__ = "refused_op"

    id: Mapped[int] = mapped_column(primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), index=True)
    reason: Mapped[str] = mapped_column(String(20))  # closed, fenced, conflict
    epoch: Mapped[int]
    seq: Mapped[int]
    body: Mapped[str] = mapped_column(Text)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decision: Mapped[str] = mapped_column(String(10), default="")  # accepted, refused


class RoomEvent(Record):
    """Something that happened in a room, for the wall and, when addressed, for a candidate."""

    __tablename__ = "room_event"
    __table_args__ = (Index("ix_room_event_place", "sitting_id", "admission_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting_run.sitting_id"))
    admission_id: Mapped[int | None] = mapped_column(ForeignKey("admission.id"))
    kind: Mapped[str] = mapped_column(String(20))
    text: Mapped[str] = mapped_column(String(500))
    for_candidate: Mapped[bool]
    is_open: Mapped[bool]  # waits for a person
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class EventReceipt(Record):
    """A candidate has confirmed that an event was read."""

    __tablename__ = "event_receipt"

    event_id: Mapped[int] = mapped_column(ForeignKey("room_event.id"), primary_key=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), primary_key=True)
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)


class QuestionReport(Record):
    """What a candidate reported of a question, with the answers of the proctor and of the bank."""

    __tablename__ = "question_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(ForeignKey("room_event.id"), unique=True)
    attempt_id: Mapped[int] = mapped_column(ForeignKey("attempt.id"), index=True)
    position: Mapped[int]  # of the question in the frozen paper
    text: Mapped[str] = mapped_column(String(500))
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proctor_answer: Mapped[str | None] = mapped_column(String(500))
    proctor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    proctor_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    bank_answer: Mapped[str | None] = mapped_column(String(500))
    bank_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    bank_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SignInFailure(Record):
    """A refused sign-in, counted to slow down guessing; survives a restart."""

    __tablename__ = "sign_in_failure"

    id: Mapped[int] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(String(80), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class StoreIdentity(Record):
    """The name of this store of answers; a restored copy takes a new generation."""

    __tablename__ = "store_identity"

    id: Mapped[int] = mapped_column(primary_key=True)
    store: Mapped[str] = mapped_column(String(20))
    alive_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # while a sitting was on
