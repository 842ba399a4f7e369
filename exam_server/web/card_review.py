"""The review queue of scanned cards: one doubtful group after the other, by keyboard or mouse."""

from dataclasses import dataclass

from flask import Blueprint, Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.card_evidence import group_name, page_evidence, print_page_evidence
from exam_server.web.downloads import PDF, shown
from exam_server.web.off_loop import off_the_loop
from exam_server.web.scan_rooms import asked_room
from omr import queries, reviewing
from omr.annotated import annotated_page
from omr.batch_queries import seat_order_hint
from omr.layout_queries import layout_of
from omr.models import ScanPage
from omr.reader.crops import Window, window_about
from omr.rules.card_layout import CardLayout, Group, GroupKind
from omr.rules.prefilled import SavedAnswer, saved_answers
from omr.rules.states import WAITING
from omr.scans import AROUND_MM, CONTEXT_MM, FRAME_MM, crop_of
from registry.access import Permission
from registry.database import files_of
from registry.errors import AssessmentError, NotFoundError
from scoring.rules.printed import PrintMark

blueprint = Blueprint("card_review", __name__, url_prefix="/cards")
_P = Permission
JPEG = "image/jpeg"
SEVERAL = frozenset({GroupKind.MULTIPLE})


@dataclass(frozen=True)
class Doubt:
    """The group that is decided now, with what the reader made of it."""

    group: Group
    name: str
    reason: str
    read: tuple[str, ...]
    saved: SavedAnswer | None  # what the server held, of a card that was printed filled
    several: bool
    earlier: str | None  # the group decided before, for the way back
    shown: Window  # the part of the card in its picture
    around: Window  # the part in the picture of what is beside it
    frame: Window  # where the line about it is drawn


@dataclass(frozen=True)
class Area:
    """A group on the picture of a page: a person may choose it to change what counts."""

    group: Group
    name: str
    counted: str
    frame: Window


@blueprint.get("/review/<int:batch_id>")
@requires(_P.CARDS_REVIEW)
def queue(batch_id: int) -> ResponseReturnValue:
    """Show the next doubt of a batch, or that nothing is left."""
    return _desk(batch_id, request.args.get("page", ""))


def _desk(batch_id: int, wanted: str, number: str = "", error: str = "") -> str:
    """Render the desk: with a page that is asked for, and a number that was refused."""
    actor = current_actor()
    with reading() as db:
        batch = queries.batch_of(db, batch_id, actor=actor)
        waiting, elsewhere = queries.next_for(db, batch_id, asked_room(), actor=actor)
        page = next((p for p in waiting if str(p.id) == wanted), waiting[0] if waiting else None)
        wants_owner = page is not None and queries.wants_owner(page)
        return render_template(
            "card_scanning/review.html",
            batch=batch,
            several=len(batch.covered) > 1,
            room=asked_room(),
            page=page,
            sheet_count=queries.sheet_count(page) if page else 0,
            wants_owner=wants_owner,
            hint=seat_order_hint(db, page) if page and wants_owner else None,
            doubt=doubt_of(page, request.args.get("group")) if page and not wants_owner else None,
            areas=areas_of(page) if page and not wants_owner else [],
            compares=bool(page and queries.open_groups(page)),
            layout=layout_of(queries.latest_reading(page)) if page and not wants_owner else None,
            earlier_page=queries.last_decided(db, batch_id, actor=actor),
            waiting_count=len(waiting),
            elsewhere_count=elsewhere,
            open_count=sum(map(queries.steps_left, waiting)),
            number=number,
            error=error,
        )


def areas_of(page: ScanPage) -> list[Area]:
    """Return every group of a page with what counts for it."""
    layout, answers = layout_of(queries.latest_reading(page)), queries.final_answers(page)
    return [
        Area(
            group,
            group_name(group),
            "".join(c.label for c in group.cells if c.value in answers.get(group.group_id, ())),
            window_about(layout, group.group_id, FRAME_MM),
        )
        for group in layout.groups
    ]


def doubt_of(page: ScanPage, wanted: str | None) -> Doubt | None:
    """Return the group to decide: the one asked for, or the first that is open."""
    layout = layout_of(queries.latest_reading(page))
    left = queries.open_one_by_one(page)
    decided = list(dict.fromkeys(correction.group for correction in page.corrections))
    names = {group.group_id for group in layout.groups}
    name = wanted if wanted in names else (left[0] if left else None)
    if name is None:
        return None
    group = layout.group(name)
    before = decided[: decided.index(name)] if name in decided else decided
    reasons = queries.doubts_of(page)
    return Doubt(
        group=group,
        name=group_name(group),
        reason=reasons.get(name, ""),
        read=queries.final_answers(page).get(name, ()),
        saved=saved_answers(page.card.prefilled if page.card else None).get(name),
        several=group.kind in SEVERAL,
        earlier=before[-1] if before else None,
        shown=window_about(layout, name, CONTEXT_MM),
        around=window_about(layout, name, AROUND_MM),
        frame=window_about(layout, name, FRAME_MM),
    )


def _to_queue(batch_id: int, page_id: int | None = None) -> ResponseReturnValue:
    """Go on with the queue: of the whole pile, or of the room it was narrowed down to."""
    return redirect(url_for(".queue", batch_id=batch_id, page=page_id, room=asked_room()))


@blueprint.post("/pages/<int:page_id>/groups/<group>")
@requires(_P.CARDS_REVIEW)
def decide(page_id: int, group: str) -> ResponseReturnValue:
    """Decide what a group says."""
    values = tuple(request.form.getlist("value"))
    with transaction() as db:
        reviewing.correct_group(db, page_id, group, values, actor=current_actor(), now=now())
        batch_id = queries.page_of(db, page_id, actor=current_actor()).batch_id
    return _to_queue(batch_id, page_id)


@blueprint.post("/pages/<int:page_id>/confirm")
@requires(_P.CARDS_REVIEW)
def confirm(page_id: int) -> ResponseReturnValue:
    """Finish the review of a page: of one in doubt as a whole after comparing all of it."""
    finish = reviewing.confirm_as_read if "compared" in request.form else reviewing.confirm_page
    with transaction() as db:
        page = finish(db, page_id, actor=current_actor(), now=now())
        batch_id = page.batch_id
    return _to_queue(batch_id)


@blueprint.post("/pages/<int:page_id>/assign")
@requires(_P.CARDS_REVIEW)
def assign(page_id: int) -> ResponseReturnValue:
    """Tell whose a page is by the number written on it; it counts when two persons agree."""
    typed = request.form.get("admission_no", "")
    try:
        number = "".join(forms.read_text(request.form, "admission_no", "准考证号或卡号").split())
        with transaction() as db:
            page = reviewing.assign_page(db, page_id, number, actor=current_actor(), now=now())
            batch_id, is_settled = page.batch_id, not queries.wants_owner(page)
            is_second = len(page.owners) > 1
    except AssessmentError as error:
        return _refused(page_id, typed, error)
    if is_settled:
        flash(_("两人录入一致，本页已对应准考证号 {number}。", number=number), "success")
    elif is_second:
        flash(_("与前一人录入的准考证号不一致，未对应。请两人核对原件后重新录入。"), "warning")
    else:
        flash(_("已记下，等待第二人独立录入。"), "success")
    return _to_queue(batch_id, page_id)


def _refused(page_id: int, typed: str, error: AssessmentError) -> ResponseReturnValue:
    """Show the desk again with what was typed, while the page still waits for this person."""
    actor = current_actor()
    with reading() as db:
        batch_id = queries.page_of(db, page_id, actor=actor).batch_id
        waiting, _elsewhere = queries.next_for(db, batch_id, asked_room(), actor=actor)
        if not any(page.id == page_id and queries.wants_owner(page) for page in waiting):
            raise error
    return _desk(batch_id, str(page_id), typed, refusal_text(error)), 400


@blueprint.post("/pages/<int:page_id>/reject")
@requires(_P.CARDS_REVIEW)
def reject(page_id: int) -> ResponseReturnValue:
    """Set a page aside to be scanned again."""
    reason = forms.read_text(request.form, "reason", "原因")
    with transaction() as db:
        page = reviewing.reject_page(db, page_id, reason, actor=current_actor(), now=now())
        batch_id = page.batch_id
    flash(_("本页已剔除，请重新扫描这张答题卡。"), "warning")
    return _to_queue(batch_id)


@blueprint.post("/pages/<int:page_id>/take-back")
@requires(_P.CARDS_REVIEW)
def take_back(page_id: int) -> ResponseReturnValue:
    """Bring a page that was decided, or read without doubt, back to the desk."""
    with transaction() as db:
        page = reviewing.take_back_page(db, page_id, actor=current_actor(), now=now())
        batch_id = page.batch_id
    return _to_queue(batch_id, page_id)


@blueprint.get("/pages/<int:page_id>/annotated.jpg")
@requires(_P.CARDS_SCAN, _P.CARDS_REVIEW)
def annotated(page_id: int) -> Response:
    """Give the page with the marks that count drawn on it."""
    with reading() as db:
        content = off_the_loop(_annotated, *_kept(db, page_id), marks_on(db, page_id))
    return shown(content, f"page-{page_id}-annotated.jpg", JPEG)


@blueprint.get("/pages/<int:page_id>/evidence.pdf")
@requires(_P.CARDS_SCAN, _P.CARDS_REVIEW)
def evidence(page_id: int) -> Response:
    """Give the page, its reading and all decisions as a PDF, for an appeal."""
    actor, instant = current_actor(), now()
    with transaction() as db:
        jpeg, measures = _kept(db, page_id)
        marks = marks_on(db, page_id)
        facts = page_evidence(db, page_id, actor=actor, now=instant)
    picture = off_the_loop(_annotated, jpeg, measures, marks)
    printed = PrintMark(actor.name, instant)
    content = off_the_loop(print_page_evidence, facts, picture, printed=printed)
    return shown(content, f"答题卡识读记录-{page_id}.pdf", PDF)


@dataclass(frozen=True)
class Marks:
    """What is drawn on a page."""

    answers: dict[str, tuple[str, ...]]
    decided: frozenset[str]
    waiting: frozenset[str]
    layout: CardLayout


def marks_on(db: Session, page_id: int) -> Marks:
    """Return what counts on a page, what a person decided and what still waits."""
    page = queries.page_of(db, page_id, actor=current_actor())
    is_open = page.state in WAITING
    return Marks(
        queries.final_answers(page),
        frozenset(correction.group for correction in page.corrections),
        frozenset(queries.open_one_by_one(page)) if is_open else frozenset(),
        layout_of(queries.latest_reading(page)),
    )


def _annotated(jpeg: bytes, measures: str, marks: Marks) -> bytes:
    picture = annotated_page(
        jpeg,
        measures,
        marks.layout,
        answers=marks.answers,
        decided=marks.decided,
        waiting=marks.waiting,
    )
    if picture is None:
        raise NotFoundError(what="可对照版式的扫描图像")
    return picture


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
    return _cut_out(page_id, group, CONTEXT_MM)


@blueprint.get("/pages/<int:page_id>/surroundings/<group>.jpg")
@requires(_P.CARDS_REVIEW)
def surroundings(page_id: int, group: str) -> Response:
    """Give one group of a page with the questions before and after it."""
    return _cut_out(page_id, group, AROUND_MM)


def _cut_out(page_id: int, group: str, margin_mm: tuple[float, float]) -> Response:
    with reading() as db:
        jpeg, measures = _kept(db, page_id)
        page = queries.page_of(db, page_id, actor=current_actor())
        layout = layout_of(queries.latest_reading(page))
    if group not in {entry.group_id for entry in layout.groups}:
        abort(404)
    content = off_the_loop(crop_of, jpeg, measures, group, layout, margin_mm=margin_mm)
    if content is None:
        raise NotFoundError(what="该题的图像")
    return shown(content, f"page-{page_id}-{group}.jpg", JPEG)


def _kept(db: Session, page_id: int) -> tuple[bytes, str]:
    page = queries.page_of(db, page_id, actor=current_actor())
    if page.image_hash is None:
        raise NotFoundError(what="扫描图像")
    return files_of(db).get(page.image_hash), queries.latest_reading(page).measures
