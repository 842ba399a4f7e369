"""The papers of the candidates in a room: each frozen paper in the candidate's own order.

Of a sealed sitting only the forms and packages are read, never the items.
"""

import json
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from exam_server.delivery.candidate_view import own_figure, shown_paper
from exam_server.delivery.custody.queries import form_of, opened_paper
from exam_server.delivery.errors import NotInRoomError
from exam_server.delivery.models import Attempt
from exam_server.delivery.states import AttemptState, OpKind
from exam_server.delivery.wire import MalformedMessageError, Op
from item_bank.queries import paper_content, tools_of
from item_bank.rules.ordering import CandidateFigure, CandidatePaper, candidate_paper
from registry.database import Database

OP_KINDS = frozenset(OpKind)


@dataclass(frozen=True)
class Desk:
    """What may be answered with, the shown numbers, the tools, and the paper unless sealed."""

    paper: CandidatePaper | None
    options: dict[str, frozenset[str]]
    numbers: dict[str, int]
    tools: tuple[str, ...]


class Desks:
    """A cache: papers are frozen and orders are stored, so that a desk never changes."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._desks: dict[int, Desk] = {}

    def of(self, attempt_id: int) -> Desk:
        """Return the desk of an attempt."""
        desk = self._desks.get(attempt_id)
        if desk is None:
            with self._database.reading() as db:
                desk = _set_up(db, db.get_one(Attempt, attempt_id))
            self._desks[attempt_id] = desk
        return desk

    def shown(self, attempt_id: int) -> dict[str, Any]:
        """Return the paper as the page shows it; a sealed one is read from its package."""
        paper = self.of(attempt_id).paper
        if paper is not None:
            return shown_paper(paper, own_figure)
        with self._database.reading() as db:
            return opened_paper(db, db.get_one(Attempt, attempt_id))

    def check(self, attempt_id: int, ops: tuple[Op, ...]) -> None:
        """Refuse operations that name questions or options not in the candidate's paper."""
        desk = self.of(attempt_id)
        for op in ops:
            if not _fits(op, desk):
                raise MalformedMessageError

    def figure(self, attempt_id: int, question_id: str) -> CandidateFigure:
        """Return the figure of one of the candidate's own questions, while the exam runs."""
        with self._database.reading() as db:
            if db.get_one(Attempt, attempt_id).state != AttemptState.IN_PROGRESS:
                raise NotInRoomError
        paper = self.of(attempt_id).paper
        for section in paper.sections if paper else ():
            for question in section.questions:
                if question.id == question_id and question.figure:
                    return question.figure
        raise NotInRoomError


def _fits(op: Op, desk: Desk) -> bool:
    if op.kind == OpKind.SUBMIT:
        return not op.item and not op.value
    allowed = desk.options.get(op.item)
    is_known = allowed is not None and allowed.issuperset(op.value)
    return is_known and op.kind in OP_KINDS and len(set(op.value)) == len(op.value)


def _set_up(db: Session, attempt: Attempt) -> Desk:
    frozen = form_of(db, attempt.sitting_id, attempt.admission_id)
    if frozen is not None:
        lines = json.loads(frozen.form)
        return Desk(
            None,
            {line["id"]: frozenset(shown for shown, _name in line["options"]) for line in lines},
            {line["id"]: line["no"] for line in lines},
            tools_of(attempt.paper),
        )
    paper = candidate_paper(paper_content(db, attempt.paper_id), attempt.order_seed)
    questions = [question for section in paper.sections for question in section.questions]
    return Desk(
        paper,
        {q.id: frozenset(option.id for option in q.options) for q in questions},
        {q.id: q.number for q in questions},
        tools_of(attempt.paper),
    )
