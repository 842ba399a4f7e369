"""A specification on its way: draft, review, filing, publication; and what is frozen then."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from sqlalchemy import select

from registry.access import SYSTEM, Permission
from registry.audit_log import AuditEntry
from registry.catalog import specification_actions as actions
from registry.catalog.errors import (
    FaultySpecificationError,
    SpecificationNotFiledError,
    UnfinishedSpecificationError,
)
from registry.catalog.queries import (
    newest_specifications,
    project_by_number,
    projects_in_force,
    published_specification,
    specification_in_force,
    specification_of,
    text_of,
)
from registry.errors import ConflictError, InvalidInputError, NotFoundError, WrongStateError
from registry.local_time import local_date
from tests.support import factories
from tests.support.factories import specification_text
from tests.support.refusals import refused

READER = replace(SYSTEM, permissions=frozenset({Permission.PLAN_READ}))
CITY = replace(SYSTEM, permissions=frozenset({Permission.PROJECT_PROPOSE}))


@pytest.fixture
def project(db, now):
    factories.load_office_data(db, now=now)
    return project_by_number(db, 9)


@pytest.fixture
def draft(db, now, project):
    begun = actions.draft_specification(db, project.id, actor=SYSTEM, now=now)
    text = specification_text(project.name)
    return actions.write_specification(db, begun.id, text, actor=SYSTEM, now=now)


def filed(db, draft, *, now, number="部备-9-1"):
    actions.submit_specification(db, draft.id, actor=SYSTEM, now=now)
    return actions.record_filing(db, draft.id, number, actor=SYSTEM, now=now)


def published(db, draft, *, now, number="部备-9-1", on=None):
    filed(db, draft, now=now, number=number)
    on = on or local_date(now)
    return actions.publish_specification(db, draft.id, on, actor=SYSTEM, now=now)


def test_a_first_draft_begins_with_the_standard_sentences(db, now, project):
    begun = actions.draft_specification(db, project.id, actor=SYSTEM, now=now)
    assert (begun.version, begun.state, begun.name) == (1, "draft", project.name)
    assert begun.conditions == "达到法定劳动年龄，具有相应技能的劳动者均可申报"
    assert begun.examiners_at_least == 3


def test_what_was_written_is_read_back_and_shorter_lists_lose_their_rows(db, now, draft):
    shorter = specification_text(draft.name, equipment=(), minutes={factories.Subject.THEORY: 60})
    actions.write_specification(db, draft.id, shorter, actor=SYSTEM, now=now)
    db.expire_all()
    assert text_of(draft) == shorter


def test_writing_tells_the_log_which_parts_changed_and_nothing_for_nothing(db, now, draft):
    text = replace(text_of(draft), venue="新场地")
    actions.write_specification(db, draft.id, text, actor=SYSTEM, now=now)
    actions.write_specification(db, draft.id, text, actor=SYSTEM, now=now)
    lines = select(AuditEntry.detail).where(AuditEntry.action == "write_specification")
    details = db.scalars(lines.order_by(AuditEntry.id)).all()
    assert len(details) == 2
    assert '"changed": ["场地要求"]' in details[-1]


def test_a_draft_may_have_gaps_but_does_not_go_to_review_with_them(db, now, draft):
    gaps = replace(text_of(draft), tasks=(), venue="")
    actions.write_specification(db, draft.id, gaps, actor=SYSTEM, now=now)
    with refused(db, FaultySpecificationError) as info:
        actions.submit_specification(db, draft.id, actor=SYSTEM, now=now)
    assert {fault.place for fault in info.value.faults} == {"tasks", "venue"}


def test_a_published_version_is_frozen_and_in_force_from_its_day(db, now, project, draft):
    today = local_date(now)
    published(db, draft, now=now, on=today + timedelta(days=3))
    with refused(db, SpecificationNotFiledError):
        specification_in_force(db, project, today)
    assert projects_in_force(db, today) == set()
    assert projects_in_force(db, today + timedelta(days=3)) == {project.id}
    assert specification_in_force(db, project, today + timedelta(days=3)) is draft
    with refused(db, WrongStateError):
        actions.write_specification(
            db, draft.id, specification_text("改名制作"), actor=SYSTEM, now=now
        )


@pytest.mark.parametrize("step", ["submit", "return", "file", "publish"])
def test_no_step_is_taken_out_of_turn(db, now, draft, step):
    version = published(db, draft, now=now)
    steps = {
        "submit": lambda: actions.submit_specification(db, version.id, actor=SYSTEM, now=now),
        "return": lambda: actions.return_specification(
            db, version.id, "原因", actor=SYSTEM, now=now
        ),
        "file": lambda: actions.record_filing(db, version.id, "另号", actor=SYSTEM, now=now),
        "publish": lambda: actions.publish_specification(
            db, version.id, date(2027, 1, 1), actor=SYSTEM, now=now
        ),
    }
    with refused(db, WrongStateError):
        steps[step]()


def test_a_returned_version_may_be_written_again(db, now, draft):
    actions.submit_specification(db, draft.id, actor=SYSTEM, now=now)
    with refused(db, WrongStateError):
        actions.write_specification(db, draft.id, text_of(draft), actor=SYSTEM, now=now)
    with refused(db, InvalidInputError):
        actions.return_specification(db, draft.id, " ", actor=SYSTEM, now=now)
    actions.return_specification(db, draft.id, "比重不妥", actor=SYSTEM, now=now)
    changed = replace(text_of(draft), venue="新场地")
    assert (
        actions.write_specification(db, draft.id, changed, actor=SYSTEM, now=now).venue == "新场地"
    )


def test_a_change_is_a_new_version_and_a_plan_keeps_the_one_it_was_made_with(db, now):
    office = factories.make_office(db, now=now)
    plan = factories.make_plan(db, office, now=now)
    pinned = plan.specification
    later = actions.draft_specification(db, pinned.project_id, actor=SYSTEM, now=now)
    assert text_of(later) == text_of(pinned)
    text = replace(text_of(later), examiners_at_least=5)
    actions.write_specification(db, later.id, text, actor=SYSTEM, now=now)
    published(db, later, now=now, number="部备-1-2")
    db.expire_all()
    assert plan.specification.id == pinned.id
    assert plan.specification.examiners_at_least == 3
    assert specification_in_force(db, pinned.project, local_date(now)).id == later.id


def test_only_one_version_is_on_its_way_at_a_time(db, now, project, draft):
    with refused(db, UnfinishedSpecificationError, match="第 1 版"):
        actions.draft_specification(db, project.id, actor=SYSTEM, now=now)
    actions.withdraw_specification(db, draft.id, "重写", actor=SYSTEM, now=now)
    assert actions.draft_specification(db, project.id, actor=SYSTEM, now=now).version == 2


def test_a_withdrawn_version_is_in_force_no_longer(db, now, project, draft):
    published(db, draft, now=now)
    actions.withdraw_specification(db, draft.id, "部里撤销备案", actor=SYSTEM, now=now)
    with refused(db, SpecificationNotFiledError):
        specification_in_force(db, project, local_date(now))


def test_a_filing_number_is_entered_once_and_days_of_effect_go_forward(db, now, project, draft):
    published(db, draft, now=now)
    later = actions.draft_specification(db, project.id, actor=SYSTEM, now=now)
    actions.submit_specification(db, later.id, actor=SYSTEM, now=now)
    with refused(db, ConflictError):
        actions.record_filing(db, later.id, "部备-9-1", actor=SYSTEM, now=now)
    with refused(db, InvalidInputError):
        actions.record_filing(db, later.id, " ", actor=SYSTEM, now=now)
    actions.record_filing(db, later.id, "部备-9-2", actor=SYSTEM, now=now)
    for day in (local_date(now), local_date(now) + timedelta(days=3000)):
        with refused(db, InvalidInputError, match="生效日期"):
            actions.publish_specification(db, later.id, day, actor=SYSTEM, now=now)


def test_drafts_are_seen_by_province_and_cities_only(db, now, draft):
    assert specification_of(db, draft.id, actor=CITY) is draft
    assert [entry.id for entry in newest_specifications(db, actor=CITY)] == [draft.id]
    assert newest_specifications(db, actor=READER) == []
    for ask in (
        lambda: specification_of(db, draft.id, actor=READER),
        lambda: published_specification(db, draft.id),
    ):
        with refused(db, NotFoundError):
            ask()
    published(db, draft, now=now)
    assert specification_of(db, draft.id, actor=READER) is draft
    assert published_specification(db, draft.id) is draft
