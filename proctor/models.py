"""Tables of the exam room: presence, extra time, incidents."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from proctor.rules.identity import Identity
from proctor.rules.presence import Presence
from registry.database import Record, UtcDateTime, one_of


class PresenceRecord(Record):
    """The presence of a candidate as it now stands; the audit log keeps what it was."""

    __tablename__ = "presence_record"
    __table_args__ = (one_of("presence", Presence),)

    admission_id: Mapped[int] = mapped_column(ForeignKey("admission.id"), primary_key=True)
    presence: Mapped[str] = mapped_column(String(16))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class ExtraTime(Record):
    """Minutes given to one candidate with a reason, checked by a second person."""

    __tablename__ = "extra_time"
    __table_args__ = (CheckConstraint("minutes > 0", name="minutes"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    admission_id: Mapped[int] = mapped_column(ForeignKey("admission.id"), index=True)
    minutes: Mapped[int]
    reason: Mapped[str] = mapped_column(String(200))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class Incident(Record):
    """A misconduct 违纪 or special event for the room record; never a score effect by itself."""

    __tablename__ = "incident"

    id: Mapped[int] = mapped_column(primary_key=True)
    admission_id: Mapped[int] = mapped_column(ForeignKey("admission.id"), index=True)
    text: Mapped[str] = mapped_column(String(500))
    recorded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    recorded_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class IdentityCheck(Record):
    """One check of a candidate's identity; the newest stands, a trigger keeps all as written."""

    __tablename__ = "identity_check"
    __table_args__ = (one_of("mark", Identity),)

    id: Mapped[int] = mapped_column(primary_key=True)
    admission_id: Mapped[int] = mapped_column(ForeignKey("admission.id"), index=True)
    mark: Mapped[str] = mapped_column(String(16))
    note: Mapped[str] = mapped_column(String(200))
    checked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    checked_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
