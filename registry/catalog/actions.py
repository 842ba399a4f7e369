"""What the province does with the catalog: publish it, enter filed specifications."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.audit_log import note
from registry.catalog import queries
from registry.catalog.models import (
    CatalogVersion,
    Project,
    Specification,
    SpecificationSubject,
    Subject,
)
from registry.catalog.rules.catalog_file import CatalogRow
from registry.errors import ConflictError, InvalidInputError

FIRST_VERSION = 1
FIRST_TITLE = "江苏省专项职业能力考核项目目录"
FIRST_PUBLISHED_ON = date(2019, 11, 18)  # the notice and its Annex 1


@dataclass(frozen=True)
class NewSpecification:
    """A specification as the ministry filed it."""

    project_number: int
    ministry_filing_no: str
    effective_from_on: date
    definition: str
    applicable_to: str
    occupation_domain: str
    minutes: Mapping[Subject, int]  # of every subject it demands


def load_catalog(
    db: Session, rows: Iterable[CatalogRow], *, actor: Actor, now: datetime
) -> CatalogVersion:
    """Enter the projects of Annex 1 as version 1; loading again only mends their wording."""
    actor.require(Permission.CATALOG_MANAGE)
    version = queries.catalog_version(db, FIRST_VERSION)
    if version is None:
        version = CatalogVersion(
            number=FIRST_VERSION, title=FIRST_TITLE, published_on=FIRST_PUBLISHED_ON
        )
        db.add(version)
        db.flush()
    known = {project.number: project for project in queries.projects(db)}
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
    """Enter a specification that the ministry has filed, as the project's next version."""
    actor.require(Permission.CATALOG_MANAGE)
    project = queries.project_by_number(db, new.project_number)
    if not new.ministry_filing_no.strip():
        raise InvalidInputError(field="国家备案号", reason="不能为空，请填写国家审核备案的编号。")
    if not new.minutes or any(minutes < 1 for minutes in new.minutes.values()):
        raise InvalidInputError(field="考核科目", reason="至少一个科目，时长须为正整数分钟。")
    earlier = queries.specifications_of(db, project.id)
    if any(old.ministry_filing_no == new.ministry_filing_no for old in earlier):
        raise ConflictError(what="考核规范", value=new.ministry_filing_no)
    specification = Specification(
        project_id=project.id,
        version=earlier[0].version + 1 if earlier else 1,
        ministry_filing_no=new.ministry_filing_no.strip(),
        effective_from_on=new.effective_from_on,
        definition=new.definition,
        applicable_to=new.applicable_to,
        occupation_domain=new.occupation_domain,
        subjects=[
            SpecificationSubject(subject=subject, minutes=minutes)
            for subject, minutes in new.minutes.items()
        ],
    )
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
