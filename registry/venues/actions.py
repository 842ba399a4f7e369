"""What an institution does with its rooms."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.audit_log import note
from registry.errors import ConflictError, InvalidInputError
from registry.organisations.queries import institution_of
from registry.venues import queries
from registry.venues.models import Room, RoomKind

MAX_PAPER_SEATS: Final = 30  # a standard theory room
_NUMBER: Final = re.compile(r"[0-9A-Z]{2,4}")


@dataclass(frozen=True)
class NewRoom:
    """A room to enter: its number on the site, what it is for, its seats by row and column."""

    number: str
    name: str
    kind: RoomKind
    row_count: int
    column_count: int


def add_room(
    db: Session, institution_id: int, new: NewRoom, *, actor: Actor, now: datetime
) -> Room:
    """Enter a room of an institution."""
    actor.require(Permission.ARRANGE)
    institution = institution_of(db, institution_id, actor=actor)
    number = new.number.strip().upper()
    if _NUMBER.fullmatch(number) is None or not new.name.strip():
        raise InvalidInputError(field="考场", reason="编号应为2至4位数字或字母，名称不能为空。")
    seats = new.row_count * new.column_count
    if new.row_count < 1 or new.column_count < 1:
        raise InvalidInputError(field="座位", reason="行数和列数须为正整数，请核对。")
    if new.kind is RoomKind.PAPER and seats > MAX_PAPER_SEATS:
        reason = f"纸笔考场最多{MAX_PAPER_SEATS}座，现为{seats}座，请分为多个考场。"
        raise InvalidInputError(field="座位", reason=reason)
    if any(room.number == number for room in queries.rooms_of(db, institution.id, actor=actor)):
        raise ConflictError(what="考场编号", value=number)
    room = Room(
        institution_id=institution.id,
        number=number,
        name=new.name.strip(),
        kind=new.kind,
        row_count=new.row_count,
        column_count=new.column_count,
    )
    db.add(room)
    db.flush()
    detail = {"institution": institution.code, "number": number, "seats": seats}
    note(db, "add_room", ("room", room.id), actor=actor, now=now, detail=detail)
    return room
