"""The answer journal: stores operations in order, durable before they are acknowledged.

``Journal`` takes the messages of one batch, whoever sent them, and answers each. The rules (R3 to
R7, R12, R14): a sequence number is stored once; a repetition is acknowledged again, a
contradiction is kept apart; a gap is asked for; an old seat or a closed attempt keeps what it
sends without effect.
"""

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Table, bindparam, insert, select
from sqlalchemy.orm import Session

from exam_server.delivery.bulk import BOOLEAN, INSTANT, INTEGER, TEXT, Bulk, written
from exam_server.delivery.chain import Link, link, microseconds
from exam_server.delivery.ending import end_attempt, hand_in_event
from exam_server.delivery.errors import TooEarlyError
from exam_server.delivery.models import AnswerOp, Attempt, RefusedOp, SittingRun
from exam_server.delivery.states import ENDED, AttemptState, EventKind, OpKind
from exam_server.delivery.transitions import CANDIDATE
from exam_server.delivery.wire import Op

OPS: Table = AnswerOp.metadata.tables["answer_op"]
REFUSED: Table = RefusedOp.metadata.tables["refused_op"]
ADD_OPS = Bulk(
    "INSERT INTO answer_op ({names}) SELECT {names} FROM {rows}",
    {  # as in ``Link``, then what is not hashed as it is written
        "attempt_id": INTEGER,
        "epoch": INTEGER,
        "seq": INTEGER,
        "kind": TEXT,
        "question_id": TEXT,
        "value": TEXT,
        "flagged": BOOLEAN,
        "mono_ms": INTEGER,
        "op_hash": TEXT,
        "chain_hash": TEXT,
        "received_at": INSTANT,
    },
)
MOVE_HEADS = Bulk(  # only heads that are still as they were read, or remembered
    "UPDATE attempt SET head_seq = r.seq, head_hash = r.hash FROM {rows} WHERE attempt.id = r.id"
    " AND attempt.epoch = r.epoch AND attempt.head_seq = r.stored_seq"
    " AND attempt.closes_at = r.closes_at AND attempt.paused_at IS NULL"
    " AND attempt.state NOT IN ('submitted', 'forced', 'expired', 'voided', 'deferred')",
    {
        "id": INTEGER,
        "epoch": INTEGER,
        "stored_seq": INTEGER,
        "closes_at": INSTANT,
        "seq": INTEGER,
        "hash": TEXT,
    },
)
ANSWER = {
    "attempt_id": INTEGER,
    "question_id": TEXT,
    "value": TEXT,
    "flagged": BOOLEAN,
    "seq": INTEGER,
}
KEEP_ANSWER = (
    "INSERT INTO answer ({{names}}) SELECT {{names}} FROM {{rows}} WHERE true"
    " ON CONFLICT (attempt_id, question_id) DO UPDATE SET {column} = excluded.{column},"
    " seq = CASE WHEN answer.seq > excluded.seq THEN answer.seq ELSE excluded.seq END"
)
KEEP_VALUES = Bulk(KEEP_ANSWER.format(column="value"), ANSWER)
KEEP_FLAGS = Bulk(KEEP_ANSWER.format(column="flagged"), ANSWER)
HEADS = (
    select(
        Attempt.id,
        Attempt.state,
        Attempt.epoch,
        Attempt.head_seq,
        Attempt.head_hash,
        Attempt.paused_at,
        Attempt.closes_at,
        SittingRun,
    )
    .join(SittingRun, SittingRun.sitting_id == Attempt.sitting_id)
    .where(Attempt.id.in_(bindparam("ids", expanding=True)))
)


class Delivered(NamedTuple):
    """Operations of one browser with the epoch of its lease and the instant they arrived."""

    attempt_id: int
    epoch: int
    ops: tuple[Op, ...]
    received_at: datetime


class Stored(NamedTuple):
    """The reply to one message; ``error`` is empty when everything is on disk."""

    error: str
    ack: int
    state: AttemptState
    expected: int | None = None


class HeadMovedError(RuntimeError):
    """Somebody else has changed an attempt that this writer remembered; nothing was stored."""


@dataclass
class _Head:
    """Where an attempt stands while a batch is worked through."""

    state: AttemptState
    epoch: int
    seq: int
    hash: str
    is_paused: bool
    closes_at: datetime | None
    may_leave_at: datetime | None
    stored_seq: int  # what the attempt's row says until the batch is written
    known: dict[int, str] = field(default_factory=dict)  # fingerprints already stored


@dataclass
class _Rows:
    """What the batch will write; of answers to one question only the last."""

    ops: list[tuple[Any, ...]] = field(default_factory=list)
    values: dict[tuple[int, str], tuple[Any, ...]] = field(default_factory=dict)
    flags: dict[tuple[int, str], tuple[Any, ...]] = field(default_factory=dict)
    refused: list[dict[str, Any]] = field(default_factory=list)
    moved: dict[int, _Head] = field(default_factory=dict)
    submitted: dict[int, datetime] = field(default_factory=dict)


class Journal:
    """Stores batches and remembers the heads of attempts between them.

    That is right because one writer stores everything of a room: it calls ``forget`` when anything
    but answers was written and when a batch was not stored. And were it not the only one, a head
    that has moved would be noticed: it is changed only from what was remembered, and nothing is
    refused before it has been read again.
    """

    def __init__(self) -> None:
        self._heads: dict[int, _Head] = {}

    def forget(self) -> None:
        """Read everything anew from now on."""
        self._heads.clear()

    def store(self, db: Session, messages: Sequence[Delivered]) -> list[Stored]:
        """Store one batch of messages; the caller commits before anyone sees the replies."""
        ids = {message.attempt_id for message in messages}
        is_remembered = not ids.isdisjoint(self._heads)
        rows, replies = self._taken(db, messages, ids)
        if is_remembered and any(reply.error for reply in replies):
            for attempt_id in ids:  # has moved in memory
                del self._heads[attempt_id]
            rows, replies = self._taken(db, messages, ids)
        _write(db, rows)
        if rows.submitted:
            self._end(db, rows.submitted)
        return replies

    def _end(self, db: Session, submitted: Mapping[int, datetime]) -> None:
        """End the attempts whose operation that hands in was stored in this batch."""
        chosen = select(Attempt).where(Attempt.id.in_(submitted))
        found = db.scalars(chosen.execution_options(populate_existing=True))
        attempts = {attempt.id: attempt for attempt in found}
        for attempt_id, at in submitted.items():
            attempt = attempts[attempt_id]
            del self._heads[attempt_id]
            end_attempt(db, attempt, EventKind.SUBMITTED, now=at, actor=CANDIDATE)
            hand_in_event(db, attempt, now=at)

    def _taken(
        self, db: Session, messages: Sequence[Delivered], ids: set[int]
    ) -> tuple[_Rows, list[Stored]]:
        if missing := ids - self._heads.keys():
            self._heads |= _heads(db, missing)
        _load_known(db, messages, self._heads)
        rows = _Rows()
        return rows, [_take(each, self._heads[each.attempt_id], rows) for each in messages]


def store(db: Session, messages: Sequence[Delivered]) -> list[Stored]:
    """Store one batch of messages, remembering nothing."""
    return Journal().store(db, messages)


def _take(message: Delivered, head: _Head, rows: _Rows) -> Stored:
    if message.epoch != head.epoch:
        _refuse(message, message.ops, "fenced", rows)
        return Stored("fenced", head.seq, head.state)
    for index, op in enumerate(message.ops):
        if op.seq <= head.seq:
            if head.known.get(op.seq) != op.fingerprint():
                _refuse(message, _contradicting(message.ops[index:], head), "conflict", rows)
                return Stored("chain_conflict", head.seq, head.state)
            continue
        if op.seq > head.seq + 1:
            return Stored("gap", head.seq, head.state, expected=head.seq + 1)
        error = _objection(head, op, message.received_at)
        if error == "closed":
            _refuse(message, message.ops[index:], "closed", rows)
        if error:
            return Stored(error, head.seq, head.state)
        _append(message, op, head, rows)
    return Stored("", head.seq, head.state)


def _contradicting(ops: Sequence[Op], head: _Head) -> list[Op]:
    """Return those whose number stands for another operation: the page will not say them again."""
    taken = (op for op in ops if op.seq <= head.seq)
    return [op for op in taken if head.known.get(op.seq) != op.fingerprint()]


def _objection(head: _Head, op: Op, received_at: datetime) -> str:
    if head.state in ENDED:
        return "closed"
    if head.closes_at is None:
        return "not_started"
    if received_at > head.closes_at:
        return "closed"
    if head.is_paused:
        return "paused"
    is_early = head.may_leave_at is not None and received_at < head.may_leave_at
    return "too_early" if is_early and op.kind == OpKind.SUBMIT else ""


def told_early(may_leave_at: datetime | None, now: datetime) -> str:
    """Say how long a candidate has to wait before handing in."""
    left = max(0, math.ceil((may_leave_at - now).total_seconds())) if may_leave_at else 0
    return TooEarlyError(left=f"{left // 60} 分 {left % 60:02d} 秒").message


def _append(message: Delivered, op: Op, head: _Head, rows: _Rows) -> None:
    linked = _linked(message, op)
    head.seq, head.hash = op.seq, link(head.hash, linked)
    head.known[op.seq] = linked.op_hash
    rows.moved[message.attempt_id] = head
    rows.ops.append((*linked[:-1], head.hash, written(message.received_at)))
    if op.kind == OpKind.SUBMIT:
        head.state = AttemptState.SUBMITTED
        rows.submitted[message.attempt_id] = message.received_at
        return
    is_flag = op.kind == OpKind.FLAG
    value = "" if is_flag or op.kind == OpKind.CLEAR else linked.value
    (rows.flags if is_flag else rows.values)[message.attempt_id, op.item] = (
        message.attempt_id,
        op.item,
        value,
        is_flag and op.flagged,
        op.seq,
    )


def _linked(message: Delivered, op: Op) -> Link:
    return Link(
        message.attempt_id,
        message.epoch,
        op.seq,
        op.kind,
        op.item,
        ",".join(op.value),
        op.flagged,
        op.mono_ms,
        op.fingerprint(),
        microseconds(message.received_at),
    )


def _refuse(message: Delivered, ops: Iterable[Op], reason: str, rows: _Rows) -> None:
    for op in ops:
        rows.refused.append(
            {
                "attempt_id": message.attempt_id,
                "reason": reason,
                "epoch": message.epoch,
                "seq": op.seq,
                "body": msgspec.json.encode(op).decode(),
                "received_at": message.received_at,
            }
        )


def _heads(db: Session, ids: Collection[int]) -> dict[int, _Head]:
    found = db.execute(HEADS, {"ids": list(ids)}).all()
    return {
        row.id: _Head(
            AttemptState(row.state),
            row.epoch,
            row.head_seq,
            row.head_hash,
            is_paused=row.paused_at is not None,
            closes_at=row.closes_at,
            may_leave_at=row.SittingRun.may_leave_at,
            stored_seq=row.head_seq,
        )
        for row in found
    }


def _load_known(db: Session, messages: Sequence[Delivered], heads: dict[int, _Head]) -> None:
    """Fetch the fingerprints of operations that are being sent again."""
    repeated: dict[int, set[int]] = defaultdict(set)
    for message in messages:
        head = heads[message.attempt_id]
        repeated[message.attempt_id].update(op.seq for op in message.ops if op.seq <= head.seq)
    for attempt_id, sequence in repeated.items():
        if sequence:
            known = db.execute(
                select(OPS.c.seq, OPS.c.op_hash).where(
                    OPS.c.attempt_id == attempt_id, OPS.c.seq.in_(sequence)
                )
            )
            heads[attempt_id].known.update((seq, op_hash) for seq, op_hash in known)


def _write(db: Session, rows: _Rows) -> None:
    connection = db.connection()
    if rows.ops:
        ADD_OPS.run(connection, rows.ops)
        _move_heads(db, rows.moved)
    if rows.values:
        KEEP_VALUES.run(connection, list(rows.values.values()))
    if rows.flags:
        KEEP_FLAGS.run(connection, list(rows.flags.values()))
    if rows.refused:
        db.execute(insert(REFUSED), rows.refused)


def _move_heads(db: Session, moved: dict[int, _Head]) -> None:
    """Store the new heads; attempts that an earlier job of the batch has loaded are read afresh."""
    rows = [
        (
            attempt_id,
            head.epoch,
            head.stored_seq,
            head.closes_at and written(head.closes_at),
            head.seq,
            head.hash,
        )
        for attempt_id, head in moved.items()
    ]
    if MOVE_HEADS.run(db.connection(), rows) != len(rows):
        raise HeadMovedError
    for head in moved.values():
        head.stored_seq = head.seq
        head.known.clear()
    for loaded in db.identity_map.values():
        if isinstance(loaded, Attempt):
            db.expire(loaded)
