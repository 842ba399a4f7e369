"""The review queue of scanned cards: one doubtful group after the other, by keyboard or mouse."""

from dataclasses import dataclass

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.downloads import shown
from exam_server.web.off_loop import off_the_loop
from omr import actions, queries
from omr.layouts import layout_named
from omr.models import ScanPage
from omr.rules.card_layout import Group, GroupKind
from omr.rules.prefilled import SavedAnswer, saved_answers
from omr.scans import crop_of
from registry.access import Permission
from registry.database import files_of
from registry.errors import NotFoundError

blueprint = Blueprint("card_review", __name__, url_prefix="/cards")
_P = Permission
JPEG = "image/jpeg"
SEVERAL = frozenset({GroupKind.MULTIPLE})


@dataclass(frozen=True)
class Doubt:
    """The group that is decided now, with what the reader made of it."""

    group: Group
    reason: str
    read: tuple[str, ...]
    saved: SavedAnswer | None  # what the server held, of a card that was printed filled
    several: bool
    earlier: str | None  # the group decided before, for the way back
    row: tuple[Group, ...]  # the groups beside it


@blueprint.get("/review/<int:batch_id>")
@requires(_P.CARDS_REVIEW)
def queue(batch_id: int) -> ResponseReturnValue:
    """Show the next doubt of a batch, or that nothing is left."""
    actor = current_actor()
    with reading() as db:
        batch = queries.batch_of(db, batch_id, actor=actor)
        waiting = queries.pages_to_review(db, batch_id)
        wanted = request.args.get("page", "")
        page = next((p for p in waiting if str(p.id) == wanted), waiting[0] if waiting else None)
        return render_template(
            "card_scanning/review.html",
            batch=batch,
            page=page,
            doubt=doubt_of(page, request.args.get("group")) if page and page.card_id else None,
            waiting_count=len(waiting),
            open_count=sum(len(queries.open_groups(p)) for p in waiting),
        )


def doubt_of(page: ScanPage, wanted: str | None) -> Doubt | None:
    """Return the group to decide: the one asked for, or the first that is open."""
    left = queries.open_groups(page)
    decided = list(dict.fromkeys(correction.group for correction in page.corrections))
    name = wanted if wanted in (*left, *decided) else (left[0] if left else None)
    if name is None:
        return None
    layout = layout_named()
    group = layout.group(name)
    before = decided[: decided.index(name)] if name in decided else decided
    reasons = queries.doubts_of(page)
    place = layout.groups.index(group)
    beside = layout.groups[max(0, place - 2) : place + 3]
    return Doubt(
        group=group,
        reason=reasons.get(name, ""),
        read=queries.final_answers(page).get(name, ()),
        saved=saved_answers(page.card.prefilled if page.card else None).get(name),
        several=group.kind in SEVERAL,
        earlier=before[-1] if before else None,
        row=tuple(entry for entry in beside if entry.kind == group.kind),
    )


@blueprint.post("/pages/<int:page_id>/groups/<group>")
@requires(_P.CARDS_REVIEW)
def decide(page_id: int, group: str) -> ResponseReturnValue:
    """Decide what a group says."""
    values = tuple(request.form.getlist("value"))
    with transaction() as db:
        actions.correct_group(db, page_id, group, values, actor=current_actor(), now=now())
        batch_id = queries.page_of(db, page_id, actor=current_actor()).batch_id
    return redirect(url_for(".queue", batch_id=batch_id, page=page_id))


@blueprint.post("/pages/<int:page_id>/confirm")
@requires(_P.CARDS_REVIEW)
def confirm(page_id: int) -> ResponseReturnValue:
    """Finish the review of a page."""
    with transaction() as db:
        page = actions.confirm_page(db, page_id, actor=current_actor(), now=now())
        batch_id = page.batch_id
    return redirect(url_for(".queue", batch_id=batch_id))


@blueprint.post("/pages/<int:page_id>/assign")
@requires(_P.CARDS_REVIEW)
def assign(page_id: int) -> ResponseReturnValue:
    """Tie a page to a candidate by the admission number written on it."""
    number = forms.read_text(request.form, "admission_no", "准考证号")
    with transaction() as db:
        page = actions.assign_page(db, page_id, number, actor=current_actor(), now=now())
        batch_id = page.batch_id
    flash(_("本页已对应准考证号 {number}。", number=number), "success")
    return redirect(url_for(".queue", batch_id=batch_id, page=page_id))


@blueprint.post("/pages/<int:page_id>/reject")
@requires(_P.CARDS_REVIEW)
def reject(page_id: int) -> ResponseReturnValue:
    """Set a page aside to be scanned again."""
    reason = forms.read_text(request.form, "reason", "原因")
    with transaction() as db:
        page = actions.reject_page(db, page_id, reason, actor=current_actor(), now=now())
        batch_id = page.batch_id
    flash(_("本页已剔除，请重新扫描这张答题卡。"), "warning")
    return redirect(url_for(".queue", batch_id=batch_id))


@blueprint.get("/pages/<int:page_id>/image.jpg")
@requires(_P.CARDS_SCAN, _P.CARDS_REVIEW)
def image(page_id: int) -> Response:
    """Give the whole scanned page."""
    with reading() as db:
        return shown(_kept(db, page_id)[0], f"page-{page_id}.jpg", JPEG)


@blueprint.get("/pages/<int:page_id>/crops/<group>.jpg")
@requires(_P.CARDS_REVIEW)
def crop(page_id: int, group: str) -> Response:
    """Give one group of a page, cut out and straightened."""
    with reading() as db:
        jpeg, measures = _kept(db, page_id)
    layout = layout_named()
    if group not in {entry.group_id for entry in layout.groups}:
        abort(404)
    content = off_the_loop(crop_of, jpeg, measures, group, layout)
    if content is None:
        raise NotFoundError(what="该题的图像")
    return shown(content, f"page-{page_id}-{group}.jpg", JPEG)


def _kept(db: Session, page_id: int) -> tuple[bytes, str]:
    page = queries.page_of(db, page_id, actor=current_actor())
    if page.image_hash is None:
        raise NotFoundError(what="扫描图像")
    return files_of(db).get(page.image_hash), queries.latest_reading(page).measures
