"""What is known of samples of confident answers: whom to ask next, and what they prove."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from item_bank.queries import paper_content
from omr.models import AuditedAnswer, Correction, PrintedCard, Reading, ReadingAudit, ScanPage
from omr.queries import batch_of
from omr.rules.prefilled import differing, saved_answers
from omr.rules.silent_errors import upper_bound
from omr.rules.states import ACCEPTED, Verdict
from registry.access import Actor
from registry.errors import NotFoundError


@dataclass(frozen=True)
class ConfidentAnswer:
    """An answer that goes to scoring unless somebody looks at it by chance."""

    page_id: int
    group: str
    value: str


@dataclass(frozen=True)
class AuditOutcome:
    """What a sample has shown so far."""

    audit: ReadingAudit
    size: int
    judged: int
    errors: int

    @property
    def bound(self) -> float:
        """Return the upper 95 % bound of the rate of silent errors."""
        return upper_bound(self.errors, self.judged)

    @property
    def is_finished(self) -> bool:
        """Say whether every answer of the sample has been judged."""
        return self.judged == self.size


def confident_answers(db: Session, batch_id: int) -> list[ConfidentAnswer]:
    """Return every answer to a question of the paper that nobody is asked to look at."""
    latest = (
        select(func.max(Reading.id))
        .join(ScanPage, ScanPage.id == Reading.page_id)
        .where(ScanPage.batch_id == batch_id)
        .group_by(Reading.page_id)
    )
    rows = db.execute(
        select(ScanPage.id, PrintedCard, Reading.answers, Reading.doubts)
        .join(Reading, Reading.page_id == ScanPage.id)
        .join(PrintedCard, PrintedCard.id == ScanPage.card_id)
        .where(ScanPage.state.in_(ACCEPTED), Reading.id.in_(latest))
        .order_by(ScanPage.position)
    )
    decided = _decided(db, batch_id)
    asked: dict[int, list[str]] = {}
    found = []
    for page_id, card, answers_json, doubts_json in rows:
        answers = json.loads(answers_json)
        seen = {*json.loads(doubts_json), *differing(saved_answers(card.prefilled), answers)}
        found += [
            ConfidentAnswer(page_id, group, ",".join(answers[group]))
            for group in _asked(db, card, asked)
            if group in answers and group not in seen and (page_id, group) not in decided
        ]
    return found


def _decided(db: Session, batch_id: int) -> set[tuple[int, str]]:
    chosen = select(Correction.page_id, Correction.group).join(
        ScanPage, ScanPage.id == Correction.page_id
    )
    rows = db.execute(chosen.where(ScanPage.batch_id == batch_id))
    return {(page_id, group) for page_id, group in rows}


def _asked(db: Session, card: PrintedCard, papers: dict[int, list[str]]) -> Sequence[str]:
    """Return the groups of a card that hold a question of its paper."""
    if card.form is not None:
        return list(json.loads(card.form))
    if card.paper_id not in papers:
        content = paper_content(db, card.paper_id)
        papers[card.paper_id] = [f"q{question.position}" for question in content.questions]
    return papers[card.paper_id]


def audits_of(db: Session, batch_id: int) -> list[AuditOutcome]:
    """Return the samples of a batch, the newest first."""
    chosen = select(ReadingAudit).where(ReadingAudit.batch_id == batch_id)
    audits = db.scalars(chosen.order_by(ReadingAudit.id.desc())).all()
    return [outcome_of(db, audit) for audit in audits]


def outcome_of(db: Session, audit: ReadingAudit) -> AuditOutcome:
    """Count what has been judged of a sample."""
    rows = db.execute(
        select(AuditedAnswer.verdict, func.count())
        .where(AuditedAnswer.audit_id == audit.id)
        .group_by(AuditedAnswer.verdict)
    )
    counts = {verdict: int(count) for verdict, count in rows}
    size = sum(counts.values())
    return AuditOutcome(audit, size, size - counts.get(None, 0), counts.get(Verdict.DIFFERS, 0))


def audit_of(db: Session, audit_id: int, *, actor: Actor) -> ReadingAudit:
    """Return a sample within reach."""
    audit = db.get(ReadingAudit, audit_id)
    if audit is None:
        raise NotFoundError(what="抽样核验")
    batch_of(db, audit.batch_id, actor=actor)
    return audit


def answer_of(db: Session, answer_id: int, *, actor: Actor) -> AuditedAnswer:
    """Return one answer of a sample within reach."""
    answer = db.get(AuditedAnswer, answer_id)
    if answer is None:
        raise NotFoundError(what="抽样核验的题")
    audit_of(db, answer.audit_id, actor=actor)
    return answer


def next_answer(db: Session, audit_id: int) -> AuditedAnswer | None:
    """Return the first answer of a sample that nobody has judged."""
    chosen = select(AuditedAnswer).where(
        AuditedAnswer.audit_id == audit_id, AuditedAnswer.verdict.is_(None)
    )
    return db.scalar(chosen.order_by(AuditedAnswer.place).limit(1))


def previous_answer(db: Session, audit_id: int) -> AuditedAnswer | None:
    """Return the answer of a sample that was judged last."""
    chosen = select(AuditedAnswer).where(
        AuditedAnswer.audit_id == audit_id, AuditedAnswer.verdict.is_not(None)
    )
    return db.scalar(chosen.order_by(AuditedAnswer.place.desc()).limit(1))
