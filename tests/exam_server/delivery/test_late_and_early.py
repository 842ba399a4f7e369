"""The limits of a sitting: who comes too late, who wants to hand in too early."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from exam_server.delivery.errors import LateEntryError, ReviewerError, RoomNotReadyError
from exam_server.delivery.limits import set_default_rules, set_rules
from exam_server.delivery.models import SittingRun
from exam_server.delivery.proctor_actions import prepare_run
from exam_server.delivery.rules.exam_rules import ExamRules
from registry.access import SYSTEM, Permission
from registry.errors import InvalidInputError
from tests.support.room import START, Room

LATE_S, TOGETHER = 30 * 60 + 1, {"reason": "交通事故，有证明", "reviewer": "jiankao02"}


def limit(room: Room, **minutes: int) -> None:
    """Set the limits of the sitting as the city does."""
    with room.database.transaction() as db:
        rules = ExamRules(**minutes)
        set_rules(db, room.sitting_id, rules, actor=room.office.actors["shi01"], now=room.clock())


def test_who_comes_after_the_limit_is_absent_by_itself_until_two_persons_let_them_in(
    room: Room,
) -> None:
    room.working()
    room.clock.advance(seconds=LATE_S)
    late = room.page(1)
    assert late.sign_in(room.code()) == LateEntryError(0, 0, minutes=30).message
    asking = room.wall()["events"][0]
    assert (asking["kind"], asking["open"], asking["seat"]) == ("help", True, room.seat(1)["no"])
    room.server.room.tick()
    assert [room.seat(place)["state"] for place in (1, 2)] == ["absent"] * 2
    assert len(room.audited("record_presence")) == 1 + 4
    told = {"admission": late.admission_id}
    with pytest.raises(ReviewerError):
        room.command("mark_present", **told, reason="交通事故")
    room.command("mark_present", **told, **TOGETHER)
    room.server.room.tick()
    assert late.sign_in(room.code()) == ""
    assert late.confirm()["state"] == "in_progress"
    assert room.seat(1)["deadline_ms"] == room.seat(0)["deadline_ms"]
    assert room.audited("let_in_late")[0]["reviewer"] == "jiankao02"


def test_closing_marks_those_absent_whom_nobody_has_looked_at(room: Room) -> None:
    (page,) = room.working()
    page.hand_in()
    with pytest.raises(RoomNotReadyError, match="既未登录也未登记缺考"):
        room.command("close")
    room.clock.advance(seconds=LATE_S)
    room.command("close")
    assert room.wall()["sitting"]["state"] == "closed"


def test_a_pause_of_the_room_moves_the_limits_by_as_long_as_it_lasts(room: Room) -> None:
    limit(room, early_leave_minutes=30)
    (page,) = room.working()
    late = room.page(1)
    room.clock.advance(seconds=20 * 60)
    room.command("pause", reason="停电")
    assert room.wall()["sitting"]["entry_ends_ms"] is None  # it moves as long as the pause lasts
    room.clock.advance(seconds=45 * 60)
    room.server.room.tick()
    assert room.seat(1)["state"] == "idle"
    room.command("resume")
    sitting = room.wall()["sitting"]
    assert sitting["entry_ends_ms"] - sitting["started_ms"] == (30 + 45) * 60 * 1000
    refused = page.send(page.op("submit"))
    assert "10 分 00 秒" in refused["message"]
    page.seq -= 1
    assert late.sign_in(room.code()) == ""
    room.clock.advance(seconds=10 * 60 + 1)
    assert room.page(2).sign_in(room.code()) == LateEntryError(0, 0, minutes=30).message
    room.command("pause", reason="停电")  # after the limit: nobody may come in again
    room.command("resume")
    room.server.room.tick()
    assert room.seat(2)["state"] == "absent"
    assert page.hand_in()["state"] == "submitted"


@pytest.mark.parametrize(
    ("pauses", "at"),
    [
        ((), 30),
        (((10, 15),), 35),
        (((10, 15), (20, 40)), 55),
        (((10, 15), (34, 40)), 41),  # the first moved the limit beyond where the second began
        (((30, 50),), 30),
        (((40, 50),), 30),
        (((10, None),), None),
        (((40, None),), 30),
    ],
)
def test_a_limit_moves_by_the_pauses_that_began_before_it(
    pauses: tuple[tuple[int, int | None], ...], at: int | None
) -> None:
    def minute(number: int | None) -> datetime | None:
        return None if number is None else START + timedelta(minutes=number)

    told = [(START + timedelta(minutes=began), minute(ended)) for began, ended in pauses]
    assert ExamRules().entry_ends_at(START, told) == minute(at)


def test_handing_in_too_early_is_refused_with_the_time_that_remains(room: Room) -> None:
    limit(room, early_leave_minutes=20)
    page, forced = room.working(2)
    with pytest.raises(RoomNotReadyError):
        limit(room, early_leave_minutes=0)
    room.clock.advance(seconds=5 * 60)
    refused = page.send(page.choose(), page.op("submit"))
    assert (refused["error"], refused["ack"]) == ("too_early", 1)
    assert "15 分 00 秒" in refused["message"]
    assert refused["may_leave_ms"] - refused["server_ms"] == 15 * 60 * 1000
    page.seq -= 1
    assert page.send(page.choose(1))["ack"] == 2
    force = {"admission": forced.admission_id, "reason": "突发疾病", "reviewer": "jiankao02"}
    room.command("force_submit", **force)
    assert forced.state()["state"] == "forced"
    room.clock.advance(seconds=15 * 60)
    assert page.hand_in()["receipt"]["answered"] == 2


def test_limits_that_no_sitting_can_keep_to_are_refused(room: Room) -> None:
    with pytest.raises(InvalidInputError, match="0 至 240"):
        limit(room, late_entry_minutes=241)


def test_a_new_sitting_takes_over_what_the_province_has_set(room: Room) -> None:
    province = replace(SYSTEM, permissions=frozenset({Permission.EXAM_RULES_SET}))
    with room.database.transaction() as db:
        set_default_rules(db, ExamRules(15, 45, 20), actor=province, now=room.clock())
        run = db.get_one(SittingRun, room.sitting_id)
        assert run.rules.late_entry_minutes == 30  # it had its paper before
        sitting, paper = run.sitting_id, run.paper_id
        db.delete(run)
        db.flush()
        releaser = replace(SYSTEM, permissions=frozenset({Permission.PAPER_RELEASE}))
        again = prepare_run(db, sitting, paper, actor=releaser, now=room.clock())
        assert again.rules == ExamRules(15, 45, 20)
