"""What the room keeps in memory of papers and attempts says what the database says."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import event

from exam_server.delivery.models import Attempt
from exam_server.delivery.wire import MalformedMessageError, Op
from item_bank.queries import paper_content
from item_bank.rules.ordering import candidate_paper
from tests.support.room import Page, Room


@contextmanager
def statements(room: Room) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    event.listen(room.server.room.database.engine, "before_cursor_execute", note)
    yield seen
    event.remove(room.server.room.database.engine, "before_cursor_execute", note)


def own_paper(room: Room, page: Page) -> tuple[int, dict[str, tuple[str, ...]]]:
    with room.database.reading() as db:
        attempt: Attempt = page.attempt(db)
        paper = candidate_paper(paper_content(db, attempt.paper_id), attempt.order_seed)
    questions = [q for section in paper.sections for q in section.questions]
    return attempt.id, {q.id: tuple(option.id for option in q.options) for q in questions}


def test_a_desk_takes_every_answer_of_its_own_paper_and_none_of_another(room: Room) -> None:
    one, other = room.working(2)
    desks = room.server.room.desks
    (attempt_id, own), (_id, foreign) = own_paper(room, one), own_paper(room, other)
    for question, options in own.items():
        wrong = next(iter(own[next(name for name in own if name != question)]))
        desks.check(attempt_id, (Op(seq=1, kind="set", item=question, value=options),))
        for value in ((wrong,), (options[0], options[0]), (*options, wrong), ("o",)):
            with pytest.raises(MalformedMessageError):
                desks.check(attempt_id, (Op(seq=1, kind="set", item=question, value=value),))
    for question, options in foreign.items():
        with pytest.raises(MalformedMessageError):
            desks.check(attempt_id, (Op(seq=1, kind="set", item=question, value=options[:1]),))


def test_numbers_are_those_on_the_page(room: Room) -> None:
    (page,) = room.working()
    attempt_id, _own = own_paper(room, page)
    shown = {question["id"]: question["no"] for question in page.questions()}
    assert room.server.room.desks.numbers(attempt_id) == shown


def test_a_room_that_comes_back_reads_what_it_says_of_everybody_at_once(room: Room) -> None:
    pages = room.working(3)
    for page in pages:
        page.send(page.choose())
    room.server.room.forget_everything()
    with statements(room) as seen:
        told = [page.send() for page in pages]
    assert [reply["ack"] for reply in told] == [1, 1, 1]
    assert sum("last_of_all" in statement for statement in seen) == 1


def test_who_hands_in_reads_nobody_elses(room: Room) -> None:
    one, other = room.working(2)
    for page in (one, other):
        page.send(page.choose())
    briefs = room.server.room._briefs
    kept = briefs.of(own_paper(room, other)[0])
    kept.deadline_version = -1  # would be lost if it were read again
    with statements(room) as seen:
        assert one.hand_in()["state"] == "submitted"
    read = [statement for statement in seen if "last_of_all" in statement]
    assert read
    assert not any("FROM attempt AS" in statement for statement in read)
    assert briefs.of(own_paper(room, other)[0]).deadline_version == -1


def test_what_is_said_of_an_attempt_follows_every_change(room: Room) -> None:
    one, other = room.working(2)
    before = one.send()["deadline_ms"], other.send()["deadline_ms"]
    room.command(
        "extend", minutes=10, reason="停电", reviewer="jiankao02", admission=one.admission_id
    )
    other.send(other.choose())
    assert one.send()["deadline_ms"] == before[0] + 600_000
    assert other.send()["deadline_ms"] == before[1]
    assert (one.send()["ack"], other.send()["ack"]) == (0, 1)


def test_a_reading_that_was_overtaken_by_a_save_takes_nothing_back(room: Room) -> None:
    (page,) = room.working()
    page.send()
    briefs, (attempt_id, _own) = room.server.room._briefs, own_paper(room, page)
    overtaking = [page.choose()]

    def save(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "last_of_all" in statement and overtaking:
            assert page.send(overtaking.pop())["ack"] == 1

    engine = room.server.room.database.engine
    event.listen(engine, "after_cursor_execute", save)
    briefs.fresh(attempt_id)
    event.remove(engine, "after_cursor_execute", save)
    assert page.send()["ack"] == 1
