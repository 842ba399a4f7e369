"""Assessment plans: list, one plan and its next steps, drafting, submission, approval."""

from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.paging import cut
from registry.access import Actor, Permission
from registry.enrolment.queries import roster_counts
from registry.errors import AssessmentError
from registry.local_time import local_date
from registry.organisations.queries import filing_in_force
from registry.plans import actions, queries
from registry.plans.models import AssessmentPlan
from registry.plans.rules.states import PlanState, may_follow
from registry.scheduling.queries import sittings_of

blueprint = Blueprint("plans", __name__, url_prefix="/plans")
_P, _S = Permission, PlanState
WAY = (
    _S.DRAFT,
    _S.SUBMITTED,
    _S.APPROVED,
    _S.ROSTER_SUBMITTED,
    _S.AUDITED,
    _S.ARRANGED,
    _S.IN_PROGRESS,
    _S.SCORING,
    _S.RESULTS_CONFIRMED,
    _S.PUBLISHED,
    _S.CERTIFIED,
)
WITH_RESULTS = frozenset({_S.SCORING, _S.RESULTS_CONFIRMED, _S.PUBLISHED, _S.CERTIFIED})
WITH_CERTIFICATES = frozenset({_S.PUBLISHED, _S.CERTIFIED})


@dataclass(frozen=True)
class Step:
    """One state on the plan's way, passed or present."""

    state: PlanState
    done: bool
    current: bool


def steps_of(plan: AssessmentPlan) -> list[Step]:
    """Return the way of a plan; a returned plan stands at its draft, a cancelled one nowhere."""
    state = _S.DRAFT if plan.state == _S.RETURNED else PlanState(plan.state)
    place = WAY.index(state) if state in WAY else -1
    return [Step(step, number <= place, number == place) for number, step in enumerate(WAY)]


def steps_open_to(actor: Actor, plan: AssessmentPlan) -> set[str]:
    """Return what the person may do with the plan as it stands; actions check again."""
    state = PlanState(plan.state)
    possible = {
        "submit": actor.may(_P.PLAN_WRITE) and may_follow(state, _S.SUBMITTED),
        "decide": actor.may(_P.PLAN_APPROVE) and may_follow(state, _S.APPROVED),
        "cancel": actor.may(_P.PLAN_WRITE) and may_follow(state, _S.CANCELLED),
        "enrol": actor.may(_P.ENROLMENT_WRITE) and state == _S.APPROVED,
        "resubmit": actor.may(_P.ENROLMENT_WRITE) and may_follow(state, _S.ROSTER_SUBMITTED),
        "audit": actor.may(_P.ENROLMENT_AUDIT) and state == _S.ROSTER_SUBMITTED,
        "arrange": actor.may(_P.ARRANGE) and state == _S.AUDITED,
        "results": actor.may(_P.RESULTS_READ) and state in WITH_RESULTS,
        "certificates": state in WITH_CERTIFICATES
        and (actor.may(_P.CERTIFICATE_ISSUE) or actor.may(_P.CERTIFICATE_APPROVE)),
    }
    return {step for step, is_open in possible.items() if is_open}


@blueprint.get("/")
@requires(_P.PLAN_READ)
def index() -> ResponseReturnValue:
    """List the plans within reach."""
    words = request.args.get("words", "").strip()
    state = request.args.get("state", "")
    with reading() as db:
        plans = queries.plans_in_reach(db, actor=current_actor())
        fitting = [p for p in plans if state in ("", p.state) and _holds(p, words)]
        return render_template(
            "plans/list.html",
            page=cut(fitting, request.args),
            state=state,
            words=words,
            may_write=current_actor().may(_P.PLAN_WRITE),
        )


def _holds(plan: AssessmentPlan, words: str) -> bool:
    texts = (plan.number, plan.specification.project.name, plan.institution.name)
    return any(words in text for text in texts)


@blueprint.get("/<int:plan_id>")
@requires(_P.PLAN_READ)
def show(plan_id: int) -> ResponseReturnValue:
    """Show one plan and what may be done next."""
    actor = current_actor()
    with reading() as db:
        plan = queries.plan_of(db, plan_id, actor=actor)
        return render_template(
            "plans/show.html",
            plan=plan,
            steps=steps_of(plan),
            counts=counts_of(db, plan_id, actor=actor),
            sittings=sittings_of(db, plan_id, actor=actor),
            may=steps_open_to(actor, plan),
        )


def counts_of(db: Session, plan_id: int, *, actor: Actor) -> dict[str, int]:
    """Return the figures of a roster as the person may see them."""
    states = roster_counts(db, plan_id, actor=actor)
    counts = {state.value: number for state, number in states.items()}
    counts["passed"] += counts["arranged"]
    counts["total"] = counts["draft"] + counts["submitted"] + counts["passed"] + counts["refused"]
    return counts


@blueprint.get("/new")
@requires(_P.PLAN_WRITE)
def new() -> ResponseReturnValue:
    """Show the form of a new plan."""
    return _form({}, [])


@blueprint.post("/")
@requires(_P.PLAN_WRITE)
def create() -> ResponseReturnValue:
    """Draft a plan."""
    actor = current_actor()
    try:
        draft = actions.NewPlan(
            institution_id=actor.institution_id or 0,
            project_number=forms.read_int(request.form, "project_number", "考核项目"),
            planned_on=forms.read_date(request.form, "planned_on", "考核日期"),
            expected_count=forms.read_int(request.form, "expected_count", "预计人数"),
        )
        with transaction() as db:
            plan = actions.draft_plan(db, draft, actor=actor, now=now())
            plan_id = plan.id
    except AssessmentError as error:
        return _form(request.form, [refusal_text(error)]), 400
    flash(_("计划已保存为草稿，请核对后提交审批。"), "success")
    return redirect(url_for(".show", plan_id=plan_id))


def _form(values: object, errors: list[str]) -> str:
    institution_id = current_actor().institution_id or 0
    with reading() as db:
        filing = filing_in_force(db, institution_id, local_date(now()))
        projects = sorted(
            (entry.project for entry in (filing.projects if filing else ())),
            key=lambda project: project.number,
        )
        choices = [(project.number, f"{project.number} {project.name}") for project in projects]
    return render_template("plans/new.html", values=values, errors=errors, projects=choices)


@blueprint.post("/<int:plan_id>/submit")
@requires(_P.PLAN_WRITE)
def submit(plan_id: int) -> ResponseReturnValue:
    """Send a draft or returned plan to the city."""
    with transaction() as db:
        actions.submit_plan(db, plan_id, actor=current_actor(), now=now())
    flash(_("计划已提交，等待市中心审批。"), "success")
    return redirect(url_for(".show", plan_id=plan_id))


@blueprint.post("/<int:plan_id>/approve")
@requires(_P.PLAN_APPROVE)
def approve(plan_id: int) -> ResponseReturnValue:
    """Approve a submitted plan."""
    with transaction() as db:
        actions.approve_plan(db, plan_id, actor=current_actor(), now=now())
    flash(_("计划已批准，机构可以录入名单。"), "success")
    return redirect(url_for(".show", plan_id=plan_id))


@blueprint.post("/<int:plan_id>/return")
@requires(_P.PLAN_APPROVE)
def give_back(plan_id: int) -> ResponseReturnValue:
    """Return a submitted plan with a reason."""
    reason = request.form.get("reason", "")
    with transaction() as db:
        actions.return_plan(db, plan_id, reason, actor=current_actor(), now=now())
    flash(_("计划已退回，机构会看到退回原因。"), "success")
    return redirect(url_for(".show", plan_id=plan_id))


@blueprint.post("/<int:plan_id>/cancel")
@requires(_P.PLAN_WRITE)
def cancel(plan_id: int) -> ResponseReturnValue:
    """Cancel a plan with a reason."""
    reason = request.form.get("reason", "")
    with transaction() as db:
        actions.cancel_plan(db, plan_id, reason, actor=current_actor(), now=now())
    flash(_("计划已取消。"), "success")
    return redirect(url_for(".show", plan_id=plan_id))
