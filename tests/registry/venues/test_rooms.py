"""Rooms of an institution."""

from dataclasses import replace

import pytest

from registry.access import Role
from registry.errors import ConflictError, InvalidInputError, NotFoundError
from registry.venues.actions import NewRoom, add_room
from registry.venues.models import RoomKind
from registry.venues.queries import room_of, rooms_of
from tests.support.factories import make_office
from tests.support.refusals import refused

ROOM = NewRoom("01", "一号考场", RoomKind.PAPER, 5, 6)


def test_a_room_holds_rows_times_columns(db, office, officer, city, now):
    room = add_room(db, office.institution.id, ROOM, actor=officer, now=now)
    assert room.seat_count == 30
    assert rooms_of(db, office.institution.id, actor=city) == [room]


@pytest.mark.parametrize(
    "changes",
    [
        {"number": "1"},
        {"number": "0-1"},
        {"name": " "},
        {"row_count": 0},
        {"column_count": -1},
        {"column_count": 7},
    ],
)
def test_a_faulty_room_is_refused(db, office, officer, now, changes):
    with refused(db, InvalidInputError):
        add_room(db, office.institution.id, replace(ROOM, **changes), actor=officer, now=now)


def test_a_room_number_is_given_once_on_a_site(db, office, officer, now):
    add_room(db, office.institution.id, ROOM, actor=officer, now=now)
    with refused(db, ConflictError, match="01"):
        add_room(db, office.institution.id, ROOM, actor=officer, now=now)


def test_rooms_of_another_institution_are_not_found(db, office, officer, now):
    room = add_room(db, office.institution.id, ROOM, actor=officer, now=now)
    stranger = make_office(db, now=now).actor(Role.INSTITUTION_OFFICER)
    with refused(db, NotFoundError):
        room_of(db, room.id, actor=stranger)
    with refused(db, NotFoundError):
        add_room(db, office.institution.id, replace(ROOM, number="02"), actor=stranger, now=now)
