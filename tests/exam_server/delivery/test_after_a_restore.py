"""What a restored server knows of pages that it has forgotten, and pages of servers that went."""

from pathlib import Path

from sqlalchemy import delete, select, text, update

from exam_server.cookies import LEASE_COOKIE
from exam_server.delivery.generations import begin_generation
from exam_server.delivery.models import (
    Answer,
    Attempt,
    AttemptEvent,
    EventReceipt,
    Lease,
    RefusedOp,
    RoomEvent,
)
from tests.support.room import Page, Room
from tests.support.tampering import below_the_triggers


def forget(room: Room, page: Page, *, attempt: bool) -> None:
    """Bring the store back to before the page signed in."""
    with below_the_triggers(room.database) as db:
        attempt_id = page.attempt(db).id
        db.execute(delete(Lease).where(Lease.attempt_id == attempt_id))
        if attempt:
            for table in (Answer, AttemptEvent, EventReceipt):
                db.execute(delete(table).where(table.attempt_id == attempt_id))
            db.execute(delete(RoomEvent).where(RoomEvent.admission_id == page.admission_id))
            db.execute(delete(Attempt).where(Attempt.id == attempt_id))
    room.server.room.forget_everything()


def test_a_page_whose_lease_was_forgotten_goes_on(room: Room) -> None:
    [page] = room.working()
    page.send(page.choose(0))
    forget(room, page, attempt=False)
    assert page.send(page.choose(1))["ack"] == 2
    assert room.audited("readmit_seat") == [{"epoch": 1, "live": True}]


def test_a_candidate_who_signed_in_after_the_copy_finds_the_same_order_under_the_same_number(
    room: Room,
) -> None:
    [page] = room.working()
    before, questions = page.state()["attempt"], page.questions()
    forget(room, page, attempt=True)
    assert page.state()["state"] == "claimed"
    page.confirm()
    assert page.state()["attempt"] == before
    assert page.questions() == questions
    assert page.send(page.choose(0))["ok"]


def test_a_seat_moved_after_the_copy_stays_moved(room: Room) -> None:
    [old] = room.working()
    room.command("release_seat", admission=old.admission_id, reason="鼠标坏了，换机")
    new = room.page()
    new.sign_in(room.code())
    assert new.epoch == 2
    with room.database.transaction() as db:  # the copy knows the old seat alone
        db.execute(delete(Lease).where(Lease.epoch == 2))
        db.execute(update(Lease).values(ended_at=None))
        db.execute(update(Attempt).values(epoch=1))
    room.server.room.forget_everything()
    assert new.send(new.choose(0))["ok"]
    old.epoch = 1
    refused = old.send(old.op("clear", new.questions()[0]["id"]))
    assert refused["error"] == "fenced"
    with room.database.reading() as db:
        assert [op.reason for op in db.scalars(select(RefusedOp))] == ["fenced"]


def test_a_forged_token_is_nobody(room: Room) -> None:
    [page] = room.working()
    forget(room, page, attempt=False)
    cookie = page.client.get_cookie(LEASE_COOKIE)
    assert cookie is not None
    words = cookie.value.split(".")
    words[1] = str(room.admissions[1])
    page.client.set_cookie(LEASE_COOKIE, ".".join(words))
    assert page.state() == {
        "ok": False,
        "error": "not_signed_in",
        "message": "您尚未登录考场，或登录已被取消。您的答案已保存在本机，请举手联系监考人员。",
    }


def test_a_server_that_was_replaced_takes_nothing_from_pages_that_know(room: Room) -> None:
    [page] = room.working()
    store = room.server.room.store
    refused = page.send(page.choose(0), store=f"{store}.1")
    assert (refused["ok"], refused["error"]) == (False, "older_store")
    with room.database.reading() as db:
        assert db.execute(text("SELECT count(*) FROM answer_op")).scalar() == 0
    page.seq = 0
    assert page.send(page.choose(0), store=store)["ack"] == 1


def test_the_generation_rises_even_when_the_clock_stands(room: Room, tmp_path: Path) -> None:
    with room.database.transaction() as db:
        first = begin_generation(db, now=room.clock())
        second = begin_generation(db, now=room.clock())
    assert int(second.partition(".")[2]) == int(first.partition(".")[2]) + 1
    assert len(second) <= 20
