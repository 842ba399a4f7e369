"""The append-only audit log: who did what to which object when, chained by SM3.

A line is written in the transaction of the change it records. Each line's hash covers the line
before it, so that a changed, removed or inserted line is found by ``first_break``.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime

from sqlalchemy import ForeignKey, Index, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from registry.access import Actor
from registry.database import Record, UtcDateTime
from registry.keys import sm3

GENESIS = "0" * 64
HEAD_ID = 1


class AuditEntry(Record):
    """One line of the log; updating or deleting it is refused by a trigger."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("ix_audit_entry_object", "object_type", "object_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    account_id: Mapped[int | None]
    actor_name: Mapped[str] = mapped_column(String(60))
    action: Mapped[str] = mapped_column(String(60))
    object_type: Mapped[str] = mapped_column(String(60))
    object_id: Mapped[str] = mapped_column(String(60))
    detail: Mapped[str] = mapped_column(Text)
    previous_hash: Mapped[str] = mapped_column(String(64))
    entry_hash: Mapped[str] = mapped_column(String(64), unique=True)


class AuditHead(Record):
    """The end of the chain; locking this row makes writers take turns."""

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    entry_id: Mapped[int | None] = mapped_column(ForeignKey("audit_entry.id"))
    entry_hash: Mapped[str] = mapped_column(String(64))


def note(
    db: Session,
    action: str,
    subject: tuple[str, object],
    *,
    actor: Actor,
    now: datetime,
    detail: Mapping[str, object] | None = None,
) -> AuditEntry:
    """Write one line: ``actor`` did ``action`` to ``subject`` (type, id)."""
    head = db.get(AuditHead, HEAD_ID, with_for_update=True, populate_existing=True)
    if head is None:
        head = AuditHead(id=HEAD_ID, entry_hash=GENESIS)
        db.add(head)
        db.flush()
    entry = AuditEntry(
        at=now,
        account_id=actor.account_id,
        actor_name=actor.name,
        action=action,
        object_type=subject[0],
        object_id=str(subject[1]),
        detail=json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, default=str),
        previous_hash=head.entry_hash,
    )
    entry.entry_hash = hash_of(entry)
    db.add(entry)
    db.flush()
    head.entry_id, head.entry_hash = entry.id, entry.entry_hash
    db.flush()  # the head must be current before the next line of this transaction reads it
    return entry


def hash_of(entry: AuditEntry) -> str:
    """Return the hash that the line must carry."""
    at = entry.at.astimezone(UTC).isoformat(timespec="microseconds")
    fields = [
        entry.previous_hash,
        at,
        str(entry.account_id),
        entry.actor_name,
        entry.action,
        entry.object_type,
        entry.object_id,
        entry.detail,
    ]
    return sm3(json.dumps(fields, ensure_ascii=False).encode()).hex()


def lines_about(db: Session, subject: tuple[str, object]) -> list[AuditEntry]:
    """Return what was done to one object (type, id), newest first."""
    chosen = select(AuditEntry).where(
        AuditEntry.object_type == subject[0], AuditEntry.object_id == str(subject[1])
    )
    return list(db.scalars(chosen.order_by(AuditEntry.id.desc())))


def first_break(db: Session) -> int | None:
    """Return the id of the first line that does not fit the chain, 0 for a cut end, else None."""
    previous = GENESIS
    lines = select(AuditEntry).order_by(AuditEntry.id).execution_options(yield_per=500)
    with db.scalars(lines) as entries:  # closed early, a cursor of the server is left open
        for entry in entries:
            if entry.previous_hash != previous or hash_of(entry) != entry.entry_hash:
                return entry.id
            previous = entry.entry_hash
    head = db.get(AuditHead, HEAD_ID)
    if head is not None and head.entry_hash != previous:
        return 0
    return None
