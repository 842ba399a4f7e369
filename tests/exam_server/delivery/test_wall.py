"""The proctor's wall: states of seats, deltas from version to version, never an answer."""

import json
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from exam_server.delivery.models import Outage
from exam_server.delivery.wall import difference
from tests.support.room import Room


def deltas_of(room: Room) -> list[dict[str, Any]]:
    """Collect what is sent to the watchers from now on."""
    sent: list[dict[str, Any]] = []
    room.server.room.telling.wall = lambda _sitting, payload: sent.append(payload)
    return sent


def apply(shown: dict[str, Any], delta: dict[str, Any]) -> dict[str, Any]:
    """Do what the page does with a delta."""
    seats = {seat["no"]: seat for seat in shown["seats"]} | {s["no"]: s for s in delta["seats"]}
    events = {e["id"]: e for e in shown["events"]} | {e["id"]: e for e in delta["events"]}
    return {
        **shown,
        "version": delta["version"],
        "seats": [seats[number] for number in sorted(seats)],
        "events": [events[number] for number in sorted(events, reverse=True)],
        "sitting": delta["sitting"] or shown["sitting"],
    }


def test_a_seat_goes_from_idle_over_ready_and_active_to_submitted(room: Room) -> None:
    room.open()
    seen = [room.seat()["state"]]
    page = room.seated()
    seen.append(room.seat()["state"])
    room.command("start")
    seen.append(room.seat()["state"])
    page.hand_in()
    seen.append(room.seat()["state"])
    assert seen == ["idle", "ready", "active", "submitted"]


def test_an_absent_candidate_is_shown_as_absent(room: Room) -> None:
    room.open()
    room.command("mark_absent", admission=room.admissions[0])
    assert room.seat()["state"] == "absent"


def test_the_wall_counts_answers_and_knows_the_last_save(room: Room) -> None:
    (page,) = room.working()
    room.clock.advance(minutes=5)
    page.send(page.choose(0), page.choose(1), page.op("clear", page.questions()[0]["id"]))
    seat = room.seat()
    assert (seat["answered"], seat["total"]) == (1, len(page.questions()))
    assert seat["last_save_ms"] == page.send()["server_ms"]


def test_a_silent_page_goes_offline_after_15_seconds_and_comes_back(room: Room) -> None:
    (page,) = room.working()
    page.send(beat={"visible": True, "pending": 3})
    room.clock.advance(seconds=15)
    room.server.room.tick()
    assert room.seat()["state"] == "active"
    room.clock.advance(seconds=1)
    room.server.room.tick()
    assert room.seat()["state"] == "offline"
    event = room.wall()["events"][0]
    assert (event["kind"], event["text"], event["open"]) == (
        "offline",
        "连接中断，本机已存 3 题",
        True,
    )
    page.send()
    room.server.room.tick()
    assert room.seat()["state"] == "active"
    newest, before = room.wall()["events"][:2]
    assert (newest["text"], before["open"]) == ("连接恢复", False)
    assert page.state()["state"] == "in_progress"  # presence is never a state of the attempt


def test_a_page_that_fetches_its_paper_is_there_although_it_has_not_reported_yet(
    room: Room,
) -> None:
    room.open()
    page = room.seated()
    room.clock.advance(minutes=10)  # the server has been up for long
    room.command("start")
    page.state()
    room.server.room.tick()
    seat = room.seat()
    assert (seat["state"], seat["heard"], seat["pending"]) == ("active", False, None)
    assert "offline" not in [event["kind"] for event in room.wall()["events"]]
    room.clock.advance(seconds=16)
    room.server.room.tick()
    assert room.seat()["state"] == "offline"
    with room.database.reading() as db:
        (outage,) = db.scalars(select(Outage))
        assert room.clock() - outage.began_at == timedelta(seconds=16)


def test_a_covered_page_does_not_count_as_presence(room: Room) -> None:
    (page,) = room.working()
    room.command("release_seat", admission=page.admission_id, reason="换机")
    room.clock.advance(seconds=16)
    assert page.send()["error"] == "fenced"
    assert room.seat()["state"] == "offline"


def test_snapshot_and_deltas_together_always_equal_a_fresh_snapshot(room: Room) -> None:
    shown = room.wall()
    sent = deltas_of(room)
    pages = room.working(2)
    pages[0].send(pages[0].choose(0))
    room.server.room.tick()
    pages[1].post("hand", {"kind": "technical"})
    room.command("extend", minutes=5, reason="设备故障", reviewer="jiankao02")
    pages[0].hand_in()
    room.clock.advance(seconds=20)
    room.server.room.tick()
    for delta in sent:
        assert delta["version"] == shown["version"] + 1
        shown = apply(shown, delta)
    fresh = room.wall()
    assert {**shown, "server_ms": 0} == {**fresh, "server_ms": 0}


def test_when_nothing_has_changed_nothing_is_sent(room: Room) -> None:
    room.working()
    room.wall()
    sent = deltas_of(room)
    room.server.room.tick()
    room.server.room.tick()
    assert sent == []
    shown = room.wall()
    assert difference(shown, room.wall()) is None


def test_a_delta_holds_only_the_seats_that_changed(room: Room) -> None:
    one, _other = room.working(2)
    room.wall()
    sent = deltas_of(room)
    one.send(one.choose(0))
    room.server.room.tick()
    (delta,) = sent
    assert [seat["admission"] for seat in delta["seats"]] == [one.admission_id]
    assert (delta["events"], delta["sitting"]) == ([], None)


def test_the_room_code_is_shown_only_while_candidates_may_sign_in(room: Room) -> None:
    assert room.wall()["sitting"]["room_code"] is None
    code = room.open()
    assert room.wall()["sitting"]["room_code"] == f"{code[:3]} {code[3:]}"
    page = room.seated()
    room.command("start")
    page.hand_in()
    room.excuse_others(1)
    room.command("close")
    assert room.wall()["sitting"]["room_code"] is None


def test_no_payload_of_the_wall_holds_an_answer(room: Room) -> None:
    sent = deltas_of(room)
    room.wall()
    pages = room.working(2)
    for page in pages:
        page.send(*(page.choose(place, place % 2) for place in range(6)))
        page.post("hand", {"kind": "question", "text": "看不清", "item": page.questions()[1]["id"]})
        room.server.room.tick()
    questions = [question for page in pages for question in page.questions()]
    for page in pages:
        page.hand_in()
    room.server.room.tick()
    told = json.dumps([*sent, room.wall()], ensure_ascii=False)
    for question in questions:
        assert question["id"] not in told
        assert all(option["id"] not in told for option in question["options"])
        assert question["stem"] not in told


def arrival_of_newest(room: Room, kind: str) -> dict[str, Any]:
    events = room.wall()["events"]
    return next(event["arrival"] for event in events if event["arrival"] and kind in event["text"])


def test_a_message_is_followed_from_sent_over_delivered_to_confirmed(room: Room) -> None:
    one, other = room.working(2)
    room.command("message", text="请检查姓名")
    told = {"to": 2, "delivered": 0, "confirmed": 0, "waiting": [1, 2]}
    assert arrival_of_newest(room, "请检查姓名") == told
    (event,) = [e for e in one.send()["events"] if e["text"] == "请检查姓名"]
    one.send(after_event=event["id"])
    assert arrival_of_newest(room, "请检查姓名")["delivered"] == 1
    one.post("event-seen", {"id": event["id"]})
    told = {"to": 2, "delivered": 1, "confirmed": 1, "waiting": [2]}
    assert arrival_of_newest(room, "请检查姓名") == told
    other.hand_in()
    assert arrival_of_newest(room, "请检查姓名")["waiting"] == []


def test_a_command_for_some_reaches_them_and_nobody_else(room: Room) -> None:
    one, other, third = room.working(3)
    chosen = (room.admissions[0], room.admissions[2], room.admissions[0])
    room.command("message", admissions=chosen, text="请换座位")
    room.command("extend", admissions=chosen, minutes=5, reason="断电", reviewer="jiankao02")
    told = [[e["text"] for e in page.send()["events"]] for page in (one, other, third)]
    assert ["请换座位" in texts for texts in told] == [True, False, True]
    assert [room.seat(place)["extra_min"] for place in range(3)] == [5, 0, 5]


def test_flags_of_a_seat_stay_however_much_has_happened_since(room: Room) -> None:
    room.working(2)
    room.command("override_seb", admission=room.admissions[0], reason="装不上")
    room.command("release_seat", admission=room.admissions[0], reason="屏幕闪烁")
    assert [room.seat(place)["flags"] for place in range(2)] == [["moved", "seb"], []]


def test_a_room_that_loses_its_network_is_one_incident(room: Room) -> None:
    pages = room.working(4)
    room.clock.advance(seconds=16)
    pages[3].send()
    written = room.server.room.writer.changes
    room.server.room.tick()
    assert room.server.room.writer.changes == written + 2  # a sign of life, and all seats at once
    waiting = [event for event in room.wall()["events"] if event["open"]]
    assert [(event["seat"], event["kind"]) for event in waiting] == [(None, "offline")]
    assert waiting[0]["text"].startswith("3 台考生机同时断线")
    assert [room.seat(place)["state"] for place in range(4)] == ["offline"] * 3 + ["active"]
    room.clock.advance(seconds=50)
    for page in pages:
        page.send()
    room.server.room.tick()
    events = room.wall()["events"]
    assert not [event for event in events if event["open"]]
    assert "全场连接恢复，历时 0 分 50 秒" in [event["text"] for event in events]
