"""The catalog of the notice and the specifications filed for its projects."""

from collections import Counter
from datetime import timedelta

import pytest

from registry.access import SYSTEM
from registry.catalog.actions import NewSpecification, file_specification, load_catalog
from registry.catalog.errors import FaultySpecificationError, SpecificationNotFiledError
from registry.catalog.models import Subject
from registry.catalog.queries import (
    catalog_version,
    project_by_number,
    project_of,
    projects,
    specification_in_force,
)
from registry.catalog.rules.catalog_file import read_catalog
from registry.errors import ConflictError, InvalidInputError, NotFoundError
from registry.local_time import local_date
from tests.support.factories import seed_text, specification_text
from tests.support.refusals import refused

ROWS = read_catalog(seed_text("catalog/projects.csv"))
HEAD = "no,name,remark,industry_group,industry_group_en,name_in_notice\n"


def specification(now, **changes) -> NewSpecification:
    values = {
        "project_number": 5,
        "ministry_filing_no": "示范备案-5",
        "effective_from_on": local_date(now),
        "text": specification_text(minutes={Subject.PRACTICAL: 120, Subject.THEORY: 60}),
    }
    return NewSpecification(**{**values, **changes})


@pytest.fixture
def catalog(db, now):
    return load_catalog(db, ROWS, actor=SYSTEM, now=now)


def test_the_notice_lists_84_projects_55_original_and_29_new():
    assert [row.number for row in ROWS] == list(range(1, 85))
    assert Counter(row.origin for row in ROWS) == {"original": 55, "new": 29}


def test_loading_makes_version_one_and_loading_again_changes_nothing(db, now, catalog):
    assert catalog.number == 1
    ids = [project.id for project in projects(db)]
    assert load_catalog(db, ROWS, actor=SYSTEM, now=now).id == catalog.id
    assert [project.id for project in projects(db)] == ids
    assert len(ids) == 84
    assert catalog_version(db, 2) is None


@pytest.mark.parametrize(
    "text",
    [
        "no,name\n1,甲\n",
        HEAD + "0,甲,new,组,group,甲\n",
        HEAD + "1,甲,old,组,group,甲\n",
        HEAD + "1,甲,new,组,group,甲\n1,乙,new,组,group,乙\n",
        HEAD + "1,甲,new,组,group,甲\n2,甲,new,组,group,甲\n",
        HEAD + "1,甲,new,组\n",
    ],
)
def test_a_faulty_catalog_file_is_refused(text):
    with pytest.raises(InvalidInputError):
        read_catalog(text)


def test_a_project_without_a_filed_specification_cannot_be_assessed(db, now, catalog):
    project = project_by_number(db, 5)
    with refused(db, SpecificationNotFiledError, match=project.name):
        specification_in_force(db, project, local_date(now))


def test_the_newest_specification_in_force_counts(db, now, catalog):
    today = local_date(now)
    first = file_specification(db, specification(now), actor=SYSTEM, now=now)
    later = specification(
        now, ministry_filing_no="示范备案-6", effective_from_on=today + timedelta(days=9)
    )
    second = file_specification(db, later, actor=SYSTEM, now=now)
    project = project_of(db, first.project_id)
    assert (first.version, second.version) == (1, 2)
    assert specification_in_force(db, project, today) is first
    assert specification_in_force(db, project, today + timedelta(days=9)) is second


def test_subjects_are_kept_theory_first_with_their_minutes(db, now, catalog):
    filed = file_specification(db, specification(now), actor=SYSTEM, now=now)
    db.refresh(filed)
    assert [(part.subject, part.minutes) for part in filed.subjects] == [
        ("theory", 60),
        ("practical", 120),
    ]


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"project_number": 85}, NotFoundError),
        ({"ministry_filing_no": " "}, InvalidInputError),
        ({"text": specification_text(minutes={})}, FaultySpecificationError),
        ({"text": specification_text(minutes={Subject.THEORY: 29})}, FaultySpecificationError),
    ],
)
def test_an_incomplete_specification_is_refused(db, now, catalog, changes, error):
    with refused(db, error):
        file_specification(db, specification(now, **changes), actor=SYSTEM, now=now)


def test_one_ministry_filing_is_entered_once(db, now, catalog):
    file_specification(db, specification(now), actor=SYSTEM, now=now)
    with refused(db, ConflictError, match="示范备案-5"):
        file_specification(db, specification(now), actor=SYSTEM, now=now)


def test_an_unknown_project_is_not_found(db, now, catalog):
    with refused(db, NotFoundError):
        project_of(db, 9999)
