"""What the province does with the catalog: publish it, enter specifications filed before.

Specifications are written in ``specification_actions``, new projects in ``development_actions``.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.audit_log import note
from registry.catalog import queries
from registry.catalog.errors import FaultySpecificationError
from registry.catalog.following import TITLE
from registry.catalog.models import CatalogVersion, Project, Specification
from registry.catalog.rules.catalog_file import CatalogRow
from registry.catalog.rules.specification import SpecificationText, check_specification
from registry.catalog.rules.specification_states import SpecificationState
from registry.catalog.storing import store_text
from registry.errors import ConflictError, InvalidInputError

FIRST_VERSION = 1
FIRST_PUBLISHED_ON = date(2019, 11, 18)  # the notice and its Annex 1


@dataclass(frozen=True)
class NewSpecification:
    """A specification as the ministry filed it."""

    project_number: int
    ministry_filing_no: str
    effective_from_on: date
    text: SpecificationText


def load_catalog(
    db: Session, rows: Iterable[CatalogRow], *, actor: Actor, now: datetime
) -> CatalogVersion:
    """Enter the projects of Annex 1 as version 1; loading again only mends their wording."""
    actor.require(Permission.CATALOG_MANAGE)
    version = queries.catalog_version(db, FIRST_VERSION)
    if version is None:
        version = CatalogVersion(number=FIRST_VERSION, title=TITLE, published_on=FIRST_PUBLISHED_ON)
        db.add(version)
        db.flush()
    known = {project.number: project for project in queries.projects_of_any_state(db)}
    count = 0
    for row in rows:
        project = known.get(row.number)
        if project is None:
            project = Project(number=row.number, catalog_version_id=version.id)
            db.add(project)
        project.name, project.name_in_notice = row.name, row.name_in_notice
        project.origin = row.origin
        project.industry_group = row.industry_group
        project.industry_group_en = row.industry_group_en
        count += 1
    db.flush()
    subject = ("catalog_version", version.id)
    note(db, "load_catalog", subject, actor=actor, now=now, detail={"projects": count})
    return version


def file_specification(
    db: Session, new: NewSpecification, *, actor: Actor, now: datetime
) -> Specification:
    """Enter a specification that the ministry has filed already, as the next, published version."""
    actor.require(Permission.CATALOG_MANAGE)
    project = queries.catalog_project(db, new.project_number)
    if not new.ministry_filing_no.strip():
        raise InvalidInputError(field="国家备案号", reason="不能为空，请填写国家审核备案的编号。")
    faults = check_specification(new.text)
    if faults:
        raise FaultySpecificationError(faults)
    earlier = queries.specifications_of(db, project.id)
    if any(old.ministry_filing_no == new.ministry_filing_no for old in earlier):
        raise ConflictError(what="考核规范", value=new.ministry_filing_no)
    specification = Specification(
        project_id=project.id,
        version=earlier[0].version + 1 if earlier else 1,
        state=SpecificationState.PUBLISHED,
        ministry_filing_no=new.ministry_filing_no.strip(),
        effective_from_on=new.effective_from_on,
    )
    store_text(specification, new.text)
    db.add(specification)
    db.flush()
    note(
        db,
        "file_specification",
        ("specification", specification.id),
        actor=actor,
        now=now,
        detail={"project": project.number, "filing_no": specification.ministry_filing_no},
    )
    return specification
