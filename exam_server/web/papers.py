"""Papers: composition for a plan, what was achieved, release by a second person."""

import secrets

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.delivery.models import SittingRun
from exam_server.delivery.proctor_actions import prepare_run
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.downloads import PDF, shown
from exam_server.web.paging import cut
from item_bank.composing import actions
from item_bank.composing.queries import people_of, sets_of
from item_bank.queries import blueprints_of, paper_margins, paper_of
from item_bank.rules.kinds import PaperState
from item_bank.rules.paper_sets.deficits import InfeasiblePaperError
from item_bank.rules.paper_sets.engine import SEED_LIMIT
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
    """Assemble a paper; a bank that is too small says what is missing."""
    try:
        blueprint_id = forms.read_int(request.form, "blueprint_id", "组卷方案")
        seed = secrets.randbelow(SEED_LIMIT)
        with transaction() as db:
            paper = actions.compose_paper(
                db, plan_id, blueprint_id, seed, actor=current_actor(), now=now()
            )
            paper_id = paper.id
    except InfeasiblePaperError as error:
        return _compose_page(
            plan_id, [error.message], [deficit.words for deficit in error.deficits]
        ), 409
    except AssessmentError as error:
        return _compose_page(plan_id, [error.message], []), 400
    flash(_("试卷已组成，等待另一人签发。"), "success")
    return redirect(url_for(".show", paper_id=paper_id))


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
            errors=errors,
            deficits=deficits,
        )


@blueprint.get("/<int:paper_id>")
@requires(_P.PAPER_COMPOSE, _P.PAPER_RELEASE)
def show(paper_id: int) -> ResponseReturnValue:
    """Show a paper and how it meets its blueprint."""
    actor = current_actor()
    with transaction() as db:
        paper = paper_of(db, paper_id)
        plan = plan_of(db, paper.plan_id, actor=actor)
        note(db, "view_paper", ("paper", paper_id), actor=actor, now=now())
        page = cut(paper.items, request.args)
        waiting = paper.state == PaperState.COMPOSED
        return render_template(
            "papers/show.html",
            paper=paper,
            plan=plan,
            page=page,
            stems=[content_of(entry.version).stem for entry in page.lines],
            margins=paper_margins(db, paper_id),
            may_release=actor.may(_P.PAPER_RELEASE) and waiting,
            sittings=screen_sittings(db, plan),
            may_print=actor.may(_P.PAPER_RELEASE) and not waiting,
        )


@blueprint.post("/<int:paper_id>/sittings/<int:sitting_id>")
@requires(_P.PAPER_RELEASE)
def give_to_sitting(paper_id: int, sitting_id: int) -> ResponseReturnValue:
    """Give a sitting at computers its released paper."""
    with transaction() as db:
        plan_of(db, paper_of(db, paper_id).plan_id, actor=current_actor())
        if db.get(SittingRun, sitting_id) is not None:
            raise ConflictError(what="本场试卷", value=str(sitting_id))
        prepare_run(db, sitting_id, paper_id, actor=current_actor(), now=now())
    flash(_("试卷已下发到该场次，监考员可以开放登录。"), "success")
    return redirect(url_for(".show", paper_id=paper_id))


def screen_sittings(db: Session, plan: AssessmentPlan) -> list[tuple[Sitting, SittingRun | None]]:
    """Return the sittings of a plan at computers, each with its run when it has a paper."""
    sittings = sittings_of(db, plan.id, actor=current_actor())
    return [
        (sitting, db.get(SittingRun, sitting.id))
        for sitting in sittings
        if sitting.mode == ExamMode.ON_SCREEN
    ]


@blueprint.get("/<int:paper_id>/booklet.pdf")
@requires(_P.PAPER_RELEASE)
def booklet(paper_id: int) -> Response:
    """Give a released paper as a booklet; every printing stands in the audit log."""
    actor = current_actor()
    with transaction() as db:
        plan = plan_of(db, paper_of(db, paper_id).plan_id, actor=actor)
        content = actions.print_paper(db, paper_id, actor=actor, now=now())
        number = plan.number
    return shown(content, f"试卷-{number}.pdf", PDF)


@blueprint.post("/<int:paper_id>/release")
@requires(_P.PAPER_RELEASE)
def release(paper_id: int) -> ResponseReturnValue:
    """Release a composed paper: from then on it is frozen."""
    with transaction() as db:
        actions.release_paper(db, paper_id, actor=current_actor(), now=now())
    flash(_("试卷已签发并冻结。"), "success")
    return redirect(url_for(".show", paper_id=paper_id))
