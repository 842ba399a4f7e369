"""The papers of the candidates in a room: each frozen paper in the candidate's own order.

Of a sealed sitting only the forms and packages are read, never the items.
"""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from exam_server.delivery.candidate_view import own_figure, shown_paper
from exam_server.delivery.custody.models import FormSnapshot
from exam_server.delivery.custody.queries import (
    Frozen,
    form_of,
    form_text,
    frozen_with,
    opened_paper,
)
from exam_server.delivery.errors import NotInRoomError
from exam_server.delivery.models import Attempt
from exam_server.delivery.queries import is_working
from exam_server.delivery.states import OpKind
from exam_server.delivery.wire import MalformedMessageError, Op
from item_bank.queries import paper_content, tools_of
from item_bank.rules.blueprint_terms import PaperTool
from item_bank.rules.ordering import (
    CandidateFigure,
    CandidatePaper,
    candidate_paper,
    option_ids_of,
    questions_by_id,
)
from item_bank.rules.paper import PaperContent, PaperQuestion
from registry.database import Database

OP_KINDS = frozenset(OpKind)


class Desk:
    """What may be answered with at one computer.

    A question is worked out when it is answered first, and kept as one short text: a room that
    comes back after a restart must not wait until every paper has been put in order.
    """

    def __init__(self, questions: Mapping[str, str | PaperQuestion], order_seed: int = 0) -> None:
        self._questions = dict(questions)
        self._order_seed = order_seed

    def allows(self, question_id: str, option_ids: tuple[str, ...]) -> bool:
        """Say whether the paper has the question, and the question these options."""
        question = self._questions.get(question_id)
        if question is None:
            return False
        if not isinstance(question, str):
            question = _joined(option_ids_of(question, self._order_seed).values())
            self._questions[question_id] = question
        return all(f",{option_id}," in question for option_id in option_ids)


class Desks:
    """A cache: papers are frozen and orders are stored, so that a desk never changes.

    Of every paper the content is kept once; of a candidate only the ids, which every save needs.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._contents: dict[int, PaperContent] = {}
        self._tools: dict[int, tuple[PaperTool, ...]] = {}
        self._frozen: dict[int, Frozen] = {}  # read by rooms: after a start all of one come at once
        self._desks: dict[int, Desk] = {}

    def check(self, attempt_id: int, ops: tuple[Op, ...]) -> None:
        """Refuse operations that name questions or options not in the candidate's paper."""
        desk = self._desks.get(attempt_id) or self.set_up(attempt_id)
        for op in ops:
            if not _fits(op, desk):
                raise MalformedMessageError

    def shown(self, db: Session, attempt: Attempt, form: FormSnapshot | None) -> dict[str, Any]:
        """Return the paper as the page shows it; a sealed one is read from its package."""
        if form is not None:
            return opened_paper(db, attempt, form)
        return shown_paper(self._ordered(db, attempt), own_figure)

    def tools(self, attempt: Attempt) -> tuple[PaperTool, ...]:
        """Return the tools that go with the candidate's paper."""
        tools = self._tools.get(attempt.paper_id)
        if tools is None:
            tools = self._tools[attempt.paper_id] = tools_of(attempt.paper)
        return tools

    def numbers(self, attempt_id: int) -> dict[str, int]:
        """Return the number under which the candidate sees each question."""
        with self._database.reading() as db:
            attempt = db.get_one(Attempt, attempt_id)
            form = form_of(db, attempt.sitting_id, attempt.admission_id)
            if form is not None:
                return {line["id"]: line["no"] for line in json.loads(form.form)}
            sections = self._ordered(db, attempt).sections
        return {q.id: q.number for section in sections for q in section.questions}

    def figure(self, attempt_id: int, question_id: str) -> CandidateFigure:
        """Return the figure of one of the candidate's own questions, while the exam runs."""
        with self._database.reading() as db:
            attempt = db.get_one(Attempt, attempt_id)
            is_sealed = form_of(db, attempt.sitting_id, attempt.admission_id) is not None
            if not is_working(attempt) or is_sealed:
                raise NotInRoomError
            paper = self._ordered(db, attempt)
        for section in paper.sections:
            for question in section.questions:
                if question.id == question_id and question.figure:
                    return question.figure
        raise NotInRoomError

    def set_up(self, attempt_id: int) -> Desk:
        """Learn what may be answered at a computer; the first one of a room reads for all."""
        with self._database.reading() as db:
            if attempt_id not in self._frozen:
                self._frozen |= frozen_with(db, attempt_id)
            paper_id, order_seed, sealing_id = self._frozen[attempt_id]
            if sealing_id is None:
                content = self._content(db, paper_id)
                desk = Desk(questions_by_id(content, order_seed), order_seed)
            else:
                desk = _sealed_desk(form_text(db, attempt_id, sealing_id))
        self._desks[attempt_id] = desk
        return desk

    def _content(self, db: Session, paper_id: int) -> PaperContent:
        content = self._contents.get(paper_id)
        if content is None:
            content = self._contents[paper_id] = paper_content(db, paper_id)
        return content

    def _ordered(self, db: Session, attempt: Attempt) -> CandidatePaper:
        return candidate_paper(self._content(db, attempt.paper_id), attempt.order_seed)


def _fits(op: Op, desk: Desk) -> bool:
    if op.kind == OpKind.SUBMIT:
        return not op.item and not op.value
    is_known = op.kind in OP_KINDS and desk.allows(op.item, op.value)
    return is_known and len(set(op.value)) == len(op.value)


def _sealed_desk(form: str) -> Desk:
    lines = json.loads(form)
    return Desk({line["id"]: _joined(shown for shown, _name in line["options"]) for line in lines})


def _joined(option_ids: Iterable[str]) -> str:
    """Return ids so that one can be sought between commas; none of them contains any."""
    return f",{','.join(option_ids)},"
