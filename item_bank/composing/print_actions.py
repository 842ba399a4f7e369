"""What is printed of a released paper: booklet, answer sheet, marking standard; all on record."""

from datetime import datetime

from sqlalchemy.orm import Session

from item_bank.booklet import print_booklet
from item_bank.models import Paper
from item_bank.printing.answer_sheet import print_answer_sheet as draw_answer_sheet
from item_bank.printing.marking_standard import print_standard as draw_standard
from item_bank.queries import frozen_key, paper_content, paper_of
from item_bank.rules.forms import label_of
from item_bank.rules.kinds import PaperState, SetPurpose
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.database import files_of
from registry.errors import WrongStateError
from registry.local_time import JIANGSU
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_of

MARK_DIGITS = 8  # of the hash, at the foot of every page


def print_paper(db: Session, paper_id: int, *, actor: Actor, now: datetime) -> bytes:
    """Return a released paper as a booklet for candidates."""
    paper, plan = _released(db, paper_id, actor=actor)
    content, mark = paper_content(db, paper_id), mark_of(plan, paper)
    booklet = print_booklet(content, files_of(db).get, paper_mark=mark)
    _record(db, "print_paper", paper, plan, actor=actor, now=now)
    return booklet


def print_answer_sheet(db: Session, paper_id: int, *, actor: Actor, now: datetime) -> bytes:
    """Return the sheet on which answers to a released paper are written by hand."""
    paper, plan = _released(db, paper_id, actor=actor)
    sheet = draw_answer_sheet(paper_content(db, paper_id), mark=mark_of(plan, paper))
    _record(db, "print_answer_sheet", paper, plan, actor=actor, now=now)
    return sheet


def print_standard(db: Session, paper_id: int, *, actor: Actor, now: datetime) -> bytes:
    """Return the key of a released paper as its marking standard, under the printer's name."""
    paper, plan = _released(db, paper_id, actor=actor)
    standard = draw_standard(
        paper_content(db, paper_id),
        frozen_key(db, paper_id),
        mark=mark_of(plan, paper),
        watermark=f"{actor.name}　{now.astimezone(JIANGSU):%Y-%m-%d %H:%M:%S}",
    )
    _record(db, "print_standard", paper, plan, actor=actor, now=now)
    return standard


def mark_of(plan: AssessmentPlan, paper: Paper) -> str:
    """Return what stands at the foot of every printed page."""
    found = paper.paper_set
    label = label_of(SetPurpose(found.purpose), paper.form, paper.version)
    name = f"第 {found.number} 套 {label}".strip()
    return f"计划 {plan.number}　{name}　校验 {paper.paper_hash[:MARK_DIGITS]}"


def _released(db: Session, paper_id: int, *, actor: Actor) -> tuple[Paper, AssessmentPlan]:
    actor.require(Permission.PAPER_RELEASE)
    paper = paper_of(db, paper_id)
    plan = plan_of(db, paper.plan_id, actor=actor)
    if paper.state != PaperState.RELEASED:
        raise WrongStateError(what=f"试卷{paper.number}", state="待签发", action="印制")
    return paper, plan


def _record(
    db: Session, action: str, paper: Paper, plan: AssessmentPlan, *, actor: Actor, now: datetime
) -> None:
    detail = {"plan": plan.number, "number": paper.number, "hash": paper.paper_hash}
    note(db, action, ("paper", paper.id), actor=actor, now=now, detail=detail)
