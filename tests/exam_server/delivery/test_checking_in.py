"""The check-in desk: marks at the door, the second person, and what a mismatch prevents."""

import pytest
from sqlalchemy import select

from exam_server.delivery.check_in import check_identity, desk_of, place_by_number
from proctor.rules.identity import Identity
from registry.database import keys_of
from registry.enrolment.models import ID_NUMBER
from registry.errors import NotFoundError, SeparationError
from registry.scheduling.models import Admission
from tests.support.room import Room, signed_in_staff, token_of

ONE, OTHER = "jiankao01", "jiankao02"


def check(room: Room, place: int, mark: Identity, note: str = "", by: str = ONE) -> None:
    room.server.room.command(
        room.sitting_id,
        lambda db, now: check_identity(
            db,
            room.sitting_id,
            room.admissions[place],
            mark,
            note,
            actor=room.office.actors[by],
            now=now,
        ),
    )


def test_a_candidate_is_found_by_ticket_and_by_id_card_in_this_sitting_only(room: Room) -> None:
    actor = room.office.actors[ONE]
    with room.database.reading() as db:
        place = db.get_one(Admission, room.admissions[1])
        sealed = place.enrolment.candidate.id_number_sealed
        id_number = keys_of(db).reveal(sealed, purpose=ID_NUMBER)
        for told in (room.numbers[1], f" {id_number} "):
            found = place_by_number(db, room.sitting_id, told, actor=actor)
            assert found.id == place.id
        others = select(Admission).where(Admission.sitting_id != room.sitting_id)
        stranger = db.scalars(others).first()
        assert stranger is not None
        for told in (stranger.enrolment.admission_no or "", "", "9"):
            with pytest.raises(NotFoundError):
                place_by_number(db, room.sitting_id, told, actor=actor)


def test_a_mismatch_keeps_the_candidate_out_until_another_person_lifts_it(room: Room) -> None:
    code = room.open()
    check(room, 0, Identity.MISMATCH, "与照片不是同一人")
    page = room.page()
    assert "身份核验未通过" in page.sign_in(code)
    with pytest.raises(SeparationError):
        check(room, 0, Identity.MATCH, "看错了")
    check(room, 0, Identity.MATCH, "已核户籍", by=OTHER)
    assert page.sign_in(code) == ""


def test_one_who_waits_and_is_refused_loses_the_seat_and_does_not_begin(room: Room) -> None:
    room.open()
    refused, other = room.seated(0), room.seated(1)
    check(room, 0, Identity.MISMATCH, "与照片不是同一人")
    room.command("start")
    assert other.state()["state"] == "in_progress"
    assert refused.state()["error"] == "fenced"
    assert room.seat(0)["answered"] == 0
    with room.database.reading() as db:
        assert refused.attempt(db).started_at is None


def test_one_let_in_again_after_the_start_begins_at_once(room: Room) -> None:
    code = room.open()
    page = room.seated(0)
    check(room, 0, Identity.MISMATCH, "与照片不是同一人")
    room.seated(1)
    room.command("start")
    check(room, 0, Identity.MATCH, "已核户籍", by=OTHER)
    assert page.sign_in(code) == ""
    assert page.state()["state"] == "in_progress"


def test_a_mismatch_during_the_work_ends_nothing_by_itself(room: Room) -> None:
    (page,) = room.working()
    check(room, 0, Identity.MISMATCH, "与照片不是同一人")
    assert page.send(page.choose(0))["ok"]


def test_the_wall_shows_the_mark_and_waits_for_the_second_person(room: Room) -> None:
    check(room, 0, Identity.DOUBTFUL, "照片不清")
    assert room.seat(0)["identity"] == "doubtful"
    (event,) = [event for event in room.wall()["events"] if event["open"]]
    assert (event["kind"], event["text"]) == ("identity", "身份核验存疑：照片不清")
    check(room, 0, Identity.MATCH, by=OTHER)
    assert room.seat(0)["identity"] == "match"
    assert not [event for event in room.wall()["events"] if event["open"]]
    assert [line["after"] for line in room.audited("record_identity")] == ["doubtful", "match"]


def test_the_desk_counts_everyone_once_by_the_check_that_stands(room: Room) -> None:
    check(room, 0, Identity.DOUBTFUL, "照片不清")
    check(room, 0, Identity.MATCH, by=OTHER)
    check(room, 1, Identity.DOUBTFUL, "证件过期")
    with room.database.reading() as db:
        desk = desk_of(db, room.sitting_id, actor=room.office.actors[OTHER])
        assert (desk.expected, desk.unchecked) == (5, 3)
        assert dict(desk.marks) == {Identity.MATCH: 1, Identity.DOUBTFUL: 1}
        assert [one.admission.id for one in desk.doubtful] == [room.admissions[1]]


def test_the_desk_works_by_forms_alone_and_shows_no_full_id_number(room: Room) -> None:
    browser = signed_in_staff(room, ONE)
    address = f"/proctor/{room.sitting_id}/check-in"
    token = token_of(browser.get(address).text)
    form = {"csrf_token": token, "number": room.numbers[0]}
    shown = browser.post(f"{address}/find", data=form, follow_redirects=True)
    assert shown.request.query_string == f"admission={room.admissions[0]}".encode()
    with room.database.reading() as db:
        candidate = db.get_one(Admission, room.admissions[0]).enrolment.candidate
        assert candidate.name in shown.text
        assert candidate.id_number_masked in shown.text
        full = keys_of(db).reveal(candidate.id_number_sealed, purpose=ID_NUMBER)
        assert full not in shown.text
    form = {"csrf_token": token, "mark": "doubtful", "note": ""}
    told = browser.post(f"{address}/{room.admissions[0]}", data=form, follow_redirects=True).text
    assert "登记“存疑”须写明情况" in told
    form = {"csrf_token": token, "mark": "match", "note": ""}
    browser.post(f"{address}/{room.admissions[0]}", data=form)
    assert room.seat(0)["identity"] == "match"
