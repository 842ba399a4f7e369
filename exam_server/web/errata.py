"""Errata 试题勘误: proposed from the trace of an item, decided by the province, marks retaken."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from openpyxl import Workbook
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from exam_server.context import current_actor, now, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.charts import histogram
from exam_server.web.downloads import EXCEL, attachment
from exam_server.web.paging import cut
from exam_server.web.roster_file import saved
from item_bank.models import ItemVersion
from item_bank.rules.item import ItemContent
from item_bank.rules.kinds import ItemKind
from item_bank.sealing import content_of
from registry.access import Permission
from registry.audit_log import note
from registry.errors import AssessmentError, InvalidInputError, NotFoundError
from scoring.errata import actions, queries
from scoring.errata.actions import NewErratum
from scoring.errata.queries import Change
from scoring.rules.errata import ErratumState, Remedy

blueprint = Blueprint("errata", __name__, url_prefix="/errata")
_P = Permission
LETTERS = "ABCDEF"
JUDGED = {"√": "right", "×": "wrong", "对": "right", "错": "wrong"}

REMEDY_WORDS = {
    Remedy.GIVE_ALL: "送分：所有人得本题分",
    Remedy.ACCEPT: "多个答案：另外的答案也得分",
    Remedy.REMOVE: "剔除：不计本题，其余试题折算为满分",
}


@dataclass(frozen=True)
class Effect:
    """How many marks an erratum changes, and which way."""

    results: int
    raised: int
    lowered: int
    to_pass: int
    to_fail: int


@blueprint.get("/")
@requires(_P.ERRATUM_DECIDE, _P.BANK_WRITE)
def index() -> ResponseReturnValue:
    """List the errata, those that wait first."""
    with transaction() as db:
        found = queries.errata(db, actor=current_actor())
        return render_template("errata/list.html", page=cut(found, request.args))


@blueprint.get("/new")
@requires(_P.BANK_WRITE)
def new() -> ResponseReturnValue:
    """Show the form for an erratum of a version."""
    version_id = request.args.get("version", "")
    return _form_page(int(version_id) if version_id.isdecimal() else 0, [])


@blueprint.post("/new")
@requires(_P.BANK_WRITE)
def propose() -> ResponseReturnValue:
    """Propose an erratum; what was typed stays when it is refused."""
    version_id = forms.read_int(request.form, "version", "试题")
    try:
        with transaction() as db:
            version = db.get(ItemVersion, version_id)
            if version is None:
                raise NotFoundError(what="试题")
            wanted = NewErratum(
                version_id,
                forms.read_choice(request.form, "remedy", "处理方式", Remedy),
                forms.read_text(request.form, "reason", "勘误理由"),
                read_answers(request.form.get("accepted", ""), content_of(version)),
            )
            erratum = actions.propose_erratum(db, wanted, actor=current_actor(), now=now())
            erratum_id = erratum.id
    except AssessmentError as error:
        return _form_page(version_id, [refusal_text(error)]), 400
    flash(_("勘误已提出，等待省中心裁定。"), "success")
    return redirect(url_for(".show", erratum_id=erratum_id))


@blueprint.get("/<int:erratum_id>")
@requires(_P.ERRATUM_DECIDE, _P.BANK_WRITE)
def show(erratum_id: int) -> ResponseReturnValue:
    """Show an erratum with every mark before and after: foreseen, or as decided."""
    return _erratum_page(erratum_id, [])


@blueprint.post("/<int:erratum_id>/decide")
@requires(_P.ERRATUM_DECIDE)
def decide(erratum_id: int) -> ResponseReturnValue:
    """Decide an erratum and take the marks again."""
    try:
        with transaction() as db:
            said = request.form.get("decision", "")
            changes = actions.decide_erratum(db, erratum_id, said, actor=current_actor(), now=now())
    except AssessmentError as error:
        return _erratum_page(erratum_id, [refusal_text(error)]), 400
    flash(_("已裁定，{number} 人的成绩已重新评定。", number=len(changes)), "success")
    return redirect(url_for(".show", erratum_id=erratum_id))


@blueprint.post("/<int:erratum_id>/refuse")
@requires(_P.ERRATUM_DECIDE)
def refuse(erratum_id: int) -> ResponseReturnValue:
    """Leave the key as it is."""
    try:
        with transaction() as db:
            said = request.form.get("decision", "")
            actions.refuse_erratum(db, erratum_id, said, actor=current_actor(), now=now())
    except AssessmentError as error:
        return _erratum_page(erratum_id, [refusal_text(error)]), 400
    flash(_("勘误未采纳，成绩不变。"), "success")
    return redirect(url_for(".show", erratum_id=erratum_id))


@blueprint.get("/<int:erratum_id>/changes.xlsx")
@requires(_P.ERRATUM_DECIDE)
def export(erratum_id: int) -> Response:
    """Give every mark before and after as an Excel file."""
    actor = current_actor()
    with transaction() as db:
        erratum = queries.erratum_of(db, erratum_id, actor=actor)
        changes = changes_of(db, erratum_id)
        note(db, "export_erratum", ("erratum", erratum_id), actor=actor, now=now())
        content = workbook_of(changes)
        return attachment(content, f"勘误-{erratum.version.item.code}.xlsx", EXCEL)


def changes_of(db: Session, erratum_id: int) -> list[Change]:
    """Return what a decision did or, before it, what it would do."""
    actor = current_actor()
    erratum = queries.erratum_of(db, erratum_id, actor=actor)
    if erratum.state == ErratumState.PROPOSED:
        return actions.foreseen_changes(db, erratum_id, actor=actor)
    return queries.changes_by(db, erratum, actor=actor)


def effect_of(changes: Sequence[Change]) -> Effect:
    """Count which way the marks go."""
    return Effect(
        results=len(changes),
        raised=sum(change.is_raised for change in changes),
        lowered=sum(change.after < change.before for change in changes),
        to_pass=sum(change.turns_to_pass for change in changes),
        to_fail=sum(change.turns_to_fail for change in changes),
    )


def read_answers(text: str, content: ItemContent) -> tuple[tuple[str, ...], ...]:
    """Turn answers as people write them, parted by blanks or commas, into option ids.

    Letters are those of the stored order, as the bank and the booklet show them: ``B AC``.
    """
    answers = []
    for word in text.upper().replace("，", " ").replace(",", " ").replace("、", " ").split():
        if content.kind is ItemKind.TRUE_FALSE:
            ids = [JUDGED.get(word, "")]
        else:
            named = dict(zip(LETTERS, (o.canonical_id for o in content.options), strict=False))
            ids = [named.get(letter, "") for letter in word]
        if not all(ids):
            raise InvalidInputError(field="接受的答案", reason=f"“{word}”不是本题的选项。")
        answers.append(tuple(sorted(set(ids))))
    return tuple(answers)


def written_answer(answer: Sequence[str], content: ItemContent) -> str:
    """Write an answer in the letters of the stored order."""
    if content.kind is ItemKind.TRUE_FALSE:
        return "".join("√" if name == "right" else "×" for name in answer)
    places = [option.canonical_id for option in content.options]
    return "".join(sorted(LETTERS[places.index(name)] for name in answer))


def workbook_of(changes: Sequence[Change]) -> bytes:
    """Return the marks before and after as a workbook."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "勘误前后成绩"
    sheet.append(["准考证号", "姓名", "勘误前", "勘误后", "变化"])
    for change in changes:
        enrolment = change.result.enrolment
        sheet.append(
            [
                enrolment.admission_no,
                enrolment.candidate.name,
                change.before,
                change.after,
                change.after - change.before,
            ]
        )
    for letter, width in zip("ABCDE", (18, 12, 10, 10, 10), strict=True):
        sheet.column_dimensions[letter].width = width
    return saved(book)


def _form_page(version_id: int, errors: list[str]) -> str:
    with transaction() as db:
        version = db.get(ItemVersion, version_id)
        if version is None:
            raise NotFoundError(what="试题")
        note(db, "view_item", ("item", version.item_id), actor=current_actor(), now=now())
        return render_template(
            "errata/new.html",
            errors=errors,
            chosen=version,
            content=content_of(version),
            history=(version,),
            remedies=[(remedy.value, _(REMEDY_WORDS[remedy])) for remedy in Remedy],
            typed=request.form or MultiDict[str, str](),
        )


def _erratum_page(erratum_id: int, errors: list[str]) -> str:
    actor = current_actor()
    with transaction() as db:
        erratum = queries.erratum_of(db, erratum_id, actor=actor)
        said = queries.words_of(db, erratum)
        content = content_of(erratum.version)
        changes = changes_of(db, erratum_id)
        note(db, "view_item", ("item", erratum.version.item_id), actor=actor, now=now())
        return render_template(
            "errata/show.html",
            errors=errors,
            erratum=erratum,
            reason=said.reason,
            accepted="、".join(written_answer(answer, content) for answer in said.accepted),
            chosen=erratum.version,
            content=content,
            history=(erratum.version,),
            page=cut(changes, request.args),
            effect=effect_of(changes),
            charts=[
                (_("勘误前"), histogram([change.before for change in changes])),
                (_("勘误后"), histogram([change.after for change in changes])),
            ],
            is_open=erratum.state == ErratumState.PROPOSED,
            may_decide=actor.may(_P.ERRATUM_DECIDE),
            typed=request.form.get("decision", ""),
        )
