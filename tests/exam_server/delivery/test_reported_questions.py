"""A question that a candidate reports is answered in the room, and by the bank in its history."""

import pytest
from sqlalchemy import select

from exam_server.delivery.models import Attempt, QuestionReport
from exam_server.delivery.question_reports import answer_for_bank, reports_of
from item_bank.models import ItemVersion, PaperItem
from item_bank.queries import paper_content
from item_bank.rules.ordering import candidate_paper
from registry.errors import InvalidInputError, NotAllowedError, NotFoundError
from tests.support.room import Page, Room


def reported_item(room: Room, page: Page, number: int) -> tuple[str, int]:
    """Return a question's id in the candidate's paper and the item that it shows."""
    with room.database.reading() as db:
        chosen = select(Attempt).where(Attempt.admission_id == page.admission_id)
        attempt = db.scalars(chosen).one()
        content = paper_content(db, attempt.paper_id)
        shown = candidate_paper(content, attempt.order_seed)
        question = next(q for s in shown.sections for q in s.questions if q.number == number)
        stems = {q.stem: q.position for q in content.questions}
        version = db.scalars(
            select(ItemVersion)
            .join(PaperItem, PaperItem.item_version_id == ItemVersion.id)
            .where(
                PaperItem.paper_id == attempt.paper_id,
                PaperItem.position == stems[question.stem],
            )
        ).one()
        return question.id, version.item_id


def test_a_report_is_answered_in_the_room_and_shown_to_the_bank_once_the_room_is_closed(
    room: Room,
) -> None:
    [page] = room.working()
    question_id, item_id = reported_item(room, page, 3)
    page.post("hand", {"kind": "question", "text": "选项 B 有错字", "item": question_id})
    [event] = [e for e in room.wall()["events"] if e["open"]]
    assert event["text"] == "举手：试题文字，第 3 题 选项 B 有错字"
    room.command("handle", event=event["id"], text="按原文作答")
    told = page.state()["events"]
    assert [(e["kind"], e["text"]) for e in told if e["kind"] == "message"] == [
        ("message", "监考答复：按原文作答")
    ]
    manager = room.office.actors["tiku01"]
    with room.database.reading() as db:
        assert reports_of(db, item_id, actor=manager) == []  # the sitting goes on
    page.post("hand", {"kind": "technical", "text": "鼠标坏了", "item": question_id})
    room.command("handle", event=room.wall()["events"][0]["id"])
    room.command(
        "force_submit", admission=page.admission_id, reason="考试结束", reviewer="jiankao02"
    )
    room.excuse_others(1)
    room.command("close")
    with room.database.transaction() as db:
        [line] = reports_of(db, item_id, actor=manager)
        assert (line.report.text, line.report.proctor_answer) == ("选项 B 有错字", "按原文作答")
        with pytest.raises(InvalidInputError):
            answer_for_bank(db, item_id, line.report.id, " ", actor=manager, now=room.clock())
        with pytest.raises(NotFoundError):
            answer_for_bank(db, item_id + 1, line.report.id, "不", actor=manager, now=room.clock())
        proctor = room.office.actors["jiankao01"]
        with pytest.raises(NotAllowedError):
            answer_for_bank(db, item_id, line.report.id, "已改", actor=proctor, now=room.clock())
        answer_for_bank(
            db, item_id, line.report.id, "第 2 版已更正", actor=manager, now=room.clock()
        )
    with room.database.reading() as db:
        assert [r.bank_answer for r in db.scalars(select(QuestionReport))] == ["第 2 版已更正"]
    assert room.audited("answer_question_report") == [{}]
