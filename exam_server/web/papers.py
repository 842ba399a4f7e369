"""Papers: sets composed for a plan, what was achieved, release by a second person, handing out."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.delivery.models import SittingRun
from exam_server.delivery.proctor_actions import prepare_run, prepare_set_run
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.off_loop import off_the_loop
from exam_server.web.paging import cut
from item_bank.composing import actions
from item_bank.composing.actions import SetOrder
from item_bank.composing.queries import people_of, set_of, sets_of
from item_bank.models import Paper, PaperSet
from item_bank.queries import blueprints_of, paper_margins, paper_of
from item_bank.rules.forms import letter_of
from item_bank.rules.kinds import PaperState, SetPurpose
from item_bank.rules.paper_sets.deficits import InfeasiblePaperError
from item_bank.rules.paper_sets.engine import SEED_LIMIT
from item_bank.rules.set_report import SetReport, read_report
from item_bank.sealing import content_of
from registry.access import Permission
from registry.audit_log import note
from registry.catalog.models import Subject
from registry.errors import AssessmentError, ConflictError
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_of, plans_in_reach
from registry.plans.rules.states import PlanState
from registry.scheduling.models import ExamMode, Sitting
from registry.scheduling.queries import sittings_of

blueprint = Blueprint("papers", __name__, url_prefix="/papers")
_P = Permission


@blueprint.get("/")
@requires(_P.PAPER_COMPOSE, _P.PAPER_RELEASE)
def index() -> ResponseReturnValue:
    """List the plans with a theory exam and their papers."""
    actor = current_actor()
    with reading() as db:
        plans = [
            plan
            for plan in plans_in_reach(db, actor=actor)
            if any(part.subject == Subject.THEORY for part in plan.subjects)
            and plan.state not in (PlanState.DRAFT, PlanState.SUBMITTED, PlanState.CANCELLED)
        ]
        page = cut(plans, request.args)
        return render_template(
            "papers/list.html",
            page=page,
            sets={
                plan.id: [
                    (found, people_of(db, found)) for found in sets_of(db, plan.id, actor=actor)
                ]
                for plan in page.lines
            },
            composable=actions.COMPOSABLE,
            may_compose=actor.may(_P.PAPER_COMPOSE),
        )


@blueprint.get("/compose/<int:plan_id>")
@requires(_P.PAPER_COMPOSE)
def compose_form(plan_id: int) -> ResponseReturnValue:
    """Show the form of the composition."""
    return _compose_page(plan_id, [], [])


@blueprint.post("/compose/<int:plan_id>")
@requires(_P.PAPER_COMPOSE)
def compose(plan_id: int) -> ResponseReturnValue:
    """Assemble a set; a bank that is too small says what is missing.

    Bank and blueprint are read first and the papers drawn with no transaction open, so that a
    large set does not hold up an exam that is running.
    """
    actor = current_actor()
    try:
        order = _order(request.form)
        with reading() as db:
            basis = actions.order_basis(db, plan_id, order, actor=actor)
        drawing = off_the_loop(actions.draw, order, basis)
        with transaction() as db:
            set_id = actions.keep_set(db, plan_id, drawing, actor=actor, now=now()).id
    except InfeasiblePaperError as error:
        deficits = [deficit.words for deficit in error.deficits]
        return _compose_page(plan_id, [refusal_text(error)], deficits), 409
    except AssessmentError as error:
        return _compose_page(plan_id, [refusal_text(error)], []), 400
    flash(_("试卷已组成，等待另一人签发。"), "success")
    return redirect(url_for(".show_set", set_id=set_id))


def _order(form: Mapping[str, str]) -> SetOrder:
    purpose = forms.read_choice(form, "purpose", "用途", SetPurpose)
    several = purpose in (SetPurpose.PARALLEL, SetPurpose.INDIVIDUAL)
    return SetOrder(
        blueprint_id=forms.read_int(form, "blueprint_id", "组卷方案"),
        seed=secrets.randbelow(SEED_LIMIT),
        purpose=purpose,
        papers=forms.read_int(form, "papers", "卷数") if several else 1,
    )


def _compose_page(plan_id: int, errors: list[str], deficits: list[str]) -> str:
    with reading() as db:
        plan = plan_of(db, plan_id, actor=current_actor())
        found = blueprints_of(db, plan.specification.project_id)
        return render_template(
            "papers/compose.html",
            plan=plan,
            blueprints=[
                (entry.id, f"{entry.code} · {_('{minutes} 分钟', minutes=entry.minutes)}")
                for entry in found
            ],
            values=request.form,
            errors=errors,
            deficits=deficits,
        )


@dataclass(frozen=True)
class SetPaperLine:
    """A paper of a set as listed."""

    paper: Paper
    letter: str
    expected: tuple[float, ...]


@blueprint.get("/sets/<int:set_id>")
@requires(_P.PAPER_COMPOSE, _P.PAPER_RELEASE)
def show_set(set_id: int) -> ResponseReturnValue:
    """Show a set: its papers, how equal they are, where they are used."""
    actor = current_actor()
    with reading() as db:
        found = set_of(db, set_id, actor=actor)
        plan = db.get_one(AssessmentPlan, found.plan_id)
        report = read_report(found.report) if found.report else None
        page = cut(found.papers, request.args)
        is_waiting = found.state == PaperState.COMPOSED
        return render_template(
            "papers/set.html",
            set=found,
            plan=plan,
            people=people_of(db, found),
            report=report,
            page=page,
            lines=[_line(found, paper, report) for paper in page.lines],
            rooms=[] if is_waiting else screen_sittings(db, plan),
            may_release=actor.may(_P.PAPER_RELEASE) and is_waiting,
            may_print=actor.may(_P.PAPER_RELEASE) and not is_waiting,
            letter_of=lambda paper: _letter(found, paper),
        )


def _line(found: PaperSet, paper: Paper, report: SetReport | None) -> SetPaperLine:
    scores = report.scores if report else ()
    expected = tuple(line.points[paper.form - 1] for line in scores)
    return SetPaperLine(paper, _letter(found, paper), expected)


def _letter(found: PaperSet, paper: Paper) -> str:
    return letter_of(SetPurpose(found.purpose), paper.form, paper.version)


@blueprint.post("/sets/<int:set_id>/release")
@requires(_P.PAPER_RELEASE)
def release(set_id: int) -> ResponseReturnValue:
    """Release all papers of a composed set: from then on they are frozen."""
    with transaction() as db:
        actions.release_set(db, set_id, actor=current_actor(), now=now())
    flash(_("试卷已签发并冻结。"), "success")
    return redirect(url_for(".show_set", set_id=set_id))


@blueprint.post("/sets/<int:set_id>/sittings/<int:sitting_id>")
@requires(_P.PAPER_RELEASE)
def give_to_sitting(set_id: int, sitting_id: int) -> ResponseReturnValue:
    """Give a sitting at computers its released paper, or the whole set for its candidates."""
    actor = current_actor()
    wanted = request.form.get("paper", "")
    with transaction() as db:
        found = set_of(db, set_id, actor=actor)
        if db.get(SittingRun, sitting_id) is not None:
            raise ConflictError(what="本场试卷", value=str(sitting_id))
        chosen = next((paper for paper in found.papers if str(paper.id) == wanted), None)
        if chosen is not None or found.paper_count == 1:
            paper_id = (chosen or found.papers[0]).id
            prepare_run(db, sitting_id, paper_id, actor=actor, now=now())
        else:
            prepare_set_run(db, sitting_id, set_id, actor=actor, now=now())
    flash(_("试卷已下发到该场次，监考员可以开放登录。"), "success")
    return redirect(url_for(".show_set", set_id=set_id))


def screen_sittings(db: Session, plan: AssessmentPlan) -> list[tuple[Sitting, SittingRun | None]]:
    """Return the sittings of a plan at computers, each with its run when it has a paper."""
    sittings = sittings_of(db, plan.id, actor=current_actor())
    return [
        (sitting, db.get(SittingRun, sitting.id))
        for sitting in sittings
        if sitting.mode == ExamMode.ON_SCREEN
    ]


@blueprint.get("/<int:paper_id>")
@requires(_P.PAPER_COMPOSE, _P.PAPER_RELEASE)
def show(paper_id: int) -> ResponseReturnValue:
    """Show the items of a paper and how it meets its blueprint."""
    actor = current_actor()
    with transaction() as db:
        paper = paper_of(db, paper_id)
        plan = plan_of(db, paper.plan_id, actor=actor)
        note(db, "view_paper", ("paper", paper_id), actor=actor, now=now())
        page = cut(paper.items, request.args)
        return render_template(
            "papers/show.html",
            paper=paper,
            set=paper.paper_set,
            letter=_letter(paper.paper_set, paper),
            plan=plan,
            page=page,
            stems=[content_of(entry.version).stem for entry in page.lines],
            margins=paper_margins(db, paper_id),
            may_print=actor.may(_P.PAPER_RELEASE) and paper.state == PaperState.RELEASED,
        )
