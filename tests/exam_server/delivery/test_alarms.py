"""A clock that is moved, a disk that is full: told on the wall, and no answer the worse for it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from sqlalchemy import event, select

from exam_server.config import Settings
from exam_server.context import SteadyClock
from exam_server.delivery.models import AnswerOp
from registry.database import Database
from tests.conftest import START, Clock
from tests.support.room import Page, Prepared, Room, signed_in_staff

HOUR_S = 3600


class TwoClocks:
    """The computer's clock, which people move, and the time that really passes."""

    def __init__(self) -> None:
        self.wall = Clock(START)
        self.passed_s = 0.0

    def pass_time(self, seconds: float) -> None:
        self.passed_s += seconds
        self.wall.advance(seconds=seconds)


@pytest.fixture
def clocks() -> TwoClocks:
    return TwoClocks()


@pytest.fixture
def moved_room(
    settings: Settings, database: Database, prepared: Prepared, clocks: TwoClocks
) -> Iterator[Room]:
    steady = SteadyClock(clocks.wall, lambda: clocks.passed_s)
    sitting_id = prepared.batch.screen_sitting_id
    opened = Room(settings, database, sitting_id, steady, steady.step_s)
    yield opened
    opened.server.close()


@pytest.mark.parametrize("step_s", [HOUR_S, -HOUR_S])
def test_a_clock_moved_by_an_hour_moves_no_deadline_and_is_told_on_the_wall(
    moved_room: Room, clocks: TwoClocks, step_s: int
) -> None:
    (page,) = moved_room.working()
    before = page.state()
    clocks.wall.advance(seconds=step_s)
    clocks.pass_time(2)
    moved_room.server.room.tick()
    after = page.send(page.choose())
    assert after["ok"]
    assert after["deadline_ms"] == before["deadline_ms"]
    assert after["server_ms"] == before["server_ms"] + 2000
    told = moved_room.wall()["events"][0]
    assert (told["kind"], told["seat"], told["open"]) == ("alert", None, True)
    assert told["text"].startswith(f"服务器时钟被拨动 {step_s:+d} 秒")


def test_a_step_is_told_once_and_setting_the_clock_right_again_is_told_too(
    moved_room: Room, clocks: TwoClocks
) -> None:
    moved_room.open()
    for step_s in (0.9, HOUR_S, 0, -HOUR_S, 0.5):
        clocks.wall.advance(seconds=step_s)
        moved_room.server.room.tick()
    texts = [event["text"] for event in moved_room.wall()["events"]]
    moves = [text.split()[1] for text in texts if "时钟" in text]
    assert moves == ["-3600", "+3601"]


def test_the_time_of_an_attempt_ends_when_it_has_passed_whatever_the_clock_says(
    moved_room: Room, clocks: TwoClocks
) -> None:
    (page,) = moved_room.working()
    left_s = (page.state()["deadline_ms"] - page.state()["server_ms"]) / 1000
    clocks.wall.advance(seconds=-HOUR_S)
    clocks.pass_time(left_s + 16)
    moved_room.server.room.tick()
    assert page.state()["state"] == "expired"


@contextmanager
def full_disk(room: Room, limited_by: str = "max_page_count = 1") -> Iterator[None]:
    """Let the store take not one page more, or nothing at all."""
    engine = room.server.room.database.engine

    def limit(connection: Any, _record: object) -> None:
        connection.execute(f"PRAGMA {limited_by}")

    event.listen(engine, "connect", limit)
    engine.dispose()
    yield
    event.remove(engine, "connect", limit)
    engine.dispose()


def answer_until_full(page: Page) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Answer on until the store refuses; return every operation and the refusal."""
    ops = [page.choose()]
    while (told := page.send(ops[-1]))["ok"]:
        ops.append({**ops[-1], "seq": ops[-1]["seq"] + 1})
    page.seq = ops[-1]["seq"]
    return ops, told


def test_a_full_disk_acknowledges_nothing_is_told_on_the_wall_and_all_goes_on_afterwards(
    room: Room,
) -> None:
    if room.database.engine.dialect.name != "sqlite":
        pytest.skip("a quota of pages is SQLite's")
    (page,) = room.working()
    room.wall()
    with full_disk(room):
        ops, told = answer_until_full(page)
        assert (told["error"], told["retry_after_ms"]) == ("busy", 700)
        room.server.room.tick()
        assert "磁盘已满" in room.wall()["sitting"]["alarm"]
        assert page.state()["answers"]  # reading goes on
    told = page.send(ops[-1])
    assert told["ok"]
    assert told["ack"] == ops[-1]["seq"]
    room.clock.advance(seconds=11)
    room.server.room.tick()
    shown = room.wall()
    assert shown["sitting"]["alarm"] == ""
    assert "起服务器不能写盘" in shown["events"][0]["text"]
    with room.database.reading() as db:
        stored = db.scalars(select(AnswerOp.seq).order_by(AnswerOp.id)).all()
    assert stored == [op["seq"] for op in ops]


def test_a_proctor_sees_the_wall_though_nobody_can_note_that_he_is_still_there(room: Room) -> None:
    if room.database.engine.dialect.name != "sqlite":
        pytest.skip("a connection that only reads is SQLite's")
    room.working()
    proctor = signed_in_staff(room, "jiankao01")
    room.clock.advance(minutes=2)  # the time last seen is written at most once a minute
    with full_disk(room, "query_only = ON"):
        wall = proctor.get(f"/proctor/{room.sitting_id}/api/snapshot")
    assert wall.status_code == 200
    assert wall.get_json()["seats"]


def test_nobody_is_signed_out_because_the_time_last_seen_cannot_be_written(room: Room) -> None:
    if room.database.engine.dialect.name != "sqlite":
        pytest.skip("a connection that only reads is SQLite's")
    room.working()
    address = f"/proctor/{room.sitting_id}/api/snapshot"
    proctor, idle = (signed_in_staff(room, name) for name in ("jiankao01", "jiankao02"))
    with full_disk(room, "query_only = ON"):
        for _ in range(4):  # 40 minutes: the sign-in lasts 15 without a sign of life
            room.clock.advance(minutes=10)
            assert proctor.get(address).status_code == 200
        assert idle.get(address).status_code == 302  # the limit holds for those who were away
        wall = room.server.sockets.test_client(
            room.server.app, namespace="/proctor", flask_test_client=proctor
        )
        told = wall.emit("watch", {"sitting": room.sitting_id}, namespace="/proctor", callback=True)
        assert told["seats"]
    room.clock.advance(minutes=14)
    assert proctor.get(address).status_code == 200
    room.clock.advance(minutes=15)
    assert proctor.get(address).status_code == 302
