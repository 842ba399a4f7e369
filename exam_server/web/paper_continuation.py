"""The page from which a room goes on on paper: who, why, and what is printed for them."""

import io
import secrets
from collections.abc import Sequence

import pypdfium2
from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from exam_server import paper_continuation as continuing
from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.delivery.queries import run_on_duty
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.candidate import room
from exam_server.web.downloads import PDF, shown
from exam_server.web.off_loop import off_the_loop
from omr import queries
from omr.continuing import OWN_NUMBERS
from omr.layout_queries import sheets_of_card
from omr.models import PrintedCard
from omr.printing import print_each
from registry.access import Permission
from registry.errors import AssessmentError, NotFoundError
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR

blueprint = Blueprint("paper_continuation", __name__, url_prefix="/proctor")


@blueprint.get("/<int:sitting_id>/paper")
@requires(Permission.ROOM_PROCTOR)
def show(sitting_id: int) -> ResponseReturnValue:
    """List the candidates who work or went on on paper."""
    return _page(sitting_id, [])


def _page(sitting_id: int, errors: list[str]) -> str:
    with reading() as db:
        run = run_on_duty(db, sitting_id, actor=current_actor())
        people = continuing.continuable(db, sitting_id, actor=current_actor())
        return render_template(
            "proctor_console/paper.html",
            run=run,
            sitting=run.sitting,
            people=people,
            continued=[one for one in people if one.card],
            errors=errors,
            form=request.form,
        )


@blueprint.post("/<int:sitting_id>/paper")
@requires(Permission.ROOM_PROCTOR)
def go_on(sitting_id: int) -> ResponseReturnValue:
    """End the chosen attempts at the computer and issue their cards."""
    actor = current_actor()
    try:
        reason = forms.read_text(request.form, "reason", "原因")
        reviewer = forms.read_text(request.form, "reviewer", "复核人登录名")
        chosen = [
            (forms.read_int({"id": text}, "id", "考生"), secrets.randbelow(OWN_NUMBERS))
            for text in request.form.getlist("admission")
        ]
        cards = room().command(
            sitting_id,
            lambda db, at: len(
                continuing.continue_on_paper(
                    db, sitting_id, chosen, reason, reviewer=reviewer, actor=actor, now=at
                )
            ),
        )
    except AssessmentError as error:
        return _page(sitting_id, [refusal_text(error)]), 400
    flash(_("已为 {number} 名考生转为纸笔作答，请打印答题卡和试题册。", number=cards), "success")
    return redirect(url_for(".show", sitting_id=sitting_id))


@blueprint.get("/<int:sitting_id>/paper/cards.pdf")
@requires(Permission.ROOM_PROCTOR)
def cards(sitting_id: int) -> Response:
    """Give the cards with the saved answers, of one candidate or of all who went on."""
    with reading() as db:
        run_on_duty(db, sitting_id, actor=current_actor())
        wanted = _wanted(queries.continued_cards(db, sitting_id))
        holders = zip(map(sheets_of_card, wanted), queries.holders_of_cards(wanted), strict=True)
        printed = list(holders)
    content: bytes = off_the_loop(
        print_each, printed, font_regular=FONT_REGULAR, font_bold=FONT_BOLD
    )
    return shown(content, f"转纸笔答题卡-{sitting_id}.pdf", PDF)


@blueprint.get("/<int:sitting_id>/paper/booklets.pdf")
@requires(Permission.ROOM_PROCTOR)
def booklets(sitting_id: int) -> Response:
    """Give the papers in the order of those cards; on record before they leave."""
    actor = current_actor()
    with transaction() as db:
        run_on_duty(db, sitting_id, actor=actor)
        wanted = [card.admission_id for card in _wanted(queries.continued_cards(db, sitting_id))]
        parts = continuing.booklets(db, sitting_id, wanted, actor=actor, now=now())
    return shown(off_the_loop(_joined, parts), f"转纸笔试题册-{sitting_id}.pdf", PDF)


def _wanted(cards: dict[int, PrintedCard]) -> list[PrintedCard]:
    one = request.args.get("admission", type=int)
    wanted = [card for admission_id, card in cards.items() if one in (None, admission_id)]
    if not wanted:
        raise NotFoundError(what="转纸笔作答的考生")
    return wanted


def _joined(parts: Sequence[bytes]) -> bytes:
    whole = pypdfium2.PdfDocument.new()
    for part in parts:
        document = pypdfium2.PdfDocument(part)
        whole.import_pages(document)
        document.close()
    stream = io.BytesIO()
    whole.save(stream)
    whole.close()
    return stream.getvalue()
