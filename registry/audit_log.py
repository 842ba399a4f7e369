"""The append-only audit log: who did what to which object when, chained by SM3.

A line is written in the transaction of the change it records. Each line's hash covers the line
before it, so that a changed, removed or inserted line is found by ``first_break``.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, Table, Text, select
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


LINES: Table = AuditEntry.metadata.tables["audit_entry"]
HEADS: Table = AuditHead.metadata.tables["audit_head"]
HASH_AT_HEAD = select(HEADS.c.entry_hash).where(HEADS.c.id == HEAD_ID).with_for_update()
ADD_LINE = LINES.insert()
MOVE_HEAD = HEADS.update().where(HEADS.c.id == HEAD_ID)
COVERED = (  # by the hash of a line, besides its instant
    "previous_hash",
    "account_id",
    "actor_name",
    "action",
    "object_type",
    "object_id",
    "detail",
)


def note(
    db: Session,
    action: str,
    subject: tuple[str, object],
    *,
    actor: Actor,
    now: datetime,
    detail: Mapping[str, object] | None = None,
) -> None:
    """Write one line: ``actor`` did ``action`` to ``subject`` (type, id)."""
    db.flush()
    connection = db.connection()
    previous_hash = connection.scalar(HASH_AT_HEAD)
    if previous_hash is None:
        previous_hash = GENESIS
        connection.execute(HEADS.insert(), {"id": HEAD_ID, "entry_hash": GENESIS})
    line = {
        "at": now,
        "account_id": actor.account_id,
        "actor_name": actor.name,
        "action": action,
        "object_type": subject[0],
        "object_id": str(subject[1]),
        "detail": json.dumps(detail or {}, ensure_ascii=False, sort_keys=True, default=str),
        "previous_hash": previous_hash,
    }
    line["entry_hash"] = _hash(line)
    number = connection.execute(ADD_LINE, line).inserted_primary_key
    assert number is not None
    connection.execute(MOVE_HEAD, {"entry_id": number[0], "entry_hash": line["entry_hash"]})


def hash_of(entry: AuditEntry) -> str:
    """Return the hash that the line must carry."""
    return _hash({name: getattr(entry, name) for name in ("at", *COVERED)})


def _hash(line: Mapping[str, Any]) -> str:
    at = line["at"].astimezone(UTC).isoformat(timespec="microseconds")
    previous, *rest = (str(line[name]) for name in COVERED)
    return sm3(json.dumps([previous, at, *rest], ensure_ascii=False).encode()).hex()


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
    head = db.get(AuditHead, HEAD_ID, populate_existing=True)
    if head is not None and head.entry_hash != previous:
        return 0
    return None
