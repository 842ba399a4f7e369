"""New projects 立项开发: needs of the cities, decisions of the province, the way to the catalog."""

from collections.abc import Callable, Mapping, Sequence

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.paging import cut
from registry.access import Permission
from registry.audit_log import lines_about
from registry.catalog import development_actions as actions
from registry.catalog import queries as catalog_queries
from registry.catalog.development_queries import (
    development_of,
    developments_in_reach,
    similar_names_of,
    similar_projects,
)
from registry.catalog.models import DevelopmentProject
from registry.catalog.rules.development import WAY, DevelopmentState, may_follow
from registry.errors import AssessmentError
from registry.organisations.queries import divisions

blueprint = Blueprint("development", __name__, url_prefix="/development")
_P, _S = Permission, DevelopmentState
READERS = (_P.CATALOG_MANAGE, _P.PROJECT_PROPOSE)


@blueprint.get("/")
@requires(*READERS)
def index() -> ResponseReturnValue:
    """List the developments within reach, by state."""
    actor, asked = current_actor(), request.args.get("state", "")
    words = request.args.get("words", "").strip()
    state = _S(asked) if asked in set(_S) else None
    with reading() as db:
        found = developments_in_reach(db, actor=actor, state=state)
        fitting = [record for record in found if words in record.name]
        return render_template(
            "development/list.html",
            page=cut(fitting, request.args),
            cities={division.code: division.name for division in divisions(db)},
            state=state or "",
            words=words,
            may_propose=actor.may(_P.PROJECT_PROPOSE),
        )


@blueprint.get("/new")
@requires(_P.PROJECT_PROPOSE)
def new() -> ResponseReturnValue:
    """Show the form of a need, with what resembles the name in the address."""
    return _form(request.args, [])


@blueprint.post("/")
@requires(_P.PROJECT_PROPOSE)
def create() -> ResponseReturnValue:
    """Enter a need; when something resembles it, only after that has been looked at."""
    try:
        need = actions.NewNeed(
            name=forms.read_text(request.form, "name", "项目名称"),
            reason=forms.read_text(request.form, "reason", "开发理由"),
            demand=forms.read_text(request.form, "demand", "需求情况"),
            expected_per_year=forms.read_int(request.form, "expected_per_year", "预计年考核人数"),
        )
        with transaction() as db:
            if similar_projects(db, need.name) and request.form.get("looked") != "1":
                raise forms.problem("相近项目", "请先查看列出的相近项目，确需提出时勾选确认。")
            record = actions.propose_project(db, need, actor=current_actor(), now=now())
            development_id = record.id
    except AssessmentError as error:
        return _form(request.form, [refusal_text(error)]), 400
    flash(_("开发需求已提出，等待省中心立项。"), "success")
    return redirect(url_for(".show", development_id=development_id))


def _form(values: Mapping[str, str], errors: Sequence[str]) -> str:
    name = values.get("name", "").strip()
    with reading() as db:
        similar = similar_projects(db, name) if name else ()
    return render_template(
        "development/new.html", values=values, errors=errors, similar=similar, name=name
    )


@blueprint.get("/<int:development_id>")
@requires(*READERS)
def show(development_id: int) -> ResponseReturnValue:
    """Show one development, what resembles it, and what may be done next."""
    actor = current_actor()
    with reading() as db:
        record = development_of(db, development_id, actor=actor)
        state = _S(record.state)
        is_open = state == _S.PROPOSED
        specifications = (
            catalog_queries.specifications_of(db, record.project_id) if record.project_id else []
        )
        return render_template(
            "development/show.html",
            record=record,
            city={division.code: division.name for division in divisions(db)}.get(
                record.division_code, ""
            ),
            similar=similar_projects(db, record.name, but_not=record.id) if is_open else (),
            similar_then=similar_names_of(record),
            steps=[(step, WAY.index(step)) for step in WAY],
            place=WAY.index(state) if state in WAY else -1,
            may=steps_open(record, province=actor.may(_P.CATALOG_MANAGE)),
            specification=specifications[0] if specifications else None,
            groups=sorted({p.industry_group for p in catalog_queries.projects(db)}),
            history=lines_about(db, ("development_project", record.id)),
        )


def steps_open(record: DevelopmentProject, *, province: bool) -> set[str]:
    """Return what the person may do with a development as it stands; actions check again."""
    state = _S(record.state)
    possible = {
        "decide": province and may_follow(state, _S.ACCEPTED),
        "start": province and state == _S.ACCEPTED,
        "withdraw": may_follow(state, _S.WITHDRAWN) and (province or state == _S.PROPOSED),
    }
    return {step for step, is_open in possible.items() if is_open}


@blueprint.post("/<int:development_id>/accept")
@requires(_P.CATALOG_MANAGE)
def accept(development_id: int) -> ResponseReturnValue:
    """Accept a need, with a written reason when something resembles it."""
    with transaction() as db:
        actions.accept_project(
            db,
            development_id,
            request.form.get("reason", ""),
            duplicate_reason=request.form.get("duplicate_reason", ""),
            actor=current_actor(),
            now=now(),
        )
    flash(_("已同意立项。"), "success")
    return redirect(url_for(".show", development_id=development_id))


@blueprint.post("/<int:development_id>/refuse")
@requires(_P.CATALOG_MANAGE)
def refuse(development_id: int) -> ResponseReturnValue:
    """Refuse a need with a reason."""
    done = _("已不予立项，原因会告知提出单位。")
    return _moved(development_id, actions.refuse_project, "reason", done)


@blueprint.post("/<int:development_id>/start")
@requires(_P.CATALOG_MANAGE)
def start(development_id: int) -> ResponseReturnValue:
    """Begin the development."""
    done = _("已编号并建立考核规范草稿，可以开始编写。")
    return _moved(development_id, actions.start_development, "industry_group", done)


@blueprint.post("/<int:development_id>/withdraw")
@requires(*READERS)
def withdraw(development_id: int) -> ResponseReturnValue:
    """Give a development up with a reason."""
    return _moved(development_id, actions.withdraw_development, "reason", _("已撤回。"))


def _moved(
    development_id: int, action: Callable[..., DevelopmentProject], field: str, done: str
) -> ResponseReturnValue:
    with transaction() as db:
        given = request.form.get(field, "")
        action(db, development_id, given, actor=current_actor(), now=now())
    flash(done, "success")
    return redirect(url_for(".show", development_id=development_id))
