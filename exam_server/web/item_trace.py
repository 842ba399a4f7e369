"""Where an item was used 试题追踪: papers, sittings, candidates; the start of an erratum."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from exam_server.context import current_actor, now, requires, transaction
from exam_server.delivery.question_reports import answer_for_bank, reports_of
from exam_server.exposure import exposures_of
from exam_server.languages import translated as _
from item_bank.bank_queries import item_versions
from item_bank.sealing import content_of
from registry.access import Permission
from registry.audit_log import note
from registry.catalog.queries import project_of

blueprint = Blueprint("item_trace", __name__, url_prefix="/bank/items")
_P = Permission


@blueprint.get("/<int:item_id>/trace")
@requires(_P.BANK_READ)
def show(item_id: int) -> ResponseReturnValue:
    """Show every paper and sitting in which an item was seen."""
    actor = current_actor()
    with transaction() as db:
        versions = item_versions(db, item_id, actor=actor)
        found = exposures_of(db, item_id, actor=actor)
        note(db, "view_item", ("item", item_id), actor=actor, now=now())
        return render_template(
            "item_trace/show.html",
            chosen=versions[0],
            content=content_of(versions[0]),
            history=versions,
            project=project_of(db, versions[0].item.project_id),
            exposures=found,
            seen_by=sum(entry.seen_by for entry in found),
            papers=len({entry.paper.id for entry in found}),
            unseen=sum(entry.sitting is None for entry in found),
            may_propose=actor.may(_P.BANK_WRITE),
            reports=reports_of(db, item_id, actor=actor),
        )


@blueprint.post("/<int:item_id>/reports/<int:report_id>")
@requires(_P.BANK_WRITE)
def answer_report(item_id: int, report_id: int) -> ResponseReturnValue:
    """Answer what a candidate reported of the item."""
    text = request.form.get("answer", "")
    with transaction() as db:
        answer_for_bank(db, item_id, report_id, text, actor=current_actor(), now=now())
    flash(_("答复已记入试题历史。"), "success")
    return redirect(url_for(".show", item_id=item_id))
