"""Pauses of one candidate and of the room, outages, and the time that is given back for them."""

import contextlib
from datetime import timedelta
from typing import Any

import pytest
from alembic import command
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import create_engine, update
from sqlalchemy.exc import DBAPIError

from exam_server.delivery import outages
from exam_server.delivery.errors import RoomNotReadyError
from exam_server.delivery.event_verification import state_flaws, stored_events
from exam_server.delivery.models import Attempt, AttemptEvent, Outage, SittingRun
from exam_server.delivery.rules.attempt_states import TransitionRefusedError
from exam_server.delivery.states import EventKind
from exam_server.delivery.transitions import outages_of, record
from exam_server.delivery.verification import verify
from exam_server.migrating import _config, upgrade
from registry.database import Database
from registry.errors import InvalidInputError, NotFoundError
from tests.support.attempts import begin
from tests.support.room import START, Page, Prepared, Room

MINUTE_MS = 60_000


def proposals(room: Room, place: int = 0) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = room.seat(place)["proposals"]
    return found


def whole(room: Room) -> None:
    with room.database.reading() as db:
        assert [finding.text for finding in verify(db).findings] == []


def test_in_a_pause_the_paper_is_covered_and_what_was_done_waits_on_the_computer(
    room: Room,
) -> None:
    (page,) = room.working()
    op = page.choose()
    before = page.send()
    room.command("pause", admission=page.admission_id, reason="电脑故障")
    told = page.state()
    assert (told["state"], told["paper"], told["answers"]) == ("paused", None, {})
    assert told["events"][-1]["text"] == "考试已暂停：电脑故障"
    refused = page.send(op)
    assert (refused["ok"], refused["error"], refused["ack"]) == (False, "paused", 0)
    assert refused["paused_ms"] == told["server_ms"]
    assert room.seat()["state"] == "paused"
    room.clock.advance(seconds=240)
    room.command("resume", admission=page.admission_id)
    kept = page.send(op)
    assert (kept["ok"], kept["ack"], kept["state"], kept["paused_ms"]) == (
        True,
        1,
        "in_progress",
        None,
    )
    assert kept["deadline_ms"] == before["deadline_ms"] + 4 * MINUTE_MS
    assert page.hand_in()["state"] == "submitted"
    whole(room)


def test_a_person_decides_how_much_of_a_pause_is_given_back(room: Room) -> None:
    (page,) = room.working()
    before = page.send()["deadline_ms"]
    room.command("pause", admission=page.admission_id, reason="考生离场")
    room.clock.advance(seconds=300)
    assert proposals(room) == []
    room.command("resume", admission=page.admission_id)
    (proposal,) = proposals(room)
    assert (proposal["cause"], proposal["seconds"]) == ("pause", 300)
    told = {"admission": page.admission_id, "proposal": proposal["key"]}
    with pytest.raises(InvalidInputError, match="少补"):
        room.command("compensate", **told, seconds=120)
    with pytest.raises(InvalidInputError, match="不能多于"):
        room.command("compensate", **told, seconds=301)
    room.command("compensate", **told, seconds=120, reason="其余为个人原因")
    assert page.send()["deadline_ms"] == before + 2 * MINUTE_MS
    assert proposals(room) == []
    with pytest.raises(NotFoundError):
        room.command("compensate", **told)
    (line,) = room.audited("compensate")
    assert (line["cause"], line["seconds"]) == ("pause", 120)
    whole(room)


def test_a_room_pause_stops_latecomers_too_and_leaves_those_paused_before_paused(
    room: Room,
) -> None:
    one, other = room.working(2)
    room.command("pause", admission=one.admission_id, reason="设备故障")
    room.command("pause", reason="消防演练")
    with pytest.raises(RoomNotReadyError, match="先恢复全场"):
        room.command("resume", admission=other.admission_id)
    late = room.seated(2)
    states = [page.state()["state"] for page in (one, other, late)]
    assert (states, room.wall()["sitting"]["state"]) == (["paused"] * 3, "paused")
    begun_ms = room.wall()["server_ms"]
    room.clock.advance(seconds=90)
    assert room.wall()["sitting"]["paused_since_ms"] == begun_ms
    room.command("resume")
    assert room.wall()["sitting"]["paused_since_ms"] is None
    assert [page.state()["state"] for page in (one, other, late)] == [
        "paused",
        "in_progress",
        "in_progress",
    ]
    assert [item["cause"] for item in proposals(room, 1)] == ["room"]
    room.command("compensate")
    assert [proposals(room, place) for place in range(3)] == [[], [], []]
    whole(room)


def end_of(page: Page) -> float:
    """Return the seconds until the candidate's time ends."""
    told = page.send()
    return float(told["deadline_ms"] - told["server_ms"]) / 1000


def test_an_undecided_pause_is_closed_by_the_hard_stop_alone(room: Room) -> None:
    (page,) = room.working()
    room.command("pause", admission=page.admission_id, reason="设备故障")
    room.clock.advance(seconds=60)
    room.command("resume", admission=page.admission_id)
    room.clock.advance(seconds=end_of(page) + 60)
    room.server.room.tick()
    assert page.send(page.choose())["ok"] is True
    room.command("compensate")
    room.server.room.tick()
    assert page.state()["state"] == "expired"


def test_an_open_pause_ends_at_the_hard_stop(room: Room) -> None:
    (page,) = room.working()
    room.command("pause", admission=page.admission_id, reason="设备故障")
    room.clock.advance(seconds=end_of(page) + 179 * 60)
    room.server.room.tick()
    assert page.send()["state"] == "paused"
    room.clock.advance(seconds=80)
    room.server.room.tick()
    assert page.send()["state"] == "expired"
    whole(room)


def test_the_grace_is_counted_in_the_servers_own_time_and_its_outage_is_proposed(
    room: Room,
) -> None:
    (page,) = room.working()
    op = page.choose()
    room.clock.advance(seconds=end_of(page) - 1)
    page.send()
    room.server.room.tick()
    room.clock.advance(seconds=180)
    room.server.room.writer.perform(lambda db: outages.wake(db, now=room.clock()))
    room.server.room.forget_everything()
    room.clock.advance(seconds=14)
    assert page.send(op)["ack"] == 1
    whole(room)
    (proposal,) = proposals(room)
    assert (proposal["cause"], proposal["seconds"]) == ("server", 180)
    room.clock.advance(seconds=3)
    assert page.send()["state"] == "expired"


def test_a_silent_seat_is_an_outage_that_may_be_given_back(room: Room) -> None:
    (page,) = room.working()
    page.send()
    room.clock.advance(seconds=130)
    room.server.room.tick()
    assert proposals(room) == []
    page.send()
    room.server.room.tick()
    (proposal,) = proposals(room)
    assert (proposal["cause"], proposal["seconds"]) == ("seat", 130)
    room.command("compensate")
    assert proposals(room) == []


def test_outages_are_given_back_to_those_who_lost_a_minute_that_nothing_else_covers(
    room: Room,
) -> None:
    pages = room.working(3)
    seconds: dict[int | None, list[tuple[int, int]]] = {
        None: [(10, 50)],  # the server, 40 s: too short by itself, covers what lies over it
        0: [(0, 90)],  # 50 s are left of it
        1: [(0, 59), (100, 170)],
    }
    began_at = room.clock()
    with room.database.transaction() as db:
        attempts = [page.attempt(db) for page in pages]
        db.add_all(
            Outage(
                sitting_id=attempts[0].sitting_id,
                attempt_id=None if place is None else attempts[place].id,
                began_at=began_at + timedelta(seconds=begin_s),
                ended_at=began_at + timedelta(seconds=end_s),
            )
            for place, spans in seconds.items()
            for begin_s, end_s in spans
        )
    room.clock.advance(seconds=200)
    room.server.room.tick()
    found = [[(one["cause"], one["seconds"]) for one in proposals(room, n)] for n in range(3)]
    assert found == [[], [("seat", 70)], []]


def test_a_room_that_an_earlier_program_has_paused_goes_on(room: Room) -> None:
    room.working()
    for minutes in (5, 10):
        room.clock.advance(minutes=10)
        room.command("pause", reason="停电")
        room.clock.advance(minutes=minutes)
        if minutes == 5:
            room.command("resume")
    older = create_engine(room.database.engine.url)  # tables are rebuilt: no references held
    with older.begin() as connection:
        command.downgrade(_config(connection), "0023")
    older.dispose()
    upgrade(room.database.engine, room.database.keys)
    with room.database.session() as db, pytest.raises(DBAPIError, match="append-only"):
        db.execute(update(AttemptEvent).values(reason=""))
    whole(room)
    room.command("resume")
    sitting = room.wall()["sitting"]
    assert sitting["state"] == "running"
    assert sitting["entry_ends_ms"] - sitting["started_ms"] == (30 + 15) * MINUTE_MS


BODIES = {
    EventKind.EXTENDED: {"minutes": 5},
    EventKind.REOPENED: {"seconds": 600},
    EventKind.COMPENSATED: {"seconds": 60, "key": "server-1"},
}


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(st.sampled_from(EventKind), max_size=12))
def test_the_stored_columns_are_the_fold_of_the_events_whatever_happens(
    database: Database, prepared: Prepared, kinds: list[EventKind]
) -> None:
    sitting_id = prepared.batch.screen_sitting_id
    with database.session() as db:
        paper_id = db.get_one(SittingRun, sitting_id).paper_id
        attempt = Attempt(
            admission_id=1,
            sitting_id=sitting_id,
            paper_id=paper_id,
            order_seed=1,
            claimed_at=START,
        )
        db.add(attempt)
        db.flush()
        begin(db, [attempt], clock_from=START)
        for kind in kinds:
            body = BODIES.get(kind, {"epoch": attempt.epoch})
            with contextlib.suppress(TransitionRefusedError):
                record(db, [attempt], kind, now=START, body=body)
            events = stored_events(db, sitting_id)[attempt.id]
            assert state_flaws(attempt, events, outages_of(db, sitting_id)) == []
