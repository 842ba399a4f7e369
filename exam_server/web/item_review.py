"""Review of items 审题: one item of the own queue at a time, and what was decided before."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.downloads import shown
from exam_server.web.paging import cut
from exam_server.web.secrecy import log_view
from item_bank.authoring.queries import unsigned_memberships
from item_bank.duplicate_queries import FoundDuplicate
from item_bank.errors import AlreadyReviewedError, ContradictedItemError, FaultyItemError
from item_bank.models import Item
from item_bank.reviewing import actions, queries
from item_bank.reviewing.queries import ItemUnderReview, WaitingItem
from item_bank.rules.duplicates import differing_parts
from item_bank.rules.kinds import ItemState
from item_bank.rules.review import (
    Remark,
    RemarkField,
    ReviewPoint,
    Verdict,
    remark_fields,
)
from registry.access import Permission
from registry.catalog.queries import project_of
from registry.database import files_of
from registry.errors import AssessmentError, InvalidInputError

blueprint = Blueprint("item_review", __name__, url_prefix="/review")
_P = Permission
SHOWN_DUPLICATES = 8  # the gravest; the rest is counted
FIELDS = {"审题意见": "reason", "批注": "text", "批注位置": "field"}  # of errors, on the form
FORM_FAULTS = (InvalidInputError, FaultyItemError, ContradictedItemError)


@dataclass(frozen=True)
class Draft:
    """What stands in the form and is not decided yet; it survives every answer of the server."""

    in_order: frozenset[ReviewPoint] = frozenset()
    reason: str = ""
    field: str = RemarkField.STEM
    quote: str = ""
    text: str = ""


@dataclass(frozen=True)
class Place:
    """Where an item stands in the queue, and its neighbours."""

    number: int
    total: int
    previous_id: int | None
    next_id: int | None
    following_id: int | None  # after a decision: the next, or at the end what was passed over


@blueprint.get("/")
@requires(_P.ITEM_REVIEW)
def queue() -> ResponseReturnValue:
    """Show the first item that waits; say so when there is none."""
    actor = current_actor()
    with reading() as db:
        waiting = queries.waiting_items(db, actor=actor)
        unsigned = unsigned_memberships(db, actor=actor)
    if waiting:
        return _page(waiting[0].item_id, Draft())
    if unsigned:
        return redirect(url_for("undertaking.form"))
    return render_template("item_review/empty.html")


@blueprint.get("/<int:item_id>")
@requires(_P.ITEM_REVIEW)
def show(item_id: int) -> ResponseReturnValue:
    """Show an item of the queue with all that is known about it."""
    return _page(item_id, Draft())


@blueprint.post("/<int:item_id>")
@requires(_P.ITEM_REVIEW)
def act(item_id: int) -> ResponseReturnValue:
    """Take what a button of the form asks for: a remark, its withdrawal, the decision."""
    form = request.form
    draft, action = read_draft(form), form.get("action", "")
    if action in ("accept", "return"):
        return _decide(item_id, draft, accepted=action == "accept")
    try:
        with transaction() as db:
            if "withdraw" in form:
                remark_id = forms.read_int(form, "withdraw", "批注")
                actions.withdraw_remark(db, item_id, remark_id, actor=current_actor(), now=now())
            else:
                remark = Remark(draft.field, draft.quote, draft.text)
                actions.add_remark(db, item_id, remark, actor=current_actor(), now=now())
    except InvalidInputError as error:
        return _page(item_id, draft, error), 400
    return _page(item_id, Draft(draft.in_order, draft.reason))


@blueprint.get("/figures/<int:item_id>")
@requires(_P.ITEM_REVIEW)
def figure(item_id: int) -> Response:
    """Give the figure of an item of the queue."""
    with reading() as db:
        file_hash, media_type = queries.figure_under_review(db, item_id, actor=current_actor())
        content = files_of(db).get(file_hash)
    log_view(item_id, figure=True)
    return shown(content, f"figure-{item_id}", media_type)


@blueprint.get("/done")
@requires(_P.ITEM_REVIEW)
def done() -> ResponseReturnValue:
    """List the own decisions and what has become of the items; none of their words."""
    with reading() as db:
        decisions = queries.own_decisions(db, actor=current_actor())
    return render_template("item_review/done.html", page=cut(decisions, request.args))


def read_draft(form: MultiDict[str, str]) -> Draft:
    """Return what stands in the form."""
    ticked = set(form.getlist("in_order"))
    return Draft(
        in_order=frozenset(point for point in ReviewPoint if point in ticked),
        reason=form.get("reason", ""),
        field=form.get("field", RemarkField.STEM),
        quote=form.get("quote", ""),
        text=form.get("text", ""),
    )


def place_of(waiting: Sequence[WaitingItem], item_id: int) -> Place:
    """Return where an item stands in the queue."""
    ids = [entry.item_id for entry in waiting]
    at = ids.index(item_id)
    next_id = ids[at + 1] if at + 1 < len(ids) else None
    return Place(
        number=at + 1,
        total=len(ids),
        previous_id=ids[at - 1] if at else None,
        next_id=next_id,
        following_id=next_id or (ids[0] if at else None),
    )


def _decide(item_id: int, draft: Draft, *, accepted: bool) -> ResponseReturnValue:
    """Decide, say what was done, and go on to the next item."""
    actor = current_actor()
    verdict = Verdict(
        version_id=forms.read_int(request.form, "version_id", "版本"),
        round=forms.read_int(request.form, "round", "轮次"),
        accepted=accepted,
        in_order=draft.in_order,
        reason=draft.reason,
    )
    following = None
    try:
        with transaction() as db:
            waiting = queries.waiting_items(db, actor=actor)
            if any(entry.item_id == item_id for entry in waiting):
                following = place_of(waiting, item_id).following_id
            item = actions.review_item(db, item_id, verdict, actor=actor, now=now())
            said = outcome_of(item)
    except AlreadyReviewedError as error:
        flash(refusal_text(error), "error")
        return redirect(url_for(".queue"))
    except FORM_FAULTS as error:
        return _page(item_id, draft, error), 400
    flash(said, "success")
    if following is None:
        return redirect(url_for(".queue"))
    return redirect(url_for(".show", item_id=following))


def outcome_of(item: Item) -> str:
    """Say what a decision has made of an item."""
    if item.state == ItemState.SECOND_REVIEW:
        return _("{code} 一审通过，转入二审。", code=item.code)
    if item.state == ItemState.BANKED:
        return _("{code} 二审通过，已入库。", code=item.code)
    return _("{code} 已退回命题人修改。", code=item.code)


def _page(item_id: int, draft: Draft, error: AssessmentError | None = None) -> str:
    actor = current_actor()
    field = FIELDS.get(str(error.details.get("field"))) if error else None
    told = refusal_text(error) if error else ""
    with reading() as db:
        found = queries.item_under_review(db, item_id, actor=actor)
        waiting = queries.waiting_items(db, actor=actor)
        similar = found.duplicates[:SHOWN_DUPLICATES]
        log_view(item_id, similar=[one.item.code for one in similar])
        return render_template(
            "item_review/item.html",
            found=found,
            project=project_of(db, found.waiting.project_id),
            place=place_of(waiting, item_id),
            unsigned=unsigned_memberships(db, actor=actor),
            draft=draft,
            errors=[(field, told) if field else told] if told else [],
            fields=remark_fields(found.content),
            duplicates=[_beside(found, one) for one in similar],
            account_id=actor.account_id,
        )


def _beside(found: ItemUnderReview, other: FoundDuplicate) -> dict[str, object]:
    """Return an item that resembles the one under review, its stem cut where they differ."""
    _own, stem = differing_parts(found.content.stem, other.item.content.stem)
    return {"item": other.item, "likeness": other.likeness, "stem": stem}
