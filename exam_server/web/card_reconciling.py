"""Cards against the room record of a sitting: seat by seat, with what is left to do."""

from collections.abc import Collection

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from exam_server.card_reconciliation import (
    Reconciliation,
    Verdict,
    reconcile,
    record_absentees,
    verdict_counts,
)
from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from omr import actions, queries
from proctor.rules.presence import Presence
from registry.access import Permission
from registry.errors import AssessmentError
from registry.scheduling.models import ExamMode

blueprint = Blueprint("card_reconciling", __name__, url_prefix="/cards")
_P = Permission
USERS = (_P.CARDS_PRINT, _P.CARDS_SCAN, _P.CARDS_REVIEW)


@blueprint.get("/sittings/<int:sitting_id>/reconciliation")
@requires(*USERS)
def show(sitting_id: int) -> ResponseReturnValue:
    """Show every seat with its presence, its card and its page."""
    return _page(sitting_id, [])


def _page(
    sitting_id: int, errors: list[str], ticked: Collection[int] | None = None, counted: str = ""
) -> str:
    """Render the page; after a refusal with the seats that were ticked and the number typed."""
    actor, only = current_actor(), request.args.get("only", "")
    with reading() as db:
        sitting = queries.sitting_in_reach(db, sitting_id, actor=actor)
        found = reconcile(db, sitting_id, actor=actor)
        counts = verdict_counts(found)
        is_released = bool(queries.released_pages(db, sitting_id))
        return render_template(
            "card_scanning/reconciliation.html",
            sitting=sitting,
            plan=sitting.plan,
            found=found,
            lines=found.differing if only else found.lines,
            only=only,
            counts={verdict.value: counts[verdict] for verdict in Verdict},
            may_record=(
                actor.may(_P.CARDS_REVIEW)
                and sitting.mode == ExamMode.ANSWER_CARD
                and not is_released
            ),
            may_spoil=actor.may(_P.CARDS_PRINT),
            may_review=actor.may(_P.CARDS_REVIEW),
            absent=_absent(found) if ticked is None else ticked,
            counted=counted,
            errors=errors,
        )


def _absent(found: Reconciliation) -> set[int]:
    """Return the admissions that are recorded as absent."""
    return {line.admission.id for line in found.lines if line.presence is Presence.ABSENT}


@blueprint.post("/sittings/<int:sitting_id>/presence")
@requires(_P.CARDS_REVIEW)
def presence(sitting_id: int) -> ResponseReturnValue:
    """Take over from the signed room record who was absent."""
    absent = [int(value) for value in request.form.getlist("absent") if value.isdecimal()]
    try:
        counted = forms.read_int(request.form, "counted", "考场记录缺考人数")
        with transaction() as db:
            record_absentees(
                db, sitting_id, absent, counted=counted, actor=current_actor(), now=now()
            )
    except AssessmentError as error:
        typed = request.form.get("counted", "")
        return _page(sitting_id, [refusal_text(error)], absent, typed), 400
    flash(_("已登记到场情况：缺考 {number} 人，其余到场。", number=counted), "success")
    return redirect(url_for(".show", sitting_id=sitting_id))


@blueprint.post("/printed/<int:card_id>/spoil")
@requires(_P.CARDS_PRINT)
def spoil(card_id: int) -> ResponseReturnValue:
    """Take a card out of use; the next printing gives its candidate a new one."""
    reason = forms.read_text(request.form, "reason", "原因")
    with transaction() as db:
        card = actions.spoil_card(db, card_id, reason, actor=current_actor(), now=now())
        sitting_id, serial = card.admission.sitting_id, card.serial
    flash(_("答题卡 {serial} 已作废，重新打印时会给考生一张新卡。", serial=serial), "success")
    return redirect(url_for(".show", sitting_id=sitting_id))
