"""A city proposes a project; the province decides, develops and publishes it (R-203, R-204)."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from registry.access import SYSTEM, Permission
from registry.audit_log import AuditEntry
from registry.catalog import development_actions as actions
from registry.catalog import specification_actions
from registry.catalog.development_queries import (
    development_of,
    developments_in_reach,
    developments_waiting,
    similar_names_of,
    similar_projects,
)
from registry.catalog.errors import (
    FaultySpecificationError,
    SimilarProjectError,
    SpecificationNotFiledError,
)
from registry.catalog.queries import (
    catalog_project,
    catalog_versions,
    project_by_number,
    projects,
    projects_in,
    specification_in_force,
    specifications_of,
)
from registry.errors import InvalidInputError, NotAllowedError, NotFoundError, WrongStateError
from registry.local_time import local_date
from tests.support import factories
from tests.support.factories import specification_text
from tests.support.refusals import refused

SUZHOU = replace(
    SYSTEM, permissions=frozenset({Permission.PROJECT_PROPOSE}), division_prefix="3205"
)
NANJING = replace(SUZHOU, division_prefix="3201")
PROVINCE = replace(SYSTEM, permissions=frozenset({Permission.CATALOG_MANAGE}))


@pytest.fixture(autouse=True)
def office(db, now):
    factories.load_office_data(db, now=now)


def need(name="手冲咖啡制作", **changes):
    values = {"reason": "本市咖啡馆众多", "demand": "企业调查 200 家", "expected_per_year": 300}
    return actions.NewNeed(name, **{**values, **changes})


def proposed(db, now, name="手冲咖啡制作", *, actor=SUZHOU):
    return actions.propose_project(db, need(name), actor=actor, now=now)


def group_of(db):
    return project_by_number(db, 52).industry_group


def developing(db, now, name="手冲咖啡制作"):
    record = proposed(db, now, name)
    actions.accept_project(db, record.id, "", actor=PROVINCE, now=now)
    return actions.start_development(db, record.id, group_of(db), actor=PROVINCE, now=now)


def publish(db, now, record, *, number="部备-85"):
    (draft,) = specifications_of(db, record.project_id)
    text = specification_text(record.name)
    specification_actions.write_specification(db, draft.id, text, actor=PROVINCE, now=now)
    specification_actions.submit_specification(db, draft.id, actor=PROVINCE, now=now)
    specification_actions.record_filing(db, draft.id, number, actor=PROVINCE, now=now)
    today = local_date(now)
    specification_actions.publish_specification(db, draft.id, today, actor=PROVINCE, now=now)
    return draft


def test_a_need_keeps_what_resembled_it_on_the_day(db, now):
    record = proposed(db, now, "智能充电桩运维管理")
    assert (record.state, record.division_code) == ("proposed", "320500")
    assert [(s.name, s.number) for s in similar_names_of(record)] == [("充电桩运维管理", 60)]


def test_open_needs_of_other_cities_count_among_similar_ones_by_name(db, now):
    proposed(db, now)
    (similar,) = similar_projects(db, "手冲咖啡制作技术")
    assert (similar.name, similar.number, similar.score) == ("手冲咖啡制作", None, 1)
    record = proposed(db, now, actor=NANJING)
    actions.refuse_project(db, record.id, "已有同名需求", actor=PROVINCE, now=now)
    assert len(similar_projects(db, "手冲咖啡制作")) == 1


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": "咖啡师"}, FaultySpecificationError),
        ({"name": " "}, FaultySpecificationError),
        ({"name": "长" * 81}, InvalidInputError),
        ({"reason": " "}, InvalidInputError),
        ({"demand": ""}, InvalidInputError),
        ({"expected_per_year": 0}, InvalidInputError),
    ],
)
def test_an_incomplete_need_is_refused(db, now, changes, error):
    with refused(db, error):
        actions.propose_project(db, need(**changes), actor=SUZHOU, now=now)


def test_a_similar_project_goes_on_only_with_a_written_reason(db, now):
    record = proposed(db, now, "智能充电桩运维管理")
    with refused(db, SimilarProjectError, match="充电桩运维管理"):
        actions.accept_project(db, record.id, "同意", duplicate_reason=" ", actor=PROVINCE, now=now)
    reason = "充换电一体设备的操作要求不同"
    actions.accept_project(db, record.id, "同意", duplicate_reason=reason, actor=PROVINCE, now=now)
    assert (record.state, record.duplicate_reason) == ("accepted", reason)
    line = db.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert (line.action, line.object_id) == ("move_development", str(record.id))
    assert reason in line.detail


def test_a_refusal_needs_a_reason_and_is_final(db, now):
    record = proposed(db, now)
    with refused(db, InvalidInputError):
        actions.refuse_project(db, record.id, " ", actor=PROVINCE, now=now)
    actions.refuse_project(db, record.id, "需求不足", actor=PROVINCE, now=now)
    with refused(db, WrongStateError):
        actions.accept_project(db, record.id, "", actor=PROVINCE, now=now)
    assert record.decision_reason == "需求不足"


def test_a_city_sees_its_own_needs_and_decides_none(db, now):
    record = proposed(db, now)
    assert [one.id for one in developments_in_reach(db, actor=SUZHOU)] == [record.id]
    assert developments_in_reach(db, actor=NANJING) == []
    assert developments_waiting(db, actions.DevelopmentState.PROPOSED, actor=PROVINCE) == 1
    with refused(db, NotFoundError):
        development_of(db, record.id, actor=NANJING)
    with refused(db, NotAllowedError):
        actions.accept_project(db, record.id, "", actor=SUZHOU, now=now)


def test_a_project_in_development_has_the_next_number_but_is_in_no_catalog(db, now):
    record = developing(db, now)
    assert record.state == "in_development"
    assert record.project.number == 85
    assert len(projects(db)) == 84
    with refused(db, NotFoundError):
        catalog_project(db, 85)
    (draft,) = specifications_of(db, record.project_id)
    assert (draft.name, draft.state) == ("手冲咖啡制作", "draft")


def test_the_development_follows_its_specification_into_a_new_catalog(db, now):
    record = developing(db, now)
    draft = publish(db, now, record)
    assert record.state == "published"
    assert [version.number for version in catalog_versions(db)] == [2, 1]
    newest, first = catalog_versions(db)
    assert len(projects_in(db, first)) == 84
    assert [one.number for one in projects_in(db, newest)][-1] == 85
    assert specification_in_force(db, record.project, local_date(now)) is draft


def test_a_returned_or_withdrawn_specification_leads_back_to_development(db, now):
    record = developing(db, now)
    (draft,) = specifications_of(db, record.project_id)
    text = specification_text(record.name)
    specification_actions.write_specification(db, draft.id, text, actor=PROVINCE, now=now)
    specification_actions.submit_specification(db, draft.id, actor=PROVINCE, now=now)
    assert record.state == "in_review"
    specification_actions.return_specification(db, draft.id, "补充", actor=PROVINCE, now=now)
    assert record.state == "in_development"
    specification_actions.submit_specification(db, draft.id, actor=PROVINCE, now=now)
    specification_actions.record_filing(db, draft.id, "部备-85", actor=PROVINCE, now=now)
    assert record.state == "filed"
    specification_actions.withdraw_specification(db, draft.id, "重报", actor=PROVINCE, now=now)
    assert record.state == "in_development"


def test_a_withdrawn_project_leaves_the_catalog_and_older_catalogs_keep_it(db, now):
    record = developing(db, now)
    publish(db, now, record)
    with refused(db, NotAllowedError):
        actions.withdraw_development(db, record.id, "不需要了", actor=SUZHOU, now=now)
    actions.withdraw_development(db, record.id, "部里撤销", actor=PROVINCE, now=now)
    counts = [len(projects_in(db, version)) for version in catalog_versions(db)]
    assert (record.state, counts, len(projects(db))) == ("withdrawn", [84, 85, 84], 84)
    with refused(db, SpecificationNotFiledError):
        specification_in_force(db, record.project, local_date(now))
    with refused(db, specification_actions.NotInCatalogError):
        specification_actions.draft_specification(db, record.project_id, actor=PROVINCE, now=now)


def test_a_city_may_take_back_what_has_not_been_decided(db, now):
    record = proposed(db, now)
    actions.withdraw_development(db, record.id, "改提其他项目", actor=SUZHOU, now=now)
    assert record.state == "withdrawn"
    assert similar_projects(db, record.name) == ()


def test_development_starts_in_a_known_group_of_industries(db, now):
    record = proposed(db, now)
    actions.accept_project(db, record.id, "", actor=PROVINCE, now=now)
    with refused(db, InvalidInputError, match="行业分组"):
        actions.start_development(db, record.id, "没有这个行业", actor=PROVINCE, now=now)
