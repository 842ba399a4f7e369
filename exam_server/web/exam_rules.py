"""The limits that new sittings at computers take over: read by the office, set by the province."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.delivery import limits
from exam_server.delivery.rules.exam_rules import ExamRules
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from registry.access import Permission
from registry.accounts.models import Account
from registry.errors import AssessmentError

blueprint = Blueprint("exam_rules", __name__, url_prefix="/exam-rules")
_P = Permission


def read_rules(form: Mapping[str, str]) -> ExamRules:
    """Read the three limits from a form."""
    return ExamRules(
        late_entry_minutes=forms.read_int(form, "late_entry_minutes", "迟到入场时限"),
        early_leave_minutes=forms.read_int(form, "early_leave_minutes", "最早交卷"),
        late_ops_minutes=forms.read_int(form, "late_ops_minutes", "留存操作裁定时限"),
    )


@blueprint.get("/")
@requires(_P.PLAN_READ)
def show() -> ResponseReturnValue:
    """Show the limits in force, and who set them when."""
    return _page({}, [])


@blueprint.post("/")
@requires(_P.EXAM_RULES_SET)
def save() -> ResponseReturnValue:
    """Set the limits for sittings that get their paper from now on."""
    try:
        with transaction() as db:
            wanted = read_rules(request.form)
            limits.set_default_rules(db, wanted, actor=current_actor(), now=now())
    except AssessmentError as error:
        return _page(request.form, [refusal_text(error)]), 400
    flash(_("默认考场规则已保存。"), "success")
    return redirect(url_for(".show"))


def _page(values: Mapping[str, str], errors: list[str]) -> str:
    with reading() as db:
        newest = limits.newest_defaults(db)
        by = db.get(Account, newest.set_by_id) if newest and newest.set_by_id else None
        return render_template(
            "exam_rules/show.html",
            newest=newest,
            by=by,
            values=values or limits.default_rules(db),
            may_set=current_actor().may(_P.EXAM_RULES_SET),
            errors=errors,
        )
