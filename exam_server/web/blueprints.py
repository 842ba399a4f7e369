"""Blueprints in the browser: templates, editing with the allocation live, trial, new versions."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import translated as _
from exam_server.web.blueprint_form import Typed, terms_of_template, typed_terms, values_of
from exam_server.web.off_loop import off_the_loop
from item_bank.composing.actions import save_blueprint
from item_bank.composing.queries import drawing_pool
from item_bank.errors import FaultyBlueprintError
from item_bank.queries import (
    assembly_pool,
    blueprint_of,
    blueprints_of,
    elements_of,
    range_weights,
    terms_of,
)
from item_bank.rules.allocation import AllocationRow, allocation
from item_bank.rules.blueprint_terms import (
    FULL_MARK,
    TEMPLATES,
    BlueprintTerms,
    assembly_terms,
    check_blueprint,
)
from item_bank.rules.feasibility import Feasibility, feasibility_of
from item_bank.rules.kinds import Importance
from item_bank.rules.paper_sets.cells import Margin, margins_of_terms
from item_bank.rules.paper_sets.deficits import name_of
from item_bank.rules.paper_sets.terms import AssemblyTerms
from registry.access import Permission
from registry.catalog.queries import project_of
from registry.errors import NotFoundError

blueprint = Blueprint("blueprints", __name__, url_prefix="/bank")
_P = Permission
CHECK, SAVE = "check", "save"
USUAL = TEMPLATES[2]
PAPERS_ON_TRIAL = 2
MOST_ON_TRIAL = 20


@dataclass(frozen=True)
class Outline:
    """What a blueprint comes to, as typed so far."""

    terms: BlueprintTerms
    rows: tuple[AllocationRow, ...]
    margins: tuple[Margin, ...]  # of importance and difficulty
    names: Mapping[str, str]
    faults: tuple[str, ...]

    @property
    def is_full(self) -> bool:
        """Say whether the points add up."""
        return self.terms.total_points == FULL_MARK

    @property
    def items(self) -> int:
        """Return the items of a paper."""
        return sum(section.item_count for section in self.terms.sections)


@blueprint.get("/<int:project_id>/blueprints/new")
@requires(_P.BANK_WRITE)
def new(project_id: int) -> ResponseReturnValue:
    """Show an empty blueprint, or one made from a template."""
    code = request.args.get("template", "")
    with reading() as db:
        taken = {found.code for found in blueprints_of(db, project_id)}
    named = [found for found in TEMPLATES if found.code == code]
    unused = [found for found in (USUAL, *TEMPLATES) if found.code not in taken]
    template = (*named, *unused, USUAL)[0]
    return _page(project_id, values_of(terms_of_template(template)))


@blueprint.get("/<int:project_id>/blueprints/<int:blueprint_id>")
@requires(_P.BANK_WRITE)
def edit(project_id: int, blueprint_id: int) -> ResponseReturnValue:
    """Show a stored blueprint to be changed."""
    with reading() as db:
        found = blueprint_of(db, blueprint_id)
        if found.project_id != project_id:
            raise NotFoundError(what="组卷方案")
        values = values_of(terms_of(found))
    return _page(project_id, values)


@blueprint.post("/<int:project_id>/blueprints")
@requires(_P.BANK_WRITE)
def rework(project_id: int) -> ResponseReturnValue:
    """Count again, try with the bank as it is, or save as the next version."""
    step, typed = request.form.get("do", SAVE), Typed(request.form)
    terms = typed_terms(typed)
    if typed.errors:
        return _page(project_id, request.form, errors=typed.errors), 400
    if step == CHECK:
        return _page(project_id, request.form, trial=_trial(project_id, terms))
    if step != SAVE:
        return _page(project_id, request.form)
    try:
        with transaction() as db:
            stored, is_new = save_blueprint(db, project_id, terms, actor=current_actor(), now=now())
            code, version = stored.code, stored.version
    except FaultyBlueprintError as error:
        return _page(project_id, request.form, errors=[("", text) for text in error.faults]), 400
    if is_new:
        flash(_("已保存为 {code} 第 {version} 版。", code=code, version=version), "success")
    else:
        flash(
            _("内容与 {code} 第 {version} 版相同，没有保存新版本。", code=code, version=version),
            "warning",
        )
    return redirect(url_for("question_bank.blueprints", project_id=project_id))


@blueprint.post("/<int:project_id>/blueprints/outline")
@requires(_P.BANK_WRITE)
def outline(project_id: int) -> ResponseReturnValue:
    """Give the totals and the allocation of what is typed, for the page that stays open."""
    typed = Typed(request.form)
    terms = typed_terms(typed)
    return render_template(
        "blueprints/outline.html", outline=_outline(project_id, terms), name_of=name_of
    )


def _trial(project_id: int, terms: BlueprintTerms) -> Feasibility:
    """Draw papers on trial; the bank is read first, so that no other visitor has to wait."""
    wanted = request.form.get("papers", "")
    papers = int(wanted) if wanted.isdecimal() else PAPERS_ON_TRIAL
    with reading() as db:
        pool = drawing_pool(db, project_id)
        wishes = assembly_terms(terms, range_weights(db, project_id))
    return off_the_loop(feasibility_of, wishes, pool, max(1, min(papers, MOST_ON_TRIAL)))


def _outline(project_id: int, terms: BlueprintTerms) -> Outline:
    with reading() as db:
        ranges = range_weights(db, project_id)
        stock = Counter((item.range_code, item.kind) for item in assembly_pool(db, project_id))
        names = {element.code: element.name for element in elements_of(db, project_id)}
    rows = allocation(terms.sections, ranges, stock)
    margins = _margins(assembly_terms(terms, ranges)) if rows else ()
    return Outline(terms, rows, margins, names, check_blueprint(terms))


def _margins(terms: AssemblyTerms) -> tuple[Margin, ...]:
    """Return the bounds on importance and difficulty; that of Y follows from the others."""
    return tuple(
        margin
        for family in margins_of_terms(terms, knows_importance=True)
        for margin in family
        if margin.name.level or margin.name.importance in (Importance.X, Importance.Z)
    )


def _page(
    project_id: int,
    values: Mapping[str, str],
    *,
    errors: list[tuple[str, str]] | None = None,
    trial: Feasibility | None = None,
) -> str:
    terms = typed_terms(Typed(values))
    with reading() as db:
        project = project_of(db, project_id)
        versions = {found.code: found.version for found in blueprints_of(db, project_id)}
    return render_template(
        "blueprints/edit.html",
        project=project,
        values=values,
        outline=_outline(project_id, terms),
        name_of=name_of,
        versions=versions,
        templates=TEMPLATES,
        errors=errors or [],
        trial=trial,
        papers=request.form.get("papers", str(PAPERS_ON_TRIAL)),
    )
