"""The load test of a room: robots of exam PCs save as candidates do; figures stay."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import func, select

from exam_server.delivery.load_test.errors import LoadTestRefusedError
from exam_server.delivery.load_test.models import LoadTestSave
from exam_server.delivery.models import AnswerOp, Attempt
from exam_server.room_record.record import room_record
from exam_server.sockets import load_test as load_test_socket
from tests.support.room import Room, token_of

GATHERING_S, REPORTING_S, SECONDS = 8, 5, 60


class Computer:
    """An exam PC that shows the sign-in page."""

    def __init__(self, room: Room) -> None:
        self.client: FlaskClient = room.server.app.test_client()
        self._token = token_of(self.client.get("/exam/").text)
        self.shown, self.seq = "", 0

    def look(self) -> dict[str, Any]:
        told: dict[str, Any] = self.client.get("/exam/api/load-test").get_json()
        return told

    def post(self, name: str, **body: Any) -> dict[str, Any]:
        headers = {"X-CSRF-Token": self._token}
        body = {"pass": self.shown} | body
        answer = self.client.post(f"/exam/api/load-test/{name}", json=body, headers=headers)
        told: dict[str, Any] = answer.get_json()
        return told

    def join(self) -> dict[str, Any]:
        told = self.post("join")
        self.shown = told.get("pass", self.shown)
        return told

    def save(self, robot: int = 1) -> dict[str, Any]:
        self.seq += 1
        return self.post("save", robot=robot, seq=self.seq, value=["o1"])


def count(room: Room, table: type) -> int:
    with room.database.reading() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


def test_robots_save_durably_and_only_the_figures_stay(room: Room, clock: Any) -> None:
    first, second = Computer(room), Computer(room)
    assert first.look()["test"] is None
    room.command("load_test", seconds=SECONDS)
    assert first.look()["test"] is not None
    assert [first.join()["robots"], second.join()["robots"]] == [0, 0]
    assert first.save()["error"] == "load_test_over"  # the computers still gather
    clock.advance(seconds=GATHERING_S)
    assert [first.join()["robots"], second.join()["robots"]] == [15, 15]
    assert [one.save(robot)["ok"] for one in (first, second) for robot in (1, 2)] == [True] * 4
    again = first.post("save", robot=2, seq=first.seq, value=["o1"])  # its reply was lost
    assert again["ack"] == first.seq
    assert count(room, LoadTestSave) == 4
    told = room.wall()["sitting"]["load_test"]
    assert (told["computers"], told["result"]) == (2, None)
    first.post("report", ack_ms=[10, 12])
    second.post("report", ack_ms=[11, 400], errors=1)
    clock.advance(seconds=SECONDS)
    assert first.save()["error"] == "load_test_over"
    clock.advance(seconds=REPORTING_S)
    room.server.room.tick()
    result = room.wall()["sitting"]["load_test"]["result"]
    assert (result["computers"], result["errors"], result["verdict"]) == (2, 1, "bad")
    assert (result["p50_ms"], result["p99_ms"], result["slowest_p95_ms"]) == (12, 400, 400)
    assert [count(room, table) for table in (LoadTestSave, AnswerOp, Attempt)] == [0, 0, 0]
    with room.database.reading() as db:
        record = room_record(db, room.sitting_id, actor=room.office.actors["jiankao01"])
    (row,) = next(one for one in record.sections if one.title == "压力测试").rows
    assert row[1] == "2"
    assert row[6] == "未通过"
    assert room.audited("begin_load_test") == [{"robots": 30, "seconds": SECONDS}]


def test_a_load_test_gives_way_to_candidates(room: Room, clock: Any) -> None:
    computer = Computer(room)
    room.command("load_test")
    computer.join()
    clock.advance(seconds=GATHERING_S)
    assert computer.save()["ok"]
    page = room.page()
    assert page.sign_in(room.open()) == ""
    assert computer.save()["error"] == "load_test_over"
    assert computer.look() == {"ok": True, "test": None, "again_ms": 30_000}
    with pytest.raises(LoadTestRefusedError):
        room.command("load_test")
    clock.advance(seconds=REPORTING_S)
    room.server.room.tick()
    assert room.wall()["sitting"]["load_test"]["result"]["saves"] == 1


def test_only_one_load_test_at_a_time_and_it_can_be_stopped(room: Room, clock: Any) -> None:
    with pytest.raises(LoadTestRefusedError):
        room.command("stop_load_test")
    room.command("load_test")
    with pytest.raises(LoadTestRefusedError):
        room.command("load_test")
    room.command("stop_load_test")
    clock.advance(seconds=REPORTING_S)
    room.server.room.tick()
    assert room.wall()["sitting"]["load_test"]["result"]["verdict"] == "nobody"
    room.command("load_test")
    assert len(room.audited("stop_load_test")) == 1


def test_nothing_is_taken_without_a_test_or_from_a_computer_that_did_not_join(
    room: Room, clock: Any
) -> None:
    computer = Computer(room)
    assert computer.join()["error"] == "load_test_over"
    room.command("load_test")
    clock.advance(seconds=GATHERING_S)
    assert computer.save()["error"] == "load_test_over"
    assert computer.post("report", ack_ms=[1])["error"] == "load_test_over"
    assert count(room, LoadTestSave) == 0


def test_the_socket_takes_what_the_requests_take(room: Room, clock: Callable[[], datetime]) -> None:
    room.command("load_test")
    computer = Computer(room)
    computer.join()
    clock.advance(seconds=GATHERING_S)  # type: ignore[attr-defined]
    sockets, app = room.server.sockets, room.server.app
    name = load_test_socket.NAMESPACE
    stranger = sockets.test_client(app, namespace=name, auth={"pass": "made up"})
    assert not stranger.is_connected(name)
    robot = sockets.test_client(app, namespace=name, auth={"pass": computer.shown})
    told = {"pass": computer.shown, "robot": 1, "seq": 1, "value": ["o1"]}
    reply = robot.emit("save", told, namespace=name, callback=True)
    assert reply["ok"], json.dumps(reply)
    assert count(room, LoadTestSave) == 1
    assert robot.emit("save", {}, namespace=name, callback=True)["error"] == "malformed"
