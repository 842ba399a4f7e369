"""Plans from draft to approval, and the calendar behind their deadlines."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from registry.access import SYSTEM, Actor, Permission, Role
from registry.catalog.errors import SpecificationNotFiledError
from registry.enrolment.actions import enrol_candidate, submit_roster
from registry.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    SeparationError,
    WrongStateError,
)
from registry.local_time import local_date
from registry.organisations.errors import NoFilingInForceError, ProjectOutsideFilingError
from registry.organisations.filing_actions import suspend_filing
from registry.organisations.queries import filing_in_force
from registry.plans.actions import (
    NewPlan,
    advance_plan,
    approve_plan,
    cancel_plan,
    draft_plan,
    load_calendar,
    return_plan,
    submit_plan,
)
from registry.plans.errors import PlannedTooEarlyError
from registry.plans.queries import (
    official_days,
    overdue_audits,
    plan_by_number,
    plan_of,
    plans_in_reach,
    require_state,
)
from registry.plans.rules.calendar_file import read_calendar
from registry.plans.rules.states import CHINESE, FOLLOWING, PlanState
from tests.support.factories import (
    make_office,
    make_plan,
    make_roster,
    make_specification,
    new_candidate,
    seed_text,
)
from tests.support.refusals import refused


@pytest.fixture
def new(db, office, now):
    make_specification(db, now=now)
    return NewPlan(office.institution.id, 1, local_date(now) + timedelta(days=30), 20)


@pytest.fixture
def draft(db, new, officer, now):
    return draft_plan(db, new, actor=officer, now=now)


def test_a_draft_takes_number_and_subjects_from_city_and_specification(draft):
    assert draft.number == "2605-0001"
    assert draft.state == PlanState.DRAFT
    assert {part.subject: part.minutes for part in draft.subjects} == {
        "theory": 90,
        "practical": 120,
    }


def test_plan_numbers_run_on_within_a_city_and_year(db, new, draft, officer, now):
    assert draft_plan(db, new, actor=officer, now=now).number == "2605-0002"
    nanjing = make_office(db, now=now, division="320102")
    other = replace(new, institution_id=nanjing.institution.id)
    actor = nanjing.actor(Role.INSTITUTION_OFFICER)
    assert draft_plan(db, other, actor=actor, now=now).number == "2601-0001"


def test_a_plan_needs_a_filing_in_force(db, new, office, officer, now):
    filing = filing_in_force(db, office.institution.id, local_date(now))
    suspend_filing(db, filing.id, "考场整改", actor=SYSTEM, now=now)
    with refused(db, NoFilingInForceError, match=office.institution.name):
        draft_plan(db, new, actor=officer, now=now)


def test_a_plan_needs_a_filing_that_covers_the_project(db, new, officer, now):
    make_specification(db, now=now, project_number=9)
    with refused(db, ProjectOutsideFilingError, match="陕西面皮制作"):
        draft_plan(db, replace(new, project_number=9), actor=officer, now=now)


def test_a_plan_needs_a_specification_filed_with_the_state(db, new, officer, now):
    with refused(db, SpecificationNotFiledError):
        draft_plan(db, replace(new, project_number=3), actor=officer, now=now)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"planned_on": date(2026, 12, 5)}, PlannedTooEarlyError),
        ({"expected_count": 0}, InvalidInputError),
        ({"institution_id": 9999}, NotFoundError),
        ({"project_number": 99}, NotFoundError),
    ],
)
def test_a_faulty_draft_is_refused(db, new, officer, now, changes, error):
    with refused(db, error):
        draft_plan(db, replace(new, **changes), actor=officer, now=now)


def test_submission_needs_the_filing_once_more(db, draft, office, officer, now):
    filing = filing_in_force(db, office.institution.id, local_date(now))
    suspend_filing(db, filing.id, "考场整改", actor=SYSTEM, now=now)
    with refused(db, NoFilingInForceError):
        submit_plan(db, draft.id, actor=officer, now=now)


def test_a_plan_whose_day_has_come_is_not_submitted(db, draft, officer, now):
    with refused(db, PlannedTooEarlyError):
        submit_plan(db, draft.id, actor=officer, now=now + timedelta(days=31))


def test_a_returned_plan_shows_its_reason_until_it_is_submitted_again(
    db, draft, officer, city, now
):
    submit_plan(db, draft.id, actor=officer, now=now)
    with refused(db, InvalidInputError, match="退回原因"):
        return_plan(db, draft.id, " ", actor=city, now=now)
    return_plan(db, draft.id, "人数过多", actor=city, now=now)
    assert (draft.state, draft.return_reason) == (PlanState.RETURNED, "人数过多")
    submit_plan(db, draft.id, actor=officer, now=now)
    assert (draft.state, draft.return_reason) == (PlanState.SUBMITTED, None)
    approve_plan(db, draft.id, actor=city, now=now)
    assert (draft.state, draft.decided_at) == (PlanState.APPROVED, now)


def test_only_a_submitted_plan_is_decided(db, draft, city, now):
    with refused(db, WrongStateError, match="草稿"):
        approve_plan(db, draft.id, actor=city, now=now)


def test_who_drafted_a_plan_does_not_approve_it(db, draft, officer, now):
    submit_plan(db, draft.id, actor=officer, now=now)
    both = replace(officer, permissions=officer.permissions | {Permission.PLAN_APPROVE})
    for decide in (
        lambda: approve_plan(db, draft.id, actor=both, now=now),
        lambda: return_plan(db, draft.id, "理由", actor=both, now=now),
    ):
        with refused(db, SeparationError, match="计划编制人"):
            decide()


def test_the_server_itself_is_one_person_too(db, new, now):
    plan = draft_plan(db, new, actor=SYSTEM, now=now)
    submit_plan(db, plan.id, actor=SYSTEM, now=now)
    with refused(db, SeparationError):
        approve_plan(db, plan.id, actor=SYSTEM, now=now)


def test_a_plan_is_cancelled_with_a_reason_before_it_begins(db, plan, officer, now):
    with refused(db, InvalidInputError, match="取消原因"):
        cancel_plan(db, plan.id, "", actor=officer, now=now)
    cancel_plan(db, plan.id, "考场停电", actor=officer, now=now)
    assert plan.state == PlanState.CANCELLED
    with refused(db, WrongStateError, match="已取消"):
        submit_plan(db, plan.id, actor=officer, now=now)


def test_later_steps_advance_a_plan_one_state_at_a_time(db, plan, now):
    with refused(db, WrongStateError, match="报名中"):
        advance_plan(db, plan.id, PlanState.SCORING, actor=SYSTEM, now=now)
    plan.state = PlanState.ARRANGED
    for state in (PlanState.IN_PROGRESS, PlanState.SCORING, PlanState.RESULTS_CONFIRMED):
        assert advance_plan(db, plan.id, state, actor=SYSTEM, now=now).state == state


def test_no_approval_or_audit_is_skipped_by_advancing(db, draft, now):
    for state in (PlanState.APPROVED, PlanState.AUDITED, PlanState.ARRANGED):
        with pytest.raises(ValueError, match="action of its own"):
            advance_plan(db, draft.id, state, actor=SYSTEM, now=now)


def test_every_state_has_a_word_and_its_followers():
    assert set(CHINESE) == set(FOLLOWING) == set(PlanState)


def test_plans_are_seen_within_reach_only(db, office, plan, now):
    nanjing = make_office(db, now=now, division="320102")
    for role in (Role.CITY_OFFICER, Role.INSTITUTION_OFFICER, Role.COUNTY_OFFICER):
        assert plans_in_reach(db, actor=office.actor(role)) == [plan]
        stranger = nanjing.actor(role)
        assert plans_in_reach(db, actor=stranger) == []
        with refused(db, NotFoundError):
            plan_of(db, plan.id, actor=stranger)
        with refused(db, NotFoundError):
            plan_by_number(db, plan.number, actor=stranger)
    province = office.actor(Role.PROVINCE_OFFICER)
    assert plan_by_number(db, plan.number, actor=province) is plan
    assert plans_in_reach(db, actor=province, states=[PlanState.DRAFT]) == []


def test_an_institution_of_the_same_county_sees_nothing(db, plan, officer, now):
    neighbour = make_office(db, now=now)
    assert plans_in_reach(db, actor=neighbour.actor(Role.INSTITUTION_OFFICER)) == []


def test_a_division_prefix_is_text_and_no_pattern(db, plan):
    sly = Actor(1, "示范人员", frozenset({Permission.PLAN_READ}), "%")
    assert plans_in_reach(db, actor=sly) == []


def test_drafting_needs_its_permission(db, new, city, now):
    with refused(db, NotAllowedError, match="编制考核计划"):
        draft_plan(db, new, actor=city, now=now)


def test_a_state_is_required_by_name(draft):
    require_state(draft, PlanState.DRAFT, action="修改")
    with pytest.raises(WrongStateError, match=f"考核计划{draft.number}当前为“草稿”，不能修改"):
        require_state(draft, PlanState.APPROVED, action="修改")


def test_a_year_of_the_calendar_is_replaced_as_a_whole(db, now):
    days = read_calendar(seed_text("calendar/2026.csv"))
    load_calendar(db, days, actor=SYSTEM, now=now)
    del days[date(2026, 1, 1)]
    days[date(2026, 2, 14)] = False
    load_calendar(db, days, actor=SYSTEM, now=now)
    assert official_days(db) == days
    with refused(db, InvalidInputError):
        load_calendar(db, {}, actor=SYSTEM, now=now)


def test_a_provisional_deadline_is_counted_again_and_never_shortened(db, office, officer, clock):
    late = clock.advance(days=20)  # 25 December 2026: the term runs into 2027
    plan = make_plan(db, office, now=late + timedelta(days=44))
    typed = new_candidate(confirmed_at=late)
    enrol_candidate(db, plan.id, typed, actor=officer, now=late)
    submit_roster(db, plan.id, actor=officer, now=late)
    assert (plan.audit_due_on, plan.audit_due_is_provisional) == (date(2027, 1, 11), True)
    one_day_off = {date(2027, 1, 1): False, date(2027, 1, 4): False}
    load_calendar(db, one_day_off, actor=SYSTEM, now=late)
    assert (plan.audit_due_on, plan.audit_due_is_provisional) == (date(2027, 1, 12), False)


def test_overdue_audits_are_listed_longest_first(db, office, city, now):
    plans = []
    for days in (40, 35):
        then = now - timedelta(days=days)
        plan = make_plan(db, office, now=now)
        typed = new_candidate(days, confirmed_at=then)
        enrol_candidate(db, plan.id, typed, actor=office.actor(Role.INSTITUTION_OFFICER), now=then)
        submit_roster(db, plan.id, actor=office.actor(Role.INSTITUTION_OFFICER), now=then)
        plans.append(plan)
    finished = make_plan(db, office, now=now, project_number=2)
    make_roster(db, office, finished, 1, now=now)
    assert overdue_audits(db, local_date(now), actor=city) == plans
    assert overdue_audits(db, date(2026, 10, 27), actor=city) == []
