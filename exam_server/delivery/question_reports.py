"""Questions that candidates reported during a sitting, on their way into the item's history (H16).

The proctor answers in the room; once the room is closed, the item's trace shows the report to the
bank, which answers too. A report names the place in the paper, so that it means the frozen version.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select
from sqlalchemy.orm import Session

from exam_server.delivery.ending import add_event
from exam_server.delivery.models import Attempt, QuestionReport, RoomEvent, SittingRun
from exam_server.delivery.states import RunState
from item_bank.models import ItemVersion, PaperItem
from item_bank.queries import paper_content
from item_bank.rules.ordering import canonical_answer
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.errors import InvalidInputError, NotFoundError
from registry.plans.models import AssessmentPlan
from registry.scheduling.models import Sitting

MAX_WORDS = 200


@dataclass(frozen=True)
class ReportedQuestion:
    """The question a candidate speaks of: its id in the own paper and the shown number."""

    question_id: str
    number: int


@dataclass(frozen=True)
class ReportLine:
    """A report as the item's trace shows it."""

    report: QuestionReport
    version: ItemVersion
    plan: AssessmentPlan


def add_report(
    db: Session, event: RoomEvent, attempt: Attempt, asked: ReportedQuestion, text: str
) -> None:
    """Keep what a raised hand says about a question beside its event."""
    paper = paper_content(db, attempt.paper_id)
    position, _options = canonical_answer(paper, attempt.order_seed, asked.question_id, ())
    db.add(
        QuestionReport(
            event_id=event.id,
            attempt_id=attempt.id,
            position=position,
            text=text,
            reported_at=event.at,
        )
    )


def answer_in_room(
    db: Session, event: RoomEvent, text: str, *, actor: Actor, now: datetime
) -> None:
    """Tell the candidate what the proctor answers, and keep it with the report."""
    report = db.scalar(select(QuestionReport).where(QuestionReport.event_id == event.id))
    if report is None:
        return
    report.proctor_answer, report.proctor_id, report.proctor_at = text, actor.account_id, now
    attempt = db.get_one(Attempt, report.attempt_id)
    words = f"监考答复：{text}"
    add_event(db, attempt, "message", words, now=now, for_candidate=True, actor=actor)


def reports_of(db: Session, item_id: int, *, actor: Actor) -> Sequence[ReportLine]:
    """Return what candidates of closed rooms reported of an item, newest first."""
    actor.require(Permission.BANK_READ)
    chosen = (
        select(QuestionReport, ItemVersion, AssessmentPlan)
        .join(Attempt, Attempt.id == QuestionReport.attempt_id)
        .join(
            PaperItem,
            and_(
                PaperItem.paper_id == Attempt.paper_id,
                PaperItem.position == QuestionReport.position,
            ),
        )
        .join(ItemVersion, ItemVersion.id == PaperItem.item_version_id)
        .join(SittingRun, SittingRun.sitting_id == Attempt.sitting_id)
        .join(Sitting, Sitting.id == SittingRun.sitting_id)
        .join(AssessmentPlan, AssessmentPlan.id == Sitting.plan_id)
        .where(ItemVersion.item_id == item_id, SittingRun.state == RunState.CLOSED)
        .order_by(QuestionReport.id.desc())
    )
    return [ReportLine(*row) for row in db.execute(chosen)]


def answer_for_bank(
    db: Session, item_id: int, report_id: int, text: str, *, actor: Actor, now: datetime
) -> None:
    """Put down what the bank says to a report; once."""
    actor.require(Permission.BANK_WRITE)
    found = [line.report for line in reports_of(db, item_id, actor=actor)]
    report = next((one for one in found if one.id == report_id), None)
    if report is None or report.bank_answer is not None:
        raise NotFoundError(what="待答复的考生反映")
    words = text.strip()
    if not 0 < len(words) <= MAX_WORDS:
        raise InvalidInputError(field="答复", reason=f"须填写，不超过 {MAX_WORDS} 字。")
    report.bank_answer, report.bank_by_id, report.bank_at = words, actor.account_id, now
    note(db, "answer_question_report", ("item", item_id), actor=actor, now=now)
