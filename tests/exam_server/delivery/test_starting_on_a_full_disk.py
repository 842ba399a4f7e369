"""A server that starts on a full disk shows what is stored, and says what nobody can know."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import Engine, event, select

from exam_server.config import Settings
from exam_server.delivery.models import Outage
from exam_server.delivery.verification import verify
from registry.database import Database
from tests.support.room import Page, Room, signed_in_staff, token_of

DOWN_S = 30
SNAPSHOT = "/proctor/{}/api/snapshot"


@pytest.fixture(autouse=True)
def _of_sqlite(room: Room) -> None:
    if room.database.engine.dialect.name != "sqlite":
        pytest.skip("a connection that only reads is SQLite's")


@contextmanager
def full_disk(*rooms: Room) -> Iterator[None]:
    """Let nothing be written by stores that are opened from now on, or by these rooms."""

    def limit(connection: Any, _record: object) -> None:
        connection.execute("PRAGMA query_only = ON")

    event.listen(Engine, "connect", limit)
    for room in rooms:
        room.server.room.database.engine.dispose()
    try:
        yield
    finally:
        event.remove(Engine, "connect", limit)


@contextmanager
def started_anew(room: Room, settings: Settings, database: Database) -> Iterator[Room]:
    """Start another server on the store of one that was killed."""
    again = Room(settings, database, room.sitting_id, room.clock)
    yield again
    again.server.close()


def carried_over(browser: FlaskClient, room: Room) -> FlaskClient:
    """Let a browser go on with the cookies it has at another server."""
    again = room.server.app.test_client()
    again._cookies = browser._cookies
    return again


def go_on(page: Page, room: Room) -> None:
    page.room, page.client = room, carried_over(page.client, room)


def has_space(room: Room) -> None:
    room.server.room.database.engine.dispose()


def test_the_wall_shows_what_is_stored_and_says_of_whom_nothing_is_known(
    room: Room, settings: Settings, database: Database
) -> None:
    page, _silent = room.working(2)
    assert page.send(page.choose(), beat={"visible": True, "pending": 3})["ok"]
    room.server.room.tick()
    before = room.seat(0)
    assert (before["heard"], before["pending"]) == (True, 3)
    room.clock.advance(seconds=DOWN_S)
    with full_disk(), started_anew(room, settings, database) as again:
        seat = again.seat(0)
        kept = ("answered", "last_save_ms", "deadline_ms", "name")
        assert [seat[name] for name in kept] == [before[name] for name in kept]
        assert (seat["heard"], seat["pending"]) == (False, None)
        again.server.room.tick()
        assert "服务器现在不能写盘" in again.wall()["sitting"]["alarm"]
        go_on(page, again)
        told = page.send()
        assert (told["ok"], told["ack"], told["state"]) == (True, 1, "in_progress")
        assert page.send(page.choose(1))["error"] == "busy"
        again.clock.advance(seconds=16)
        page.send()
        again.server.room.tick()
        assert (again.seat(0)["state"], again.seat(0)["heard"]) == ("active", True)
        assert (again.seat(1)["state"], again.seat(1)["heard"]) == ("offline", False)
        assert again.wall()["events"] == room.wall()["events"]  # nothing can be put down


def test_how_long_the_server_was_away_is_put_down_before_anything_else_is(
    room: Room, settings: Settings, database: Database
) -> None:
    (page,) = room.working()
    page.send(page.choose())
    room.server.room.tick()
    alive_at = room.clock()
    room.clock.advance(seconds=DOWN_S)
    with full_disk():
        again = Room(settings, database, room.sitting_id, room.clock)
        go_on(page, again)
        again.clock.advance(seconds=60)
        again.server.room.tick()
    has_space(again)
    assert page.send(page.choose(1))["ok"]
    with database.reading() as db:
        (away,) = db.scalars(select(Outage).where(Outage.attempt_id.is_(None))).all()
        assert away.began_at == alive_at
        assert away.ended_at is not None
        assert (away.ended_at - away.began_at).total_seconds() == DOWN_S
        assert verify(db).findings == []
    again.server.close()


def test_who_fell_silent_while_nothing_could_be_written_is_put_down_afterwards(room: Room) -> None:
    first, other = room.working(2)
    for page in (first, other):
        page.send(page.choose())
    with full_disk(room):
        room.clock.advance(seconds=16)
        for _ in range(3):
            room.server.room.tick()
            room.clock.advance(seconds=1)
    has_space(room)
    room.server.room.tick()
    with room.database.reading() as db:
        silent = db.scalars(select(Outage).where(Outage.attempt_id.is_not(None))).all()
        assert {one.attempt_id for one in silent} == {p.attempt(db).id for p in (first, other)}


def test_who_was_at_work_stays_signed_in_over_the_start_and_who_was_away_does_not(
    room: Room, settings: Settings, database: Database
) -> None:
    room.open()
    address = SNAPSHOT.format(room.sitting_id)
    proctor, idle = (signed_in_staff(room, name) for name in ("jiankao01", "jiankao02"))
    with full_disk(room):
        for _ in range(2):  # 20 minutes: the sign-in lasts 15 without a sign of life
            room.clock.advance(minutes=10)
            assert proctor.get(address).status_code == 200
        with started_anew(room, settings, database) as again:
            browser = carried_over(proctor, again)
            assert browser.get(address).status_code == 200
            assert carried_over(idle, again).get(address).status_code == 302
            wall = again.server.sockets.test_client(
                again.server.app, namespace="/proctor", flask_test_client=browser
            )
            told = wall.emit(
                "watch", {"sitting": room.sitting_id}, namespace="/proctor", callback=True
            )
            assert told["seats"]
            again.clock.advance(minutes=15)
            assert browser.get(address).status_code == 302
    has_space(room)


def test_who_signs_out_after_a_full_disk_is_out_everywhere(room: Room) -> None:
    room.open()
    address = SNAPSHOT.format(room.sitting_id)
    proctor = signed_in_staff(room, "jiankao01")
    with full_disk(room):
        for _ in range(2):
            room.clock.advance(minutes=10)
            assert proctor.get(address).status_code == 200
    has_space(room)
    copied = room.server.app.test_client()
    copied._cookies = dict(proctor._cookies)
    token = token_of(proctor.get(f"/proctor/{room.sitting_id}").text)
    assert proctor.post("/sign-out", data={"csrf_token": token}).status_code == 302
    assert copied.get(address).status_code == 302
