"""Items from files into a bank: files, then a trial with every finding at its place, then one word.

Managers do so below ``/bank``, authors at an address of their own, where the bank stays hidden.

Nothing enters the bank before the person has confirmed what the trial showed.
"""

from dataclasses import dataclass, replace
from pathlib import PurePath

from flask import Blueprint, Response, flash, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import FileStorage

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.downloads import EXCEL, attachment
from exam_server.web.off_loop import off_the_loop
from exam_server.web.paging import cut
from exam_server.web.words import choices
from item_bank.authoring.item_queries import require_author
from item_bank.errors import ChangedUploadError, FaultyImportError, MissingUndertakingError
from item_bank.exchange.excel_template import excel_template
from item_bank.exchange.fault_list import write_fault_list
from item_bank.exchange.import_plan import ImportChoices, planned_import
from item_bank.exchange.import_trial import Trial, TrialRow, TrialState, trial_of
from item_bank.exchange.importing import FileReport, read_upload
from item_bank.exchange.sniffing import Format
from item_bank.import_actions import PreparedImport, known_bank, print_of_bank
from item_bank.models import ItemUpload
from item_bank.queries import elements_of
from item_bank.rules.element_table import POINT_LEVEL
from item_bank.rules.item import DIFFICULTIES
from item_bank.rules.item_fields import USUAL_DIFFICULTY
from item_bank.rules.kinds import UploadState
from item_bank.upload_actions import (
    discard_upload,
    drafts_of,
    drop_old_uploads,
    keep_upload,
    renew_trial,
    submit_imported,
    take_over,
)
from item_bank.upload_queries import (
    SentFiles,
    choices_of,
    imported_codes,
    sent_files,
    trial_of_upload,
    upload_in_reach,
    waiting_uploads,
)
from registry.access import Permission
from registry.audit_log import note
from registry.catalog.queries import project_of
from registry.errors import AssessmentError

blueprint = Blueprint("item_import", __name__, url_prefix="/bank/<int:project_id>/import")
own = Blueprint("own_import", __name__, url_prefix="/authoring/<int:project_id>/import")
_P = Permission
WRITERS = (_P.BANK_WRITE, _P.ITEM_AUTHOR)
EXAMPLES_SHOWN = 5  # refused files named in one message


@dataclass(frozen=True)
class WaitingUpload:
    """Files sent before, and how their trial ended."""

    upload: ItemUpload
    trial: Trial

    @property
    def names(self) -> str:
        """Return the names of the files."""
        return "、".join(file.name for file in self.trial.files)


@blueprint.before_request
def keep_to_managers() -> None:
    """Keep authors to their own address: below ``/bank`` nothing is theirs."""
    if g.actor is not None:
        g.actor.require(_P.BANK_WRITE)


@own.errorhandler(MissingUndertakingError)
def ask_undertaking(_error: MissingUndertakingError) -> ResponseReturnValue:
    """Lead a member who has not promised secrecy to the undertaking first."""
    return redirect(url_for("undertaking.form"))


@blueprint.get("/")
@own.get("/")
@requires(*WRITERS)
def form(project_id: int) -> ResponseReturnValue:
    """Show where files are chosen, and what was sent before and not decided."""
    return _form_page(project_id, [])


@blueprint.get("/template.xlsx")
@own.get("/template.xlsx")
@requires(*WRITERS)
def template(project_id: int) -> Response:
    """Give the empty workbook with the points of the project."""
    with reading() as db:
        project = project_of(db, project_id)
        require_author(db, project_id, actor=current_actor())
        points = _points(db, project_id)
        name = f"{project.number}-{project.name}-试题导入模板.xlsx"
    return attachment(excel_template(points), name, EXCEL)


@blueprint.post("/")
@own.post("/")
@requires(*WRITERS)
def try_files(project_id: int) -> ResponseReturnValue:
    """Read the files for a trial; they are kept until the person decides."""
    files = _sent(request.files.getlist("files"))
    try:
        if not files:
            raise forms.problem("试题文件", "请选择至少一个文件。")
        chosen, wanted = _chosen_format(), _typed_choices(project_id)
        reports = off_the_loop(read_upload, files, chosen)
        trial = trial_of(_prepared(project_id, reports, wanted).plan, reports)
        if not trial.rows:
            told = [f"{name}：{found.text}" for name, found in trial.refusals[:EXAMPLES_SHOWN]]
            return _form_page(project_id, told), 400
        with transaction() as db:
            drop_old_uploads(db, now=now())
            upload = keep_upload(
                db,
                project_id,
                SentFiles(files, chosen),
                trial,
                wanted,
                actor=current_actor(),
                now=now(),
            )
            upload_id = upload.id
    except AssessmentError as error:
        return _form_page(project_id, [refusal_text(error)]), 400
    return redirect(url_for(".show", project_id=project_id, upload_id=upload_id))


@blueprint.get("/<int:upload_id>")
@own.get("/<int:upload_id>")
@requires(*WRITERS)
def show(project_id: int, upload_id: int) -> ResponseReturnValue:
    """Show the trial, or what the import has brought."""
    actor, args = current_actor(), request.args
    with transaction() as db:
        upload = upload_in_reach(db, project_id, upload_id, actor=actor, now=now())
        if upload.state == UploadState.DISCARDED:
            return redirect(url_for(".form", project_id=project_id))
        project = project_of(db, project_id)
        if upload.state == UploadState.IMPORTED:
            return render_template(
                "item_import/done.html",
                project=project,
                upload=upload,
                codes=imported_codes(upload),
                drafts=len(drafts_of(db, upload)),
            )
        trial = trial_of_upload(db, upload)
        note(db, "view_import", ("item_upload", upload_id), actor=actor, now=now())
        wanted = args.get("state", "")
        page = cut([row for row in _in_order(trial) if wanted in ("", row.state)], args)
        return render_template(
            "item_import/trial.html",
            project=project,
            upload=upload,
            trial=trial,
            counts=trial.counts,
            wanted=wanted,
            page=page,
        )


@blueprint.get("/<int:upload_id>/findings.xlsx")
@own.get("/<int:upload_id>/findings.xlsx")
@requires(*WRITERS)
def findings(project_id: int, upload_id: int) -> Response:
    """Give everything that was found as a workbook."""
    actor = current_actor()
    with transaction() as db:
        upload = upload_in_reach(db, project_id, upload_id, actor=actor, now=now())
        content = write_fault_list(trial_of_upload(db, upload))
        detail = {"download": True}
        subject = ("item_upload", upload_id)
        note(db, "view_import", subject, actor=actor, now=now(), detail=detail)
    return attachment(content, f"导入检查结果-{upload_id}.xlsx", EXCEL)


@blueprint.post("/<int:upload_id>/confirm")
@own.post("/<int:upload_id>/confirm")
@requires(*WRITERS)
def confirm(project_id: int, upload_id: int) -> ResponseReturnValue:
    """Take over what the trial showed: everything, or all but the faulty when that was ticked."""
    actor = current_actor()
    with reading() as db:
        upload = upload_in_reach(db, project_id, upload_id, actor=actor, now=now())
        trial, sent = trial_of_upload(db, upload), sent_files(db, upload)
        plain = choices_of(upload)
    leaves_out = bool(request.form.get("leave_out"))
    wanted = replace(plain, left_out=trial.faults if leaves_out else frozenset())
    reports = off_the_loop(read_upload, sent.files, sent.format)
    prepared = _prepared(project_id, reports, wanted)
    try:
        with transaction() as db:
            upload = upload_in_reach(
                db, project_id, upload_id, is_locked=True, actor=actor, now=now()
            )
            codes = take_over(db, upload, reports, wanted, prepared, actor=actor, now=now())
    except (ChangedUploadError, FaultyImportError) as error:
        _try_again(project_id, upload_id, reports, plain)
        flash(refusal_text(error), "error")
        return redirect(url_for(".show", project_id=project_id, upload_id=upload_id))
    flash(_("已导入 {number} 题，均为草稿。", number=len(codes)), "success")
    return redirect(url_for(".show", project_id=project_id, upload_id=upload_id))


@blueprint.post("/<int:upload_id>/discard")
@own.post("/<int:upload_id>/discard")
@requires(*WRITERS)
def discard(project_id: int, upload_id: int) -> ResponseReturnValue:
    """Drop the files."""
    with transaction() as db:
        discard_upload(db, project_id, upload_id, actor=current_actor(), now=now())
    flash(_("已放弃，上传的文件已删除，题库没有变化。"), "success")
    return redirect(url_for(".form", project_id=project_id))


@blueprint.post("/<int:upload_id>/submit")
@own.post("/<int:upload_id>/submit")
@requires(*WRITERS)
def submit(project_id: int, upload_id: int) -> ResponseReturnValue:
    """Send the imported drafts without findings to their first review."""
    with transaction() as db:
        done, left = submit_imported(db, project_id, upload_id, actor=current_actor(), now=now())
    text = _("已送审 {number} 题。", number=done)
    if left:
        text += _(
            "还有 {number} 题仍为草稿：缺答案、解析等内容，或一次送审已满 500 题。", number=left
        )
    flash(text, "warning" if left else "success")
    return redirect(url_for(".show", project_id=project_id, upload_id=upload_id))


def _prepared(project_id: int, reports: list[FileReport], wanted: ImportChoices) -> PreparedImport:
    """Plan an import before any lock is taken; what is slow runs off the loop."""
    with reading() as db:
        bank = known_bank(db, project_id, actor=current_actor())
        seen = print_of_bank(db, project_id)
    return PreparedImport(off_the_loop(planned_import, reports, bank, wanted), seen)


def _try_again(
    project_id: int, upload_id: int, reports: list[FileReport], plain: ImportChoices
) -> None:
    trial = trial_of(_prepared(project_id, reports, plain).plan, reports)
    with transaction() as db:
        upload = upload_in_reach(db, project_id, upload_id, actor=current_actor(), now=now())
        renew_trial(db, upload, trial)


def _sent(uploads: list[FileStorage]) -> tuple[tuple[str, bytes], ...]:
    """Return the files under names that differ."""
    found: dict[str, bytes] = {}
    for upload in uploads:
        path = PurePath((upload.filename or "").replace("\\", "/"))
        if not path.name:
            continue
        name, number = path.name, 2
        while name in found:
            name, number = f"{path.stem}（{number}）{path.suffix}", number + 1
        found[name] = upload.read()
    return tuple(found.items())


def _chosen_format() -> Format | None:
    text = request.form.get("format", "")
    return Format(text) if text in set(Format) else None


def _typed_choices(project_id: int) -> ImportChoices:
    """Read what stands in for items that state no point or level."""
    point, level = request.form.get("point", "").strip(), request.form.get("difficulty", "")
    with reading() as db:
        known = {code for code, _name in _points(db, project_id)}
    if point and point not in known:
        raise forms.problem("缺省鉴定点", "细目表中没有这个鉴定点，请从列表中选择。")
    is_level = level in {str(number) for number in DIFFICULTIES}
    return ImportChoices(point, int(level) if is_level else USUAL_DIFFICULTY)


def _points(db: Session, project_id: int) -> list[tuple[str, str]]:
    elements = elements_of(db, project_id)
    return [(found.code, found.name) for found in elements if found.level == POINT_LEVEL]


def _in_order(trial: Trial) -> list[TrialRow]:
    """Return the rows as they are looked at: what is wrong first, then as in the files."""
    order = {state: place for place, state in enumerate(TrialState)}
    return sorted(trial.rows, key=lambda row: order[row.state])


def _form_page(project_id: int, errors: list[str]) -> str:
    actor = current_actor()
    with reading() as db:
        require_author(db, project_id, actor=actor)
        waiting = waiting_uploads(db, project_id, actor=actor, now=now())
        points = [(code, f"{code} {name}") for code, name in _points(db, project_id)]
        return render_template(
            "item_import/form.html",
            project=project_of(db, project_id),
            errors=errors,
            points=[("", _("不指定")), *points],
            formats=[("", _("自动识别")), *choices("item_format")],
            values=request.form,
            usual_difficulty=USUAL_DIFFICULTY,
            waiting=[WaitingUpload(upload, trial_of_upload(db, upload)) for upload in waiting],
        )
