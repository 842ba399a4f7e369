"""Rooms of an institution and how many seats they hold."""

from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.database import Record, one_of
from registry.organisations.models import Institution


class RoomKind(StrEnum):
    """What a room is equipped for."""

    COMPUTER = "computer"
    PAPER = "paper"
    PRACTICAL = "practical"


class Room(Record):
    """An exam room 考场: seats are numbered row by row from 1."""

    __tablename__ = "room"
    __table_args__ = (
        one_of("kind", RoomKind),
        UniqueConstraint("institution_id", "number"),
        CheckConstraint("row_count > 0 AND column_count > 0", name="shape"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    number: Mapped[str] = mapped_column(String(4))  # 01…
    name: Mapped[str] = mapped_column(String(60))
    kind: Mapped[str] = mapped_column(String(16))
    row_count: Mapped[int]
    column_count: Mapped[int]

    institution: Mapped[Institution] = relationship()

    @property
    def seat_count(self) -> int:
        """Return how many candidates the room holds."""
        return self.row_count * self.column_count
