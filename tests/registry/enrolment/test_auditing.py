"""The city's audit: separation, reasons, one feedback for the whole roster."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from registry.access import Permission, Role
from registry.audit_log import AuditEntry
from registry.enrolment.actions import amend_enrolment, enrol_candidate, submit_roster
from registry.enrolment.audit_actions import (
    decide_enrolment,
    release_feedback,
    reveal_id_number,
)
from registry.enrolment.errors import RefusalReasonError, UndecidedEnrolmentsError
from registry.enrolment.models import EnrolmentState
from registry.enrolment.queries import (
    enrolment_of,
    passed_roster,
    roster_counts,
    roster_of,
)
from registry.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    SeparationError,
    WrongStateError,
)
from registry.plans.rules.states import PlanState
from tests.support.factories import make_office, new_candidate
from tests.support.refusals import refused

PASSED, REFUSED, SUBMITTED = (
    EnrolmentState.PASSED,
    EnrolmentState.REFUSED,
    EnrolmentState.SUBMITTED,
)


@pytest.fixture
def roster(db, plan, officer, now):
    """Two candidates handed in for audit."""
    entered = [
        enrol_candidate(db, plan.id, new_candidate(n, confirmed_at=now), actor=officer, now=now)
        for n in range(2)
    ]
    submit_roster(db, plan.id, actor=officer, now=now)
    return entered


def states(db, plan, actor):
    return [row.state for row in roster_of(db, plan.id, actor=actor)]


def test_nothing_is_shown_to_the_institution_before_the_release(
    db, plan, roster, office, officer, city, now
):
    decide_enrolment(db, roster[0].id, passed=True, actor=city, now=now)
    decide_enrolment(db, roster[1].id, passed=False, reason="照片不符", actor=city, now=now)
    assert states(db, plan, city) == [PASSED, REFUSED]
    for role in (Role.INSTITUTION_OFFICER, Role.COUNTY_OFFICER, Role.PROVINCE_OFFICER):
        assert states(db, plan, office.actor(role)) == [SUBMITTED, SUBMITTED]
    assert all(row.reason is None for row in roster_of(db, plan.id, actor=officer))
    assert roster_counts(db, plan.id, actor=officer)[SUBMITTED] == 2
    assert passed_roster(db, plan.id, actor=officer) == []


def test_the_release_shows_every_decision_and_reason_at_once(db, plan, roster, officer, city, now):
    decide_enrolment(db, roster[0].id, passed=True, actor=city, now=now)
    decide_enrolment(db, roster[1].id, passed=False, reason="照片不符", actor=city, now=now)
    release_feedback(db, plan.id, actor=city, now=now)
    assert plan.state == PlanState.AUDITED
    assert states(db, plan, officer) == [PASSED, REFUSED]
    assert [row.reason for row in roster_of(db, plan.id, actor=officer)] == [None, "照片不符"]
    assert [row.enrolment_id for row in passed_roster(db, plan.id, actor=officer)] == [roster[0].id]


def test_the_feedback_covers_the_whole_roster_or_nothing(db, plan, roster, city, now):
    decide_enrolment(db, roster[0].id, passed=True, actor=city, now=now)
    with refused(db, UndecidedEnrolmentsError, match="还有1名"):
        release_feedback(db, plan.id, actor=city, now=now)


def test_a_refusal_needs_its_reason(db, roster, city, now):
    with refused(db, RefusalReasonError):
        decide_enrolment(db, roster[0].id, passed=False, reason=" ", actor=city, now=now)


def test_a_decision_may_change_until_the_release_and_not_after(db, plan, roster, city, now):
    for enrolment in roster:
        decide_enrolment(db, enrolment.id, passed=False, reason="照片不符", actor=city, now=now)
    for enrolment in roster:
        decide_enrolment(db, enrolment.id, passed=True, actor=city, now=now)
    assert roster[0].decision_reason is None
    release_feedback(db, plan.id, actor=city, now=now)
    with refused(db, WrongStateError, match="已审核"):
        decide_enrolment(db, roster[0].id, passed=False, reason="迟了", actor=city, now=now)


def test_who_entered_a_candidate_does_not_decide(db, roster, officer, now):
    both = replace(officer, permissions=officer.permissions | {Permission.ENROLMENT_AUDIT})
    with refused(db, SeparationError, match="报名录入人"):
        decide_enrolment(db, roster[0].id, passed=True, actor=both, now=now)


def test_only_the_returned_candidates_are_handed_in_again_with_a_new_term(
    db, plan, roster, officer, city, now
):
    decide_enrolment(db, roster[0].id, passed=True, actor=city, now=now)
    decide_enrolment(db, roster[1].id, passed=False, reason="照片不符", actor=city, now=now)
    release_feedback(db, plan.id, actor=city, now=now)
    first_due_on, later = plan.audit_due_on, now + timedelta(days=3)
    typed = new_candidate(1, confirmed_at=now, photo=b"new photograph")
    amend_enrolment(db, roster[1].id, typed, actor=officer, now=later)
    with refused(db, WrongStateError, match="审核通过"):
        amend_enrolment(
            db, roster[0].id, new_candidate(0, confirmed_at=now), actor=officer, now=later
        )
    submit_roster(db, plan.id, actor=officer, now=later)
    assert plan.audit_due_on > first_due_on
    assert states(db, plan, officer) == [PASSED, SUBMITTED]
    with refused(db, WrongStateError, match="审核通过"):
        decide_enrolment(db, roster[0].id, passed=False, reason="变卦", actor=city, now=later)
    decide_enrolment(db, roster[1].id, passed=True, actor=city, now=later)
    release_feedback(db, plan.id, actor=city, now=later)
    assert states(db, plan, officer) == [PASSED, PASSED]


def test_nobody_is_decided_before_the_roster_is_handed_in(db, plan, officer, city, now):
    typed = new_candidate(confirmed_at=now)
    enrolment = enrol_candidate(db, plan.id, typed, actor=officer, now=now)
    with refused(db, WrongStateError, match="报名中"):
        decide_enrolment(db, enrolment.id, passed=True, actor=city, now=now)


def test_a_full_number_is_shown_for_a_reason_that_is_logged(db, roster, city, now):
    number = reveal_id_number(db, roster[0].id, "核对身份证原件", actor=city, now=now)
    assert number == new_candidate(0, confirmed_at=now).id_number
    entry = db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (entry.action, entry.account_id) == ("reveal_id_number", city.account_id)
    assert "核对身份证原件" in entry.detail
    assert number not in entry.detail


def test_no_reason_or_no_business_shows_no_number(db, office, roster, city, now):
    with refused(db, InvalidInputError, match="查看原因"):
        reveal_id_number(db, roster[0].id, " ", actor=city, now=now)
    with refused(db, NotAllowedError):
        county = office.actor(Role.COUNTY_OFFICER)
        reveal_id_number(db, roster[0].id, "好奇", actor=county, now=now)


def test_another_citys_auditor_finds_neither_roster_nor_candidate(db, plan, roster, now):
    stranger = make_office(db, now=now, division="320102").actor(Role.CITY_OFFICER)
    for attempt in (
        lambda: roster_of(db, plan.id, actor=stranger),
        lambda: enrolment_of(db, roster[0].id, actor=stranger),
        lambda: decide_enrolment(db, roster[0].id, passed=True, actor=stranger, now=now),
        lambda: release_feedback(db, plan.id, actor=stranger, now=now),
        lambda: reveal_id_number(db, roster[0].id, "核对", actor=stranger, now=now),
    ):
        with refused(db, NotFoundError):
            attempt()
