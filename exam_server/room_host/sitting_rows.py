"""Which rows of which tables belong to a sitting at computers, and how a row travels as JSON."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, LargeBinary, Table, select
from sqlalchemy.orm import Session

from exam_server.delivery.custody.models import PaperKey
from exam_server.delivery.load_test.models import LoadTest
from exam_server.delivery.models import (
    Answer,
    AnswerOp,
    Attempt,
    AttemptEvent,
    ChainRoot,
    EventReceipt,
    Outage,
    QuestionReport,
    RefusedOp,
    RoomEvent,
    SeatTransfer,
)
from omr.models import PrintedCard
from proctor.models import ExtraTime, IdentityCheck, Incident, PresenceRecord
from registry.database import Record, UtcDateTime
from registry.scheduling.models import Admission

KEPT_NUMBERS = frozenset({"attempt", "room_event"})  # others refer to these rows
TABLES: tuple[type[Record], ...] = (
    Attempt,
    AttemptEvent,
    AnswerOp,
    ChainRoot,
    LoadTest,
    Outage,
    Answer,
    RefusedOp,
    RoomEvent,
    EventReceipt,
    QuestionReport,
    SeatTransfer,
    PresenceRecord,
    ExtraTime,
    Incident,
    IdentityCheck,
    PaperKey,
    PrintedCard,
)
Numbers = Mapping[str, Mapping[int, int]]
"""For every table referred to: number in the room to number at the centre."""


def table_of(model: type[Record]) -> Table:
    """Return the table of a model."""
    return Record.metadata.tables[model.__tablename__]


def rows_of(db: Session, sitting_id: int) -> Iterator[tuple[Table, dict[str, Any]]]:
    """Walk the rows of a sitting, those referred to before those that refer."""
    for model in TABLES:
        table = table_of(model)
        chosen = select(table).where(_belongs(table, sitting_id)).order_by(*table.primary_key)
        for row in db.execute(chosen).mappings():
            yield table, {name: _told(value) for name, value in row.items()}


def arrived(table: Table, row: Mapping[str, Any], numbers: Numbers) -> dict[str, Any]:
    """Return a row as the centre stores it: its own numbers in place of the room's."""
    values = {}
    for column in table.columns:
        value = row[column.name]
        if value is not None and column.foreign_keys:
            target = next(iter(column.foreign_keys)).column.table.name
            value = numbers[target].get(value)
        elif value is not None and isinstance(column.type, UtcDateTime):
            value = datetime.fromisoformat(value)
        elif value is not None and isinstance(column.type, LargeBinary):
            value = bytes.fromhex(value)
        values[column.name] = value
    if "number_in_room" in values:
        values["number_in_room"] = row["number_in_room"] or row["id"]
    if "id" in table.columns:
        del values["id"]
    return values


def _belongs(table: Table, sitting_id: int) -> ColumnElement[bool]:
    columns = table.columns
    if "sitting_id" in columns:
        return columns["sitting_id"] == sitting_id
    if "attempt_id" in columns:
        own = select(Attempt.id).where(Attempt.sitting_id == sitting_id)
        return columns["attempt_id"].in_(own)
    places = select(Admission.id).where(Admission.sitting_id == sitting_id)
    return columns["admission_id"].in_(places)


def _told(value: object) -> object:
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat() if isinstance(value, datetime) else value
