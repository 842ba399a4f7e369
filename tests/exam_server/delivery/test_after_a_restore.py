"""What a restored server knows of pages that it has forgotten, and pages of servers that went."""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update

from exam_server.cookies import LEASE_COOKIE
from exam_server.delivery.generations import begin_generation
from exam_server.delivery.models import (
    Answer,
    AnswerOp,
    Attempt,
    AttemptEvent,
    EventReceipt,
    Lease,
    RefusedOp,
    RoomEvent,
)
from exam_server.delivery.verification import verify
from registry.database import Record
from tests.support.room import Page, Room
from tests.support.tampering import below_the_triggers

COPIED: tuple[type[Record], ...] = (
    Attempt,
    AttemptEvent,
    Lease,
    AnswerOp,
    Answer,
    RefusedOp,
    RoomEvent,
    EventReceipt,
)


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


def copied(room: Room) -> dict[type[Record], list[dict[str, Any]]]:
    """Return what a copy of the store would hold of the room."""
    with room.database.reading() as db:
        return {
            table: [dict(row) for row in db.execute(select(table.__table__)).mappings()]
            for table in COPIED
        }


def restore(room: Room, copy: dict[type[Record], list[dict[str, Any]]]) -> None:
    """Bring the store back to a copy."""
    with below_the_triggers(room.database) as db:
        for table in reversed(COPIED):
            db.execute(delete(table))
        for table, rows in copy.items():
            if rows:
                db.execute(insert(table.__table__), rows)
    room.server.room.forget_everything()


def said(page: Page, ops: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Send operations as a page with a whole journal does."""
    told = page.send(*ops)
    page.seq = max(page.seq, *(op["seq"] for op in ops))
    return told


def history(room: Room) -> set[tuple[int, str]]:
    """Return number and value of all that is stored of an attempt, or kept apart."""
    with room.database.reading() as db:
        stored = db.execute(select(AnswerOp.seq, AnswerOp.value)).all()
        apart = db.execute(select(RefusedOp.seq, RefusedOp.body)).all()
    kept = {(seq, ",".join(json.loads(body)["value"])) for seq, body in apart}
    return {(seq, value) for seq, value in stored} | kept


@dataclass
class Moved:
    """A candidate who moved from one computer to another after the copy was made."""

    old: Page
    new: Page
    by_old: list[dict[str, Any]]  # the first three are in the copy
    by_new: list[dict[str, Any]]

    @property
    def everything(self) -> set[tuple[int, str]]:
        return {(op["seq"], ",".join(op["value"])) for op in (*self.by_old, *self.by_new)}


@pytest.fixture
def moved(room: Room) -> Moved:
    """Restored to before the move: five operations of the old computer, three of the new one."""
    [old] = room.working()
    by_old = [old.choose(place) for place in range(3)]
    old.send(*by_old)
    copy = copied(room)
    by_old += [old.choose(place) for place in (3, 4)]
    old.send(*by_old[3:])
    room.command("release_seat", admission=old.admission_id, reason="鼠标坏了，换机")
    new = room.page()
    new.sign_in(room.code())
    new.seq = 5
    by_new = [new.choose(place, 1) for place in (5, 6, 0)]
    assert new.send(*by_new)["ack"] == 8
    restore(room, copy)
    return Moved(old, new, by_old, by_new)


def test_the_second_computer_fills_up_what_both_have_written(room: Room, moved: Moved) -> None:
    refill = [*moved.by_old[3:], *moved.by_new]  # it was given what the first one wrote
    assert said(moved.new, refill)["ack"] == 8
    moved.old.epoch = 1
    late = moved.old.op("set", *pick(moved.new, 7))
    assert said(moved.old, [*moved.by_old[3:], late])["error"] == "fenced"
    with room.database.reading() as db:
        assert db.scalars(select(AnswerOp.seq).order_by(AnswerOp.seq)).all() == list(range(1, 9))
        assert {op.reason for op in db.scalars(select(RefusedOp))} == {"fenced"}
        assert verify(db).findings == []
    assert history(room) >= moved.everything | {(late["seq"], ",".join(late["value"]))}


def test_where_the_first_computer_is_quicker_all_of_both_is_stored_or_kept_for_two_persons(
    room: Room, moved: Moved
) -> None:
    old, new = moved.old, moved.new
    old.epoch, old.seq = 1, 5
    more = [old.choose(place) for place in (7, 8)]  # nobody has told this page, nor the server
    assert said(old, [*moved.by_old[3:], *more])["ack"] == 7
    told = said(new, [*moved.by_old[3:], *moved.by_new])
    assert (told["error"], told["ack"]) == ("chain_conflict", 7)
    assert said(new, moved.by_new[2:])["ack"] == 8  # counted from the head, as its page does
    assert said(old, [old.op("set", *pick(new, 9))])["error"] == "fenced"
    own = {(op["seq"], ",".join(op["value"])) for op in more}
    assert history(room) >= moved.everything | own
    with room.database.reading() as db:
        kept = db.execute(select(RefusedOp.reason, RefusedOp.epoch, RefusedOp.seq)).all()
        assert [tuple(row) for row in kept] == [
            ("conflict", 2, 6),
            ("conflict", 2, 7),
            ("fenced", 1, 8),
        ]
        assert verify(db).findings == []


def pick(page: Page, place: int) -> tuple[str, tuple[str, ...]]:
    """Return a question and its first option."""
    question = page.questions()[place]
    return question["id"], (question["options"][0]["id"],)


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
