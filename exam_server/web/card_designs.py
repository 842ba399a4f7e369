"""The card designer: ready and designed cards, the drawing board, trial reading, files to print."""

import json
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.card_design_form import SECTION_ROWS, USUAL, typed_design, values_of
from exam_server.web.card_drawing import drawing_of
from exam_server.web.downloads import PDF, attachment, shown
from exam_server.web.off_loop import off_the_loop
from omr.design_actions import release_design, save_design, withdraw_design
from omr.design_queries import (
    design_of,
    designed_card,
    designed_cards,
    ready_cards,
    sheets_of_design,
)
from omr.geometry import bubble_geometry
from omr.layouts import layout_codes, sheets_of
from omr.page_images import blank_pngs
from omr.printing import CardHolder, print_blank, print_sheets
from omr.rehearsal.trial import try_card
from omr.roster import read_roster
from omr.rules.card_code import serial_of
from omr.rules.card_design.compose import compose
from omr.rules.card_design.design import CardDesign, design_faults
from omr.rules.card_layout import CardLayout, CardLayoutError
from registry.access import Permission
from registry.errors import AssessmentError, InvalidInputError, NotFoundError
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR

blueprint = Blueprint("card_designs", __name__, url_prefix="/cards/designs")
_P = Permission
USERS = (_P.CARDS_DESIGN, _P.CARDS_PRINT)
FONTS: dict[str, Any] = {"font_regular": FONT_REGULAR, "font_bold": FONT_BOLD}
JSON, PNG = "application/json", "image/png"
IMAGE_DPI = 300
MOST_SPARE = 500
TRIAL_SEED = 1


@blueprint.get("/")
@requires(*USERS)
def index() -> ResponseReturnValue:
    """List the cards that come with the system and those designed here."""
    with reading() as db:
        return render_template(
            "card_designs/list.html",
            ready=ready_cards(),
            designed=designed_cards(db),
            may_design=current_actor().may(_P.CARDS_DESIGN),
        )


@blueprint.get("/new")
@requires(_P.CARDS_DESIGN)
def new() -> ResponseReturnValue:
    """Show the board with the usual card."""
    return _board(values_of(USUAL), [])


@blueprint.get("/<int:design_id>")
@requires(_P.CARDS_DESIGN)
def edit(design_id: int) -> ResponseReturnValue:
    """Show a version on the board, to go on from."""
    with reading() as db:
        design = design_of(designed_card(db, design_id))
    return _board(values_of(design), [])


@blueprint.post("/drawing")
@requires(_P.CARDS_DESIGN)
def drawing() -> ResponseReturnValue:
    """Give the drawing of what is typed, or what is wrong with it."""
    try:
        return drawing_of(compose(_sound(request.form)))
    except AssessmentError as error:
        return {"error": refusal_text(error)}


@blueprint.post("/trial")
@requires(_P.CARDS_DESIGN)
def trial() -> ResponseReturnValue:
    """Print, fill, scan and read the typed card on trial."""
    try:
        sheets = [sheet.layout for sheet in compose(_sound(request.form))]
    except AssessmentError as error:
        return {"error": refusal_text(error)}
    tallies = off_the_loop(try_card, sheets, seed=TRIAL_SEED)
    rows = [
        {
            "level": level,
            "pages": tally.pages,
            "groups": tally.clear,
            "silent": tally.clear_silent + tally.wrong_serial,
            "review_percent": round(100 * tally.review_share, 2),
            "rejected": tally.rejected,
            "bound_per_10k": round(tally.silent_bound_per_10k, 1),
        }
        for level, tally in tallies.items()
    ]
    return {"rows": rows}


@blueprint.post("/")
@requires(_P.CARDS_DESIGN)
def save() -> ResponseReturnValue:
    """Keep what is typed as the next version."""
    try:
        design = _sound(request.form)
        with transaction() as db:
            saved = save_design(db, design, actor=current_actor(), now=now())
            code, version = saved.code, saved.version
    except AssessmentError as error:
        return _board(request.form, [refusal_text(error)]), 400
    flash(_("已保存为 {code} 第 {version} 版。", code=code, version=version), "success")
    return redirect(url_for(".index"))


@blueprint.post("/<int:design_id>/release")
@requires(_P.CARDS_DESIGN)
def release(design_id: int) -> ResponseReturnValue:
    """Let cards be printed by a version."""
    with transaction() as db:
        found = release_design(db, design_id, actor=current_actor(), now=now())
        code, version = found.code, found.version
    flash(_("{code} 第 {version} 版已发布，可以印制。", code=code, version=version), "success")
    return redirect(url_for(".index"))


@blueprint.post("/<int:design_id>/withdraw")
@requires(_P.CARDS_DESIGN)
def withdraw(design_id: int) -> ResponseReturnValue:
    """Print no more cards by a version."""
    with transaction() as db:
        found = withdraw_design(db, design_id, actor=current_actor(), now=now())
        code, version = found.code, found.version
    flash(_("{code} 第 {version} 版已停用。", code=code, version=version), "success")
    return redirect(url_for(".index"))


@blueprint.get("/<name>/blank.pdf")
@requires(*USERS)
def blank_pdf(name: str) -> Response:
    """Give the blank card."""
    sheets = _sheets(name)
    content: bytes = off_the_loop(print_blank, *sheets, **FONTS)
    return shown(content, f"{sheets[0].code}.pdf", PDF)


@blueprint.get("/<name>/blank-<int:page>.png")
@requires(*USERS)
def blank_png(name: str, page: int) -> Response:
    """Give the image of a page of the blank card."""
    sheets = _sheets(name)
    sheet = next((sheet for sheet in sheets if sheet.page == page), sheets[0])
    images = off_the_loop(_images, sheet)
    return attachment(images[0], f"{sheet.code}-{IMAGE_DPI}dpi.png", PNG)


def _images(sheet: CardLayout) -> list[bytes]:
    return list(blank_pngs(print_blank(sheet, **FONTS), IMAGE_DPI))


@blueprint.get("/<name>/boxes.json")
@requires(*USERS)
def boxes(name: str) -> Response:
    """Give where every box lies in the images, for other programs."""
    sheets = _sheets(name)
    content = json.dumps(bubble_geometry(sheets, IMAGE_DPI), ensure_ascii=False, indent=1)
    return attachment(content.encode(), f"{sheets[0].code}-{IMAGE_DPI}dpi.json", JSON)


@blueprint.post("/<name>/cards.pdf")
@requires(*USERS)
def cards_pdf(name: str) -> ResponseReturnValue:
    """Give one card for each person of a list, or spare cards without a name."""
    sheets = _sheets(name)
    try:
        holders = _holders()
    except AssessmentError as error:
        flash(refusal_text(error), "danger")
        return redirect(url_for(".index"))
    content: bytes = off_the_loop(print_sheets, sheets, holders, **FONTS)
    return shown(content, f"{sheets[0].code}-{len(holders)}.pdf", PDF)


def _holders() -> Sequence[CardHolder]:
    roster = request.files.get("roster")
    if roster is not None and roster.filename:
        return read_roster(roster.read())
    count = forms.read_int(request.form, "spare", "份数")
    if not 1 <= count <= MOST_SPARE:
        reason = f"须在 1 至 {MOST_SPARE} 之间，或上传名单。"
        raise InvalidInputError(field="份数", reason=reason)
    blank = ("", "", "", "", "", "", "")
    return [CardHolder(serial_of(number), *blank) for number in range(1, count + 1)]


def _sheets(name: str) -> tuple[CardLayout, ...]:
    """Return the sheets of a ready card by its code or of a designed one by its number."""
    if not name.isdecimal():
        if name not in layout_codes():
            raise NotFoundError(what="答题卡版式")
        return sheets_of(name)
    with reading() as db:
        return sheets_of_design(designed_card(db, int(name)))


def _sound(form: MultiDict[str, str]) -> CardDesign:
    design = typed_design(form)
    faults = design_faults(design)
    if faults:
        raise CardLayoutError(field="答题卡设计", reason="；".join(faults))
    return design


def _board(values: MultiDict[str, str], errors: list[str]) -> str:
    try:
        drawn = drawing_of(compose(_sound(values)))
    except AssessmentError:
        drawn = {"sheets": [], "findings": []}
    return render_template(
        "card_designs/board.html",
        values=values,
        errors=errors,
        rows=range(1, SECTION_ROWS + 1),
        drawn=drawn,
    )
