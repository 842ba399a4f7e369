"""Entering candidates: every check, sealed numbers, one place in a plan."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from registry.access import Role
from registry.audit_log import AuditEntry
from registry.database import files_of, keys_of
from registry.enrolment.actions import (
    amend_enrolment,
    enrol_candidate,
    submit_roster,
    withdraw_enrolment,
)
from registry.enrolment.applications import NewCandidate
from registry.enrolment.errors import (
    DuplicateEnrolmentError,
    EmptyRosterError,
    NameDiffersError,
    OverlappingEnrolmentError,
    TypedDataDiffersError,
)
from registry.enrolment.models import ID_NUMBER, PHONE, EnrolmentState, Gender
from registry.enrolment.queries import candidate_by_id_number, roster_of
from registry.enrolment.rules.age import UnderAgeError
from registry.enrolment.rules.id_number import (
    IdNumberBirthDateError,
    IdNumberCheckDigitError,
    IdNumberImplausibleError,
    IdNumberLengthError,
)
from registry.errors import InvalidInputError, WrongStateError
from registry.plans.actions import cancel_plan
from registry.plans.rules.states import PlanState
from tests.support.factories import (
    id_number,
    make_office,
    make_plan,
    make_roster,
    new_candidate,
)
from tests.support.refusals import refused


@pytest.fixture
def typed(now) -> NewCandidate:
    return new_candidate(confirmed_at=now)


def test_gender_and_birth_date_follow_from_the_number(db, plan, officer, typed, now):
    enrolment = enrol_candidate(db, plan.id, typed, actor=officer, now=now)
    candidate = enrolment.candidate
    assert enrolment.state == EnrolmentState.DRAFT
    assert (candidate.gender, candidate.born_on) == (Gender.MALE, date(1990, 3, 7))
    assert candidate.id_number_masked == "320505********" + typed.id_number[-4:]


def test_personal_numbers_are_sealed_and_found_by_their_index(db, plan, officer, typed, now):
    enrolment = enrol_candidate(db, plan.id, typed, actor=officer, now=now)
    candidate = enrolment.candidate
    assert typed.id_number.encode() not in candidate.id_number_sealed
    keys = keys_of(db)
    assert keys.reveal(candidate.id_number_sealed, purpose=ID_NUMBER) == typed.id_number
    assert keys.reveal(candidate.phone_sealed, purpose=PHONE) == typed.phone
    assert candidate_by_id_number(db, f" {typed.id_number.lower()} ") is candidate


def test_the_audit_log_never_holds_a_full_number(db, plan, officer, typed, now):
    enrol_candidate(db, plan.id, typed, actor=officer, now=now)
    for entry in db.query(AuditEntry):
        assert typed.id_number not in entry.detail
        assert typed.phone not in entry.detail


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"id_number": "32010219900307999"}, IdNumberLengthError),
        ({"id_number": "320102199003079995"}, IdNumberCheckDigitError),
        ({"id_number": "320102199902299990"}, IdNumberBirthDateError),
        ({"id_number": "440524188001010014"}, IdNumberImplausibleError),
        ({"id_number": id_number(born_on=date(2010, 12, 6))}, UnderAgeError),
        ({"gender": Gender.FEMALE}, TypedDataDiffersError),
        ({"born_on": date(1990, 3, 8)}, TypedDataDiffersError),
        ({"name": "甲"}, InvalidInputError),
        ({"phone": "12345"}, InvalidInputError),
        ({"education": "博士后"}, InvalidInputError),
        ({"candidate_source": ""}, InvalidInputError),
    ],
)
def test_a_faulty_entry_is_refused_and_leaves_nothing(
    db, plan, officer, typed, now, changes, error
):
    with refused(db, error):
        enrol_candidate(db, plan.id, replace(typed, **changes), actor=officer, now=now)


def test_the_own_wish_cannot_be_confirmed_in_the_future(db, plan, officer, typed, now):
    later = replace(typed, confirmed_at=now + timedelta(seconds=1))
    with refused(db, InvalidInputError, match="本人确认"):
        enrol_candidate(db, plan.id, later, actor=officer, now=now)


def test_sixteen_years_are_counted_by_the_day_in_jiangsu(db, plan, officer, typed, now):
    born = replace(typed, id_number=id_number(born_on=date(2010, 12, 5)))
    midnight = now.replace(day=4, hour=16)
    with refused(db, UnderAgeError, match="2026年12月5日"):
        enrol_candidate(
            db,
            plan.id,
            replace(born, confirmed_at=midnight - timedelta(hours=1)),
            actor=officer,
            now=midnight - timedelta(seconds=1),
        )
    born = replace(born, confirmed_at=midnight)
    assert enrol_candidate(db, plan.id, born, actor=officer, now=midnight)


def test_matching_typed_data_are_welcome(db, plan, officer, typed, now):
    typed = replace(typed, gender=Gender.MALE, born_on=date(1990, 3, 7))
    assert enrol_candidate(db, plan.id, typed, actor=officer, now=now).warnings == ""


def test_doubts_are_kept_as_warnings_for_the_auditor(db, plan, officer, typed, now):
    old = replace(typed, id_number=id_number(region="321388", born_on=date(1950, 1, 1)))
    warnings = enrol_candidate(db, plan.id, old, actor=officer, now=now).warnings.split("；")
    assert len(warnings) == 2
    assert "321388" in warnings[0]
    assert "退休年龄" in warnings[1]


def test_a_former_region_is_no_doubt(db, plan, officer, typed, now):
    former = replace(typed, id_number="320602198806150005")
    assert enrol_candidate(db, plan.id, former, actor=officer, now=now).warnings == ""


def test_schooling_never_blocks_an_enrolment(db, plan, officer, now):
    for number, education in enumerate(["小学", "研究生", "其他"]):
        typed = new_candidate(number, confirmed_at=now, education=education)
        assert enrol_candidate(db, plan.id, typed, actor=officer, now=now)


def test_a_photograph_is_kept_in_the_store(db, plan, officer, typed, now):
    typed = replace(typed, photo=b"\xff\xd8 photograph")
    candidate = enrol_candidate(db, plan.id, typed, actor=officer, now=now).candidate
    assert files_of(db).get(candidate.photo_hash) == typed.photo


def test_the_same_number_is_entered_once_in_a_plan(db, plan, officer, typed, now):
    enrol_candidate(db, plan.id, typed, actor=officer, now=now)
    with refused(db, DuplicateEnrolmentError, match="已在本计划中报名"):
        enrol_candidate(
            db, plan.id, replace(typed, id_number=typed.id_number.lower()), actor=officer, now=now
        )


def test_a_number_on_record_under_another_name_is_refused(db, office, plan, officer, typed, now):
    enrol_candidate(db, plan.id, typed, actor=officer, now=now)
    other = make_plan(db, office, now=now + timedelta(days=1), project_number=2)
    with refused(db, NameDiffersError, match="姓名"):
        renamed = replace(typed, name="考生另名")
        enrol_candidate(db, other.id, renamed, actor=officer, now=now)


def test_who_passed_an_audit_elsewhere_cannot_enrol_for_the_same_project_or_day(
    db, office, plan, now
):
    [passed] = make_roster(db, office, plan, 1, now=now)
    nanjing = make_office(db, now=now, division="320102")
    officer = nanjing.actor(Role.INSTITUTION_OFFICER)
    typed = new_candidate(confirmed_at=now)
    assert candidate_by_id_number(db, typed.id_number) is passed.candidate
    same_project = make_plan(db, nanjing, now=now + timedelta(days=9))
    same_day = make_plan(db, nanjing, now=now, project_number=2)
    for other in (same_project, same_day):
        with refused(db, OverlappingEnrolmentError):
            enrol_candidate(db, other.id, typed, actor=officer, now=now)
    free = make_plan(db, nanjing, now=now + timedelta(days=9), project_number=2)
    assert enrol_candidate(db, free.id, typed, actor=officer, now=now)


def test_a_cancelled_plan_no_longer_stands_in_the_way(db, office, plan, officer, now):
    make_roster(db, office, plan, 1, now=now)
    cancel_plan(db, plan.id, "考场停电", actor=officer, now=now)
    other = make_plan(db, office, now=now + timedelta(days=9))
    assert enrol_candidate(db, other.id, new_candidate(confirmed_at=now), actor=officer, now=now)


def test_an_earlier_assessment_in_the_project_is_pointed_out(db, office, plan, officer, now):
    [enrolment] = make_roster(db, office, plan, 1, now=now)
    enrolment.state, plan.state = EnrolmentState.ARRANGED, PlanState.CERTIFIED
    other = make_plan(db, office, now=now + timedelta(days=9))
    typed = new_candidate(confirmed_at=now)
    again = enrol_candidate(db, other.id, typed, actor=officer, now=now)
    assert plan.number in again.warnings


def test_candidates_are_entered_only_while_enrolment_is_open(db, plan, officer, typed, now):
    enrol_candidate(db, plan.id, typed, actor=officer, now=now)
    submit_roster(db, plan.id, actor=officer, now=now)
    with refused(db, WrongStateError, match="待审核"):
        enrol_candidate(db, plan.id, new_candidate(1, confirmed_at=now), actor=officer, now=now)


def test_a_withdrawn_candidate_may_be_entered_again(db, plan, officer, typed, now):
    enrolment = enrol_candidate(db, plan.id, typed, actor=officer, now=now)
    withdraw_enrolment(db, enrolment.id, actor=officer, now=now)
    assert roster_of(db, plan.id, actor=officer) == []
    with refused(db, WrongStateError, match="已撤回"):
        withdraw_enrolment(db, enrolment.id, actor=officer, now=now)
    assert enrol_candidate(db, plan.id, typed, actor=officer, now=now) is enrolment
    assert enrolment.state == EnrolmentState.DRAFT


def test_a_draft_is_corrected_name_and_number_alike(db, plan, officer, typed, now):
    enrolment = enrol_candidate(db, plan.id, typed, actor=officer, now=now)
    renamed = replace(typed, name="考生更正")
    assert amend_enrolment(db, enrolment.id, renamed, actor=officer, now=now).candidate.name == (
        "考生更正"
    )
    other = new_candidate(5, confirmed_at=now)
    amend_enrolment(db, enrolment.id, other, actor=officer, now=now)
    assert enrolment.candidate is candidate_by_id_number(db, other.id_number)


def test_a_correction_cannot_take_the_place_of_another_candidate(db, plan, officer, typed, now):
    first = enrol_candidate(db, plan.id, typed, actor=officer, now=now)
    other = new_candidate(5, confirmed_at=now)
    enrol_candidate(db, plan.id, other, actor=officer, now=now)
    with refused(db, DuplicateEnrolmentError):
        amend_enrolment(db, first.id, other, actor=officer, now=now)
    with refused(db, NameDiffersError):
        amend_enrolment(db, first.id, replace(other, name="考生更正"), actor=officer, now=now)


def test_a_roster_starts_a_term_of_ten_working_days(db, now):
    at = now - timedelta(days=78)  # 18 September 2026
    office = make_office(db, now=at + timedelta(days=44))
    officer = office.actor(Role.INSTITUTION_OFFICER)
    plan = make_plan(db, office, now=at + timedelta(days=44))
    typed = new_candidate(confirmed_at=at)
    enrolment = enrol_candidate(db, plan.id, typed, actor=officer, now=at)
    submit_roster(db, plan.id, actor=officer, now=at)
    assert plan.state == PlanState.ROSTER_SUBMITTED
    assert enrolment.state == EnrolmentState.SUBMITTED
    assert (plan.audit_due_on, plan.audit_due_is_provisional) == (date(2026, 10, 9), False)


def test_an_empty_roster_is_not_handed_in(db, plan, officer, typed, now):
    with refused(db, EmptyRosterError):
        submit_roster(db, plan.id, actor=officer, now=now)
    enrolment = enrol_candidate(db, plan.id, typed, actor=officer, now=now)
    withdraw_enrolment(db, enrolment.id, actor=officer, now=now)
    with refused(db, EmptyRosterError):
        submit_roster(db, plan.id, actor=officer, now=now)
