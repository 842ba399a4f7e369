"""Sittings and seats of a plan, staff on duty, and the papers that are posted or handed out."""

import secrets
from itertools import groupby

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.delivery import limits
from exam_server.delivery.models import SittingRun
from exam_server.delivery.states import BEFORE_CHECK_IN
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.exam_rules import read_rules
from exam_server.web.plans import counts_of, steps_open_to
from exam_server.web.words import word
from registry.access import Actor, Permission, Role
from registry.accounts.queries import accounts_in_reach
from registry.catalog.models import Subject
from registry.enrolment.accommodations import approved_minutes
from registry.errors import AssessmentError
from registry.local_time import local_date
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_of
from registry.plans.rules.states import PlanState
from registry.scheduling import actions, dispatch_actions, queries
from registry.scheduling.models import ExamMode, Sitting
from registry.staff.queries import qualified_examiners
from registry.venues.queries import rooms_of

blueprint = Blueprint("arrangement", __name__)
_P = Permission
SEEDS = 2**31  # the seed of an arrangement is drawn below this and kept in the audit log


@blueprint.get("/plans/<int:plan_id>/arrangement")
@requires(_P.PLAN_READ)
def show(plan_id: int) -> ResponseReturnValue:
    """Show sittings and seats of a plan."""
    return _page(plan_id, {}, [])


def _page(plan_id: int, values: object, errors: list[str]) -> str:
    actor = current_actor()
    with reading() as db:
        plan = plan_of(db, plan_id, actor=actor)
        sittings = queries.sittings_of(db, plan_id, actor=actor)
        may = steps_open_to(actor, plan)
        plans_sittings = PlanState(plan.state) in actions.BEFORE_ARRANGEMENT
        return render_template(
            "arrangement/show.html",
            plan=plan,
            sittings=sittings,
            seated_count=sum(len(sitting.admissions) for sitting in sittings),
            passed_count=counts_of(db, plan_id, actor=actor)["passed"],
            rooms=_room_choices(db, plan, actor),
            may=may,
            may_add=actor.may(_P.ARRANGE) and plans_sittings,
            modes=_mode_choices(plan),
            may_staff=actor.may(_P.ARRANGE) or actor.may(_P.EXAMINERS_DISPATCH),
            values=values,
            errors=errors,
        )


def _room_choices(db: Session, plan: AssessmentPlan, actor: Actor) -> list[tuple[int, str]]:
    rooms = rooms_of(db, plan.institution_id, actor=actor)
    return [(r.id, f"{r.number} {r.name} · {word('room', r.kind)} · {r.seat_count}") for r in rooms]


def _mode_choices(plan: AssessmentPlan) -> list[tuple[str, str]]:
    subjects = {Subject(part.subject) for part in plan.subjects}
    return [
        (mode.value, f"{word('subject', subject)} · {word('mode', mode)}")
        for mode, (subject, _kind) in actions.SUITABLE.items()
        if subject in subjects
    ]


@blueprint.post("/plans/<int:plan_id>/sittings")
@requires(_P.ARRANGE)
def add(plan_id: int) -> ResponseReturnValue:
    """Plan one sitting."""
    try:
        mode = forms.read_choice(request.form, "mode", "方式", ExamMode)
        sitting = actions.NewSitting(
            room_id=forms.read_int(request.form, "room_id", "考场"),
            mode=mode,
            starts_at=forms.read_instant(request.form, "starts_at", "开始时间"),
        )
        with transaction() as db:
            actions.plan_sitting(db, plan_id, sitting, actor=current_actor(), now=now())
    except AssessmentError as error:
        return _page(plan_id, request.form, [refusal_text(error)]), 400
    flash(_("场次已添加。"), "success")
    return redirect(url_for(".show", plan_id=plan_id))


@blueprint.post("/plans/<int:plan_id>/arrangement")
@requires(_P.ARRANGE)
def assign(plan_id: int) -> ResponseReturnValue:
    """Give every passed candidate a number and seats."""
    seed = secrets.randbelow(SEEDS)
    with transaction() as db:
        actions.arrange_candidates(db, plan_id, seed=seed, actor=current_actor(), now=now())
    flash(_("座位已编排，可以打印准考证、门贴和桌贴。"), "success")
    return redirect(url_for(".show", plan_id=plan_id))


@blueprint.get("/sittings/<int:sitting_id>/staff")
@requires(_P.ARRANGE, _P.EXAMINERS_DISPATCH)
def staff(sitting_id: int) -> ResponseReturnValue:
    """Show who is on duty in a sitting and who could be."""
    return _staff_page(sitting_id, [])


def _staff_page(sitting_id: int, errors: list[str]) -> str:
    actor = current_actor()
    with reading() as db:
        sitting = queries.sitting_of(db, sitting_id, actor=actor)
        practical = sitting.subject == Subject.PRACTICAL
        return render_template(
            "arrangement/staff.html",
            sitting=sitting,
            plan=sitting.plan,
            proctors=queries.proctors_of(db, sitting_id, actor=actor),
            candidates=_proctor_choices(db, sitting_id, actor),
            dispatches=queries.dispatches_of(db, sitting_id, actor=actor),
            examiners=_examiners(db, sitting, actor) if practical else [],
            practical=practical,
            may_dispatch=actor.may(_P.EXAMINERS_DISPATCH),
            may_arrange=actor.may(_P.ARRANGE),
            errors=errors,
        )


def _proctor_choices(db: Session, sitting_id: int, actor: Actor) -> list[tuple[int, str]]:
    """Return the proctors who are not yet on duty in the sitting."""
    if not actor.may(_P.ARRANGE):
        return []
    on_duty = {duty.account_id for duty in queries.proctors_of(db, sitting_id, actor=actor)}
    accounts = accounts_in_reach(db, actor=actor, role=Role.PROCTOR, active_only=True)
    return [(account.id, account.name) for account in accounts if account.id not in on_duty]


def _examiners(db: Session, sitting: Sitting, actor: Actor) -> list[tuple[int, str, str]]:
    if not actor.may(_P.EXAMINERS_DISPATCH):
        return []
    project_id = sitting.plan.specification.project_id
    found = qualified_examiners(db, project_id, local_date(sitting.starts_at), actor=actor)
    return [(examiner.id, examiner.account.name, examiner.card_no) for examiner in found]


@blueprint.get("/sittings/<int:sitting_id>/rules")
@requires(_P.PLAN_READ)
def rules(sitting_id: int) -> ResponseReturnValue:
    """Show the limits of a sitting at computers."""
    return _rules_page(sitting_id, {}, [])


@blueprint.post("/sittings/<int:sitting_id>/rules")
@requires(_P.PLAN_APPROVE)
def set_rules(sitting_id: int) -> ResponseReturnValue:
    """Set the limits of a sitting at computers."""
    try:
        wanted = read_rules(request.form)
        with transaction() as db:
            limits.set_rules(db, sitting_id, wanted, actor=current_actor(), now=now())
    except AssessmentError as error:
        return _rules_page(sitting_id, request.form, [refusal_text(error)]), 400
    flash(_("考场规则已保存。"), "success")
    return redirect(url_for(".rules", sitting_id=sitting_id))


def _rules_page(sitting_id: int, values: object, errors: list[str]) -> str:
    actor = current_actor()
    with reading() as db:
        sitting = queries.sitting_of(db, sitting_id, actor=actor)
        run = db.get(SittingRun, sitting_id)
        return render_template(
            "arrangement/rules.html",
            sitting=sitting,
            plan=sitting.plan,
            run=run,
            values=values or run,
            may_set=run and actor.may(_P.PLAN_APPROVE) and run.state in BEFORE_CHECK_IN,
            errors=errors,
        )


@blueprint.post("/sittings/<int:sitting_id>/proctors")
@requires(_P.ARRANGE)
def put_on_duty(sitting_id: int) -> ResponseReturnValue:
    """Put a proctor on duty."""
    try:
        account_id = forms.read_int(request.form, "account_id", "监考员")
        with transaction() as db:
            actions.assign_proctor(db, sitting_id, account_id, actor=current_actor(), now=now())
    except AssessmentError as error:
        return _staff_page(sitting_id, [refusal_text(error)]), 400
    flash(_("监考员已安排。"), "success")
    return redirect(url_for(".staff", sitting_id=sitting_id))


@blueprint.post("/sittings/<int:sitting_id>/examiners")
@requires(_P.EXAMINERS_DISPATCH)
def dispatch(sitting_id: int) -> ResponseReturnValue:
    """Dispatch the group of examiners with its lead."""
    chosen = [int(text) for text in request.form.getlist("examiner") if text.isdecimal()]
    try:
        lead_id = forms.read_int(request.form, "lead", "考评组长")
        with transaction() as db:
            dispatch_actions.dispatch_examiners(
                db, sitting_id, chosen, lead_id=lead_id, actor=current_actor(), now=now()
            )
    except AssessmentError as error:
        return _staff_page(sitting_id, [refusal_text(error)]), 400
    flash(_("考评小组已派遣。"), "success")
    return redirect(url_for(".staff", sitting_id=sitting_id))


@blueprint.get("/sittings/<int:sitting_id>/<any(door,desks,signatures):kind>")
@requires(_P.PLAN_READ)
def posted(sitting_id: int, kind: str) -> ResponseReturnValue:
    """Show a paper of one sitting, ready to print."""
    templates = {"door": "door_sheet", "desks": "desk_labels", "signatures": "sign_in_sheet"}
    actor = current_actor()
    with reading() as db:
        sitting = queries.sitting_of(db, sitting_id, actor=actor)
        return render_template(
            f"arrangement/{templates[kind]}.html",
            sitting=sitting,
            plan=sitting.plan,
            admissions=queries.admissions_of(db, sitting_id, actor=actor),
            printed_at=now(),
            operator=actor.name,
            back=url_for(".show", plan_id=sitting.plan_id),
        )


@blueprint.get("/plans/<int:plan_id>/tickets")
@requires(_P.PLAN_READ)
def tickets(plan_id: int) -> ResponseReturnValue:
    """Show the admission tickets of a plan, ready to print."""
    actor = current_actor()
    with reading() as db:
        plan = plan_of(db, plan_id, actor=actor)
        places = queries.admissions_of_plan(db, plan_id, actor=actor)
        places.sort(key=lambda one: (str(one.enrolment.admission_no), one.sitting.starts_at))
        found = [
            {"enrolment": enrolment, "admissions": list(group)}
            for enrolment, group in groupby(places, lambda place: place.enrolment)
        ]
        back = url_for(".show", plan_id=plan_id)
        return render_template(
            "arrangement/tickets.html",
            plan=plan,
            tickets=found,
            approved=approved_minutes(db, [place.enrolment_id for place in places]),
            back=back,
            late_entry_minutes=limits.latest_entry(db, plan_id).late_entry_minutes,
        )
