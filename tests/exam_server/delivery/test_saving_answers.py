"""Saving from a candidate's page: durable before acknowledged, in time or kept apart."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import func, select, text

from exam_server.cookies import LANGUAGE_COOKIE
from exam_server.delivery.ending import receipt_code
from exam_server.delivery.errors import AttemptEndedError, BusyError
from exam_server.delivery.models import Answer, AnswerOp, RefusedOp
from registry.database import keys_of
from tests.support.room import Page, Room


def kept_apart(room: Room, page: Page) -> list[tuple[str, int]]:
    with room.database.reading() as db:
        rows = db.execute(
            select(RefusedOp.reason, RefusedOp.seq)
            .where(RefusedOp.attempt_id == page.attempt(db).id)
            .order_by(RefusedOp.id)
        )
        return [(reason, seq) for reason, seq in rows]


def count(room: Room, table: type) -> int:
    with room.database.reading() as db:
        return db.scalar(select(func.count()).select_from(table)) or 0


@contextmanager
def failing_store(room: Room) -> Iterator[None]:
    """Take the journal's table away while the block runs: every commit of answers fails."""
    with room.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE answer_op RENAME TO answer_op_away"))
    yield
    with room.database.engine.begin() as connection:
        connection.execute(text("ALTER TABLE answer_op_away RENAME TO answer_op"))


def test_a_saved_answer_is_shown_again_after_a_reload(room: Room) -> None:
    (page,) = room.working()
    chosen = page.choose(3, option=1)
    reply = page.send(chosen)
    assert (reply["ok"], reply["ack"]) == (True, 1)
    shown = page.state()
    assert shown["head_seq"] == 1
    assert shown["answers"] == {
        chosen["item"]: {"value": chosen["value"], "flagged": False, "seq": 1}
    }


def test_a_heartbeat_stores_nothing_and_tells_the_time(room: Room) -> None:
    (page,) = room.working()
    room.clock.advance(minutes=3)
    reply = page.send(beat={"visible": True, "pending": 2})
    assert reply["ack"] == 0
    assert reply["server_ms"] == reply["deadline_ms"] - 87 * 60_000
    assert room.seat()["pending"] == 2


def test_every_reply_names_the_same_store_of_answers(room: Room) -> None:
    first, second = room.working(2)
    assert first.send()["store"] == second.send()["store"] == room.server.room.store


def test_the_socket_gives_the_same_reply_as_http(room: Room) -> None:
    (page,) = room.working()
    op = page.choose(0)
    sockets = room.server.sockets
    client = sockets.test_client(
        room.server.app, namespace="/candidate", flask_test_client=page.client
    )
    by_socket = client.emit("ops", {"epoch": 1, "ops": [op]}, namespace="/candidate", callback=True)
    by_http = page.send(op)
    assert by_socket == by_http
    assert by_socket["ack"] == 1
    client.disconnect(namespace="/candidate")


@pytest.mark.parametrize(
    ("language", "told"), [("zh", "收到的数据格式不对"), ("en", "What arrived was malformed")]
)
def test_the_socket_words_a_refusal_in_the_language_of_the_browser(
    room: Room, language: str, told: str
) -> None:
    (page,) = room.working()
    page.client.set_cookie(LANGUAGE_COOKIE, language)
    client = room.server.sockets.test_client(
        room.server.app, namespace="/candidate", flask_test_client=page.client
    )
    refusal = client.emit("ops", {"epoch": "x"}, namespace="/candidate", callback=True)
    assert refusal["error"] == "malformed"
    assert refusal["message"].startswith(told)
    assert page.post("ops", {"epoch": "x"}) == refusal
    client.disconnect(namespace="/candidate")


def test_a_socket_without_a_seat_is_refused(room: Room) -> None:
    browser = room.server.app.test_client()
    client = room.server.sockets.test_client(
        room.server.app, namespace="/candidate", flask_test_client=browser
    )
    assert not client.is_connected("/candidate")


# Failure of the store ---------------------------------------------------------------------


def test_a_store_that_fails_acknowledges_nothing_and_stores_nothing(room: Room) -> None:
    (page,) = room.working()
    page.send(page.choose(0))
    op = page.choose(1)
    with failing_store(room):
        told = page.send(op)
        assert told == {
            "ok": False,
            "error": "busy",
            "message": BusyError.text,
            "retry_after_ms": BusyError.retry_after_ms,
        }
    with room.database.reading() as db:
        assert page.attempt(db).head_seq == 1
    assert (count(room, AnswerOp), count(room, Answer), count(room, RefusedOp)) == (1, 1, 0)


def test_after_a_failure_the_same_operations_go_in_as_if_nothing_had_happened(room: Room) -> None:
    (page,) = room.working()
    op = page.choose(0)
    with failing_store(room):
        for _ in range(3):
            assert page.send(op)["error"] == "busy"
    assert page.send(op)["ack"] == 1
    assert count(room, AnswerOp) == 1


def test_a_hand_in_that_was_not_stored_leaves_the_candidate_at_work(room: Room) -> None:
    (page,) = room.working()
    submit = page.op("submit")
    with failing_store(room):
        assert page.send(submit)["error"] == "busy"
    assert page.state()["state"] == "in_progress"
    assert page.send(submit)["state"] == "submitted"


# Time -------------------------------------------------------------------------------------


def test_an_answer_within_the_grace_after_the_deadline_counts(room: Room) -> None:
    (page,) = room.working()
    op = page.choose(0)
    room.clock.advance(minutes=90, seconds=15)
    reply = page.send(op)
    assert (reply["ok"], reply["ack"]) == (True, 1)


def test_an_answer_sixteen_seconds_late_is_refused_in_words_and_kept_apart(room: Room) -> None:
    (page,) = room.working()
    early, late = page.choose(0), page.choose(1)
    page.send(early)
    room.clock.advance(minutes=90, seconds=16)
    told = page.send(late)
    assert (told["ok"], told["error"], told["message"]) == (
        False,
        "closed",
        AttemptEndedError.text,
    )
    assert (told["state"], told["receipt"]["answered"]) == ("expired", 1)
    assert kept_apart(room, page) == [("closed", 2)]


def test_a_read_alone_closes_what_is_out_of_time(room: Room) -> None:
    (page,) = room.working()
    room.clock.advance(minutes=90, seconds=16)
    shown = page.state()
    assert (shown["state"], shown["paper"]) == ("expired", None)
    assert shown["receipt"]["answered"] == 0


def test_a_tick_closes_what_is_out_of_time_and_nothing_else(room: Room) -> None:
    one, other = room.working(2)
    room.command(
        "extend", admission=other.admission_id, minutes=5, reason="设备故障", reviewer="jiankao02"
    )
    room.clock.advance(minutes=90, seconds=16)
    room.server.room.tick()
    with room.database.reading() as db:
        assert (one.attempt(db).state, other.attempt(db).state) == ("expired", "in_progress")


# The end ----------------------------------------------------------------------------------


def test_the_receipt_is_the_same_however_often_it_is_asked_for(room: Room) -> None:
    (page,) = room.working()
    page.send(page.choose(0), page.choose(1))
    submit = page.op("submit")
    first = page.send(submit)["receipt"]
    room.clock.advance(minutes=2)
    assert page.send(submit)["receipt"] == first
    assert page.send()["receipt"] == first
    assert page.state()["receipt"] == first
    assert (first["answered"], first["head_seq"]) == (2, 3)


def test_the_signature_of_the_receipt_verifies_and_its_code_is_drawn_from_it(room: Room) -> None:
    (page,) = room.working()
    page.send(page.choose(0))
    shown = page.hand_in()["receipt"]
    with room.database.reading() as db:
        assert shown == json.loads(page.attempt(db).receipt or "")
        assert (shown["head_seq"], shown["head_hash"]) == (2, page.attempt(db).head_hash)
        key = Ed25519PublicKey.from_public_bytes(keys_of(db).verify_key())
    body: dict[str, Any] = dict(shown)
    signature = base64.b64decode(body.pop("signature"))
    assert receipt_code(signature) == body.pop("code") == shown["code"]
    key.verify(signature, json.dumps(body, sort_keys=True).encode())


def test_after_the_hand_in_answers_are_refused_and_kept_apart(room: Room) -> None:
    (page,) = room.working()
    late = page.choose(0)
    page.seq = 0
    page.hand_in()
    told = page.send(late | {"seq": 2})
    assert (told["error"], told["message"]) == ("closed", AttemptEndedError.text)
    assert kept_apart(room, page) == [("closed", 2)]
    assert count(room, Answer) == 0


def test_a_page_of_an_earlier_epoch_in_the_same_browser_is_fenced_and_kept(room: Room) -> None:
    (page,) = room.working()
    op = page.choose(0)
    room.command("release_seat", admission=page.admission_id, reason="重启电脑")
    page.sign_in(room.code())
    told = page.send(op, epoch=1)
    assert (told["ok"], told["error"], told["epoch"]) == (False, "fenced", 2)
    assert kept_apart(room, page) == [("fenced", 1)]
    assert page.send(op)["ack"] == 1


def test_nobody_can_write_with_an_epoch_ahead_of_the_lease(room: Room) -> None:
    (page,) = room.working()
    assert page.send(page.choose(0), epoch=2)["error"] == "malformed"
    assert (count(room, AnswerOp), count(room, RefusedOp)) == (0, 0)


# What cannot be understood is refused whole ------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        {"kind": "erase"},
        {"item": "q00000000"},
        {"value": ["o00000000"]},
        {"value": "o1"},
        {"seq": 0},
        {"seq": "1"},
        {"mono_ms": 2**40},
        {"kind": "submit"},
        {"item": "q" * 4000},
    ],
)
def test_an_operation_that_makes_no_sense_is_refused_with_its_whole_message(
    room: Room, change: dict[str, Any]
) -> None:
    (page,) = room.working()
    good, bad = page.choose(0), page.choose(1) | change
    assert page.send(good, bad)["error"] == "malformed"
    assert (count(room, AnswerOp), count(room, RefusedOp)) == (0, 0)


def test_an_option_named_twice_is_refused(room: Room) -> None:
    (page,) = room.working()
    op = page.choose(0)
    assert page.send(op | {"value": op["value"] * 2})["error"] == "malformed"


def test_more_than_64_operations_in_a_message_are_refused(room: Room) -> None:
    (page,) = room.working()
    item = page.questions()[0]["id"]
    ops = [page.op("flag", item) for _ in range(65)]
    assert page.send(*ops)["error"] == "malformed"
    assert page.send(*ops[:64])["ack"] == 64


def test_an_answer_to_a_question_of_another_candidates_paper_is_refused(room: Room) -> None:
    one, other = room.working(2)
    foreign = other.choose(0)
    own = {question["id"] for question in one.questions()}
    assert foreign["item"] not in own
    assert one.send(foreign)["error"] == "malformed"


def test_a_request_without_the_forgery_token_changes_nothing(room: Room) -> None:
    (page,) = room.working()
    body = {"epoch": 1, "ops": [page.choose(0)]}
    answer = page.client.post("/exam/api/ops", json=body)
    assert answer.status_code == 400
    assert count(room, AnswerOp) == 0
