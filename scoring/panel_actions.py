"""What examiners do with score sheets: mark, submit, rule; and the loading of practical papers."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.audit_log import note
from registry.catalog.queries import project_by_number
from registry.catalog.rules.subjects import Subject
from registry.errors import ConflictError, InvalidInputError, NotFoundError, WrongStateError
from registry.local_time import local_date
from registry.scheduling.models import Admission
from registry.staff.models import Examiner
from scoring import queries
from scoring.errors import (
    AlreadyScoredError,
    CardExpiredError,
    NoPracticalPaperError,
    NoSuchDisputeError,
    SheetLockedError,
    SheetsOutstandingError,
)
from scoring.models import PracticalPaper, Ruling, ScoreSheet, ScoringItem, SheetMark
from scoring.rules.examiner_panel import DisputeKind
from scoring.rules.outcome import FULL_MARK
from scoring.rules.practical_paper import PracticalSource, criteria_lines, read_practical_paper
from scoring.rules.score_sheet import check_marks, fault_of
from scoring.rules.states import SheetState

MINUTES_MAX = 1_440
REASON_LENGTHS = range(2, 301)


@dataclass(frozen=True)
class MarkEntry:
    """A mark as typed on the sheet, with its remark."""

    mark: Decimal
    remark: str = ""


@dataclass(frozen=True)
class RulingEntry:
    """A ruling as typed: ``target`` is the number of an item, ``total`` or ``veto``."""

    target: str
    reason: str
    mark: Decimal | None = None
    veto_stands: bool | None = None


def load_practical_paper(
    db: Session, project_number: int, content: Mapping[str, Any], *, actor: Actor, now: datetime
) -> PracticalPaper:
    """Enter a practical paper of a project; entering the same again changes nothing."""
    actor.require(Permission.BANK_WRITE)
    source = read_practical_paper(content)
    project = project_by_number(db, project_number)
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, default=str)
    digest = hashlib.sha256(text.encode()).hexdigest()
    known = db.scalar(
        select(PracticalPaper).where(
            PracticalPaper.project_id == project.id, PracticalPaper.code == source.code
        )
    )
    if known is not None:
        if known.content_hash != digest:
            raise ConflictError(what="操作技能试卷代号", value=source.code)
        return known
    paper = PracticalPaper(
        project_id=project.id,
        code=source.code,
        merge_rule=source.merge_rule,
        minutes=source.time_rule.limit_minutes,
        mark_step=source.mark_step,
        content=text,
        content_hash=digest,
        items=_scoring_items(source),
    )
    db.add(paper)
    db.flush()
    subject = ("practical_paper", paper.id)
    note(db, "load_practical_paper", subject, actor=actor, now=now, detail={"code": source.code})
    return paper


def open_sheet(db: Session, admission_id: int, *, actor: Actor, now: datetime) -> ScoreSheet:
    """Open the actor's own sheet for a candidate, or return the one already open."""
    actor.require(Permission.PRACTICAL_SCORE)
    admission = queries.admission_of(db, admission_id)
    examiner = _examiner_on_duty(db, admission, actor=actor, now=now)
    sheet = queries.own_sheet(db, admission_id, actor=actor)
    if sheet is not None:
        return sheet
    _require_unscored(db, admission)
    sheet = ScoreSheet(
        admission=admission, examiner=examiner, paper=_paper_for(db, admission), marks=[]
    )
    sheet.state = SheetState.OPENED
    db.add(sheet)
    db.flush()
    _note(db, "open_sheet", sheet, actor=actor, now=now)
    return sheet


def record_marks(
    db: Session,
    sheet_id: int,
    marks: Mapping[int, MarkEntry],
    *,
    veto: str | None,
    minutes_used: int | None,
    actor: Actor,
    now: datetime,
) -> ScoreSheet:
    """Save the marks on the own sheet, by id of the scoring item; what is not given is removed.

    ``veto`` is the fact that fails the subject; vetoes of an item or a task are marks of 0.
    """
    sheet = _own_open_sheet(db, sheet_id, actor=actor, now=now)
    items = {item.id: item for item in sheet.paper.items}
    unknown = marks.keys() - items.keys()
    if unknown:
        raise NotFoundError(what="考核要素")
    if minutes_used is not None and not 0 <= minutes_used <= MINUTES_MAX:
        raise InvalidInputError(field="操作用时", reason="请填写0至1440之间的整数（分钟）。")
    by_number = {items[key].number: entry.mark for key, entry in marks.items()}
    source = queries.source_of(sheet.paper)
    check_marks(source.allotted_items, by_number, sheet.paper.mark_step, complete=False)
    _store_marks(db, sheet, marks)
    sheet.veto = (veto or "").strip() or None
    sheet.minutes_used = minutes_used
    db.flush()
    detail = {"veto": sheet.veto, "minutes_used": minutes_used, "marks": _shown(by_number)}
    _note(db, "record_marks", sheet, actor=actor, now=now, **detail)
    return sheet


def submit_sheet(db: Session, sheet_id: int, *, actor: Actor, now: datetime) -> ScoreSheet:
    """Sign and lock the own sheet; every item needs a mark. A second submission is recognised."""
    sheet = _own_sheet(db, sheet_id, actor=actor, now=now)
    if sheet.state == SheetState.SUBMITTED:
        return sheet
    _require_unscored(db, sheet.admission)
    marks = {entry.item.number: entry.mark for entry in sheet.marks}
    source = queries.source_of(sheet.paper)
    check_marks(source.allotted_items, marks, sheet.paper.mark_step, complete=True)
    sheet.state, sheet.submitted_at = SheetState.SUBMITTED, now
    total = queries.total_of(sheet)
    _note(db, "submit_sheet", sheet, actor=actor, now=now, total=total, marks=_shown(marks))
    return sheet


def reopen_sheet(
    db: Session, sheet_id: int, reason: str, *, actor: Actor, now: datetime
) -> ScoreSheet:
    """Ask an examiner to mark again; only the lead, with a reason. The log keeps the old marks."""
    actor.require(Permission.PRACTICAL_SCORE)
    sheet = _sheet(db, sheet_id)
    queries.lead_of(db, sheet.admission.sitting_id, actor=actor)
    _require_unscored(db, sheet.admission)
    if sheet.state != SheetState.SUBMITTED:
        raise WrongStateError(what="评分记录表", state="未提交", action="退回重评")
    marks = {entry.item.number: entry.mark for entry in sheet.marks}
    detail = {"reason": _reason(reason), "veto": sheet.veto, "marks": _shown(marks)}
    sheet.state, sheet.submitted_at = SheetState.OPENED, None
    _note(db, "reopen_sheet", sheet, actor=actor, now=now, **detail)
    return sheet


def rule_dispute(
    db: Session, admission_id: int, entry: RulingEntry, *, actor: Actor, now: datetime
) -> Ruling:
    """Decide an open dispute for all examiners; only the lead, with a reason (R-354)."""
    actor.require(Permission.PRACTICAL_SCORE)
    admission = queries.admission_of(db, admission_id)
    lead = queries.lead_of(db, admission.sitting_id, actor=actor)
    _require_unscored(db, admission)
    panel = queries.sheets_of(db, admission_id, actor=actor)
    if panel is not None and panel.outstanding_count:
        raise SheetsOutstandingError(count=panel.outstanding_count)
    disputes = panel.disputes if panel else ()
    dispute = next((found for found in disputes if found.target == entry.target), None)
    if panel is None or dispute is None:
        raise NoSuchDisputeError(target=entry.target)
    ruling = Ruling(
        admission_id=admission_id,
        kind=dispute.kind,
        target=dispute.target,
        mark=_ruled_mark(panel.source, dispute.kind, entry, panel.paper.mark_step),
        veto_stands=_ruled_veto(dispute.kind, entry),
        reason=_reason(entry.reason),
        ruled_at=now,
        ruled_by=lead,
    )
    db.add(ruling)
    db.flush()
    subject = ("admission", admission_id)
    detail = {
        "target": ruling.target,
        "mark": ruling.mark,
        "veto_stands": ruling.veto_stands,
        "reason": ruling.reason,
        "before": _shown_by_examiner(dispute.marks),
    }
    note(db, "rule_dispute", subject, actor=actor, now=now, detail=detail)
    return ruling


def _scoring_items(source: PracticalSource) -> list[ScoringItem]:
    pairs = [(task, item) for task in source.tasks for item in task.items]
    return [
        ScoringItem(
            position=position,
            number=item.number,
            task_name=task.name,
            name=item.name,
            requirement=item.requirement,
            allotted=item.allotted,
            criteria=json.dumps(criteria_lines(item.criteria), ensure_ascii=False),
        )
        for position, (task, item) in enumerate(pairs, start=1)
    ]


def _examiner_on_duty(
    db: Session, admission: Admission, *, actor: Actor, now: datetime
) -> Examiner:
    sitting = admission.sitting
    if sitting.subject != Subject.PRACTICAL:
        raise NotFoundError(what="操作技能考核的考生")
    examiner = queries.dispatch_of(db, sitting.id, actor=actor).examiner
    first, last = examiner.card_valid_from_on, examiner.card_valid_until_on
    if not first <= local_date(now) <= last:
        raise CardExpiredError(card_no=examiner.card_no, from_on=first, until_on=last)
    if now < sitting.starts_at:
        raise WrongStateError(what="本场考核", state="未开始", action="评分")
    return examiner


def _paper_for(db: Session, admission: Admission) -> PracticalPaper:
    in_use = db.scalar(
        select(PracticalPaper)
        .join(ScoreSheet, ScoreSheet.paper_id == PracticalPaper.id)
        .join(ScoreSheet.admission)
        .where(Admission.sitting_id == admission.sitting_id)
        .limit(1)
    )
    project = admission.sitting.plan.specification.project
    paper = in_use or queries.practical_paper_of(db, project.id)
    if paper is None:
        raise NoPracticalPaperError(project=project.name)
    return paper


def _require_unscored(db: Session, admission: Admission) -> None:
    if queries.result_on_record(db, admission.enrolment_id, Subject.PRACTICAL) is not None:
        raise AlreadyScoredError


def _sheet(db: Session, sheet_id: int) -> ScoreSheet:
    chosen = select(ScoreSheet).where(ScoreSheet.id == sheet_id)
    sheet = db.scalar(
        chosen.with_for_update(of=ScoreSheet).execution_options(populate_existing=True)
    )
    if sheet is None:
        raise NotFoundError(what="评分记录表")
    return sheet


def _own_sheet(db: Session, sheet_id: int, *, actor: Actor, now: datetime) -> ScoreSheet:
    actor.require(Permission.PRACTICAL_SCORE)
    sheet = _sheet(db, sheet_id)
    if sheet.examiner.account_id != actor.account_id:
        raise NotFoundError(what="评分记录表")
    _examiner_on_duty(db, sheet.admission, actor=actor, now=now)
    return sheet


def _own_open_sheet(db: Session, sheet_id: int, *, actor: Actor, now: datetime) -> ScoreSheet:
    sheet = _own_sheet(db, sheet_id, actor=actor, now=now)
    if sheet.state != SheetState.OPENED:
        raise SheetLockedError
    _require_unscored(db, sheet.admission)
    return sheet


def _store_marks(db: Session, sheet: ScoreSheet, marks: Mapping[int, MarkEntry]) -> None:
    present = {entry.item_id: entry for entry in sheet.marks}
    for item_id in present.keys() - marks.keys():
        db.delete(present[item_id])
    for item_id, entry in marks.items():
        row = present.get(item_id)
        if row is None:
            row = SheetMark(sheet_id=sheet.id, item_id=item_id)
            db.add(row)
        row.mark, row.remark = entry.mark, entry.remark.strip()
    db.flush()
    db.expire(sheet, ["marks"])


def _ruled_mark(
    source: PracticalSource, kind: DisputeKind, entry: RulingEntry, step: Decimal
) -> Decimal | None:
    if kind is DisputeKind.VETO:
        return None
    allotted = {item.number: item.allotted for item in source.allotted_items}
    fault = (
        "请填写裁决得分。"
        if entry.mark is None
        else fault_of(entry.mark, allotted.get(entry.target, FULL_MARK), step)
    )
    if fault:
        raise InvalidInputError(field="裁决得分", reason=fault)
    return entry.mark


def _ruled_veto(kind: DisputeKind, entry: RulingEntry) -> bool | None:
    if kind is not DisputeKind.VETO:
        return None
    if entry.veto_stands is None:
        raise InvalidInputError(field="否定项裁决", reason="请选择成立或不成立。")
    return entry.veto_stands


def _reason(text: str) -> str:
    reason = text.strip()
    if len(reason) not in REASON_LENGTHS:
        raise InvalidInputError(field="理由", reason="请写明理由（2至300个字）。")
    return reason


def _shown(marks: Mapping[str, Decimal]) -> dict[str, str]:
    return {number: format(mark, "f") for number, mark in sorted(marks.items())}


def _shown_by_examiner(marks: Mapping[int, Decimal]) -> dict[str, str]:
    return {str(examiner_id): format(mark, "f") for examiner_id, mark in sorted(marks.items())}


def _note(
    db: Session, action: str, sheet: ScoreSheet, *, actor: Actor, now: datetime, **detail: object
) -> None:
    db.flush()
    told = {"admission_id": sheet.admission_id, **detail}
    note(db, action, ("score_sheet", sheet.id), actor=actor, now=now, detail=told)
