"""The register of examiners."""

from dataclasses import replace
from datetime import timedelta

import pytest

from registry.access import Role
from registry.errors import ConflictError, InvalidInputError, NotFoundError
from registry.local_time import local_date
from registry.staff.actions import NewExaminer, qualify_examiner, register_examiner, renew_card
from registry.staff.errors import NotAnExaminerError
from registry.staff.queries import (
    examiner_of,
    examiner_of_account,
    examiners_in_reach,
    qualified_examiners,
)
from tests.support.factories import make_account, make_office
from tests.support.refusals import refused


@pytest.fixture
def new(db, office, now):
    account = make_account(db, Role.EXAMINER, now=now, division="320500")
    today = local_date(now)
    return NewExaminer(
        account.id, "KP-1", today, today + timedelta(days=9), "320500", project_numbers=(2, 1)
    )


def test_an_examiner_is_registered_with_card_and_projects(db, new, city, now):
    examiner = register_examiner(db, new, actor=city, now=now)
    assert examiner_of_account(db, new.account_id) is examiner
    assert len(examiner.projects) == 2
    assert examiner in examiners_in_reach(db, actor=city)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"card_no": " "}, InvalidInputError),
        ({"division_code": "320100"}, NotFoundError),
        ({"division_code": "990000"}, NotFoundError),
        ({"project_numbers": (99,)}, NotFoundError),
        ({"account_id": 9999}, NotFoundError),
    ],
)
def test_a_faulty_entry_is_refused(db, new, city, now, changes, error):
    with refused(db, error):
        register_examiner(db, replace(new, **changes), actor=city, now=now)


def test_a_card_must_not_end_before_it_begins(db, new, city, now):
    ended = replace(new, card_valid_until_on=new.card_valid_from_on - timedelta(days=1))
    with refused(db, InvalidInputError, match="证卡"):
        register_examiner(db, ended, actor=city, now=now)


def test_only_an_account_with_the_role_becomes_an_examiner(db, new, office, city, now):
    officer = replace(new, account_id=office.accounts[Role.CITY_OFFICER].id)
    with refused(db, NotAnExaminerError):
        register_examiner(db, officer, actor=city, now=now)


def test_a_card_number_and_an_account_are_registered_once(db, new, city, now):
    register_examiner(db, new, actor=city, now=now)
    with refused(db, ConflictError, match="KP-1"):
        register_examiner(db, replace(new, card_no="KP-2"), actor=city, now=now)


def test_only_the_qualified_with_a_valid_card_are_offered(db, new, office, city, now):
    examiner = register_examiner(db, new, actor=city, now=now)
    ids = {entry.project_id for entry in examiner.projects}
    today = local_date(now)
    for project_id in ids:
        assert examiner in qualified_examiners(db, project_id, today, actor=city)
    after = today + timedelta(days=10)
    assert examiner not in qualified_examiners(db, min(ids), after, actor=city)
    renew_card(db, examiner.id, after, actor=city, now=now)
    assert examiner in qualified_examiners(db, min(ids), after, actor=city)
    with refused(db, InvalidInputError, match="有效期止"):
        renew_card(db, examiner.id, after, actor=city, now=now)


def test_a_project_is_added_once(db, office, city, now):
    examiner = office.examiners[0]
    qualify_examiner(db, examiner.id, 7, actor=city, now=now)
    with refused(db, ConflictError, match="精密铜管制造"):
        qualify_examiner(db, examiner.id, 7, actor=city, now=now)


def test_examiners_of_another_city_are_not_found(db, office, now):
    stranger = make_office(db, now=now, division="320102").actor(Role.CITY_OFFICER)
    with refused(db, NotFoundError):
        examiner_of(db, office.examiners[0].id, actor=stranger)
    assert not set(office.examiners) & set(examiners_in_reach(db, actor=stranger))
