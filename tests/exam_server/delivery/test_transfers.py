"""Over to another computer: asked for there, approved with the photograph, taken up once."""

import pytest
from sqlalchemy import select

from exam_server.delivery.models import RefusedOp
from registry.errors import AssessmentError
from registry.scheduling.models import Sitting
from tests.support.room import Page, Room


def asking(room: Room, page: Page) -> Page:
    """Return a second computer at which the candidate of a page has signed in."""
    second = Page(room, room.admissions.index(page.admission_id))
    assert second.sign_in(room.code()) == ""
    assert second.client.get_cookie("kaohe_transfer") is not None
    return second


def outcome(page: Page) -> str:
    """Ask what became of the request."""
    state = str(page.post("transfer", {})["state"])
    if state == "taken":
        page.epoch = page.state()["epoch"]
        page.seq = page.state()["head_seq"]
    return state


def request_of(room: Room) -> int:
    """Return the number of the request that the wall shows for the first seat."""
    return int(room.seat()["transfer"]["id"])


def approve(room: Room, **more: object) -> None:
    told = {"transfer": request_of(room), "matches": True, **more}
    room.command("approve_transfer", **told)


def test_approved_the_new_computer_goes_on_and_all_later_writes_of_the_old_one_are_kept_apart(
    room: Room,
) -> None:
    (old,) = room.working()
    assert old.send(old.choose(0), old.choose(1))["ack"] == 2
    new = asking(room, old)
    assert outcome(new) == "asked"
    assert old.send(old.choose(2))["ack"] == 3  # the old computer works on
    seat = room.seat()
    assert (seat["state"], seat["transfer"]["approved"]) == ("alert", False)
    approve(room)
    chosen = old.choose(3)
    assert old.send(chosen)["ack"] == 4  # until the new one takes over
    assert outcome(new) == "taken"
    replies = [old.send({**chosen, "seq": seq}) for seq in (5, 6, 7)]
    assert [reply["error"] for reply in replies] == ["fenced"] * 3
    assert not replies[0]["released"]
    assert (new.epoch, new.state()["state"], new.state()["head_epoch"]) == (2, "in_progress", 1)
    assert new.send(new.choose(5))["ack"] == 5
    with room.database.reading() as db:
        kept = db.scalars(select(RefusedOp.seq).where(RefusedOp.reason == "fenced")).all()
    assert kept == [5, 6, 7]
    history = new.client.get("/exam/api/history").get_json()["ops"]
    assert [(op["seq"], op["epoch"]) for op in history] == [(1, 1), (2, 1), (3, 1), (4, 1), (5, 2)]
    assert room.seat()["transfer"] is None


def test_an_approval_is_for_one_computer_once_and_two_minutes(room: Room) -> None:
    (old,) = room.working()
    first = asking(room, old)
    second = asking(room, old)
    assert outcome(first) == "replaced"
    approve(room)
    room.clock.advance(minutes=2, seconds=1)
    assert outcome(second) == "asked"
    assert old.send(old.choose())["ack"] == 1
    approve(room)
    room.clock.advance(minutes=1, seconds=59)
    assert outcome(first) == "replaced"
    secret = second.client.get_cookie("kaohe_transfer")
    assert secret is not None
    assert outcome(second) == "taken"
    first.client.set_cookie("kaohe_transfer", secret.value)
    assert first.post("transfer", {})["state"] == "taken"
    assert first.client.get_cookie("kaohe_lease") is None


def test_denied_the_candidate_goes_on_where_they_are(room: Room) -> None:
    (old,) = room.working()
    new = asking(room, old)
    number = request_of(room)
    with pytest.raises(AssessmentError, match="原因"):
        room.command("deny_transfer", transfer=number)
    room.command("deny_transfer", transfer=number, reason="不是本人")
    assert outcome(new) == "denied"
    assert old.state()["state"] == "in_progress"
    assert old.send(old.choose())["ack"] == 1
    with pytest.raises(AssessmentError, match="已办结"):
        room.command("approve_transfer", transfer=number, matches=True)
    assert len(room.audited("deny_transfer")) == 1


def test_the_photograph_has_to_be_compared_and_a_spare_seat_has_to_be_free(room: Room) -> None:
    old, other = room.working(2)
    new = asking(room, old)
    with pytest.raises(AssessmentError, match="照片"):
        approve(room, matches=False)
    taken = room.seat(1)["no"]
    with pytest.raises(AssessmentError, match="机位"):
        approve(room, seat=taken)
    with pytest.raises(AssessmentError, match="机位"):
        approve(room, seat=1000)
    with room.database.transaction() as db:
        db.get_one(Sitting, room.sitting_id).room.row_count += 1
    spare = len(room.wall()["seats"]) + 1
    approve(room, seat=spare)
    assert outcome(new) == "taken"
    assert room.seat()["moved_to"] == new.state()["candidate"]["seat_no"] == spare
    assert other.send(other.choose())["ack"] == 1


def test_handing_in_at_the_old_computer_ends_the_request(room: Room) -> None:
    (old,) = room.working()
    new = asking(room, old)
    approve(room)
    old.hand_in()
    assert outcome(new) == "replaced"
    assert old.state()["state"] == "submitted"


def test_a_released_seat_or_an_end_leaves_no_computer_waiting(room: Room) -> None:
    (old,) = room.working()
    second = asking(room, old)
    assert room.seat()["state"] == "alert"
    room.command("release_seat", admission=old.admission_id, reason="换机")
    assert outcome(second) == "replaced"
    assert room.seat()["state"] == "active"
    assert old.sign_in(room.code()) == ""
    third = asking(room, old)
    own = {"admission": old.admission_id, "reason": "违纪", "reviewer": "jiankao02"}
    room.command("force_submit", **own)
    assert outcome(third) == "replaced"
