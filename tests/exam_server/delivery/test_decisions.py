"""What two persons decide: reopen, declare invalid, operations that were kept apart."""

import pytest
from sqlalchemy import select

from exam_server.delivery.errors import ReviewerError, RoomNotReadyError
from exam_server.delivery.models import Answer, RefusedOp
from exam_server.delivery.rules.attempt_states import TransitionRefusedError
from exam_server.delivery.verification import verify
from scoring.models import SubjectResult
from scoring.rules.states import ResultFlag
from tests.support.room import Page, Room, signed_in_staff

BOTH = {"reason": "经核实", "reviewer": "jiankao02"}


def whole(room: Room) -> None:
    with room.database.reading() as db:
        assert [finding.text for finding in verify(db).findings] == []


def left_s(page: Page) -> float:
    told = page.state()
    return float(told["deadline_ms"] - told["server_ms"]) / 1000


def test_one_who_handed_in_by_mistake_works_on_with_the_time_that_was_left(room: Room) -> None:
    (page,) = room.working()
    page.send(page.choose())
    left = left_s(page)
    page.hand_in()
    room.clock.advance(seconds=120)
    told = {"admission": page.admission_id}
    with pytest.raises(ReviewerError):
        room.command("reopen", **told, reason="误交", reviewer="nobody")
    room.command("reopen", **told, **BOTH)
    assert page.send()["error"] == "fenced"
    assert page.sign_in(room.code()) == ""
    state = page.state()
    assert (state["state"], state["epoch"], state["receipt"]) == ("in_progress", 2, None)
    assert left_s(page) == left
    assert page.send(page.choose(1))["ok"] is True
    assert page.hand_in()["receipt"]["answered"] == 2
    room.excuse_others(1)
    room.command("close")
    with pytest.raises(RoomNotReadyError):
        room.command("reopen", **told, **BOTH)
    whole(room)


def test_one_whose_time_was_over_gets_the_minutes_that_are_given(room: Room) -> None:
    (page,) = room.working()
    room.clock.advance(seconds=left_s(page) + 60)
    room.server.room.tick()
    room.command("reopen", admission=page.admission_id, minutes=7, **BOTH)
    assert page.sign_in(room.code()) == ""
    assert left_s(page) == 7 * 60
    whole(room)


def test_a_voided_attempt_keeps_its_answers_and_is_marked_invalid(room: Room) -> None:
    page, other = room.working(2)
    page.send(page.choose())
    other.hand_in()
    room.command("void", admission=page.admission_id, **BOTH)
    room.command("void", admission=other.admission_id, **BOTH)
    assert page.state()["state"] == "voided"
    with pytest.raises(TransitionRefusedError, match="已判无效"):
        room.command("void", admission=page.admission_id, **BOTH)
    room.excuse_others(2)
    room.command("close")
    with room.database.reading() as db:
        own = select(SubjectResult).where(
            SubjectResult.admission_id.in_([page.admission_id, other.admission_id])
        )
        assert [(r.mark, r.flag) for r in db.scalars(own)] == [(0, ResultFlag.INVALID)] * 2
        answers = select(Answer.value).where(Answer.attempt_id == page.attempt(db).id)
        assert db.scalars(answers).one()
    whole(room)


def late_work(room: Room) -> tuple[Page, str]:
    """Return a page whose change of its first answer came after the end, and the value."""
    (page,) = room.working()
    page.send(page.choose(0, 0))
    room.clock.advance(seconds=left_s(page) - 5)
    late = page.choose(0, 1)
    room.clock.advance(seconds=30)
    assert page.send(late)["error"] == "closed"
    room.excuse_others(1)
    return page, late["value"][0]


def test_a_late_operation_counts_once_two_persons_accept_it(room: Room) -> None:
    page, value = late_work(room)
    late = room.seat()["late"]
    assert (late["ops"], late["changing"], late["reasons"]) == (1, 1, ["closed"])
    assert late["follow_on"] is True
    with pytest.raises(RoomNotReadyError, match="未裁定"):
        room.command("close")
    told = signed_in_staff(room, "jiankao01").get(f"/proctor/{room.sitting_id}/late")
    assert value not in told.text
    (person,) = told.get_json()["people"]
    (op,) = person["ops"]
    assert (op["question"], op["reason"], op["standing"], op["effect"]) == (
        1,
        "closed",
        True,
        "changes",
    )
    before = page.state()["receipt"]
    room.command("decide_late", admission=page.admission_id, accept=True, **BOTH)
    assert room.seat()["late"] is None
    after = page.state()["receipt"]
    assert (after["head_seq"], before["head_seq"]) == (2, 1)
    with room.database.reading() as db:
        assert db.scalars(select(Answer.value)).one() == value
        assert db.scalars(select(RefusedOp.decision)).all() == ["accepted"]
    room.command("close")
    whole(room)


def test_what_is_said_again_counts_once_and_never_before_what_came_after_it(room: Room) -> None:
    (page,) = room.working()
    page.send(page.choose(0, 0))
    room.clock.advance(seconds=left_s(page) - 5)
    ops = [page.choose(0, option) for option in (1, 2, 3)]
    room.clock.advance(seconds=30)
    for known in (1, 2, 3, 2):  # the last of them went by POST and was delayed
        assert page.send(*ops[:known])["error"] == "closed"
    late = room.seat()["late"]
    assert (late["ops"], late["changing"]) == (3, 1)
    room.command("decide_late", admission=page.admission_id, accept=True, **BOTH)
    with room.database.reading() as db:
        assert db.scalars(select(Answer.value)).one() == ops[-1]["value"][0]
    assert page.send(*ops)["error"] == "chain_conflict"  # a page that was loaded anew
    assert room.seat()["late"] is None
    room.excuse_others(1)
    room.command("close")
    whole(room)


def test_of_two_computers_the_one_that_held_the_seat_last_counts(room: Room) -> None:
    (before,) = room.working()
    overtaken = before.choose(0, 1)  # never sent from there in time
    room.command("release_seat", admission=before.admission_id, reason="屏幕闪烁")
    page = room.page()
    assert page.sign_in(room.code()) == ""
    late = page.choose(0, 2)
    room.clock.advance(seconds=left_s(page) + 30)
    assert page.send(late)["error"] == "closed"
    assert before.send(overtaken)["error"] == "fenced"
    room.command("decide_late", admission=page.admission_id, accept=True, **BOTH)
    with room.database.reading() as db:
        assert db.scalars(select(Answer.value)).one() == late["value"][0]
    whole(room)


def test_a_late_operation_that_is_refused_changes_nothing(room: Room) -> None:
    page, value = late_work(room)
    before = page.state()["receipt"]
    room.command("decide_late", admission=page.admission_id, **BOTH)
    assert page.state()["receipt"] == before
    room.command("close")
    with room.database.reading() as db:
        assert db.scalars(select(Answer.value)).one() != value
    whole(room)


def test_what_nobody_decides_on_is_refused_when_the_window_is_over(room: Room) -> None:
    late_work(room)
    room.clock.advance(seconds=31 * 60)
    room.command("close")
    with room.database.reading() as db:
        assert db.scalars(select(RefusedOp.decision)).all() == ["refused"]
    whole(room)
