"""Verifies attempts: the chain of every attempt, answers, receipts, and the signed roots.

Reads everything afresh from the tables; nothing is corrected. What is found names its place.
"""

import base64
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from exam_server.delivery.chain import GENESIS, Head, Link, merkle_root, microseconds
from exam_server.delivery.ending import answers_hash, question_count, receipt_code
from exam_server.delivery.event_verification import event_rows, state_flaws, stored_events
from exam_server.delivery.models import (
    Answer,
    AnswerOp,
    Attempt,
    AttemptEvent,
    ChainRoot,
    SittingRun,
)
from exam_server.delivery.roots import heads_of, read_heads, signed_words
from exam_server.delivery.rules.deadline import Interval
from exam_server.delivery.states import ENDED, OpKind, RunState
from exam_server.delivery.transitions import outages_of
from exam_server.delivery.walk import Fault, Flaw, Row, walk
from registry.database import keys_of
from registry.enrolment.models import Enrolment
from registry.scheduling.models import Admission

Fold = dict[str, tuple[str, bool, int]]  # question to value, flag, newest step
OPS = AnswerOp.__table__.c


@dataclass(frozen=True)
class Finding:
    """One thing that does not fit, with its place."""

    fault: Fault
    sitting_id: int | None
    attempt_id: int | None = None
    admission_no: str = ""
    seq: int | None = None
    words: str = ""
    of_event: bool = False  # what ``seq`` counts

    @property
    def text(self) -> str:
        """Say it to a person."""
        parts = []
        if self.sitting_id is not None:
            parts.append(f"场次 {self.sitting_id}")
        if self.attempt_id is not None:
            number = f"（准考证号 {self.admission_no}）" if self.admission_no else ""
            parts.append(f"作答 {self.attempt_id}{number}")
        if self.seq is not None:
            parts.append(f"{'事件' if self.of_event else ''}第 {self.seq} 步")
        tail = f"（{self.words}）" if self.words else ""
        return " · ".join(parts) + f"：{self.fault.value}{tail}"


@dataclass
class Report:
    """What was walked, and what did not fit."""

    sittings: int = 0
    attempts: int = 0
    ops: int = 0
    events: int = 0
    receipts: int = 0
    roots: int = 0
    findings: list[Finding] = field(default_factory=list)


def verify(db: Session, sitting_id: int | None = None) -> Report:
    """Walk every sitting at computers, or one of them."""
    report = Report()
    runs = select(SittingRun).order_by(SittingRun.sitting_id)
    if sitting_id is not None:
        runs = runs.where(SittingRun.sitting_id == sitting_id)
    for run in db.scalars(runs).all():
        report.sittings += 1
        _Sitting(db, run, report).verify()
    if sitting_id is None:
        report.findings += _without_attempt(db)
    return report


class _Sitting:
    """The check of one sitting."""

    def __init__(self, db: Session, run: SittingRun, report: Report) -> None:
        self._db, self._run, self._report = db, run, report
        key = run.room_key or keys_of(db).verify_key()
        self._public = Ed25519PublicKey.from_public_bytes(key)
        self._hashes: dict[int, dict[int, str]] = {}  # by the attempt's number in the room
        self._event_hashes: dict[int, dict[int, str]] = {}
        self._own_ids: dict[int, int] = {}
        self._numbers: dict[int, str] = {}
        self._named: set[tuple[int, int, bool]] = set()

    def verify(self) -> None:
        """Check the attempts, then the roots over them."""
        sitting_id = self._run.sitting_id
        self._numbers = _admission_numbers(self._db, sitting_id)
        rows, folds = _rows_of(self._db, sitting_id), _folds_of(self._db, sitting_id)
        attempts = select(Attempt).where(Attempt.sitting_id == sitting_id).order_by(Attempt.id)
        events, outages = stored_events(self._db, sitting_id), outages_of(self._db, sitting_id)
        for attempt in self._db.scalars(attempts).all():
            self._check_attempt(attempt, rows.get(attempt.id, []), folds.get(attempt.id, {}))
            self._check_events(attempt, events.get(attempt.id, []), outages)
        self._check_roots()

    def _check_attempt(self, attempt: Attempt, rows: Sequence[Row], answers: Fold) -> None:
        self._report.attempts += 1
        self._report.ops += len(rows)
        number = attempt.number_in_room or attempt.id
        self._own_ids[number] = attempt.id
        self._hashes[number] = {row.op.seq: row.chain_hash for row in rows} | {0: GENESIS}
        for flaw in walk(rows, Head(number, attempt.head_seq, attempt.head_hash)):
            self._name(flaw, attempt.id)
        for flaw in _fold_flaws(fold(rows), answers):
            self._name(flaw, attempt.id)
        if attempt.receipt is not None:
            self._report.receipts += 1
        for words in self._receipt_faults(attempt, rows):
            self._name(Flaw(Fault.RECEIPT, words=words), attempt.id)

    def _check_events(
        self, attempt: Attempt, events: Sequence[AttemptEvent], outages: Sequence[Interval]
    ) -> None:
        self._report.events += len(events)
        number, rows = attempt.number_in_room or attempt.id, event_rows(events, attempt)
        self._event_hashes[number] = {row.op.seq: row.chain_hash for row in rows} | {0: GENESIS}
        for flaw in walk(rows, Head(number, attempt.event_no, attempt.event_hash)):
            self._name(replace(flaw, of_event=True), attempt.id)
        for flaw in state_flaws(attempt, events, outages):
            self._name(flaw, attempt.id)

    def _receipt_faults(self, attempt: Attempt, rows: Sequence[Row]) -> Iterator[str]:
        has_ended = attempt.state in ENDED
        if attempt.receipt is None:
            yield from ["已结束而没有回执"] if has_ended else []
            return
        body = _receipt_body(attempt.receipt, self._public)
        if body is None:
            yield "签名或回执码不对"
            return
        covered = [row for row in rows if row.op.seq <= body["head_seq"]]
        answered = {item: at[0] for item, at in fold(covered).items() if at[0]}
        seq, number = body["head_seq"], attempt.number_in_room or attempt.id
        expected = {
            "attempt": number,
            "answers_hash": answers_hash(answered.items()),
            "answered": len(answered),
            "total": question_count(self._db, attempt.paper_id),
            "head_hash": self._hashes[number].get(seq, ""),  # receipts of before had none
            "head_seq": attempt.head_seq if has_ended else seq,
        }
        for name, value in expected.items():
            if body.get(name, value) != value:
                yield f"{RECEIPT_WORDS[name]}与记录不符"

    def _check_roots(self) -> None:
        chosen = select(ChainRoot).where(ChainRoot.sitting_id == self._run.sitting_id)
        before, number, heads = GENESIS, 0, list[Head]()
        for root in self._db.scalars(chosen.order_by(ChainRoot.number)):
            self._report.roots += 1
            if root.number != number + 1 or root.previous_root != before:
                self._name(Flaw(Fault.ROOT, words=f"第 {root.number} 个根之前有缺失"))
            heads = list(read_heads(root.heads))
            is_root = merkle_root(json.loads(root.heads)) == root.root
            if not is_root or not _is_signed(root, self._public):
                self._name(Flaw(Fault.ROOT, words=f"第 {root.number} 个根或其签名被改动"))
            for head in heads:
                self._check_head(head, root.number)
            before, number = root.root, root.number
        if self._run.state == RunState.CLOSED:
            self._check_end({head.attempt_id: head for head in heads})

    def _check_end(self, signed: Mapping[int, Head]) -> None:
        """Check that nothing was written after the room was closed."""
        words = "末步不在关闭考场时的根中"
        for head in heads_of(self._db, self._run.sitting_id):
            last, attempt_id = signed.get(head.attempt_id), self._own_ids[head.attempt_id]
            if last is None or last[:3] != head[:3]:
                self._name(Flaw(Fault.ROOT, head.seq, words), attempt_id)
            elif last.event_no is not None and last != head:
                self._name(Flaw(Fault.ROOT, head.event_no, words, of_event=True), attempt_id)

    def _check_head(self, head: Head, number: int) -> None:
        known = head.attempt_id in self._hashes
        words = f"第 {number} 个根所签的末步" + ("" if known else "，作答记录已不存在")
        attempt_id = self._own_ids.get(head.attempt_id, head.attempt_id)
        if self._hashes.get(head.attempt_id, {}).get(head.seq) != head.hash:
            self._name(Flaw(Fault.ROOT, head.seq, words), attempt_id)
        if head.event_no is None or not known:
            return
        if self._event_hashes[head.attempt_id].get(head.event_no) != head.event_hash:
            self._name(Flaw(Fault.ROOT, head.event_no, words, of_event=True), attempt_id)

    def _name(self, flaw: Flaw, attempt_id: int | None = None) -> None:
        """Keep a finding; a step that is named already is not named again by the roots."""
        if attempt_id is not None and flaw.seq is not None:
            place = (attempt_id, flaw.seq, flaw.of_event)
            if place in self._named:
                return
            self._named.add(place)
        number = self._numbers.get(attempt_id, "") if attempt_id is not None else ""
        self._report.findings.append(
            Finding(
                flaw.fault,
                self._run.sitting_id,
                attempt_id,
                number,
                flaw.seq,
                flaw.words,
                flaw.of_event,
            )
        )


RECEIPT_WORDS = {
    "attempt": "作答编号",
    "answers_hash": "答案",
    "answered": "作答题数",
    "total": "总题数",
    "head_hash": "末步的链值",
    "head_seq": "末步",
}


def fold(rows: Sequence[Row]) -> Fold:
    """Return what the operations say of each question."""
    state: Fold = {}
    for _id, op, _hash in rows:
        if not isinstance(op, Link) or op.kind == OpKind.SUBMIT:
            continue
        value, flagged, _seq = state.get(op.question_id, ("", False, 0))
        if op.kind == OpKind.FLAG:
            flagged = op.flagged
        else:
            value = op.value if op.kind == OpKind.SET else ""
        state[op.question_id] = (value, flagged, op.seq)
    return state


def _fold_flaws(said: Fold, answers: Fold) -> list[Flaw]:
    differing = [
        item for item in said.keys() | answers.keys() if said.get(item) != answers.get(item)
    ]
    return [Flaw(Fault.FOLD, words=f"题 {item}") for item in sorted(differing)]


def _receipt_body(receipt: str, public: Ed25519PublicKey) -> dict[str, Any] | None:
    """Return what a receipt says, None unless signature and code are right."""
    try:
        body: dict[str, Any] = json.loads(receipt)
        signature, code = base64.b64decode(body.pop("signature")), body.pop("code")
        public.verify(signature, json.dumps(body, sort_keys=True).encode())
    except (ValueError, KeyError, TypeError, AttributeError, InvalidSignature):
        return None
    return body if code == receipt_code(signature) else None


def _is_signed(root: ChainRoot, public: Ed25519PublicKey) -> bool:
    try:
        public.verify(root.signature, signed_words(root))
    except InvalidSignature:
        return False
    return True


def _rows_of(db: Session, sitting_id: int) -> Mapping[int, list[Row]]:
    chosen = _ops(select(*OPS, Attempt.number_in_room)).join(Attempt, Attempt.id == OPS.attempt_id)
    found = db.execute(chosen.where(Attempt.sitting_id == sitting_id))
    return {
        attempt_id: [stored_row(row, row.number_in_room or attempt_id) for row in rows]
        for attempt_id, rows in groupby(found, lambda row: row.attempt_id)
    }


def _ops(chosen: Select[Any]) -> Select[Any]:
    return chosen.order_by(OPS.attempt_id, OPS.seq, OPS.id)


def stored_row(row: Any, number: int) -> Row:
    """Return an operation as it is chained: under the number of its attempt in the room."""
    op = Link(
        number,
        row.epoch,
        row.seq,
        row.kind,
        row.question_id,
        row.value,
        row.flagged,
        row.mono_ms,
        row.op_hash,
        microseconds(row.received_at),
    )
    return Row(row.id, op, row.chain_hash)


def _folds_of(db: Session, sitting_id: int) -> Mapping[int, Fold]:
    chosen = select(
        Answer.attempt_id, Answer.question_id, Answer.value, Answer.flagged, Answer.seq
    ).join(Attempt, Attempt.id == Answer.attempt_id)
    folds: dict[int, Fold] = {}
    for attempt_id, item, value, flagged, seq in db.execute(
        chosen.where(Attempt.sitting_id == sitting_id)
    ):
        folds.setdefault(attempt_id, {})[item] = (value, flagged, seq)
    return folds


def _admission_numbers(db: Session, sitting_id: int) -> dict[int, str]:
    chosen = (
        select(Attempt.id, Enrolment.admission_no)
        .join(Admission, Admission.id == Attempt.admission_id)
        .join(Enrolment, Enrolment.id == Admission.enrolment_id)
        .where(Attempt.sitting_id == sitting_id)
    )
    return {attempt_id: number or "" for attempt_id, number in db.execute(chosen)}


def _without_attempt(db: Session) -> list[Finding]:
    """Find operations whose attempt is gone."""
    chosen = _ops(select(OPS.attempt_id, OPS.seq)).where(OPS.attempt_id.not_in(select(Attempt.id)))
    return [
        Finding(Fault.INSERTED, None, attempt_id, seq=seq, words="没有这份作答")
        for attempt_id, seq in db.execute(chosen)
    ]
