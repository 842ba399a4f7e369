"""What every table of the room record is made of."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from exam_server.room_record.facts import Facts, at

Row = TypeVar("Row")
SEAT, NAME, NUMBER = ("座位", 13.0), ("姓名", 22.0), ("准考证号", 32.0)
WHO = (SEAT, NAME, NUMBER)


@dataclass(frozen=True)
class Section:
    """One table of the record; widths are in millimetres and fill the line together."""

    title: str
    columns: tuple[tuple[str, float], ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def is_of_people(self) -> bool:
        """Say whether every line is about a candidate, so that lines are worth counting."""
        return self.columns[0] == SEAT


def told(facts: Facts, kind: str) -> tuple[tuple[str, ...], ...]:
    """Return the events of one kind: who, when, what, by whom."""
    return tuple(
        (*facts.seat(event.admission_id), at(event.at), event.text, facts.person(event.by_id))
        for event in facts.events
        if event.kind == kind
    )


def by_seat(facts: Facts, rows: Mapping[int, Row]) -> Iterable[tuple[int, Row]]:
    """Walk rows of admissions in the order of seats."""
    return ((i, rows[i]) for i in facts.admissions if i in rows)
