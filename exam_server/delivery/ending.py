"""How an attempt ends: its receipt, the events it leaves, and closing what is out of time."""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from exam_server.delivery.models import Answer, Attempt, Lease, RoomEvent
from exam_server.delivery.states import ENDED, EventKind
from exam_server.delivery.timing import milliseconds
from exam_server.delivery.transitions import record
from item_bank.models import PaperItem
from registry.access import SYSTEM, Actor
from registry.accounts.models import Account
from registry.audit_log import note
from registry.database import keys_of

CODE_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I L O U to be misread
CODE_LENGTH = 8


def end_attempt(
    db: Session,
    attempt: Attempt,
    kind: EventKind,
    *,
    now: datetime,
    actor: Actor = SYSTEM,
    second: Account | None = None,
    reason: str = "",
) -> None:
    """End an attempt once and sign its receipt; a second call changes nothing."""
    if attempt.state in ENDED:
        return
    db.flush()
    attempt.ended_at = now
    attempt.receipt = signed_receipt(db, attempt, now)
    body = {"head_seq": attempt.head_seq, "code": json.loads(attempt.receipt)["code"]}
    record(db, [attempt], kind, now=now, actor=actor, second=second, reason=reason, body=body)
    note(
        db,
        "end_attempt",
        ("attempt", attempt.id),
        actor=actor,
        now=now,
        detail={"state": attempt.state, "reason": reason, "head_seq": attempt.head_seq},
    )


GIVEN = select(Answer.question_id, Answer.value).where(
    Answer.attempt_id == bindparam("attempt_id"), Answer.value != ""
)


def signed_receipt(db: Session, attempt: Attempt, now: datetime) -> str:
    """Return the receipt as canonical JSON: what is on record at the end, signed with Ed25519."""
    answers = db.execute(GIVEN, {"attempt_id": attempt.id}).all()
    body = {
        "attempt": attempt.id,
        "head_seq": attempt.head_seq,
        "head_hash": attempt.head_hash,
        "answers_hash": answers_hash((row.question_id, row.value) for row in answers),
        "answered": len(answers),
        "total": question_count(db, attempt.paper_id),
        "submitted_ms": milliseconds(now),
    }
    signature = keys_of(db).sign(json.dumps(body, sort_keys=True).encode())
    code = receipt_code(signature)
    body |= {"code": code, "signature": base64.b64encode(signature).decode()}
    return json.dumps(body, sort_keys=True)


def signature_of(receipt: Mapping[str, Any]) -> tuple[bytes, bytes]:
    """Return the signature of a receipt and the bytes that it signs."""
    body = {key: value for key, value in receipt.items() if key not in ("code", "signature")}
    signature = base64.b64decode(receipt.get("signature", ""))
    return signature, json.dumps(body, sort_keys=True).encode()


def answers_hash(answers: Iterable[tuple[str, str]]) -> str:
    """Return the hash of all answered questions, in the order of their ids."""
    return hashlib.sha256(json.dumps(sorted(map(list, answers))).encode()).hexdigest()


def receipt_code(signature: bytes) -> str:
    """Return eight characters a person can write down, drawn from the signature.

    >>> receipt_code(b"signature")
    '38QW-4VE7'
    """
    number = int.from_bytes(hashlib.sha256(signature).digest()[:5], "big")
    letters = [CODE_ALPHABET[number >> (5 * at) & 31] for at in reversed(range(CODE_LENGTH))]
    return "".join(letters[:4]) + "-" + "".join(letters[4:])


COUNT = (
    select(func.count()).select_from(PaperItem).where(PaperItem.paper_id == bindparam("paper_id"))
)


def question_count(db: Session, paper_id: int) -> int:
    """Return how many questions the paper has."""
    return db.scalar(COUNT, {"paper_id": paper_id}) or 0


def add_event(
    db: Session,
    attempt: Attempt,
    kind: str,
    text: str,
    *,
    now: datetime,
    for_candidate: bool = False,
    is_open: bool = False,
    actor: Actor = SYSTEM,
) -> RoomEvent:
    """Write an event about one candidate's attempt into the room's feed."""
    event = RoomEvent(
        sitting_id=attempt.sitting_id,
        admission_id=attempt.admission_id,
        kind=kind,
        text=text,
        for_candidate=for_candidate,
        is_open=is_open,
        at=now,
        by_id=actor.account_id,
    )
    db.add(event)
    db.flush()
    return event


def hand_in_event(db: Session, attempt: Attempt, *, now: datetime) -> None:
    """Tell the room that a candidate has handed in."""
    receipt = json.loads(attempt.receipt or "{}")
    text = f"已交卷，作答 {receipt['answered']} / {receipt['total']}"
    add_event(db, attempt, "submitted", text, now=now)


def end_leases(db: Session, attempt: Attempt, *, now: datetime) -> None:
    """End every live lease of the attempt; an event that raises its epoch fences their pages."""
    for lease in db.scalars(
        select(Lease).where(Lease.attempt_id == attempt.id, Lease.ended_at.is_(None))
    ):
        lease.ended_at = now
    db.flush()
