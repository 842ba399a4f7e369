"""Every staff action asks for its permission and leaves its line in the log, or nothing at all."""

import inspect
from dataclasses import replace
from types import ModuleType

import pytest
from sqlalchemy import select

from registry.access import SYSTEM
from registry.accounts import actions as accounts
from registry.audit_log import AuditEntry, first_break
from registry.catalog import actions as catalog
from registry.catalog import development_actions, specification_actions
from registry.catalog.queries import projects
from registry.enrolment import actions as enrolment
from registry.enrolment import audit_actions
from registry.errors import NotAllowedError
from registry.organisations import actions as organisations
from registry.organisations import filing_actions
from registry.plans import actions as plans
from registry.plans.actions import cancel_plan
from registry.plans.models import AssessmentPlan
from registry.plans.rules.states import PlanState
from registry.scheduling import actions as scheduling
from registry.scheduling import dispatch_actions
from registry.staff import actions as staff
from registry.venues import actions as venues
from tests.support.factories import make_scene
from tests.support.refusals import refused

NOBODY = replace(SYSTEM, account_id=1, name="示范人员", permissions=frozenset())
MODULES = (
    accounts,
    catalog,
    specification_actions,
    development_actions,
    organisations,
    filing_actions,
    staff,
    venues,
    plans,
    enrolment,
    audit_actions,
    scheduling,
    dispatch_actions,
)
WITHOUT_PERMISSION = {"advance_plan", "apply_for_first_filing"}  # asked by what calls or is called


def actions_of(module: ModuleType) -> list[object]:
    return [
        member
        for name, member in inspect.getmembers(module, inspect.isfunction)
        if member.__module__ == module.__name__
        and not name.startswith("_")
        and "actor" in inspect.signature(member).parameters
    ]


ACTIONS = [
    action
    for module in MODULES
    for action in actions_of(module)
    if action.__name__ not in WITHOUT_PERMISSION
]


@pytest.mark.parametrize("action", ACTIONS, ids=lambda action: action.__name__)
def test_an_action_without_its_permission_is_refused_before_anything_else(db, now, action):
    signature = inspect.signature(action)
    given = {"db": db, "actor": NOBODY, "now": now}
    values = {
        name: given.get(name)
        for name, parameter in signature.parameters.items()
        if name in given or parameter.default is inspect.Parameter.empty
    }
    with refused(db, NotAllowedError):
        action(**values)


def test_the_way_to_the_exam_is_logged_step_by_step(db, now):
    scene = make_scene(db, now=now, count=1)
    logged = [entry.action for entry in db.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    steps = [
        "load_catalog",
        "load_divisions",
        "load_former_divisions",
        "establish_centres",
        "load_calendar",
        "apply_for_filing",
        "confirm_filing",
        "open_account",
        "register_examiner",
        "file_specification",
        "draft_plan",
        "submit_plan",
        "approve_plan",
        "enrol_candidate",
        "submit_roster",
        "decide_enrolment",
        "release_feedback",
        "add_room",
        "plan_sitting",
        "assign_proctor",
        "arrange_candidates",
        "dispatch_examiners",
    ]
    assert list(dict.fromkeys(logged)) == steps
    drafted = db.scalars(select(AuditEntry).where(AuditEntry.action == "draft_plan")).one()
    assert (drafted.object_type, drafted.object_id) == ("assessment_plan", str(scene.plan.id))
    assert drafted.account_id == scene.plan.created_by_id
    assert first_break(db) is None


def test_change_and_log_line_share_one_transaction(database, now):
    with database.transaction() as db:
        scene = make_scene(db, now=now, count=1)
        plan_id = scene.plan.id
    with database.reading() as db:
        before = len(list(db.scalars(select(AuditEntry.id))))
    with database.session() as db:
        cancel_plan(db, plan_id, "考场停电", actor=SYSTEM, now=now)
        db.rollback()
    with database.reading() as db:
        assert len(list(db.scalars(select(AuditEntry.id)))) == before
        assert db.get_one(AssessmentPlan, plan_id).state == PlanState.ARRANGED
    with database.transaction() as db:
        cancel_plan(db, plan_id, "考场停电", actor=SYSTEM, now=now)
    with database.reading() as db:
        assert len(list(db.scalars(select(AuditEntry.id)))) == before + 1
        assert db.get_one(AssessmentPlan, plan_id).state == PlanState.CANCELLED


def test_a_failure_after_an_action_takes_back_both(database, now):
    def fail_halfway() -> None:
        with database.transaction() as db:
            make_scene(db, now=now, count=1)
            raise RuntimeError("the power went out")

    with pytest.raises(RuntimeError):
        fail_halfway()
    with database.reading() as db:
        assert projects(db) == []
        assert list(db.scalars(select(AuditEntry))) == []
