"""Tables of the load test: what a test came to, and what its robots save for its time."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from registry.database import Record, UtcDateTime


class LoadTest(Record):
    """One load test of a room; its result goes into the room record."""

    __tablename__ = "load_test"

    id: Mapped[int] = mapped_column(primary_key=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting_run.sitting_id"), index=True)
    robots: Mapped[int]
    begun_at: Mapped[datetime] = mapped_column(UtcDateTime)
    until_at: Mapped[datetime] = mapped_column(UtcDateTime)  # ends by itself
    begun_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    result: Mapped[str | None] = mapped_column(Text)  # JSON, see rules/load_figures.py


class LoadTestSave(Record):
    """One answer of a robot: as durable as a candidate's, of no attempt, deleted with the test."""

    __tablename__ = "load_test_save"

    load_test_id: Mapped[int] = mapped_column(ForeignKey("load_test.id"), primary_key=True)
    computer: Mapped[int] = mapped_column(primary_key=True)
    robot: Mapped[int] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    value: Mapped[str] = mapped_column(String(80))
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
