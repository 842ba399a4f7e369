"""From marks to published results."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.access import SYSTEM, Permission, Role
from registry.audit_log import first_break
from registry.catalog.rules.subjects import Subject
from registry.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    SeparationError,
    WrongStateError,
)
from registry.plans.rules.states import PlanState
from scoring import actions, queries
from scoring.errors import (
    AlreadyScoredError,
    EvidenceBrokenError,
    MarkSettledError,
    ResultsIncompleteError,
    SheetsOutstandingError,
)
from scoring.panel_actions import open_sheet
from scoring.rules.evidence import EvidenceSource, theory_fault
from scoring.rules.evidence import theory_evidence as written
from scoring.rules.examiner_panel import OpenDisputeError, TooFewSheetsError
from scoring.rules.states import ResultFlag, ResultState
from tests.scoring.exam_day import FAIR, GOOD, POOR, theory_evidence, theory_mark
from tests.support.refusals import refused


def test_three_sheets_become_the_published_mean(db, pair):
    result = pair.score_practical(db, pair.practical()[0])
    assert result.mark == Decimal("82.3")
    assert result.flag == ResultFlag.NONE
    assert '"exact":"247/3"' in result.evidence


def test_an_open_dispute_keeps_the_mark_back(db, pair):
    with pytest.raises(OpenDisputeError):
        pair.score_practical(db, pair.practical()[0], (GOOD, GOOD, POOR))


def test_two_sheets_are_not_merged(db, pair):
    admission = pair.practical()[0]
    for examiner in pair.examiners[:2]:
        pair.fill(db, admission, examiner)
    with refused(db, TooFewSheetsError):
        actions.merge_practical(db, admission.id, actor=pair.examiners[0], now=pair.at)


def test_a_sheet_begun_and_not_submitted_keeps_the_mark_back(db, pair):
    admission = pair.practical()[0]
    for examiner in pair.examiners[:2]:
        pair.fill(db, admission, examiner)
    open_sheet(db, admission.id, actor=pair.examiners[2], now=pair.at)
    with refused(db, SheetsOutstandingError):
        actions.merge_practical(db, admission.id, actor=pair.officer, now=pair.at)


def test_a_veto_seen_by_all_gives_0_and_the_flag(db, pair):
    admission = pair.practical()[0]
    for examiner in pair.examiners:
        pair.fill(db, admission, examiner, veto="未经验电即接触导体")
    result = actions.merge_practical(db, admission.id, actor=pair.officer, now=pair.at)
    assert (result.mark, result.flag) == (0, ResultFlag.VETO)


def test_the_first_mark_brings_the_plan_to_scoring(db, pair):
    assert pair.scene.plan.state == PlanState.ARRANGED
    pair.score_theory(db, pair.theory()[0])
    assert pair.scene.plan.state == PlanState.SCORING


def test_recording_the_same_theory_mark_again_changes_nothing(db, pair):
    admission = pair.theory()[0]
    first = pair.score_theory(db, admission)
    assert pair.score_theory(db, admission) is first


def test_a_corrected_card_replaces_the_mark_until_it_is_confirmed(db, pair):
    first, second = pair.theory()
    pair.score_theory(db, first, 59)
    assert pair.score_theory(db, first, 60, source=EvidenceSource.CARD).mark == 60
    pair.score_theory(db, second)
    for admission in pair.practical():
        pair.score_practical(db, admission)
    actions.confirm_results(db, pair.scene.plan.id, actor=pair.officer, now=pair.at)
    with refused(db, MarkSettledError):
        pair.score_theory(db, first, 61)


@pytest.mark.parametrize(
    "changed",
    [{"source_hash": ""}, {"paper_hash": "short"}, {"presence": ""}, {"source": "panel"}],
)
def test_a_theory_mark_without_evidence_is_refused(db, pair, changed):
    if "source" in changed:
        changed = {"source": EvidenceSource(changed["source"])}
    with refused(db, InvalidInputError):
        pair.score_theory(db, pair.theory()[0], **changed)


def test_a_theory_paper_must_be_out_of_100(db, pair):
    mark = replace(theory_mark(78), full=Decimal(90))
    with refused(db, InvalidInputError):
        admission_id = pair.theory()[0].id
        actions.record_theory(db, admission_id, mark, theory_evidence(), actor=SYSTEM, now=pair.at)


def test_an_absence_is_0_and_flagged(db, pair):
    result = actions.record_absence(
        db, pair.theory()[0].id, "监考员登记缺考", actor=SYSTEM, now=pair.at
    )
    assert (result.mark, result.flag) == (0, ResultFlag.ABSENT)


def test_a_mark_is_not_turned_into_an_absence(db, pair):
    admission = pair.theory()[0]
    pair.score_theory(db, admission)
    with refused(db, AlreadyScoredError):
        actions.record_absence(db, admission.id, "登记缺考", actor=SYSTEM, now=pair.at)


def test_who_has_a_score_sheet_was_present(db, pair):
    admission = pair.practical()[0]
    pair.fill(db, admission, pair.examiners[0])
    with refused(db, InvalidInputError):
        actions.record_absence(db, admission.id, "登记缺考", actor=SYSTEM, now=pair.at)


def test_counts_must_tie_before_confirmation(db, pair):
    for admission in pair.theory():
        pair.score_theory(db, admission)
    with refused(db, ResultsIncompleteError, match="操作技能") as refusal:
        actions.confirm_results(db, pair.scene.plan.id, actor=pair.officer, now=pair.at)
    assert refusal.value.details["expected"] == 4
    assert refusal.value.details["present"] == 2


def test_a_mark_that_does_not_follow_from_its_records_is_not_confirmed(db, pair):
    pair.score_all(db)
    result = queries.results_of(db, pair.scene.plan.id, actor=pair.officer)[1]
    assert result.subject == Subject.PRACTICAL
    result.mark = Decimal("90.0")
    db.flush()
    with refused(db, EvidenceBrokenError):
        actions.confirm_results(db, pair.scene.plan.id, actor=pair.officer, now=pair.at)


def test_confirming_and_publishing_take_two_people(db, pair):
    pair.score_all(db)
    plan_id = pair.scene.plan.id
    actions.confirm_results(db, plan_id, actor=pair.officer, now=pair.at)
    with refused(db, SeparationError):
        actions.publish_results(db, plan_id, actor=pair.officer, now=pair.at)
    results = actions.publish_results(db, plan_id, actor=pair.publisher, now=pair.at)
    assert {result.state for result in results} == {ResultState.PUBLISHED}
    assert pair.scene.plan.state == PlanState.PUBLISHED
    assert first_break(db) is None


def test_unconfirmed_marks_are_not_published(db, pair):
    pair.score_all(db)
    with refused(db, WrongStateError):
        actions.publish_results(db, pair.scene.plan.id, actor=pair.publisher, now=pair.at)


@pytest.mark.parametrize(
    ("action", "role"),
    [
        (actions.confirm_results, Role.PROCTOR),
        (actions.publish_results, Role.CERTIFICATE_MAKER),
    ],
)
def test_other_roles_neither_confirm_nor_publish(db, pair, action, role):
    with refused(db, NotAllowedError):
        action(db, pair.scene.plan.id, actor=pair.scene.office.actor(role), now=pair.at)


def test_another_city_does_not_find_the_plan(db, pair):
    pair.score_all(db)
    stranger = replace(pair.officer, division_prefix="3201")
    with refused(db, NotFoundError):
        actions.confirm_results(db, pair.scene.plan.id, actor=stranger, now=pair.at)
    assert queries.results_of(db, pair.scene.plan.id, actor=stranger) == []


def test_the_verdict_needs_60_in_every_subject(db, day):
    weak = tuple(str(Decimal(mark) - (Decimal(mark) >= 8) * 5) for mark in FAIR)
    day.score_all(db, theory={0: 59}, practical={1: (weak, weak, weak)})
    outcomes = queries.outcomes_of(db, day.scene.plan.id, actor=day.officer)
    by_enrolment = {o.enrolment.id: o.outcome for o in outcomes}
    failed_theory = by_enrolment[day.theory()[0].enrolment_id]
    failed_practical = by_enrolment[day.practical()[1].enrolment_id]
    assert failed_theory is not None
    assert failed_practical is not None
    assert failed_theory.short >= {Subject.THEORY}
    assert failed_practical.short >= {Subject.PRACTICAL}
    assert not failed_theory.passed
    assert sum(o.passed for o in by_enrolment.values() if o is not None) >= 1


def test_an_institution_sees_results_once_they_are_published(db, pair):
    pair.score_all(db)
    institution = pair.scene.office.actor(Role.INSTITUTION_OFFICER)
    plan_id = pair.scene.plan.id
    assert queries.results_of(db, plan_id, actor=institution) == []
    pair.publish(db)
    assert len(queries.results_of(db, plan_id, actor=institution)) == 4
    enrolment_id = pair.scene.enrolments[0].id
    assert queries.outcome_of(db, enrolment_id, actor=institution).is_published
    assert queries.result_of(db, enrolment_id, Subject.THEORY, actor=institution)


def test_reading_results_needs_a_right(db, pair):
    nobody = replace(pair.officer, permissions=frozenset({Permission.BANK_READ}))
    with pytest.raises(NotAllowedError):
        queries.results_of(db, pair.scene.plan.id, actor=nobody)


@given(st.integers(0, 100))
def test_a_theory_mark_follows_from_its_evidence(right):
    mark = theory_mark(right)
    text = written(mark, theory_evidence())
    assert theory_fault(text, Decimal(right)) is None
    assert theory_fault(text, Decimal(right) + 1) is not None
