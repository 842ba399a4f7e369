"""Practical scoring by examiners: own sittings, candidates, score sheets; rulings by the lead."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.downloads import PDF, shown
from exam_server.web.off_loop import off_the_loop
from registry.access import Permission
from registry.errors import AssessmentError, NotFoundError
from registry.scheduling.models import Sitting
from scoring import actions, panel_actions, queries
from scoring.models import ScoreSheet, ScoringItem
from scoring.panel_actions import MarkEntry, RulingEntry
from scoring.print_queries import blank_sheets_of
from scoring.printing import print_score_sheets
from scoring.queries import Panel
from scoring.rules.examiner_panel import Dispute, DisputeKind
from scoring.rules.printed import PrintMark
from scoring.rules.score_sheet import MarksRefusedError
from scoring.rules.states import SheetState

blueprint = Blueprint("practical", __name__, url_prefix="/practical")
_P = Permission
NAMES_TOLD = 5  # of people to whom one reason applies


@dataclass(frozen=True)
class TypedSheet:
    """A sheet as it was typed: texts by id of the item, and what is no number."""

    texts: Mapping[int, tuple[str, str]]
    marks: Mapping[int, MarkEntry]
    faults: Mapping[str, str]  # by number of the item


@dataclass(frozen=True)
class DisputeLine:
    """What one examiner gave in a dispute."""

    examiner: str
    mark: Decimal
    remark: str
    sheet_id: int


@blueprint.get("/")
@requires(_P.PRACTICAL_SCORE)
def sessions() -> ResponseReturnValue:
    """List the practical sittings of the examiner."""
    with reading() as db:
        found = queries.examiner_sittings(db, actor=current_actor())
        return render_template("practical/sessions.html", sessions=found)


@blueprint.get("/<int:sitting_id>")
@requires(_P.PRACTICAL_SCORE)
def candidates(sitting_id: int) -> ResponseReturnValue:
    """List the candidates of a sitting with the examiner's own sheets."""
    actor = current_actor()
    with reading() as db:
        is_lead = queries.dispatch_of(db, sitting_id, actor=actor).is_lead
        rows = queries.candidates_of_sitting(db, sitting_id, actor=actor)
        panels = queries.disputed_panels(db, sitting_id, actor=actor) if is_lead else []
        return render_template(
            "practical/candidates.html",
            sitting=db.get_one(Sitting, sitting_id),
            rows=rows,
            is_lead=is_lead,
            disputes=sum(len(panel.disputes) for panel in panels),
        )


@blueprint.post("/sheets/<int:admission_id>/open")
@requires(_P.PRACTICAL_SCORE)
def open_sheet(admission_id: int) -> ResponseReturnValue:
    """Open the examiner's own sheet for a candidate."""
    with transaction() as db:
        panel_actions.open_sheet(db, admission_id, actor=current_actor(), now=now())
    return redirect(url_for(".sheet", admission_id=admission_id))


@blueprint.get("/sheets/<int:admission_id>")
@requires(_P.PRACTICAL_SCORE)
def sheet(admission_id: int) -> ResponseReturnValue:
    """Show the examiner's own sheet."""
    return _sheet_page(admission_id, None, [])


@blueprint.post("/sheets/<int:admission_id>")
@requires(_P.PRACTICAL_SCORE)
def save(admission_id: int) -> ResponseReturnValue:
    """Save the marks on the own sheet; nothing is kept while one of them does not fit."""
    with reading() as db:
        own = _own(queries.own_sheet(db, admission_id, actor=current_actor()))
        sheet_id, typed = own.id, read_sheet(request.form, own.paper.items)
    try:
        if typed.faults:
            raise MarksRefusedError(typed.faults)
        minutes = request.form.get("minutes_used", "").strip()
        with transaction() as db:
            panel_actions.record_marks(
                db,
                sheet_id,
                typed.marks,
                veto=request.form.get("veto"),
                minutes_used=forms.read_int(request.form, "minutes_used", "操作用时")
                if minutes
                else None,
                actor=current_actor(),
                now=now(),
            )
    except AssessmentError as error:
        return _sheet_page(admission_id, typed, [error]), 400
    flash(_("已保存。核对无误后请提交。"), "success")
    return redirect(url_for(".sheet", admission_id=admission_id))


@blueprint.post("/sheets/<int:admission_id>/submit")
@requires(_P.PRACTICAL_SCORE)
def submit(admission_id: int) -> ResponseReturnValue:
    """Sign and lock the own sheet."""
    try:
        with transaction() as db:
            own = _own(queries.own_sheet(db, admission_id, actor=current_actor()))
            panel_actions.submit_sheet(db, own.id, actor=current_actor(), now=now())
            sitting_id = own.admission.sitting_id
    except AssessmentError as error:
        return _sheet_page(admission_id, None, [error]), 400
    flash(_("评分记录表已提交并锁定。"), "success")
    return redirect(url_for(".candidates", sitting_id=sitting_id))


@blueprint.get("/<int:sitting_id>/disputes")
@requires(_P.PRACTICAL_SCORE)
def disputes(sitting_id: int) -> ResponseReturnValue:
    """Show the lead what the examiners differ about."""
    with reading() as db:
        panels = queries.disputed_panels(db, sitting_id, actor=current_actor())
        return render_template(
            "practical/disputes.html",
            sitting=db.get_one(Sitting, sitting_id),
            panels=[
                (panel, [_dispute(panel, found) for found in panel.disputes]) for panel in panels
            ],
        )


@blueprint.get("/<int:sitting_id>/sheets.pdf")
@requires(_P.PRACTICAL_SCORE, _P.PLAN_READ)
def blank_sheets(sitting_id: int) -> Response:
    """Give the score sheets of a sitting on paper, for a sitting without tablets."""
    actor = current_actor()
    with reading() as db:
        faces = blank_sheets_of(db, sitting_id, actor=actor)
        printed = PrintMark(actor.name, now())
        content = off_the_loop(print_score_sheets, faces, printed=printed)
        return shown(content, f"评分记录表-{sitting_id}.pdf", PDF)


@blueprint.post("/rulings/<int:admission_id>")
@requires(_P.PRACTICAL_SCORE)
def rule(admission_id: int) -> ResponseReturnValue:
    """Decide a dispute for all examiners."""
    form = request.form
    with transaction() as db:
        entry = RulingEntry(
            target=forms.read_text(form, "target", "争议项"),
            reason=forms.read_text(form, "reason", "裁决理由"),
            mark=forms.read_decimal(form, "mark", "裁决得分") if "mark" in form else None,
            veto_stands=form["veto"] == "stands" if "veto" in form else None,
        )
        panel_actions.rule_dispute(db, admission_id, entry, actor=current_actor(), now=now())
        sitting_id = queries.admission_of(db, admission_id).sitting_id
    flash(_("裁决已记录，对全体考评员有效。"), "success")
    return redirect(url_for(".disputes", sitting_id=sitting_id))


@blueprint.post("/sheets/<int:sheet_id>/reopen")
@requires(_P.PRACTICAL_SCORE)
def reopen(sheet_id: int) -> ResponseReturnValue:
    """Ask an examiner to mark again."""
    reason = request.form.get("reason", "")
    with transaction() as db:
        again = panel_actions.reopen_sheet(db, sheet_id, reason, actor=current_actor(), now=now())
        sitting_id = again.admission.sitting_id
    flash(_("已退回该考评员重评。"), "success")
    return redirect(url_for(".disputes", sitting_id=sitting_id))


@blueprint.post("/<int:sitting_id>/merge")
@requires(_P.PRACTICAL_SCORE)
def merge(sitting_id: int) -> ResponseReturnValue:
    """Merge the sheets of every candidate that are ready; say why the others are not."""
    actor = current_actor()
    refusals: dict[str, list[str]] = {}  # reason to names
    refused = 0
    with transaction() as db:
        queries.lead_of(db, sitting_id, actor=actor)
        rows = queries.candidates_of_sitting(db, sitting_id, actor=actor)
        waiting = [row.admission for row in rows if not row.is_scored]
        for admission in waiting:
            try:
                with db.begin_nested():
                    actions.merge_practical(db, admission.id, actor=actor, now=now())
            except AssessmentError as error:
                refused += 1
                name = admission.enrolment.candidate.name
                refusals.setdefault(refusal_text(error), []).append(name)
    if len(waiting) > refused:
        flash(_("已合成 {number} 人的成绩。", number=len(waiting) - refused), "success")
    for reason, names in refusals.items():
        flash(_("{names}：{reason}", names=names_told(names), reason=reason), "warning")
    return redirect(url_for(".candidates", sitting_id=sitting_id))


def names_told(names: list[str]) -> str:
    """Return the names, or the first of many with their number."""
    if len(names) <= NAMES_TOLD:
        return "、".join(names)
    told = "、".join(names[:NAMES_TOLD])
    return _("{names} 等 {number} 人", names=told, number=len(names))


@blueprint.post("/absences/<int:admission_id>")
@requires(_P.PRACTICAL_SCORE)
def absent(admission_id: int) -> ResponseReturnValue:
    """Record that a candidate did not come."""
    presence = forms.read_text(request.form, "presence", "缺考依据")
    with transaction() as db:
        queries.lead_of(
            db, queries.admission_of(db, admission_id).sitting_id, actor=current_actor()
        )
        actions.record_absence(db, admission_id, presence, actor=current_actor(), now=now())
        sitting_id = queries.admission_of(db, admission_id).sitting_id
    flash(_("已登记缺考。"), "success")
    return redirect(url_for(".candidates", sitting_id=sitting_id))


def read_sheet(form: Mapping[str, str], items: list[ScoringItem]) -> TypedSheet:
    """Read the marks of a sheet; an empty field is no mark yet."""
    texts: dict[int, tuple[str, str]] = {}
    marks: dict[int, MarkEntry] = {}
    faults: dict[str, str] = {}
    for item in items:
        text = form.get(f"mark-{item.id}", "").strip()
        remark = form.get(f"remark-{item.id}", "").strip()
        texts[item.id] = (text, remark)
        if not text:
            continue
        try:
            marks[item.id] = MarkEntry(Decimal(text), remark)
        except InvalidOperation:
            faults[item.number] = f"“{text}”不是数字。"
    return TypedSheet(texts, marks, faults)


def _own(found: ScoreSheet | None) -> ScoreSheet:
    if found is None:
        raise NotFoundError(what="您的评分记录表")
    return found


def _sheet_page(admission_id: int, typed: TypedSheet | None, errors: list[AssessmentError]) -> str:
    with reading() as db:
        own = _own(queries.own_sheet(db, admission_id, actor=current_actor()))
        texts = typed.texts if typed else _texts_of(own)
        numbers = {item.number: item.id for item in own.paper.items}
        faults = {
            numbers[number]: text
            for error in errors
            if isinstance(error, MarksRefusedError)
            for number, text in error.faults.items()
            if number in numbers
        }
        return render_template(
            "practical/sheet.html",
            admission=own.admission,
            paper=own.paper,
            sheet=own,
            texts=texts,
            wrong=faults,
            errors=[refusal_text(error) for error in errors],
            criteria={item.id: json.loads(item.criteria) for item in own.paper.items},
            total=queries.total_of(own),
            locked=own.state == SheetState.SUBMITTED,
            values=request.form if typed else {"veto": own.veto, "minutes_used": own.minutes_used},
        )


def _texts_of(own: ScoreSheet) -> dict[int, tuple[str, str]]:
    return {entry.item_id: (format(entry.mark, "f"), entry.remark) for entry in own.marks}


def _dispute(panel: Panel, dispute: Dispute) -> dict[str, object]:
    item = next((i for i in panel.paper.items if i.number == dispute.target), None)
    titles = {DisputeKind.TOTAL: _("总分"), DisputeKind.VETO: _("否定项")}
    lines = [_line(entry, dispute, item) for entry in panel.sheets]
    return {
        "kind": dispute.kind,
        "target": dispute.target,
        "title": f"{item.number} {item.name}" if item else titles[dispute.kind],
        "item": item,
        "spread": dispute.spread,
        "limit": dispute.limit,
        "lines": lines,
    }


def _line(entry: ScoreSheet, dispute: Dispute, item: ScoringItem | None) -> DisputeLine:
    remarks = [found.remark for found in entry.marks if item and found.item_id == item.id]
    remark = entry.veto or "" if dispute.kind is DisputeKind.VETO else "".join(remarks)
    given = dispute.marks.get(entry.examiner_id, Decimal(0))
    return DisputeLine(entry.examiner.account.name, given, remark, entry.id)
