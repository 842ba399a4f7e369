"""Whatever is done to the rows below the triggers, the walk finds it and names its place."""

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from exam_server.delivery.chain import GENESIS, Head, link, merkle_root
from exam_server.delivery.ending import receipt_code
from exam_server.delivery.models import AnswerOp, Attempt, AttemptEvent, ChainRoot
from exam_server.delivery.roots import heads_of, signed_words
from exam_server.delivery.transitions import event_link
from exam_server.delivery.verification import Report, stored_row, verify
from exam_server.delivery.walk import Fault
from registry.database import Database, keys_of
from tests.conftest import START, Clock
from tests.support.room import Page, Prepared, Room, copy_of, data_of, home_settings
from tests.support.tampering import below_the_triggers

OF_AN_ATTEMPT = ("answer_op", "attempt_event", "answer", "event_receipt", "outage", "lease")
STEPS = 8  # of each candidate, the last of them hands in
Places = set[tuple[Fault, int | None]]


def work(page: Page) -> None:
    """Choose, flag, clear, choose again and hand in, over more than one message."""
    chosen = [page.choose(place) for place in (0, 1, 2)]
    page.send(*chosen)
    page.send(page.op("flag", page.questions()[1]["id"]))
    page.send(page.op("clear", page.questions()[0]["id"]))
    page.send(page.choose(3), page.choose(1, 1))


@dataclass(frozen=True)
class Sat:
    """What remains of a room that is closed."""

    database: Database
    sitting_id: int
    numbers: list[str]


@pytest.fixture(scope="module")
def sat_once(
    prepared: Prepared, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Prepared, list[str]]]:
    """The home of the closed room and the numbers of its candidates."""
    home = tmp_path_factory.mktemp("sat") / "home"
    with copy_of(prepared, home) as url:
        settings = home_settings(home, url)
        with data_of(settings) as database:
            room = Room(settings, database, prepared.batch.screen_sitting_id, Clock(START))
            hold(room)
            room.server.close()
        template = url.rsplit("/", 1)[1] if prepared.template else ""
        yield replace(prepared, folder=home, template=template), room.numbers


@pytest.fixture
def sat(sat_once: tuple[Prepared, list[str]], tmp_path: Path) -> Iterator[Sat]:
    """A copy of the closed room, to be tampered with."""
    prepared, numbers = sat_once
    home = tmp_path / "sat"
    with copy_of(prepared, home) as url, data_of(home_settings(home, url)) as database:
        yield Sat(database, prepared.batch.screen_sitting_id, numbers)


def hold(room: Room) -> None:
    """Let two candidates work, sign a minute, let both hand in and close the room."""
    pages = room.working(2)
    for page in pages:
        work(page)
        room.clock.advance(seconds=31)
        room.server.room.tick()
    for page in pages:
        page.hand_in()
    room.excuse_others(2)
    room.command("close")


def tamper(room: Sat, *statements: str) -> int:
    """Run statements on the second attempt, ``:a`` in them; return its id."""
    with below_the_triggers(room.database) as db:
        attempt_id = db.scalars(select(Attempt.id).order_by(Attempt.id)).all()[1]
        for statement in statements:
            db.execute(text(statement), {"a": attempt_id} if ":a" in statement else {})
    return attempt_id


def verified(database: Database, sitting_id: int | None = None) -> Report:
    with database.reading() as db:
        return verify(db, sitting_id)


def places(report: Report, attempt_id: int | None) -> Places:
    """Return what was found; everything must have been found in that attempt."""
    assert {finding.attempt_id for finding in report.findings} == {attempt_id}
    return {(finding.fault, finding.seq) for finding in report.findings}


@pytest.mark.both
def test_a_room_that_nobody_touched_is_whole(sat: Sat) -> None:
    report = verified(sat.database)
    assert [finding.text for finding in report.findings] == []
    assert (report.sittings, report.attempts, report.ops) == (1, 2, 2 * STEPS)
    assert (report.receipts, report.roots) == (2, 2)


def test_a_room_at_work_is_whole_at_any_moment(room: Room) -> None:
    (page,) = room.working(1)
    assert verified(room.database).findings == []
    work(page)
    room.clock.advance(seconds=61)
    room.server.room.tick()
    page.send(page.choose(4))
    report = verified(room.database, room.sitting_id)
    assert (report.findings, report.receipts, report.roots) == ([], 0, 1)


def test_a_minute_without_news_is_not_signed_again(room: Room) -> None:
    (page,) = room.working(1)
    for _minute in range(3):
        room.clock.advance(seconds=61)
        room.server.room.tick()
    page.send(page.choose())
    room.clock.advance(seconds=61)
    room.server.room.tick()
    with room.database.reading() as db:
        roots = db.scalars(select(ChainRoot).order_by(ChainRoot.number)).all()
        assert [root.number for root in roots] == [1, 2]
        assert roots[1].previous_root == roots[0].root != roots[1].root
        assert json.loads(roots[0].heads)[0][1:3] == [0, GENESIS]
        assert json.loads(roots[1].heads)[0][1:3] == [1, page.attempt(db).head_hash]


UPDATE = "UPDATE answer_op SET {} WHERE attempt_id = :a AND seq = {}"


@pytest.mark.parametrize(
    "change",
    [
        "value = 'o0'",
        "kind = 'clear'",
        "question_id = 'q0'",
        "epoch = 2",
        "mono_ms = mono_ms + 1",
        "received_at = '2026-12-05 02:00:00'",
        "chain_hash = '" + "a" * 64 + "'",
    ],
)
def test_a_changed_row_is_found_at_its_step(sat: Sat, change: str) -> None:
    attempt_id = tamper(sat, UPDATE.format(change, 3))
    found = {place for place in places(verified(sat.database), attempt_id) if place[1] is not None}
    assert (Fault.CHANGED, 3) in found
    assert found <= {(Fault.CHANGED, 3), (Fault.CHANGED, 4)}


@pytest.mark.parametrize("step", [1, 4, STEPS])
def test_a_deleted_row_is_found_at_its_step(sat: Sat, step: int) -> None:
    attempt_id = tamper(sat, f"DELETE FROM answer_op WHERE attempt_id = :a AND seq = {step}")
    found = {place for place in places(verified(sat.database), attempt_id) if place[1] is not None}
    assert found == {(Fault.MISSING, step)}


def renumber(first: int, by: int) -> tuple[str, str]:
    """Move all steps from one on without ever meeting the unique constraint."""
    far = 1000
    return (
        f"UPDATE answer_op SET seq = seq + {far} WHERE attempt_id = :a AND seq >= {first}",
        f"UPDATE answer_op SET seq = seq - {far - by} WHERE attempt_id = :a AND seq > {far}",
    )


def test_a_deleted_row_is_found_although_all_others_were_renumbered(sat: Sat) -> None:
    attempt_id = tamper(
        sat,
        "DELETE FROM answer_op WHERE attempt_id = :a AND seq = 3",
        *renumber(4, -1),
        f"UPDATE attempt SET head_seq = {STEPS - 1} WHERE id = :a",
    )
    found = places(verified(sat.database), attempt_id)
    assert (Fault.MISSING, 3) in found
    assert (Fault.RECEIPT, None) in found


INSERT = (
    "INSERT INTO answer_op (id, attempt_id, epoch, seq, kind, question_id, value, flagged,"
    " mono_ms, op_hash, chain_hash, received_at) SELECT 900, attempt_id, epoch, {}, kind,"
    " question_id, 'o9', flagged, mono_ms, op_hash, chain_hash, received_at FROM answer_op"
    " WHERE attempt_id = :a AND seq = {}"
)


@pytest.mark.both
def test_a_row_put_in_between_is_found_at_its_step(sat: Sat) -> None:
    attempt_id = tamper(
        sat,
        *renumber(4, 1),
        INSERT.format(4, 3),
        f"UPDATE attempt SET head_seq = {STEPS + 1} WHERE id = :a",
    )
    assert (Fault.INSERTED, 4) in places(verified(sat.database), attempt_id)


def test_a_row_put_in_at_the_end_is_found_at_its_step(sat: Sat) -> None:
    attempt_id = tamper(sat, INSERT.format(STEPS + 1, 2))
    assert (Fault.INSERTED, STEPS + 1) in places(verified(sat.database), attempt_id)


@pytest.mark.parametrize(("one", "other"), [(2, 3), (2, 6), (1, 7)])
def test_rows_that_changed_places_are_found_at_both_steps(sat: Sat, one: int, other: int) -> None:
    attempt_id = tamper(
        sat,
        UPDATE.format("seq = 1000", one),
        UPDATE.format(f"seq = {one}", other),
        UPDATE.format(f"seq = {other}", 1000),
    )
    report = verified(sat.database)
    found = {place for place in places(report, attempt_id) if place[1] is not None}
    assert {(Fault.REORDERED, one), (Fault.REORDERED, other)} == found
    words = {finding.seq: finding.words for finding in report.findings}
    assert (words[one], words[other]) == (f"原为第 {other} 步", f"原为第 {one} 步")


def test_exchanged_row_numbers_are_found_at_both_steps(sat: Sat) -> None:
    with sat.database.reading() as db:
        attempt_id = db.scalars(select(Attempt.id).order_by(Attempt.id)).all()[1]
        own = dict(
            db.execute(
                select(AnswerOp.seq, AnswerOp.id).where(AnswerOp.attempt_id == attempt_id)
            ).all()
        )
    tamper(
        sat,
        UPDATE.format("id = 5000", 2),
        UPDATE.format(f"id = {own[2]}", 6),
        UPDATE.format(f"id = {own[6]}", 2),
    )
    found = places(verified(sat.database), attempt_id)
    assert found == {(Fault.REORDERED, 2), (Fault.REORDERED, 6)}


def rewrite(room: Sat, change: str, step: int) -> int:
    """Change a row and everything the tables hold of it, so that the chain fits again."""
    attempt_id = tamper(room, UPDATE.format(change, step))
    with below_the_triggers(room.database) as db:
        previous = GENESIS
        for op in db.scalars(
            select(AnswerOp).where(AnswerOp.attempt_id == attempt_id).order_by(AnswerOp.seq)
        ):
            previous = op.chain_hash = link(previous, stored_row(op, attempt_id).op)
        db.get_one(Attempt, attempt_id).head_hash = previous
    return attempt_id


def test_a_chain_that_was_rewritten_to_fit_is_given_away_by_receipt_and_roots(sat: Sat) -> None:
    attempt_id = rewrite(sat, "mono_ms = 77", 5)
    assert places(verified(sat.database), attempt_id) == {
        (Fault.RECEIPT, None),
        (Fault.ROOT, STEPS - 1),
        (Fault.ROOT, STEPS),
    }


def test_an_answer_that_differs_from_the_operations_is_found(sat: Sat) -> None:
    attempt_id = tamper(
        sat, "UPDATE answer SET value = 'o0' WHERE attempt_id = :a AND value <> '' AND seq = 7"
    )
    assert places(verified(sat.database), attempt_id) == {(Fault.FOLD, None)}


def test_a_deleted_answer_is_found(sat: Sat) -> None:
    attempt_id = tamper(sat, "DELETE FROM answer WHERE attempt_id = :a AND seq = 7")
    assert places(verified(sat.database), attempt_id) == {(Fault.FOLD, None)}


@pytest.mark.parametrize(
    "change",
    [
        """replace(receipt, '"answered": ', '"answered": 1')""",
        """replace(receipt, '"code": "', '"code": "0')""",
        "'not a receipt'",
        "NULL",
    ],
)
def test_a_receipt_that_does_not_fit_is_found(sat: Sat, change: str) -> None:
    attempt_id = tamper(sat, f"UPDATE attempt SET receipt = {change} WHERE id = :a")
    assert places(verified(sat.database), attempt_id) == {(Fault.RECEIPT, None)}


def signed(db: Session, body: dict[str, object]) -> str:
    signature = keys_of(db).sign(json.dumps(body, sort_keys=True).encode())
    own = {"code": receipt_code(signature), "signature": base64.b64encode(signature).decode()}
    return json.dumps(body | own, sort_keys=True)


def change_receipt(room: Sat, change: Callable[[dict[str, object]], object]) -> int:
    with room.database.transaction() as db:
        attempt = db.scalars(select(Attempt).order_by(Attempt.id)).all()[1]
        body = json.loads(attempt.receipt or "")
        del body["code"], body["signature"]
        change(body)
        attempt.receipt = signed(db, body)
        return attempt.id


def test_a_receipt_of_before_the_chains_stays_valid(sat: Sat) -> None:
    change_receipt(sat, lambda body: body.pop("head_hash"))
    assert verified(sat.database).findings == []


@pytest.mark.parametrize("name", ["head_hash", "head_seq", "answers_hash", "answered", "total"])
def test_a_receipt_that_says_something_else_is_found_although_its_signature_is_right(
    sat: Sat, name: str
) -> None:
    attempt_id = change_receipt(sat, lambda body: body.update({name: 1}))
    assert places(verified(sat.database), attempt_id) == {(Fault.RECEIPT, None)}


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE chain_root SET root = previous_root WHERE number = 1",
        "UPDATE chain_root SET signature ="
        " (SELECT r.signature FROM chain_root r WHERE r.number = 2) WHERE number = 1",
        "UPDATE chain_root SET at = '2026-12-05 02:00:00' WHERE number = 1",
        "DELETE FROM chain_root WHERE number = 1",
        "DELETE FROM chain_root WHERE number = 2",
        "DELETE FROM chain_root",
    ],
)
def test_a_root_that_does_not_fit_is_found(sat: Sat, change: str) -> None:
    tamper(sat, change)
    found = verified(sat.database).findings
    assert {finding.fault for finding in found} == {Fault.ROOT}


def test_an_attempt_that_was_removed_whole_is_given_away_by_the_roots(sat: Sat) -> None:
    with sat.database.reading() as db:
        attempt_id = db.scalars(select(Attempt.id).order_by(Attempt.id)).all()[1]
    tamper(
        sat,
        *(f"DELETE FROM {table} WHERE attempt_id = :a" for table in OF_AN_ATTEMPT),
        "DELETE FROM attempt WHERE id = :a",
    )
    report = verified(sat.database)
    assert {finding.fault for finding in report.findings} == {Fault.ROOT}
    assert any("已不存在" in finding.words for finding in report.findings)
    assert attempt_id in {finding.attempt_id for finding in report.findings}


def test_a_finding_says_sitting_attempt_and_step(sat: Sat) -> None:
    attempt_id = tamper(sat, UPDATE.format("value = 'o0'", 3))
    told = verified(sat.database).findings[0].text
    assert told == (
        f"场次 {sat.sitting_id} · 作答 {attempt_id}（准考证号 {sat.numbers[1]}）"
        " · 第 3 步：内容被改动"
    )


def test_a_sitting_that_is_not_asked_for_is_not_walked(sat: Sat) -> None:
    assert verified(sat.database, sat.sitting_id).attempts == 2
    assert verified(sat.database, sat.sitting_id + 1).sittings == 0


def test_one_root_covers_every_head_and_their_order() -> None:
    heads = [Head(number, 5, f"{number:064d}") for number in range(1, 8)]
    every = {merkle_root(heads[:count]) for count in range(8)}
    every.add(merkle_root(heads[::-1]))
    every.add(merkle_root([*heads[:6], heads[6]._replace(seq=6)]))
    assert len(every) == 10


EVENT = "UPDATE attempt_event SET {} WHERE attempt_id = :a AND number = {}"
EVENTS = 5  # of each candidate: claimed, ready, started, handed in, sealed


def event_places(report: Report, attempt_id: int) -> Places:
    """Return which events were named; everything must have been found in that attempt."""
    assert {finding.attempt_id for finding in report.findings} == {attempt_id}
    named = [finding for finding in report.findings if finding.of_event]
    return {(finding.fault, finding.seq) for finding in named}


@pytest.mark.parametrize(
    "change",
    [
        "kind = 'resumed'",
        "body = '{}'",
        "reason = '另有原因'",
        "actor = '他人'",
        "second = '他人'",
        "at = '2026-12-05 02:00:00'",
        "chain_hash = '" + "a" * 64 + "'",
    ],
)
def test_a_changed_event_is_found_at_its_place(sat: Sat, change: str) -> None:
    attempt_id = tamper(sat, EVENT.format(change, 3))
    found = event_places(verified(sat.database), attempt_id)
    assert (Fault.CHANGED, 3) in found
    assert found <= {(Fault.CHANGED, 3), (Fault.CHANGED, 4)}


@pytest.mark.parametrize("number", [1, 3, EVENTS])
def test_a_deleted_event_is_found_at_its_place(sat: Sat, number: int) -> None:
    attempt_id = tamper(
        sat, f"DELETE FROM attempt_event WHERE attempt_id = :a AND number = {number}"
    )
    assert event_places(verified(sat.database), attempt_id) == {(Fault.MISSING, number)}


def test_events_that_changed_places_are_found_at_both(sat: Sat) -> None:
    attempt_id = tamper(
        sat,
        EVENT.format("number = 1000", 2),
        EVENT.format("number = 2", 4),
        EVENT.format("number = 4", 1000),
    )
    found = event_places(verified(sat.database), attempt_id)
    assert found == {(Fault.REORDERED, 2), (Fault.REORDERED, 4)}


def test_an_event_put_in_is_found_at_its_place(sat: Sat) -> None:
    attempt_id = tamper(
        sat,
        "INSERT INTO attempt_event (id, attempt_id, number, kind, body, reason, actor, second, at,"
        " chain_hash) SELECT 900, attempt_id, number + 1, 'extended', '{\"minutes\": 30}', reason,"
        " actor, second, at, chain_hash FROM attempt_event"
        f" WHERE attempt_id = :a AND number = {EVENTS}",
    )
    found = event_places(verified(sat.database), attempt_id)
    assert (Fault.INSERTED, EVENTS + 1) in found


@pytest.mark.both
def test_events_rewritten_to_fit_are_given_away_by_the_roots(sat: Sat) -> None:
    attempt_id = tamper(sat, EVENT.format("reason = '另有原因'", 3))
    with below_the_triggers(sat.database) as db:
        attempt, previous = db.get_one(Attempt, attempt_id), GENESIS
        chosen = select(AttemptEvent).where(AttemptEvent.attempt_id == attempt_id)
        for row in db.scalars(chosen.order_by(AttemptEvent.number)):
            previous = row.chain_hash = link(previous, event_link(row, attempt))
        attempt.event_hash = previous
    found = event_places(verified(sat.database), attempt_id)
    assert found == {(Fault.ROOT, 3), (Fault.ROOT, EVENTS)}


@pytest.mark.parametrize(
    "change",
    [
        "state = 'voided'",
        "epoch = 2",
        "started_at = '2026-12-05 02:00:00'",
        "deadline_at = '2026-12-05 09:00:00'",
        "paused_at = '2026-12-05 02:00:00'",
    ],
)
def test_a_column_that_differs_from_the_events_is_found(sat: Sat, change: str) -> None:
    attempt_id = tamper(sat, f"UPDATE attempt SET {change} WHERE id = :a")
    assert (Fault.STATE, None) in places(verified(sat.database), attempt_id)


def test_roots_of_before_the_events_stay_valid(room: Room) -> None:
    (page,) = room.working(1)
    work(page)
    with room.database.transaction() as db:
        heads = [list(head[:3]) for head in heads_of(db, room.sitting_id)]
        root = ChainRoot(
            sitting_id=room.sitting_id,
            number=1,
            at=room.clock(),
            heads=json.dumps(heads, separators=(",", ":")),
            root=merkle_root(heads),
            previous_root=GENESIS,
        )
        root.signature = keys_of(db).sign(signed_words(root))
        db.add(root)
    room.clock.advance(seconds=61)
    room.server.room.tick()
    report = verified(room.database)
    assert (report.findings, report.roots) == ([], 2)
