"""Sittings, the arrangement of candidates, proctors, dispatched examiners."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.access import Role
from registry.accounts.actions import close_account
from registry.catalog.models import Subject
from registry.enrolment.models import EnrolmentState
from registry.errors import InvalidInputError, NotFoundError, WrongStateError
from registry.local_time import local_date
from registry.plans.actions import cancel_plan
from registry.plans.rules.states import PlanState
from registry.scheduling.actions import (
    NewSitting,
    arrange_candidates,
    assign_proctor,
    plan_sitting,
)
from registry.scheduling.dispatch_actions import dispatch_examiners
from registry.scheduling.errors import (
    ExaminerBusyError,
    ExaminerCardError,
    ExaminerGroupError,
    ExaminerNotQualifiedError,
    NobodyPassedError,
    NotOnDutyError,
    RoomTakenError,
    UnsuitableRoomError,
    WrongAdmissionNumberError,
)
from registry.scheduling.models import ExamMode
from registry.scheduling.queries import (
    admission_by_number,
    admission_of,
    admissions_by_number,
    admissions_of,
    dispatch_of_examiner,
    dispatches_of,
    proctors_of,
    sitting_of,
    sitting_of_proctor,
    sittings_of,
    sittings_of_examiner,
    sittings_of_proctor,
)
from registry.scheduling.rules.admission_no import admission_no, is_valid_admission_no
from registry.scheduling.rules.arrangement import ClashingSittingsError, NotEnoughSeatsError
from registry.staff.actions import renew_card
from registry.venues.models import RoomKind
from tests.support.factories import (
    make_account,
    make_examiner,
    make_office,
    make_plan,
    make_room,
    make_roster,
    make_scene,
    make_sittings,
)
from tests.support.refusals import refused

THEORY = [Subject.THEORY]


@pytest.fixture
def computers(db, office, now):
    return make_room(db, office, now=now)


@pytest.fixture
def scene(db, now):
    return make_scene(db, now=now, count=4)


def test_sittings_are_numbered_and_take_the_minutes_of_their_subject(
    db, office, plan, officer, computers, now
):
    bench = make_room(db, office, RoomKind.PRACTICAL, now=now)
    first = plan_sitting(
        db, plan.id, NewSitting(computers.id, ExamMode.ON_SCREEN, now), actor=officer, now=now
    )
    second = plan_sitting(
        db, plan.id, NewSitting(bench.id, ExamMode.ON_SITE, now), actor=officer, now=now
    )
    assert [(s.number, s.subject, s.minutes) for s in (first, second)] == [
        (1, "theory", 90),
        (2, "practical", 120),
    ]
    assert sittings_of(db, plan.id, actor=officer) == [first, second]


@pytest.mark.parametrize(
    ("kind", "mode"),
    [
        (RoomKind.PAPER, ExamMode.ON_SCREEN),
        (RoomKind.COMPUTER, ExamMode.ANSWER_CARD),
        (RoomKind.COMPUTER, ExamMode.ON_SITE),
    ],
)
def test_a_room_must_suit_the_mode(db, office, plan, officer, now, kind, mode):
    room = make_room(db, office, kind, now=now)
    with refused(db, UnsuitableRoomError, match=room.number):
        plan_sitting(db, plan.id, NewSitting(room.id, mode, now), actor=officer, now=now)


def test_a_subject_must_belong_to_the_plan(db, office, officer, now):
    plan = make_plan(db, office, now=now, subjects=THEORY)
    bench = make_room(db, office, RoomKind.PRACTICAL, now=now)
    with refused(db, InvalidInputError, match="操作技能"):
        new = NewSitting(bench.id, ExamMode.ON_SITE, now)
        plan_sitting(db, plan.id, new, actor=officer, now=now)


def test_a_room_holds_one_sitting_at_a_time(db, office, plan, officer, computers, now):
    new = NewSitting(computers.id, ExamMode.ON_SCREEN, now + timedelta(hours=2))
    plan_sitting(db, plan.id, new, actor=officer, now=now)
    for minutes in (-89, 0, 89):
        clash = replace(new, starts_at=new.starts_at + timedelta(minutes=minutes))
        with refused(db, RoomTakenError, match="第1场"):
            plan_sitting(db, plan.id, clash, actor=officer, now=now)
    for minutes in (-90, 90):
        free = replace(new, starts_at=new.starts_at + timedelta(minutes=minutes))
        assert plan_sitting(db, plan.id, free, actor=officer, now=now)


def test_a_cancelled_plan_frees_its_room(db, office, plan, officer, computers, now):
    new = NewSitting(computers.id, ExamMode.ON_SCREEN, now + timedelta(hours=2))
    plan_sitting(db, plan.id, new, actor=officer, now=now)
    cancel_plan(db, plan.id, "考场停电", actor=officer, now=now)
    other = make_plan(db, office, now=now, project_number=2)
    later = replace(new, starts_at=new.starts_at + timedelta(minutes=1))
    assert plan_sitting(db, other.id, later, actor=officer, now=now)


def test_a_sitting_lies_ahead_and_in_a_room_of_the_institution(
    db, office, plan, officer, city, computers, now
):
    past = NewSitting(computers.id, ExamMode.ON_SCREEN, now - timedelta(minutes=1))
    with refused(db, InvalidInputError, match="开始时间"):
        plan_sitting(db, plan.id, past, actor=officer, now=now)
    foreign = make_room(db, make_office(db, now=now), now=now)
    with refused(db, NotFoundError):
        new = NewSitting(foreign.id, ExamMode.ON_SCREEN, now)
        plan_sitting(db, plan.id, new, actor=officer, now=now)


def test_everybody_gets_one_number_and_a_seat_in_each_subject(scene):
    numbers = {entry.enrolment.admission_no for entry in scene.admissions}
    assert numbers == {admission_no(scene.plan.number, n) for n in range(1, 5)}
    assert all(is_valid_admission_no(number) for number in numbers)
    for subject in Subject:
        places = scene.admissions_in(subject)
        assert [place.seat_no for place in places] == [1, 2, 3, 4]
        assert {place.enrolment.admission_no for place in places} == numbers
    assert {entry.state for entry in scene.enrolments} == {EnrolmentState.ARRANGED}
    assert scene.plan.state == PlanState.ARRANGED


def test_the_seed_decides_the_arrangement(database, now):
    seats = []
    for _ in range(2):
        with database.session() as db:
            scene = make_scene(db, now=now, count=9, seed=77)
            seats.append([entry.enrolment.candidate.name for entry in scene.admissions])
    assert seats[0] == seats[1]
    assert seats[0][:9] != sorted(seats[0][:9])


def test_several_rooms_are_filled_in_their_order(db, now):
    scene = make_scene(
        db, now=now, count=13, subjects=THEORY, row_count=2, column_count=5, rooms_per_subject=2
    )
    sizes = [len(admissions_of_sitting(scene, sitting)) for sitting in scene.sittings]
    assert sizes == [9, 4]


def admissions_of_sitting(scene, sitting):
    return [entry for entry in scene.admissions if entry.sitting_id == sitting.id]


def test_too_few_seats_leave_the_plan_as_it_was(db, office, plan, officer, now):
    make_roster(db, office, plan, 5, now=now)
    make_sittings(db, office, plan, now=now, row_count=2, column_count=2)
    with refused(db, NotEnoughSeatsError, match="5名考生"):
        arrange_candidates(db, plan.id, seed=1, actor=officer, now=now)


def test_simultaneous_subjects_leave_the_plan_as_it_was(db, office, plan, officer, computers, now):
    make_roster(db, office, plan, 2, now=now)
    bench = make_room(db, office, RoomKind.PRACTICAL, now=now)
    for room, mode in ((computers, ExamMode.ON_SCREEN), (bench, ExamMode.ON_SITE)):
        plan_sitting(db, plan.id, NewSitting(room.id, mode, now), actor=officer, now=now)
    with refused(db, ClashingSittingsError):
        arrange_candidates(db, plan.id, seed=1, actor=officer, now=now)


def test_candidates_are_arranged_once_and_only_after_the_audit(db, scene, office, officer, now):
    own = scene.office.actor(Role.INSTITUTION_OFFICER)
    with refused(db, WrongStateError, match="已编排"):
        arrange_candidates(db, scene.plan.id, seed=2, actor=own, now=now)
    fresh = make_plan(db, office, now=now, project_number=2)
    with refused(db, WrongStateError, match="报名中"):
        arrange_candidates(db, fresh.id, seed=2, actor=officer, now=now)


def test_without_anybody_passed_there_is_nothing_to_arrange(db, office, plan, officer, now):
    [enrolment] = make_roster(db, office, plan, 1, now=now)
    enrolment.state = EnrolmentState.REFUSED
    with refused(db, NobodyPassedError):
        arrange_candidates(db, plan.id, seed=1, actor=officer, now=now)


def test_an_admission_number_finds_its_places(db, scene):
    place = scene.admissions_in(Subject.PRACTICAL)[2]
    number = place.enrolment.admission_no
    assert admission_by_number(db, f" {number} ", place.sitting_id) is place
    assert [entry.sitting.subject for entry in admissions_by_number(db, number)] == [
        "theory",
        "practical",
    ]


def test_wrong_and_unknown_admission_numbers_read_the_same(db, scene):
    number = scene.admissions[0].enrolment.admission_no
    mistyped = number[:-1] + str((int(number[-1]) + 1) % 10)
    for text in (mistyped, admission_no("2605-0001", 9999), "", "abc"):
        with refused(db, WrongAdmissionNumberError):
            admissions_by_number(db, text)
    with refused(db, WrongAdmissionNumberError):
        admission_by_number(db, number, 9999)


def test_a_proctor_finds_the_own_sittings_only(db, scene, now):
    actor = scene.office.actor(Role.PROCTOR)
    assert sittings_of_proctor(db, actor=actor) == scene.sittings
    assert sitting_of_proctor(db, scene.sittings[0].id, actor=actor) is scene.sittings[0]
    other = make_account(db, Role.PROCTOR, now=now, institution=scene.office.institution)
    idle = replace(actor, account_id=other.id)
    assert sittings_of_proctor(db, actor=idle) == []
    with refused(db, NotFoundError):
        sitting_of_proctor(db, scene.sittings[0].id, actor=idle)


def test_a_proctor_is_in_one_place_at_a_time(db, scene, now):
    actor = scene.office.actor(Role.INSTITUTION_OFFICER)
    sitting, proctor = scene.sittings[0], scene.office.accounts[Role.PROCTOR]
    with refused(db, NotOnDutyError, match="已有监考任务"):
        assign_proctor(db, sitting.id, proctor.id, actor=actor, now=now)
    second = make_account(db, Role.PROCTOR, now=now, institution=scene.office.institution)
    assign_proctor(db, sitting.id, second.id, actor=actor, now=now)
    assert len(proctors_of(db, sitting.id, actor=actor)) == 2


def test_only_an_active_proctor_of_the_institution_is_assigned(db, scene, now):
    actor = scene.office.actor(Role.INSTITUTION_OFFICER)
    sitting = scene.sittings[0]
    foreign = make_office(db, now=now).accounts[Role.PROCTOR]
    with refused(db, NotFoundError):
        assign_proctor(db, sitting.id, foreign.id, actor=actor, now=now)
    with refused(db, NotOnDutyError, match="不是在用的监考员"):
        assign_proctor(db, sitting.id, actor.account_id, actor=actor, now=now)
    closed = make_account(db, Role.PROCTOR, now=now, institution=scene.office.institution)
    administrator = scene.office.actor(Role.SYSTEM_ADMINISTRATOR)
    close_account(db, closed.id, actor=administrator, now=now)
    with refused(db, NotOnDutyError):
        assign_proctor(db, sitting.id, closed.id, actor=actor, now=now)


def test_a_group_has_three_examiners_and_one_of_them_leads(db, scene, now):
    city = scene.office.actor(Role.CITY_OFFICER)
    sitting = scene.sitting(Subject.PRACTICAL)
    ids = [examiner.id for examiner in scene.office.examiners]
    for group, lead in ((ids[:2], ids[0]), ([ids[0], ids[0], ids[1]], ids[0]), (ids[:3], ids[3])):
        with refused(db, ExaminerGroupError):
            dispatch_examiners(db, sitting.id, group, lead_id=lead, actor=city, now=now)


def test_another_group_replaces_the_one_before(db, scene, now):
    city = scene.office.actor(Role.CITY_OFFICER)
    sitting = scene.sitting(Subject.PRACTICAL)
    ids = [examiner.id for examiner in scene.office.examiners]
    sent = dispatch_examiners(db, sitting.id, ids[1:], lead_id=ids[2], actor=city, now=now)
    assert [(entry.examiner_id, entry.is_lead) for entry in sent] == [
        (ids[2], True),
        (ids[1], False),
        (ids[3], False),
    ]
    assert dispatches_of(db, sitting.id, actor=city) == sent


def test_an_examiner_needs_a_card_valid_on_the_day(db, scene, now):
    city = scene.office.actor(Role.CITY_OFFICER)
    sitting = scene.sitting(Subject.PRACTICAL)
    expired = scene.office.examiners[3]
    expired.card_valid_until_on = local_date(sitting.starts_at) - timedelta(days=1)
    ids = [examiner.id for examiner in scene.office.examiners]
    with refused(db, ExaminerCardError, match="2026-12-05"):
        dispatch_examiners(db, sitting.id, ids, lead_id=ids[0], actor=city, now=now)
    renew_card(db, expired.id, local_date(sitting.starts_at), actor=city, now=now)
    assert dispatch_examiners(db, sitting.id, ids, lead_id=ids[0], actor=city, now=now)


def test_an_examiner_must_be_qualified_for_the_project(db, scene, now):
    city = scene.office.actor(Role.CITY_OFFICER)
    sitting = scene.sitting(Subject.PRACTICAL)
    other = make_examiner(db, now=now, projects=(9,))
    ids = [examiner.id for examiner in scene.office.examiners[:2]] + [other.id]
    with refused(db, ExaminerNotQualifiedError, match="大圆机挡车"):
        dispatch_examiners(db, sitting.id, ids, lead_id=ids[0], actor=city, now=now)


def test_an_examiner_is_sent_to_one_place_at_a_time(db, scene, now):
    office = scene.office
    plan = make_plan(db, office, now=now, project_number=2)
    officer = office.actor(Role.INSTITUTION_OFFICER)
    room = make_room(db, office, RoomKind.PRACTICAL, now=now)
    new = NewSitting(room.id, ExamMode.ON_SITE, scene.sitting(Subject.PRACTICAL).starts_at)
    sitting = plan_sitting(db, plan.id, new, actor=officer, now=now)
    ids = [examiner.id for examiner in office.examiners[:3]]
    with refused(db, ExaminerBusyError):
        city = office.actor(Role.CITY_OFFICER)
        dispatch_examiners(db, sitting.id, ids, lead_id=ids[0], actor=city, now=now)


def test_examiners_are_sent_to_practical_sittings_only(db, scene, now):
    city = scene.office.actor(Role.CITY_OFFICER)
    ids = [examiner.id for examiner in scene.office.examiners]
    with refused(db, InvalidInputError, match="操作技能"):
        theory = scene.sitting(Subject.THEORY).id
        dispatch_examiners(db, theory, ids, lead_id=ids[0], actor=city, now=now)


def test_an_examiner_finds_the_own_sittings_only(db, scene):
    sitting = scene.sitting(Subject.PRACTICAL)
    actor = scene.office.actor(Role.EXAMINER)
    assert sittings_of_examiner(db, actor=actor) == [sitting]
    assert dispatch_of_examiner(db, sitting.id, actor=actor).is_lead
    idle = replace(actor, account_id=scene.office.examiners[3].account_id)
    assert sittings_of_examiner(db, actor=idle) == []
    with refused(db, NotFoundError):
        dispatch_of_examiner(db, sitting.id, actor=idle)


def test_another_citys_officer_finds_nothing(db, scene, now):
    stranger = make_office(db, now=now, division="320102")
    city = stranger.actor(Role.CITY_OFFICER)
    officer = stranger.actor(Role.INSTITUTION_OFFICER)
    sitting = scene.sitting(Subject.PRACTICAL)
    ids = [examiner.id for examiner in scene.office.examiners]
    proctor = stranger.accounts[Role.PROCTOR].id
    for attempt in (
        lambda: sitting_of(db, sitting.id, actor=city),
        lambda: sittings_of(db, scene.plan.id, actor=city),
        lambda: admissions_of(db, sitting.id, actor=city),
        lambda: admission_of(db, scene.admissions[0].id, actor=city),
        lambda: dispatch_examiners(db, sitting.id, ids, lead_id=ids[0], actor=city, now=now),
        lambda: assign_proctor(db, sitting.id, proctor, actor=officer, now=now),
        lambda: arrange_candidates(db, scene.plan.id, seed=1, actor=officer, now=now),
    ):
        with refused(db, NotFoundError):
            attempt()


def test_a_city_cannot_send_the_examiners_of_another(db, scene, now):
    nanjing = make_office(db, now=now, division="320102")
    ids = [examiner.id for examiner in scene.office.examiners[:2]]
    ids.append(nanjing.examiners[0].id)
    with refused(db, NotFoundError):
        dispatch_examiners(
            db,
            scene.sitting(Subject.PRACTICAL).id,
            ids,
            lead_id=ids[0],
            actor=scene.office.actor(Role.CITY_OFFICER),
            now=now,
        )


def test_places_are_listed_by_seat_for_those_in_reach(db, scene):
    sitting = scene.sitting(Subject.THEORY)
    places = admissions_of(db, sitting.id, actor=scene.office.actor(Role.CITY_OFFICER))
    assert places == scene.admissions_in(Subject.THEORY)
    officer = scene.office.actor(Role.INSTITUTION_OFFICER)
    assert admission_of(db, places[0].id, actor=officer) is places[0]
