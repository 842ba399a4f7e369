"""Tables of Safe Exam Browser: the settings of a sitting, checks of computers, overrides."""

from datetime import datetime

from sqlalchemy import ForeignKey, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from exam_server.seb.outcomes import Outcome
from registry.database import Record, UtcDateTime, one_of


class SebSetting(Record):
    """Safe Exam Browser is asked for in a sitting."""

    __tablename__ = "seb_setting"

    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting_run.sitting_id"), primary_key=True)
    origin: Mapped[str] = mapped_column(String(120))  # https://address:port of the room
    config_key: Mapped[str] = mapped_column(String(64))
    quit_password_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    file_password_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    browser_keys: Mapped[str] = mapped_column(Text, default="")  # one a line; empty: any build
    set_at: Mapped[datetime] = mapped_column(UtcDateTime)
    set_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class SebCheck(Record):
    """One address made for one computer, shown a hash at most once."""

    __tablename__ = "seb_check"
    __table_args__ = (one_of("outcome", Outcome),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("seb_setting.sitting_id"), index=True)
    nonce: Mapped[str] = mapped_column(String(32), unique=True)
    device_hash: Mapped[str] = mapped_column(String(64), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    outcome: Mapped[str] = mapped_column(String(20), default=Outcome.WAITING)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class SebOverride(Record):
    """A proctor let one candidate in without a passed check."""

    __tablename__ = "seb_override"

    admission_id: Mapped[int] = mapped_column(ForeignKey("admission.id"), primary_key=True)
    reason: Mapped[str] = mapped_column(String(200))
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    given_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
