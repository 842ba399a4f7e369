"""The roster of a plan: entry and import by the institution, audit and feedback by the city."""

from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from exam_server.context import current_actor, database, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms, roster_file
from exam_server.web.downloads import EXCEL, attachment
from exam_server.web.paging import cut
from exam_server.web.plans import counts_of, steps_open_to
from registry.access import Permission
from registry.enrolment import accommodations, actions, audit_actions, queries
from registry.enrolment.applications import NewCandidate
from registry.enrolment.errors import NameDiffersError
from registry.enrolment.models import EnrolmentState
from registry.enrolment.rules.age import UnderAgeError
from registry.enrolment.rules.id_number import IdNumberError
from registry.enrolment.rules.person import CandidateSource, Education
from registry.errors import AssessmentError
from registry.plans.queries import plan_of

blueprint = Blueprint("enrolment", __name__)
_P = Permission
FIELDS = {
    "姓名": "name",
    "公民身份号码": "id_number",
    "手机号码": "phone",
    "文化程度": "education",
    "考生来源": "candidate_source",
    "本人确认": "confirmed",
}
OF_ID_NUMBER = (IdNumberError, UnderAgeError)


@blueprint.get("/plans/<int:plan_id>/roster")
@requires(_P.PLAN_READ)
def roster(plan_id: int) -> ResponseReturnValue:
    """Show the roster of a plan."""
    actor = current_actor()
    words, state = request.args.get("words", "").strip(), request.args.get("state", "")
    with reading() as db:
        plan = plan_of(db, plan_id, actor=actor)
        rows = [
            row
            for row in queries.roster_of(db, plan_id, actor=actor)
            if state in ("", row.state)
            and (words in row.name or row.id_number_masked.endswith(words))
        ]
        return render_template(
            "enrolment/roster.html",
            plan=plan,
            page=cut(rows, request.args),
            counts=counts_of(db, plan_id, actor=actor),
            may=steps_open_to(actor, plan),
            words=words,
            state=state,
        )


@blueprint.get("/plans/<int:plan_id>/roster/new")
@requires(_P.ENROLMENT_WRITE)
def new(plan_id: int) -> ResponseReturnValue:
    """Show the form for one candidate."""
    return _entry_form(plan_id, None, {}, None)


@blueprint.post("/plans/<int:plan_id>/roster")
@requires(_P.ENROLMENT_WRITE)
def create(plan_id: int) -> ResponseReturnValue:
    """Enter one candidate."""
    try:
        with transaction() as db:
            candidate = _typed_candidate()
            actions.enrol_candidate(db, plan_id, candidate, actor=current_actor(), now=now())
    except AssessmentError as error:
        return _entry_form(plan_id, None, request.form, error), 400
    flash(_("已录入 {name}。", name=candidate.name), "success")
    then = ".new" if request.form.get("then") == "next" else ".roster"
    return redirect(url_for(then, plan_id=plan_id))


@blueprint.get("/enrolments/<int:enrolment_id>")
@requires(_P.PLAN_READ)
def show(enrolment_id: int) -> ResponseReturnValue:
    """Show one enrolment; auditors decide here."""
    actor = current_actor()
    with reading() as db:
        enrolment = queries.enrolment_of(db, enrolment_id, actor=actor)
        state = queries.visible_state(enrolment, actor)
        return render_template(
            "enrolment/show.html",
            enrolment=enrolment,
            state=state,
            may=steps_open_to(actor, enrolment.plan),
            shows_decision=state in queries.DECIDED,
            approved=accommodations.accommodation_of(db, enrolment_id),
            may_approve=actor.may(_P.ENROLMENT_AUDIT)
            and enrolment.plan.state in accommodations.BEFORE_THE_EXAM,
            may_amend=actor.may(_P.ENROLMENT_WRITE)
            and state in (EnrolmentState.DRAFT, EnrolmentState.REFUSED),
            may_reveal=any(actor.may(permission) for permission in audit_actions.MAY_REVEAL),
        )


@blueprint.post("/enrolments/<int:enrolment_id>/extra-time")
@requires(_P.ENROLMENT_AUDIT)
def approve_extra_time(enrolment_id: int) -> ResponseReturnValue:
    """Approve extra time for one candidate before the exam."""
    reason = request.form.get("accommodation_reason", "")
    minutes = forms.read_int(request.form, "minutes", "延长分钟数")
    with transaction() as db:
        accommodations.approve_accommodation(
            db, enrolment_id, minutes, reason, actor=current_actor(), now=now()
        )
    flash(_("已保存，开考时自动计入。"), "success")
    return redirect(url_for(".show", enrolment_id=enrolment_id))


@blueprint.post("/enrolments/<int:enrolment_id>/id-number")
@requires(*audit_actions.MAY_REVEAL)
def reveal(enrolment_id: int) -> ResponseReturnValue:
    """Show the full ID number once; the reason goes into the log."""
    reason = request.form.get("reason", "")
    with transaction() as db:
        number = audit_actions.reveal_id_number(
            db, enrolment_id, reason, actor=current_actor(), now=now()
        )
    flash(_("完整证件号码：{number}。本次查看已记入审计日志。", number=number), "warning")
    return redirect(url_for(".show", enrolment_id=enrolment_id))


@blueprint.get("/enrolments/<int:enrolment_id>/amend")
@requires(_P.ENROLMENT_WRITE)
def amend_form(enrolment_id: int) -> ResponseReturnValue:
    """Show the form to correct a draft or refused enrolment."""
    with reading() as db:
        enrolment = queries.enrolment_of(db, enrolment_id, actor=current_actor())
        candidate = enrolment.candidate
        values = {
            "name": candidate.name,
            "education": candidate.education,
            "candidate_source": candidate.candidate_source,
        }
        return _entry_form(enrolment.plan_id, enrolment_id, values, None)


@blueprint.post("/enrolments/<int:enrolment_id>/amend")
@requires(_P.ENROLMENT_WRITE)
def amend(enrolment_id: int) -> ResponseReturnValue:
    """Correct a draft or refused enrolment."""
    actor = current_actor()
    with reading() as db:
        plan_id = queries.enrolment_of(db, enrolment_id, actor=actor).plan_id
    try:
        with transaction() as db:
            actions.amend_enrolment(db, enrolment_id, _typed_candidate(), actor=actor, now=now())
    except AssessmentError as error:
        return _entry_form(plan_id, enrolment_id, request.form, error), 400
    flash(_("报名信息已更正，提交名单后重新审核。"), "success")
    return redirect(url_for(".roster", plan_id=plan_id))


@blueprint.post("/enrolments/<int:enrolment_id>/withdraw")
@requires(_P.ENROLMENT_WRITE)
def withdraw(enrolment_id: int) -> ResponseReturnValue:
    """Take a candidate off the roster."""
    with transaction() as db:
        taken = actions.withdraw_enrolment(db, enrolment_id, actor=current_actor(), now=now())
        plan_id = taken.plan_id
    flash(_("已撤回该考生的报名。"), "success")
    return redirect(url_for(".roster", plan_id=plan_id))


@blueprint.post("/enrolments/<int:enrolment_id>/<any(pass,refuse):decision>")
@requires(_P.ENROLMENT_AUDIT)
def decide(enrolment_id: int, decision: str) -> ResponseReturnValue:
    """Pass or refuse one candidate."""
    with transaction() as db:
        enrolment = audit_actions.decide_enrolment(
            db,
            enrolment_id,
            passed=decision == "pass",
            reason=request.form.get("reason", ""),
            actor=current_actor(),
            now=now(),
        )
        plan_id, name = enrolment.plan_id, enrolment.candidate.name
    text = _("{name} 审核通过。") if decision == "pass" else _("{name} 审核不通过，原因已记录。")
    flash(text.format(name=name), "success")
    page = request.args.get("page")
    return redirect(url_for(".roster", plan_id=plan_id, page=page))


@blueprint.post("/plans/<int:plan_id>/roster/pass")
@requires(_P.ENROLMENT_AUDIT)
def pass_unremarkable(plan_id: int) -> ResponseReturnValue:
    """Pass everyone who waits for a decision and carries no warning."""
    actor = current_actor()
    with transaction() as db:
        waiting = [
            row.enrolment_id
            for row in queries.roster_of(db, plan_id, actor=actor)
            if row.state == EnrolmentState.SUBMITTED and not row.warnings
        ]
        for enrolment_id in waiting:
            audit_actions.decide_enrolment(db, enrolment_id, passed=True, actor=actor, now=now())
    flash(_("{number} 人审核通过，有提示的请逐人审核。", number=len(waiting)), "success")
    return redirect(url_for(".roster", plan_id=plan_id))


@blueprint.post("/plans/<int:plan_id>/roster/submit")
@requires(_P.ENROLMENT_WRITE)
def submit(plan_id: int) -> ResponseReturnValue:
    """Hand the roster to the city."""
    with transaction() as db:
        plan = actions.submit_roster(db, plan_id, actor=current_actor(), now=now())
        due_on = plan.audit_due_on
    flash(_("名单已提交，审核期限 {date}。", date=due_on), "success")
    return redirect(url_for(".roster", plan_id=plan_id))


@blueprint.post("/plans/<int:plan_id>/roster/release")
@requires(_P.ENROLMENT_AUDIT)
def release(plan_id: int) -> ResponseReturnValue:
    """Release the feedback of the whole roster at once."""
    with transaction() as db:
        audit_actions.release_feedback(db, plan_id, actor=current_actor(), now=now())
    flash(_("审核结果已一次性反馈给机构。"), "success")
    return redirect(url_for(".roster", plan_id=plan_id))


@blueprint.get("/plans/<int:plan_id>/roster/template")
@requires(_P.ENROLMENT_WRITE)
def template(plan_id: int) -> Response:
    """Give the empty Excel file."""
    return attachment(roster_file.template_file(), f"花名册模板-{plan_id}.xlsx", EXCEL)


@blueprint.get("/plans/<int:plan_id>/roster/import")
@requires(_P.ENROLMENT_WRITE)
def import_form(plan_id: int) -> ResponseReturnValue:
    """Show the upload of a roster."""
    return _import_page(plan_id, [])


@blueprint.post("/plans/<int:plan_id>/roster/import")
@requires(_P.ENROLMENT_WRITE)
def preview(plan_id: int) -> ResponseReturnValue:
    """Check every row of an uploaded roster; nothing is kept."""
    upload = request.files.get("file")
    try:
        rows = roster_file.read_roster(upload.read() if upload else b"")
        with database().session() as db:  # closed without a commit
            checked = roster_file.enrol_rows(db, plan_id, rows, actor=current_actor(), now=now())
            sealed = roster_file.seal_rows(db, rows, purpose=_purpose(plan_id))
    except AssessmentError as error:
        return _import_page(plan_id, [refusal_text(error)]), 400
    return _import_page(plan_id, [], checked, sealed)


@blueprint.post("/plans/<int:plan_id>/roster/take")
@requires(_P.ENROLMENT_WRITE)
def take(plan_id: int) -> ResponseReturnValue:
    """Enter the previewed roster, all rows or none."""
    if not request.form.get("confirmed"):
        raise forms.problem("本人确认", "请先确认名单中的考生均自愿参加。")
    with database().session() as db, db.begin():
        try:
            rows = roster_file.open_rows(
                db, request.form.get("rows", ""), purpose=_purpose(plan_id)
            )
        except (InvalidTag, ValueError):
            abort(400)
        checked = roster_file.enrol_rows(db, plan_id, rows, actor=current_actor(), now=now())
        if checked.bad_count:
            db.rollback()
            return _import_page(plan_id, [], checked), 409
    flash(_("已导入 {number} 人。", number=checked.good_count), "success")
    return redirect(url_for(".roster", plan_id=plan_id))


def _purpose(plan_id: int) -> str:
    return f"roster_upload:{plan_id}:{current_actor().account_id}"


def _import_page(
    plan_id: int,
    errors: list[str],
    checked: roster_file.Preview | None = None,
    sealed: str = "",
) -> str:
    with reading() as db:
        plan = plan_of(db, plan_id, actor=current_actor())
        return render_template(
            "enrolment/import.html", plan=plan, errors=errors, preview=checked, sealed=sealed
        )


def _typed_candidate() -> NewCandidate:
    form = request.form
    if not form.get("confirmed"):
        raise forms.problem("本人确认", "请先由考生本人确认自愿参加。")
    return NewCandidate(
        name=forms.read_text(form, "name", "姓名"),
        id_number=forms.read_text(form, "id_number", "公民身份号码"),
        education=form.get("education", ""),
        candidate_source=form.get("candidate_source", ""),
        phone=form.get("phone", "").strip() or None,
        confirmed_at=now(),
    )


def _entry_form(
    plan_id: int,
    enrolment_id: int | None,
    values: Mapping[str, str],
    error: AssessmentError | None,
) -> str:
    field = _field_of(error) if error else ""
    told = refusal_text(error) if error else ""
    with reading() as db:
        return render_template(
            "enrolment/new.html",
            plan=plan_of(db, plan_id, actor=current_actor()),
            enrolment_id=enrolment_id,
            values=values,
            errors=[(field, told) if field else told] if told else [],
            wrong={field: told} if told and field else {},
            educations=[(kind.value, kind.value) for kind in Education],
            sources=[(kind.value, kind.value) for kind in CandidateSource],
        )


def _field_of(error: AssessmentError) -> str:
    if isinstance(error, OF_ID_NUMBER):
        return "id_number"
    if isinstance(error, NameDiffersError):
        return "name"
    return FIELDS.get(str(error.details.get("field", "")), "")
