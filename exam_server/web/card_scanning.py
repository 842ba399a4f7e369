"""Answer cards: printing for a sitting, upload of scans, batches with their counts, release."""

from collections import Counter
from collections.abc import Iterable
from datetime import date

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server import card_reconciliation
from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.marking import mark_card_sitting, mark_screen_sitting
from exam_server.web import forms
from exam_server.web.downloads import PDF, shown
from exam_server.web.off_loop import off_the_loop
from exam_server.web.paging import cut
from exam_server.web.reading_audits import health_of
from exam_server.web.scan_batches import progress_text, sent_files, sittings_asked
from exam_server.web.scan_rooms import RoomLine, asked_room, day_page, home_of, rooms_of_batch
from item_bank.models import PaperSet
from item_bank.rules.forms import letter_of
from item_bank.rules.kinds import PaperState, SetPurpose
from omr import actions, queries
from omr.batch_actions import add_file, open_batch, start_batch
from omr.batch_queries import (
    files_of_batch,
    has_cards,
    pages_of,
    progress_of_batch,
    progress_of_rooms,
    tally_of,
)
from omr.layout_queries import card_of_sitting, cards_for_sittings, cards_of_sittings
from omr.layouts import STANDARD, sheets_of
from omr.models import ScanBatch
from omr.printing import print_sheets
from omr.rules.card_layout import Sheets, groups_on
from omr.rules.states import WAITING
from registry.access import Actor, Permission
from registry.errors import AssessmentError, InvalidInputError
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR
from registry.local_time import local_date
from registry.plans.queries import plans_in_reach
from registry.scheduling.models import ExamMode, Sitting

blueprint = Blueprint("card_scanning", __name__, url_prefix="/cards")
_P = Permission
SEE_PAGES = (_P.CARDS_SCAN, _P.CARDS_REVIEW)
USERS = (_P.CARDS_PRINT, *SEE_PAGES)
SET_PREFIX = "set-"  # before the number of a set whose papers take turns by seat


@blueprint.get("/")
@requires(*USERS)
def index() -> ResponseReturnValue:
    """List the sittings held on answer cards."""
    actor = current_actor()
    with reading() as db:
        sittings = card_sittings(db, actor)
        days = Counter(map(_day_of, sittings))
        page = cut(sittings, request.args)
        rooms = {one.id: days[_day_of(one)] for one in page.lines}
        progress = progress_of_rooms(db, [one.id for one in page.lines])
        return render_template("card_scanning/list.html", page=page, rooms=rooms, progress=progress)


def card_sittings(db: Session, actor: Actor) -> list[Sitting]:
    """Return the sittings that have cards, also of computers given up, the newest first."""
    plans = [plan.id for plan in plans_in_reach(db, actor=actor)]
    chosen = select(Sitting).where(Sitting.plan_id.in_(plans), has_cards())
    return list(db.scalars(chosen.order_by(Sitting.starts_at.desc(), Sitting.id)))


def _day_of(sitting: Sitting) -> tuple[int, date]:
    return sitting.plan.institution_id, local_date(sitting.starts_at)


@blueprint.get("/sittings/<int:sitting_id>")
@requires(*USERS)
def sitting(sitting_id: int) -> ResponseReturnValue:
    """Show cards and scan batches of a sitting."""
    return _sitting_page(sitting_id, [])


def _sitting_page(sitting_id: int, errors: list[str]) -> str:
    actor = current_actor()
    with reading() as db:
        found = queries.sitting_in_reach(db, sitting_id, actor=actor)
        fixed = card_of_sitting(db, sitting_id)
        return render_template(
            "card_scanning/sitting.html",
            sitting=found,
            plan=found.plan,
            cards=queries.cards_of(db, sitting_id),
            sheet_count=len(fixed or ()),
            outstanding=queries.sheets_outstanding(db, sitting_id),
            batches=[
                (batch, queries.state_counts(db, batch.id))
                for batch in queries.batches_of(db, sitting_id, actor=actor)
            ],
            papers=paper_choices(db, found.plan_id, fixed or sheets_of(STANDARD)),
            layouts=layout_choices([fixed] if fixed else cards_for_sittings(db).values()),
            may_print=actor.may(_P.CARDS_PRINT) and found.mode == ExamMode.ANSWER_CARD,
            may_scan=actor.may(_P.CARDS_SCAN),
            may_mark=actor.may(_P.CARDS_REVIEW),
            may_see_pages=any(actor.may(permission) for permission in SEE_PAGES),
            errors=errors,
        )


def paper_choices(db: Session, plan_id: int, sheets: Sheets) -> list[tuple[str, str]]:
    """Return what may lie at the seats of a sitting: a released paper, or the forms of a set."""
    chosen = select(PaperSet).where(
        PaperSet.plan_id == plan_id,
        PaperSet.state == PaperState.RELEASED,
        PaperSet.purpose != SetPurpose.INDIVIDUAL,
    )
    types = len(queries.paper_types(sheets))
    choices = []
    for found in db.scalars(chosen.order_by(PaperSet.number)):
        name = _("第 {number} 套", number=found.number)
        if 1 < found.paper_count <= types:
            choices.append((f"{SET_PREFIX}{found.id}", f"{name} {_('各卷按座位轮换')}"))
        for paper in found.papers:
            letter = letter_of(SetPurpose(found.purpose), paper.form, paper.version)
            label = f" {_('{letter} 卷', letter=letter)}" if found.paper_count > 1 else ""
            choices.append((str(paper.id), name + label))
    return choices


def layout_choices(cards: Iterable[Sheets]) -> list[tuple[str, str]]:
    """Return the cards that may be printed, by the hash of their layout."""
    return [(sheets[0].layout_hash, _card_words(sheets)) for sheets in cards]


def _card_words(sheets: Sheets) -> str:
    code = sheets[0].code.upper()
    number = sum(group.kind.is_item for group in groups_on(sheets))
    if len(sheets) == 1:
        return _("{code}（{number} 题）", code=code, number=number)
    return _("{code}（{number} 题，{pages} 页）", code=code, number=number, pages=len(sheets))


def chosen_card(db: Session, sitting_id: int) -> Sheets:
    """Return the card to print: that of the sitting's first cards, else the one that was chosen."""
    fixed, wanted = card_of_sitting(db, sitting_id), request.form.get("layout", "")
    if fixed is not None:
        return fixed
    found = cards_for_sittings(db).get(wanted) if wanted else sheets_of(STANDARD)
    if found is None:
        raise InvalidInputError(field="答题卡版式", reason="请从列表中选择已发布的版式。")
    return found


@blueprint.post("/sittings/<int:sitting_id>/print")
@requires(_P.CARDS_PRINT)
def print_sitting(sitting_id: int) -> ResponseReturnValue:
    """Issue a card to everyone without one, and give all cards of the sitting as a PDF."""
    actor = current_actor()
    try:
        wanted = forms.read_text(request.form, "paper_id", "试卷")
        with transaction() as db:
            sheets = chosen_card(db, sitting_id)
            if wanted.startswith(SET_PREFIX):
                set_id = forms.read_int({"id": wanted.removeprefix(SET_PREFIX)}, "id", "试卷")
                actions.issue_set_cards(db, sitting_id, set_id, sheets, actor=actor, now=now())
            else:
                paper_id = forms.read_int(request.form, "paper_id", "试卷")
                actions.issue_cards(db, sitting_id, paper_id, sheets, actor=actor, now=now())
            holders = queries.holders_of(db, sitting_id, actor=actor)
    except AssessmentError as error:
        return _sitting_page(sitting_id, [refusal_text(error)]), 400
    content: bytes = off_the_loop(
        print_sheets, sheets, holders, font_regular=FONT_REGULAR, font_bold=FONT_BOLD
    )
    return shown(content, f"答题卡-{sitting_id}.pdf", PDF)


@blueprint.post("/sittings/<int:sitting_id>/scans")
@requires(_P.CARDS_SCAN)
def upload(sitting_id: int) -> ResponseReturnValue:
    """Keep the files that were sent as one batch; the readers take it from there."""
    actor = current_actor()
    try:
        with reading() as db:
            queries.sitting_in_reach(db, sitting_id, actor=actor)
        stored = sent_files()
        with transaction() as db:
            sittings = sittings_asked(db, sitting_id)
            batch = open_batch(db, sittings, stored[0].name, actor=actor, now=now())
            for file in stored:
                add_file(db, batch.id, file, actor=actor, now=now())
            start_batch(db, batch.id, actor=actor, now=now())
            batch_id = batch.id
    except AssessmentError as error:
        page = day_page if request.args.get("day") else _sitting_page
        return page(sitting_id, [refusal_text(error)]), 400
    flash(_("已收到 {number} 个文件，正在排队识读。", number=len(stored)), "success")
    return redirect(url_for(".batch", batch_id=batch_id))


@blueprint.get("/batches/<int:batch_id>")
@requires(*SEE_PAGES)
def batch(batch_id: int) -> ResponseReturnValue:
    """Show a batch: its progress, counts in and out, and every page with its state."""
    actor, state, room = current_actor(), request.args.get("state", ""), asked_room()
    with reading() as db:
        found = queries.batch_of(db, batch_id, actor=actor)
        made, tally = progress_of_batch(found, now=now()), tally_of(db, found)
        pages = pages_of(db, batch_id, state=state, sitting_id=room)
        is_open = found.released_at is None
        rooms = rooms_of_batch(db, found, actor=actor)
        waiting = sum(tally.by_state[one] for one in WAITING)
        return render_template(
            "card_scanning/batch.html",
            batch=found,
            home=home_of(found),
            rooms=rooms,
            room_choices=_room_choices(rooms),
            of_no_room=tally.recorded - sum(line.pages for line in rooms),
            progress=made,
            progress_text=progress_text(found, made),
            tally=tally,
            of_no_room_waiting=waiting - sum(line.waiting for line in rooms),
            waiting=waiting,
            files=files_of_batch(db, found),
            health=health_of(db, batch_id),
            page=cut(pages, request.args),
            has_sheets=has_sheets(db, found),
            state=state,
            room=room,
            may_scan=actor.may(_P.CARDS_SCAN) and is_open,
            may_review=actor.may(_P.CARDS_REVIEW) and is_open,
        )


def has_sheets(db: Session, batch: ScanBatch) -> bool:
    """Say whether cards of several pages may lie in a batch."""
    return any(len(card) > 1 for card in cards_of_sittings(db, *(s.id for s in batch.sittings)))


def _room_choices(rooms: Iterable[RoomLine]) -> list[tuple[str, str]]:
    """Return the rooms of a pile to narrow the list of pages down to."""
    named = (
        (
            str(one.id),
            f"{one.plan.number}-{one.number} {_('第 {number} 考场', number=one.room.number)}",
        )
        for one in (line.sitting for line in rooms)
    )
    return [("", _("全部")), *named]


@blueprint.post("/batches/<int:batch_id>/release")
@requires(_P.CARDS_REVIEW)
def release(batch_id: int) -> ResponseReturnValue:
    """Hand the accepted pages of a batch to scoring."""
    actor = current_actor()
    try:
        with transaction() as db:
            number = card_reconciliation.release(db, batch_id, actor=actor, now=now())
            held = len(queries.open_sittings(queries.batch_of(db, batch_id, actor=actor)))
    except card_reconciliation.NotReconciledError as error:
        with reading() as db:
            sittings = queries.open_sittings(queries.batch_of(db, batch_id, actor=actor))
        flash(refusal_text(error), "warning")
        return redirect(url_for("card_reconciling.show", sitting_id=sittings[0], only=1))
    flash(_("已移交 {number} 页到评分。", number=number), "success")
    if held:
        text = _(
            "还有 {number} 个考场与考场记录不符，没有移交；请在各考场一览中处理。", number=held
        )
        flash(text, "warning")
    return redirect(url_for(".batch", batch_id=batch_id))


@blueprint.post("/sittings/<int:sitting_id>/mark")
@requires(_P.CARDS_REVIEW)
def mark(sitting_id: int) -> ResponseReturnValue:
    """Mark the released cards of a sitting."""
    actor = current_actor()
    try:
        with transaction() as db:
            found = queries.sitting_in_reach(db, sitting_id, actor=actor)
            mark_sitting = (
                mark_card_sitting if found.mode == ExamMode.ANSWER_CARD else mark_screen_sitting
            )
            marked = mark_sitting(db, sitting_id, actor=actor, now=now())
    except AssessmentError as error:
        return _sitting_page(sitting_id, [refusal_text(error)]), 400
    text = _(
        "判分完成：{marked} 人有成绩，{absent} 人缺考。", marked=marked.marked, absent=marked.absent
    )
    flash(text, "success")
    return redirect(url_for(".sitting", sitting_id=sitting_id))
