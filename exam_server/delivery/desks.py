"""The papers of the candidates in a room: each frozen paper in the candidate's own order.

Of a sealed sitting only the forms and packages are read, never the items.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from exam_server.delivery.candidate_view import own_figure, shown_paper
from exam_server.delivery.custody.models import FormSnapshot
from exam_server.delivery.custody.queries import form_of, opened_paper
from exam_server.delivery.errors import NotInRoomError
from exam_server.delivery.models import Attempt
from exam_server.delivery.queries import is_working
from exam_server.delivery.states import OpKind
from exam_server.delivery.wire import MalformedMessageError, Op
from item_bank.queries import paper_content, tools_of
from item_bank.rules.blueprint_terms import PaperTool
from item_bank.rules.ordering import CandidateFigure, CandidatePaper, candidate_paper
from item_bank.rules.paper import PaperContent
from registry.database import Database

OP_KINDS = frozenset(OpKind)


@dataclass(frozen=True)
class Desk:
    """What may be answered with at one computer, the shown numbers, the tools."""

    options: dict[str, tuple[str, ...]]
    numbers: dict[str, int]
    tools: tuple[PaperTool, ...]
    is_sealed: bool


class Desks:
    """A cache: papers are frozen and orders are stored, so that a desk never changes.

    Of every paper the content is kept once; of a candidate only the ids, which every save needs.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._contents: dict[int, PaperContent] = {}
        self._tools: dict[int, tuple[PaperTool, ...]] = {}
        self._desks: dict[int, Desk] = {}

    def of(self, attempt_id: int) -> Desk:
        """Return the desk of an attempt."""
        desk = self._desks.get(attempt_id)
        if desk is None:
            with self._database.reading() as db:
                attempt = db.get_one(Attempt, attempt_id)
                tools = self._tools_of(attempt)
                form = form_of(db, attempt.sitting_id, attempt.admission_id)
                if form is None:
                    desk = _desk_of(self._ordered(db, attempt), tools)
                else:
                    desk = _sealed_desk(form.form, tools)
            self._desks[attempt_id] = desk
        return desk

    def shown(self, db: Session, attempt: Attempt, form: FormSnapshot | None) -> dict[str, Any]:
        """Return the paper as the page shows it; a sealed one is read from its package."""
        if form is not None:
            return opened_paper(db, attempt, form)
        paper = self._ordered(db, attempt)
        if attempt.id not in self._desks:
            self._desks[attempt.id] = _desk_of(paper, self._tools_of(attempt))
        return shown_paper(paper, own_figure)

    def check(self, attempt_id: int, ops: tuple[Op, ...]) -> None:
        """Refuse operations that name questions or options not in the candidate's paper."""
        desk = self.of(attempt_id)
        for op in ops:
            if not _fits(op, desk):
                raise MalformedMessageError

    def figure(self, attempt_id: int, question_id: str) -> CandidateFigure:
        """Return the figure of one of the candidate's own questions, while the exam runs."""
        desk = self.of(attempt_id)
        with self._database.reading() as db:
            attempt = db.get_one(Attempt, attempt_id)
            if not is_working(attempt) or desk.is_sealed:
                raise NotInRoomError
            paper = self._ordered(db, attempt)
        for section in paper.sections:
            for question in section.questions:
                if question.id == question_id and question.figure:
                    return question.figure
        raise NotInRoomError

    def _tools_of(self, attempt: Attempt) -> tuple[PaperTool, ...]:
        tools = self._tools.get(attempt.paper_id)
        if tools is None:
            tools = self._tools[attempt.paper_id] = tools_of(attempt.paper)
        return tools

    def _ordered(self, db: Session, attempt: Attempt) -> CandidatePaper:
        content = self._contents.get(attempt.paper_id)
        if content is None:
            content = self._contents[attempt.paper_id] = paper_content(db, attempt.paper_id)
        return candidate_paper(content, attempt.order_seed)


def _fits(op: Op, desk: Desk) -> bool:
    if op.kind == OpKind.SUBMIT:
        return not op.item and not op.value
    allowed = desk.options.get(op.item)
    is_known = allowed is not None and all(name in allowed for name in op.value)
    return is_known and op.kind in OP_KINDS and len(set(op.value)) == len(op.value)


def _sealed_desk(form: str, tools: tuple[PaperTool, ...]) -> Desk:
    lines = json.loads(form)
    return Desk(
        {line["id"]: tuple(shown for shown, _name in line["options"]) for line in lines},
        {line["id"]: line["no"] for line in lines},
        tools,
        is_sealed=True,
    )


def _desk_of(paper: CandidatePaper, tools: tuple[PaperTool, ...]) -> Desk:
    questions = [question for section in paper.sections for question in section.questions]
    return Desk(
        {q.id: tuple(option.id for option in q.options) for q in questions},
        {q.id: q.number for q in questions},
        tools,
        is_sealed=False,
    )
