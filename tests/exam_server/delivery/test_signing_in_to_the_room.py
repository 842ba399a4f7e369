"""How candidates get to a seat, and everything that keeps them from it."""

import pytest
from sqlalchemy import func, select

from exam_server.delivery.errors import (
    MarkedAbsentError,
    TooManyAttemptsError,
    WrongAdmissionNoError,
    WrongRoomCodeError,
)
from exam_server.delivery.models import Attempt, Lease, RoomEvent, SignInFailure
from proctor.models import PresenceRecord
from registry.scheduling.rules.admission_no import admission_no
from tests.support.room import Room


def traces(room: Room) -> list[int]:
    """Count everything that a sign-in writes."""
    tables = (Attempt, Lease, RoomEvent, PresenceRecord)
    with room.database.reading() as db:
        return [db.scalar(select(func.count()).select_from(table)) or 0 for table in tables]


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_a_candidate_signs_in_confirms_and_waits(room: Room) -> None:
    code = room.open()
    page = room.page()
    assert page.sign_in(code) == ""
    assert page.state()["state"] == "claimed"
    assert page.confirm() == {"ok": True, "state": "waiting", "package": None}
    assert page.state()["paper"] is None


def test_spaces_in_number_and_code_do_not_matter(room: Room) -> None:
    code = room.open()
    page = room.page()
    assert page.sign_in(f"{code[:3]} {code[3:]}", number=f" {page.number} ") == ""


def test_a_wrong_check_digit_is_refused_and_leaves_nothing(room: Room) -> None:
    code = room.open()
    before = traces(room)
    page = room.page()
    number = page.number[:-1] + str((int(page.number[-1]) + 1) % 10)
    assert page.sign_in(code, number=number) == WrongAdmissionNoError.text
    assert traces(room) == before


def test_a_wrong_room_code_is_refused_and_leaves_only_the_failure(room: Room) -> None:
    code = room.open()
    before = traces(room)
    assert room.page().sign_in(wrong(code)) == WrongRoomCodeError.text
    assert traces(room) == before
    with room.database.reading() as db:
        assert db.scalars(select(SignInFailure.subject)).all() == [room.numbers[0]]


def test_an_unknown_number_is_refused_in_the_words_of_a_wrong_code(room: Room) -> None:
    code = room.open()
    stranger = admission_no("2699-0001", 7)
    before = traces(room)
    assert room.page().sign_in(code, number=stranger) == WrongRoomCodeError.text
    assert traces(room) == before


def test_five_failures_lock_the_number_for_ten_minutes(room: Room) -> None:
    code = room.open()
    for _ in range(5):
        assert room.page().sign_in(wrong(code)) == WrongRoomCodeError.text
    before = traces(room)
    assert room.page().sign_in(code) == TooManyAttemptsError(minutes=10).message
    assert room.page(1).sign_in(code) == ""  # others are not held up
    room.clock.advance(minutes=10, seconds=1)
    assert room.page().sign_in(code) == ""
    assert traces(room)[0] == before[0] + 2


def test_a_second_computer_gets_no_lease_while_the_first_is_live(room: Room) -> None:
    code = room.open()
    room.seated()
    second = room.page()
    assert second.sign_in(code) == ""
    assert second.client.get_cookie("kaohe_lease") is None
    assert second.state()["error"] == "not_signed_in"


def test_a_released_seat_lets_in_and_the_old_page_is_covered(room: Room) -> None:
    (old,) = room.working()
    assert old.send(old.choose(0))["ack"] == 1
    room.command("release_seat", admission=old.admission_id, reason="键盘失灵")
    fenced = old.send()
    assert (fenced["error"], fenced["released"]) == ("fenced", True)
    assert old.state()["error"] == "fenced"
    new = room.page()
    assert new.sign_in(room.code()) == ""
    assert new.epoch == 2
    assert old.send()["released"] is False
    assert new.state()["answers"] == {
        new.questions()[0]["id"]: {
            "value": [new.questions()[0]["options"][0]["id"]],
            "flagged": False,
            "seq": 1,
        }
    }
    assert old.post("confirm", {"step": "data"})["error"] == "not_signed_in"


def test_one_recorded_as_absent_is_refused_until_the_mark_is_taken_back(room: Room) -> None:
    code = room.open()
    room.command("mark_absent", admission=room.admissions[0])
    before = traces(room)
    assert room.page().sign_in(code) == MarkedAbsentError.text
    assert traces(room) == before
    room.command("mark_present", admission=room.admissions[0])
    assert room.page().sign_in(code) == ""


def test_before_the_room_is_open_the_page_says_so(room: Room) -> None:
    told = room.page().sign_in("123456")
    assert told == "本场考试尚未开放登录，现在不能登录。请举手联系监考人员。"
    assert traces(room) == [0, 0, 0, 0]


def test_after_the_room_is_closed_the_page_says_so(room: Room) -> None:
    (page,) = room.working()
    code = room.code()
    page.hand_in()
    room.excuse_others(1)
    room.command("close")
    assert "已经结束" in room.page(1).sign_in(code)


def test_after_handing_in_nobody_signs_in_again(room: Room) -> None:
    (page,) = room.working()
    page.hand_in()
    before = traces(room)
    assert "您已交卷" in room.page().sign_in(room.code())
    assert traces(room) == before


def test_one_who_comes_after_the_start_begins_at_once_and_ends_with_the_room(room: Room) -> None:
    (early,) = room.working()
    room.clock.advance(minutes=20)
    late = room.seated(1)
    assert late.state()["state"] == "in_progress"
    assert late.state()["deadline_ms"] == early.state()["deadline_ms"]


def test_every_sign_in_leaves_an_audit_line_with_the_address(room: Room) -> None:
    room.open()
    room.seated()
    assert room.audited("claim_seat") == [{"address": "127.0.0.1", "epoch": 1}]


def test_a_browser_with_a_live_seat_goes_back_to_its_paper(room: Room) -> None:
    (page,) = room.working()
    answer = page.client.get("/exam/")
    assert (answer.status_code, answer.location) == (302, "/exam/room")
    assert page.client.get("/exam/?leave=1").status_code == 200


@pytest.mark.parametrize("path", ["/exam/api/state", "/exam/photo", "/exam/figure/q0"])
def test_without_a_seat_nothing_is_told(room: Room, path: str) -> None:
    answer = room.page().client.get(path, headers={"Content-Type": "application/json"})
    assert answer.status_code == 400
    assert answer.get_json()["error"] == "not_signed_in"


def test_neighbours_get_different_papers_of_the_set_and_keep_them(room: Room) -> None:
    room.open()
    pages = [room.seated(place) for place in range(3)]
    with room.database.reading() as db:
        given = [page.attempt(db).paper_id for page in pages]
    assert given[0] == given[2] != given[1]
    room.command("release_seat", admission=pages[0].admission_id, reason="换机")
    again = room.seated(0)
    with room.database.reading() as db:
        assert again.attempt(db).paper_id == given[0]
