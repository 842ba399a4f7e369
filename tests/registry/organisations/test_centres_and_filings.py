"""Divisions, the centres of three levels, and the filing of institutions."""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from registry.access import SYSTEM, Role
from registry.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    WrongStateError,
)
from registry.local_time import local_date
from registry.organisations.actions import (
    establish_centre,
    establish_centres,
    load_divisions,
    load_former_divisions,
)
from registry.organisations.errors import FilingPendingError
from registry.organisations.filing_actions import (
    FilingApplication,
    apply_for_filing,
    confirm_filing,
    return_filing,
    suspend_filing,
)
from registry.organisations.models import Centre, FilingState, Institution
from registry.organisations.queries import (
    centre_of_division,
    centres_in_reach,
    divisions,
    filing_in_force,
    filings_in_reach,
    institution_of,
    institutions_in_reach,
    known_regions,
)
from registry.organisations.rules.division_files import read_divisions, read_former_divisions
from registry.organisations.rules.institution_code import InstitutionType
from registry.organisations.rules.uscc import UsccCheckDigitError
from tests.support.factories import (
    OFFICE_LEAD,
    load_office_data,
    make_institution,
    make_office,
    seed_text,
    uscc,
)
from tests.support.refusals import refused

APPLICATION = FilingApplication(
    name="示范学校",
    uscc=uscc(77),
    division_code="320583",
    address="示范路77号",
    legal_representative="示范负责人",
    project_numbers=(2, 1, 2),
)


@pytest.fixture
def loaded(db, now):
    load_office_data(db, now=now)


def test_every_division_has_its_centre_with_the_appraisal_code_of_its_city(db, loaded):
    levels = Counter(centre.level for centre in db.scalars(select(Centre)))
    assert levels == {"province": 1, "city": 13, "county": 95}
    assert centre_of_division(db, "320000").appraisal_code == "1000"
    assert centre_of_division(db, "321300").appraisal_code == "1013"
    assert centre_of_division(db, "320583").appraisal_code == "1005"


def test_districts_of_the_same_name_have_centres_of_different_names(db, loaded):
    names = {centre_of_division(db, code).name for code in ("320106", "320302")}
    assert names == {"南京市鼓楼区职业技能鉴定中心", "徐州市鼓楼区职业技能鉴定中心"}
    assert centre_of_division(db, "320583").name == "昆山市职业技能鉴定中心"


def test_loading_again_adds_nothing(db, now, loaded):
    rows = read_divisions(seed_text("organisations/divisions.csv"))
    former = read_former_divisions(seed_text("organisations/former_divisions.csv"))
    assert load_divisions(db, rows, actor=SYSTEM, now=now) == 109
    assert load_former_divisions(db, former, actor=SYSTEM, now=now) == 0
    assert establish_centres(db, actor=SYSTEM, now=now) == []
    assert len(divisions(db)) == 109
    assert len(divisions(db, parent_code="320000")) == 13


def test_former_and_present_codes_are_known_regions(db, loaded):
    regions = known_regions(db)
    assert {"320505", "320602", "329004", "321088"} <= regions
    assert "321388" not in regions


def test_a_centre_is_established_once_and_only_in_a_known_division(db, now, loaded):
    with refused(db, ConflictError, match="苏州市"):
        establish_centre(db, "320500", actor=SYSTEM, now=now)
    with refused(db, NotFoundError):
        establish_centre(db, "330100", actor=SYSTEM, now=now)


def test_an_application_gives_the_institution_its_code_in_turn(db, now, loaded):
    first = apply_for_filing(db, APPLICATION, actor=SYSTEM, now=now)
    other = replace(APPLICATION, uscc=uscc(78), division_code="320505")
    second = apply_for_filing(db, other, actor=SYSTEM, now=now)
    firm = replace(APPLICATION, uscc=uscc(79), institution_type=InstitutionType.ENTERPRISE)
    third = apply_for_filing(db, firm, actor=SYSTEM, now=now)
    codes = [filing.institution.code for filing in (first, second, third)]
    assert codes == ["10052001", "10052002", "10054001"]
    assert [entry.project.number for entry in first.projects] == [1, 2]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"uscc": "91350100M000100Y44"}, UsccCheckDigitError),
        ({"division_code": "330100"}, NotFoundError),
        ({"project_numbers": ()}, InvalidInputError),
        ({"project_numbers": (1, 99)}, NotFoundError),
        ({"name": " "}, InvalidInputError),
        ({"address": ""}, InvalidInputError),
    ],
)
def test_a_faulty_application_is_refused(db, now, loaded, changes, error):
    with refused(db, error):
        apply_for_filing(db, replace(APPLICATION, **changes), actor=SYSTEM, now=now)


def test_a_second_application_waits_for_the_first(db, now, loaded):
    filing = apply_for_filing(db, APPLICATION, actor=SYSTEM, now=now)
    with refused(db, FilingPendingError, match="示范学校"):
        apply_for_filing(db, APPLICATION, actor=SYSTEM, now=now)
    return_filing(db, filing.id, "缺少考场影像资料", actor=SYSTEM, now=now)
    again = apply_for_filing(db, APPLICATION, actor=SYSTEM, now=now)
    assert again.institution_id == filing.institution_id


def test_a_confirmed_filing_is_in_force_for_three_years(db, now, loaded):
    filing = apply_for_filing(db, APPLICATION, actor=SYSTEM, now=now)
    institution_id, today = filing.institution_id, local_date(now)
    assert filing_in_force(db, institution_id, today) is None
    confirm_filing(db, filing.id, actor=SYSTEM, now=now)
    assert filing.filing_no == "ZXBA-3205-2026-0001"
    assert filing.valid_until_on == date(2029, 12, 4)
    assert filing_in_force(db, institution_id, today - timedelta(days=1)) is None
    assert filing_in_force(db, institution_id, date(2029, 12, 4)) is filing
    assert filing_in_force(db, institution_id, date(2029, 12, 5)) is None


def test_filing_numbers_of_a_city_run_on(db, now, loaded):
    numbers = [
        filing_in_force(db, make_institution(db, now=now).id, local_date(now)).filing_no
        for _ in range(2)
    ]
    assert numbers == ["ZXBA-3205-2026-0001", "ZXBA-3205-2026-0002"]


def test_a_decision_is_taken_once_and_a_return_needs_its_reason(db, now, loaded):
    filing = apply_for_filing(db, APPLICATION, actor=SYSTEM, now=now)
    with refused(db, InvalidInputError, match="原因"):
        return_filing(db, filing.id, "  ", actor=SYSTEM, now=now)
    with refused(db, WrongStateError, match="待确认"):
        suspend_filing(db, filing.id, "整改", actor=SYSTEM, now=now)
    confirm_filing(db, filing.id, actor=SYSTEM, now=now)
    with refused(db, WrongStateError, match="已备案"):
        confirm_filing(db, filing.id, actor=SYSTEM, now=now)


def test_a_suspended_filing_is_no_longer_in_force(db, now, loaded):
    filing = apply_for_filing(db, APPLICATION, actor=SYSTEM, now=now)
    confirm_filing(db, filing.id, actor=SYSTEM, now=now)
    suspend_filing(db, filing.id, "考场整改", actor=SYSTEM, now=now)
    assert filing_in_force(db, filing.institution_id, local_date(now)) is None
    assert filing.reason == "考场整改"


def test_a_county_sees_applications_but_cannot_confirm_them(db, now, office):
    county = office.actor(Role.COUNTY_OFFICER)
    assert len(filings_in_reach(db, actor=county)) == 1
    filing = filings_in_reach(db, actor=county, state=FilingState.CONFIRMED)[0]
    with refused(db, NotAllowedError, match="确认机构备案"):
        confirm_filing(db, filing.id, actor=county, now=now)


def test_each_office_sees_the_institutions_of_its_own_area(db, now, office):
    nanjing = make_office(db, now=now, division="320102")
    for own, other in ((office, nanjing), (nanjing, office)):
        for role in (Role.CITY_OFFICER, Role.COUNTY_OFFICER, Role.INSTITUTION_OFFICER):
            actor = own.actor(role)
            assert institutions_in_reach(db, actor=actor) == [own.institution]
            with refused(db, NotFoundError):
                institution_of(db, other.institution.id, actor=actor)
    province = office.actor(Role.PROVINCE_OFFICER)
    assert len(institutions_in_reach(db, actor=province)) == 2
    assert len(centres_in_reach(db, actor=office.actor(Role.CITY_OFFICER))) == 10


def test_an_institution_cannot_apply_in_the_name_of_another(db, now, office, officer):
    stranger = make_institution(db, now=now - OFFICE_LEAD, division="320505")
    with refused(db, NotFoundError):
        apply_for_filing(db, replace(APPLICATION, uscc=stranger.uscc), actor=officer, now=now)
    unknown = replace(APPLICATION, division_code="320505")
    with refused(db, NotFoundError):
        apply_for_filing(db, unknown, actor=officer, now=now)


def test_the_institution_renews_its_own_filing(db, now, office, officer):
    renewal = replace(APPLICATION, uscc=office.institution.uscc, division_code="320505")
    filing = apply_for_filing(db, renewal, actor=officer, now=now)
    assert filing.institution_id == office.institution.id
    assert len(list(db.scalars(select(Institution)))) == 1
