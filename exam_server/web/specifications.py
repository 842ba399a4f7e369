"""Specifications 考核规范 in the browser: list, document, form, way to publication, comparison."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.paging import cut
from exam_server.web.specification_form import (
    TypedSpecification,
    form_of,
    read_form,
    stepped,
    text_of_form,
)
from exam_server.web.specification_pages import pdf_of, version_line
from registry.access import Actor, Permission
from registry.audit_log import lines_about
from registry.catalog import queries
from registry.catalog import specification_actions as actions
from registry.catalog.errors import FaultySpecificationError
from registry.catalog.models import Project, Specification
from registry.catalog.rules.specification import Remark, advice_on, check_specification
from registry.catalog.rules.specification_changes import changes_between
from registry.catalog.rules.specification_states import SpecificationState
from registry.errors import InvalidInputError, NotFoundError
from registry.local_time import local_date
from scoring.rules.printed import PrintMark

blueprint = Blueprint("specifications", __name__, url_prefix="/specifications")
_P, _S = Permission, SpecificationState
READERS = (_P.CATALOG_MANAGE, _P.PROJECT_PROPOSE, _P.PLAN_READ, _P.BANK_READ)
WAY = (_S.DRAFT, _S.IN_REVIEW, _S.FILED, _S.PUBLISHED)
SAVE, SUBMIT = "save", "submit"
NONE_YET = "none"  # the filter for projects without a specification


@dataclass(frozen=True)
class ProjectLine:
    """A project and the newest version of its specification that the person may see."""

    project: Project
    newest: Specification | None

    def fits(self, words: str, state: str) -> bool:
        """Tell whether the line is among those asked for."""
        present = self.newest.state if self.newest else NONE_YET
        return state in ("", present) and words in f"{self.project.number} {self.project.name}"


@blueprint.get("/")
@requires(*READERS)
def index() -> ResponseReturnValue:
    """List the projects with their newest specification; the province sees those without, too."""
    actor = current_actor()
    words, state = request.args.get("words", "").strip(), request.args.get("state", "")
    with reading() as db:
        newest = {
            entry.project_id: entry for entry in queries.newest_specifications(db, actor=actor)
        }
        rows = [
            ProjectLine(project, newest.get(project.id))
            for project in _listed(db, actor, newest.keys())
        ]
        fitting = [row for row in rows if row.fits(words, state)]
        fitting.sort(key=lambda row: row.newest is None)  # what there is to read comes first
        return render_template(
            "specifications/list.html",
            page=cut(fitting, request.args),
            words=words,
            state=state,
            none_yet=NONE_YET,
            may_write=actor.may(_P.CATALOG_MANAGE),
        )


def _listed(db: Session, actor: Actor, with_one: Collection[int]) -> list[Project]:
    """Return every living project for who writes, else those that have something to read."""
    known = [p for p in queries.projects_of_any_state(db) if p.withdrawn_version_id is None]
    if actor.may(_P.CATALOG_MANAGE):
        return known
    return [project for project in known if project.id in with_one]


@blueprint.get("/<int:specification_id>")
@requires(*READERS)
def show(specification_id: int) -> ResponseReturnValue:
    """Show a version as a document, its way, its siblings and its history."""
    actor = current_actor()
    with reading() as db:
        version = queries.specification_of(db, specification_id, actor=actor)
        siblings = _visible(queries.specifications_of(db, version.project_id), actor)
        text = queries.text_of(version)
        is_draft = version.state == _S.DRAFT
        sees_drafts = queries.may_read_drafts(actor)
        return render_template(
            "specifications/show.html",
            version=version,
            text=text,
            line=version_line(version),
            siblings=siblings,
            in_force=queries.is_in_force(version, local_date(now())),
            steps=[(step, WAY.index(step)) for step in WAY],
            place=WAY.index(_S(version.state)) if version.state in WAY else -1,
            may_write=actor.may(_P.CATALOG_MANAGE),
            is_last=version.id == siblings[0].id,
            faults=check_specification(text) if is_draft and sees_drafts else (),
            advice=advice_on(text) if is_draft and sees_drafts else (),
            history=lines_about(db, ("specification", version.id)) if sees_drafts else [],
            today=local_date(now()),
        )


def _visible(versions: list[Specification], actor: Actor) -> list[Specification]:
    if queries.may_read_drafts(actor):
        return versions
    return [version for version in versions if version.state == _S.PUBLISHED]


@blueprint.get("/<int:specification_id>/document.pdf")
@requires(*READERS)
def document(specification_id: int) -> Response:
    """Give the document for printing."""
    actor = current_actor()
    with reading() as db:
        version = queries.specification_of(db, specification_id, actor=actor)
        return pdf_of(version, PrintMark(actor.name, now()))


@blueprint.get("/<int:specification_id>/compare")
@requires(*READERS)
def compare(specification_id: int) -> ResponseReturnValue:
    """Show where a version differs from another one of its project, the one before if none."""
    actor = current_actor()
    wanted = request.args.get("with", "")
    with reading() as db:
        version = queries.specification_of(db, specification_id, actor=actor)
        others = [
            entry
            for entry in _visible(queries.specifications_of(db, version.project_id), actor)
            if entry.id != version.id
        ]
        chosen = next((entry for entry in others if str(entry.id) == wanted), None)
        before = [entry for entry in others if entry.version < version.version]
        other = chosen or next(iter(before or others), None)
        if other is None:
            raise NotFoundError(what="可比较的版本")
        return render_template(
            "specifications/compare.html",
            version=version,
            other=other,
            others=others,
            changes=changes_between(queries.text_of(other), queries.text_of(version)),
        )


# Writing ------------------------------------------------------------------------------------


@blueprint.post("/projects/<int:project_id>/draft")
@requires(_P.CATALOG_MANAGE)
def draft(project_id: int) -> ResponseReturnValue:
    """Begin the next version."""
    with transaction() as db:
        begun = actions.draft_specification(db, project_id, actor=current_actor(), now=now())
        specification_id = begun.id
    flash(_("已建立新版本的草稿，请编写后送审。"), "success")
    return redirect(url_for(".edit", specification_id=specification_id))


@blueprint.get("/<int:specification_id>/edit")
@requires(_P.CATALOG_MANAGE)
def edit(specification_id: int) -> ResponseReturnValue:
    """Show the form of a draft."""
    with reading() as db:
        version = queries.specification_of(db, specification_id, actor=current_actor())
        if version.state != _S.DRAFT:
            return redirect(url_for(".show", specification_id=specification_id))
        return _form(version, form_of(queries.text_of(version)))


@blueprint.post("/<int:specification_id>/edit")
@requires(_P.CATALOG_MANAGE)
def write(specification_id: int) -> ResponseReturnValue:
    """Take a step in the form, which stores nothing; save the draft; or save and submit it."""
    typed, step = read_form(request.form), request.form.get("do", SAVE)
    if step not in (SAVE, SUBMIT):
        return _after_step(specification_id, typed, step)
    text, faults = text_of_form(typed)
    try:
        if faults:
            raise FaultySpecificationError(faults)
        with transaction() as db:
            given = {"actor": current_actor(), "now": now()}
            actions.write_specification(db, specification_id, text, **given)  # type: ignore[arg-type]
            if step == SUBMIT:
                actions.submit_specification(db, specification_id, **given)  # type: ignore[arg-type]
    except FaultySpecificationError as error:
        return _form_of(specification_id, typed, faults=error.faults), 400
    done = _("已保存并送审。") if step == SUBMIT else _("草稿已保存。")
    flash(done, "success")
    return redirect(url_for(".show", specification_id=specification_id))


def _after_step(specification_id: int, typed: TypedSpecification, step: str) -> ResponseReturnValue:
    try:
        changed, focus = stepped(typed, step)
    except InvalidInputError as error:
        fault = Remark("", refusal_text(error))
        return _form_of(specification_id, typed, faults=(fault,)), 400
    return _form_of(specification_id, changed, focus=focus)


def _form_of(
    specification_id: int,
    typed: TypedSpecification,
    *,
    faults: Sequence[Remark] = (),
    focus: str = "",
) -> str:
    with reading() as db:
        version = queries.specification_of(db, specification_id, actor=current_actor())
        return _form(version, typed, faults=faults, focus=focus)


def _form(
    version: Specification,
    typed: TypedSpecification,
    *,
    faults: Sequence[Remark] = (),
    focus: str = "",
) -> str:
    text, _faults = text_of_form(typed)
    wrong: dict[str, str] = {}
    for fault in faults:
        wrong[fault.place] = wrong.get(fault.place, "") + fault.text
    return render_template(
        "specifications/edit.html",
        version=version,
        typed=typed,
        faults=faults,
        wrong=wrong,
        missing=() if faults else check_specification(text),
        advice={advice.place: advice.text for advice in advice_on(text)},
        focus=focus,
    )


# The way to publication ---------------------------------------------------------------------


@blueprint.post("/<int:specification_id>/submit")
@requires(_P.CATALOG_MANAGE)
def submit(specification_id: int) -> ResponseReturnValue:
    """Send a draft to review."""
    return _moved(specification_id, actions.submit_specification, _("已送审。"))


@blueprint.post("/<int:specification_id>/return")
@requires(_P.CATALOG_MANAGE)
def give_back(specification_id: int) -> ResponseReturnValue:
    """Send a version back to be written on."""
    reason = request.form.get("reason", "")
    return _moved(specification_id, actions.return_specification, _("已退回修改。"), reason)


@blueprint.post("/<int:specification_id>/file")
@requires(_P.CATALOG_MANAGE)
def file(specification_id: int) -> ResponseReturnValue:
    """Record the ministry's filing number."""
    number = request.form.get("ministry_filing_no", "")
    done = _("已登记国家备案，文本不再改动。")
    return _moved(specification_id, actions.record_filing, done, number)


@blueprint.post("/<int:specification_id>/publish")
@requires(_P.CATALOG_MANAGE)
def publish(specification_id: int) -> ResponseReturnValue:
    """Publish a filed version from a day on."""
    day = forms.read_date(request.form, "effective_from_on", "生效日期")
    done = _("已公布，自生效日期起新计划按本版执行。")
    return _moved(specification_id, actions.publish_specification, done, day)


@blueprint.post("/<int:specification_id>/withdraw")
@requires(_P.CATALOG_MANAGE)
def withdraw(specification_id: int) -> ResponseReturnValue:
    """Withdraw a version with a reason."""
    reason = request.form.get("reason", "")
    return _moved(specification_id, actions.withdraw_specification, _("已撤回。"), reason)


def _moved(
    specification_id: int, action: Callable[..., Specification], done: str, *given: str | date
) -> ResponseReturnValue:
    at: datetime = now()
    with transaction() as db:
        action(db, specification_id, *given, actor=current_actor(), now=at)
    flash(done, "success")
    return redirect(url_for(".show", specification_id=specification_id))
