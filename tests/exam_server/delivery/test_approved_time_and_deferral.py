"""Time that was approved before the exam, and candidates who are moved to a later batch."""

import pytest
from sqlalchemy import select

from exam_server.delivery.errors import DeferredError, ReviewerError, RoomNotReadyError
from exam_server.delivery.models import SittingRun
from exam_server.delivery.queries import room_counts
from exam_server.delivery.verification import verify
from registry.enrolment.accommodations import approve_accommodation
from registry.enrolment.models import EnrolmentState
from registry.enrolment.queries import has_overlapping_enrolment
from registry.errors import InvalidInputError
from registry.scheduling.models import Admission
from scoring.models import SubjectResult
from tests.support.room import Room

TOGETHER = {"reason": "突发疾病，有证明", "reviewer": "jiankao02"}


def approve(room: Room, place: int, minutes: int, reason: str = "右手骨折") -> None:
    with room.database.transaction() as db:
        enrolment_id = db.get_one(Admission, room.admissions[place]).enrolment_id
        actor = room.office.actors["shi01"]
        approve_accommodation(db, enrolment_id, minutes, reason, actor=actor, now=room.clock())


def test_approved_time_enters_the_ledger_by_itself_at_the_start(room: Room) -> None:
    approve(room, 0, 15)
    with pytest.raises(InvalidInputError, match="理由"):
        approve(room, 1, 15, reason=" ")
    first, other = room.working(2)
    assert room.seat(0)["deadline_ms"] - room.seat(1)["deadline_ms"] == 15 * 60 * 1000
    assert (room.seat(0)["approved_min"], room.seat(1)["approved_min"]) == (15, 0)
    assert first.state()["candidate"]["approved_min"] == 15
    assert other.state()["candidate"]["approved_min"] == 0
    assert room.audited("approve_accommodation")[0]["minutes"] == 15
    with room.database.reading() as db:
        assert verify(db).findings == []


def test_who_is_deferred_never_starts_and_may_be_planned_again(room: Room) -> None:
    (page,) = room.working()
    absent = room.page(1)
    told = {"admission": absent.admission_id}
    with pytest.raises(ReviewerError):
        room.command("defer", **told, reason="突发疾病")
    room.command("defer", **told, **TOGETHER)
    assert absent.sign_in(room.code()) == DeferredError.text
    room.command("mark_present", **told)
    room.command("defer", **told, **TOGETHER)
    assert room.seat(1)["state"] == "deferred"
    page.hand_in()
    room.excuse_others(2)
    room.command("close")
    with room.database.reading() as db:
        enrolment = db.get_one(Admission, absent.admission_id).enrolment
        assert enrolment.state == EnrolmentState.DEFERRED
        own = select(SubjectResult).where(SubjectResult.enrolment_id == enrolment.id)
        assert db.scalars(own).all() == []
        assert not has_overlapping_enrolment(db, enrolment.candidate_id, enrolment.plan)


def test_one_who_has_signed_in_is_deferred_until_the_paper_was_seen_and_may_be_taken_back(
    room: Room,
) -> None:
    (page,) = room.working()
    seated = room.page(1)  # came late: signed in, the rules not yet confirmed
    assert seated.sign_in(room.code()) == ""
    told = {"admission": seated.admission_id}
    room.command("defer", **told, **TOGETHER)
    assert (room.seat(1)["state"], room.seat(1)["ended"]) == ("deferred", None)
    assert seated.state()["state"] == "deferred"
    assert room.page(1).sign_in(room.code()) == DeferredError.text
    room.command("mark_present", **told)
    assert room.seat(1)["state"] != "deferred"
    back = room.page(1)
    assert back.sign_in(room.code()) == ""
    assert (back.epoch, back.state()["state"]) == (2, "claimed")
    assert seated.send()["error"] == "fenced"
    room.command("defer", **told, **TOGETHER)
    with pytest.raises(RoomNotReadyError, match="已开始作答"):
        room.command("defer", admission=page.admission_id, **TOGETHER)
    page.hand_in()
    room.excuse_others(2)
    room.command("close")
    with room.database.reading() as db:
        assert verify(db).findings == []
        enrolment = db.get_one(Admission, seated.admission_id).enrolment
        assert enrolment.state == EnrolmentState.DEFERRED
        own = select(SubjectResult).where(SubjectResult.enrolment_id == enrolment.id)
        assert db.scalars(own).all() == []
        counts = room_counts(db, db.get_one(SittingRun, room.sitting_id))
    assert (counts.present, counts.deferred, counts.handed_in) == (1, 1, 1)


def test_one_taken_back_after_the_limit_needs_two_persons_again(room: Room) -> None:
    room.working()
    seated = room.page(1)
    seated.sign_in(room.code())
    told = {"admission": seated.admission_id}
    room.command("defer", **told, **TOGETHER)
    room.clock.advance(seconds=30 * 60 + 1)
    with pytest.raises(ReviewerError):
        room.command("mark_present", **told)
    room.command("mark_present", **told, **TOGETHER)
    assert room.page(1).sign_in(room.code()) == ""


def test_one_deferred_after_signing_in_may_be_marked_absent_and_the_room_closes(
    room: Room,
) -> None:
    (page,) = room.working()
    seated = room.page(1)
    seated.sign_in(room.code())
    told = {"admission": seated.admission_id}
    room.command("defer", **told, **TOGETHER)
    room.command("mark_absent", **told)
    assert (room.seat(1)["state"], seated.state()["state"]) == ("absent", "deferred")
    page.hand_in()
    room.excuse_others(2)
    room.command("close")
    with room.database.reading() as db:
        assert verify(db).findings == []
        counts = room_counts(db, db.get_one(SittingRun, room.sitting_id))
    assert (counts.present, counts.deferred, counts.absent) == (1, 0, 4)
