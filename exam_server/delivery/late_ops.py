"""Operations that were kept apart: late, from a fenced seat, or in conflict (R7, R12).

They change nothing until two persons have decided; the evidence stands beside them.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.chain import Link, link, microseconds
from exam_server.delivery.ending import signed_receipt
from exam_server.delivery.errors import RoomNotReadyError
from exam_server.delivery.models import Answer, AnswerOp, Attempt, Outage, RefusedOp, SittingRun
from exam_server.delivery.states import EventKind, OpKind
from exam_server.delivery.transitions import record
from exam_server.delivery.wire import Op
from registry.access import SYSTEM, Actor
from registry.accounts.models import Account

CHANGING = frozenset({OpKind.SET, OpKind.CLEAR})


@dataclass(frozen=True)
class Kept:
    """The undecided operations of one attempt, and what speaks for or against them."""

    ops: tuple[RefusedOp, ...]  # each once, in the order of their arrival
    changing: tuple[RefusedOp, ...]  # the answer that stands is another one, and not a later one
    follow_on: bool  # numbered without a gap after the last one that was stored
    had_outage: bool  # the seat was not heard of while they were made or sent
    repeated: tuple[RefusedOp, ...] = ()  # the same again: a page sends until it is answered


def kept_of(db: Session, sitting_id: int) -> dict[int, Kept]:
    """Return what nobody has decided on, by attempt."""
    chosen = select(RefusedOp).join(Attempt, Attempt.id == RefusedOp.attempt_id)
    rows = db.scalars(chosen.where(Attempt.sitting_id == sitting_id).order_by(RefusedOp.id)).all()
    first = {row.id for row in each_once(rows)}
    once: dict[int, list[RefusedOp]] = defaultdict(list)
    again: dict[int, list[RefusedOp]] = defaultdict(list)
    for row in rows:
        if not row.decision:
            (once if row.id in first else again)[row.attempt_id].append(row)
    return {
        attempt_id: replace(
            _kept(db, db.get_one(Attempt, attempt_id), ops), repeated=tuple(again[attempt_id])
        )
        for attempt_id, ops in sorted(once.items())
    }


def each_once(rows: Iterable[RefusedOp]) -> list[RefusedOp]:
    """Return kept operations without those that were said again."""
    first: dict[tuple[int, int, int, str], RefusedOp] = {}
    for row in rows:
        first.setdefault((row.attempt_id, row.epoch, row.seq, row.body), row)
    return list(first.values())


def _kept(db: Session, attempt: Attempt, ops: Sequence[RefusedOp]) -> Kept:
    numbers = sorted({op.seq for op in ops})
    last = attempt.head_seq
    outage = select(Outage.id).where(
        Outage.attempt_id == attempt.id, Outage.began_at <= ops[0].received_at
    )
    return Kept(
        tuple(ops),
        tuple(_changing(db, attempt, ops)),
        follow_on=numbers == list(range(last + 1, last + 1 + len(numbers))),
        had_outage=db.scalar(outage.limit(1)) is not None,
    )


def _changing(db: Session, attempt: Attempt, ops: Sequence[RefusedOp]) -> list[RefusedOp]:
    """Return the last operation of each question, unless it changes nothing or was overtaken.

    The last is the one that was made last, in the newest seat; messages may arrive in any order.
    """
    last = {}
    for row in sorted(ops, key=lambda row: (row.epoch, row.seq)):
        op = read_op(row)
        if op.kind in CHANGING:
            last[op.item] = row
    return [row for item, row in last.items() if _changes(db, attempt, item, row)]


def _changes(db: Session, attempt: Attempt, item: str, row: RefusedOp) -> bool:
    standing = db.get(Answer, (attempt.id, item))
    if standing is None:
        return bool(read_op(row).value)
    newest = db.scalar(
        select(AnswerOp.received_at).where(
            AnswerOp.attempt_id == attempt.id, AnswerOp.seq == standing.seq
        )
    )
    is_overtaken = newest is not None and newest > row.received_at
    return not is_overtaken and standing.value != ",".join(read_op(row).value)


def read_op(row: RefusedOp) -> Op:
    """Return a kept operation as the page sent it."""
    return msgspec.json.decode(row.body, type=Op)


def accept(
    db: Session, attempt: Attempt, kept: Kept, *, second: Account, reason: str, actor: Actor,
    now: datetime,
) -> int:  # fmt: skip
    """Append what changes an answer to the journal of an ended attempt; sign its receipt anew."""
    appended = []
    for row in kept.changing:
        _append(db, attempt, read_op(row), now)
        appended.append([row.reason, row.epoch, row.seq, attempt.head_seq])
    db.flush()
    before = json.loads(attempt.receipt or "{}").get("code", "")
    attempt.receipt = signed_receipt(db, attempt, now)
    body = {
        "appended": appended,
        "kept": len(kept.ops),
        "receipt_before": before,
        "receipt": json.loads(attempt.receipt)["code"],
    }
    _settle(kept, "accepted")
    kind = EventKind.OPS_ACCEPTED
    record(db, [attempt], kind, now=now, actor=actor, second=second, reason=reason, body=body)
    return len(appended)


def refuse(
    db: Session,
    attempt: Attempt,
    kept: Kept,
    *,
    second: Account | None,
    reason: str,
    actor: Actor,
    now: datetime,
) -> None:
    """Leave the answers as they are; the operations stay on record."""
    _settle(kept, "refused")
    body = {"kept": [[row.reason, row.epoch, row.seq] for row in kept.ops]}
    kind = EventKind.OPS_REFUSED
    record(db, [attempt], kind, now=now, actor=actor, second=second, reason=reason, body=body)


def settle_overdue(db: Session, run: SittingRun, *, now: datetime) -> None:
    """Refuse by default what changes nothing or waits too long; the room waits for the others."""
    waiting, within = 0, run.rules.late_ops_within
    for attempt_id, kept in kept_of(db, run.sitting_id).items():
        newest = max(op.received_at for op in kept.ops)
        if kept.changing and now - newest <= within:
            waiting += 1
            continue
        reason = "逾期未裁定，按不采纳处理" if kept.changing else "不改变答案"
        attempt = db.get_one(Attempt, attempt_id)
        refuse(db, attempt, kept, second=None, reason=reason, actor=SYSTEM, now=now)
    if waiting:
        raise RoomNotReadyError(
            state=f"还有 {waiting} 名考生的迟到操作未裁定",
            action="结束本场",
            hint=f"请两人裁定，或等待 {within // timedelta(minutes=1)} 分钟后按不采纳处理。",
        )


def _settle(kept: Kept, decision: str) -> None:
    for row in (*kept.ops, *kept.repeated):
        row.decision = decision


def _append(db: Session, attempt: Attempt, op: Op, now: datetime) -> None:
    """Store one operation as the next of the attempt's own chain."""
    seq, value = attempt.head_seq + 1, ",".join(op.value)
    own = Op(seq, op.kind, op.item, op.value, op.flagged, op.mono_ms)
    covered = Link(
        attempt.number_in_room or attempt.id,
        attempt.epoch,
        seq,
        op.kind,
        op.item,
        value,
        op.flagged,
        op.mono_ms,
        own.fingerprint(),
        microseconds(now),
    )
    attempt.head_seq, attempt.head_hash = seq, link(attempt.head_hash, covered)
    db.add(
        AnswerOp(
            attempt_id=attempt.id,
            epoch=attempt.epoch,
            seq=seq,
            kind=op.kind,
            question_id=op.item,
            value=value,
            flagged=op.flagged,
            mono_ms=op.mono_ms,
            op_hash=own.fingerprint(),
            chain_hash=attempt.head_hash,
            received_at=now,
        )
    )
    standing = db.get(Answer, (attempt.id, op.item)) or Answer(
        attempt_id=attempt.id, question_id=op.item, flagged=False
    )
    standing.value, standing.seq = value if op.kind == OpKind.SET else "", seq
    db.add(standing)
