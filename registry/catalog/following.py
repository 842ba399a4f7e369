"""How a project in development follows its specification, up to the catalog and out of it."""

from datetime import date, datetime

from sqlalchemy.orm import Session

from registry.access import Actor
from registry.audit_log import note
from registry.catalog import development_queries, queries
from registry.catalog.models import CatalogVersion, DevelopmentProject, Project, Specification
from registry.catalog.rules.development import AFTER_SPECIFICATION, DevelopmentState, may_follow
from registry.catalog.rules.specification_states import SpecificationState
from registry.local_time import local_date

TITLE = "江苏省专项职业能力考核项目目录"


def follow_specification(
    db: Session, version: Specification, *, actor: Actor, now: datetime
) -> None:
    """Bring the development of a new project to where its specification stands."""
    record = development_queries.development_of_project(db, version.project_id)
    wanted = AFTER_SPECIFICATION[SpecificationState(version.state)]
    if record is None or not may_follow(DevelopmentState(record.state), wanted):
        return  # a project of the notice, or one that has long been published
    if wanted == DevelopmentState.PUBLISHED:
        enter_catalog(db, version.project, actor=actor, now=now)
    move_development(db, record, wanted, {"version": version.version}, actor=actor, now=now)


def move_development(
    db: Session,
    record: DevelopmentProject,
    state: DevelopmentState,
    detail: dict[str, object],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Move a development on and write the line of it."""
    before, record.state = record.state, state
    db.flush()
    told = {"name": record.name, "before": before, "after": state, **detail}
    subject = ("development_project", record.id)
    note(db, "move_development", subject, actor=actor, now=now, detail=told)


def enter_catalog(db: Session, project: Project, *, actor: Actor, now: datetime) -> None:
    """Publish a new state of the catalog that holds the project."""
    version = _next_version(db, local_date(now))
    project.catalog_version_id = version.id
    _note_version(db, version, {"entered": project.number}, actor=actor, now=now)


def leave_catalog(db: Session, project: Project, *, actor: Actor, now: datetime) -> None:
    """Publish a new state of the catalog without the project; older states keep it."""
    version = _next_version(db, local_date(now))
    project.withdrawn_version_id = version.id
    _note_version(db, version, {"withdrawn": project.number}, actor=actor, now=now)


def _next_version(db: Session, on: date) -> CatalogVersion:
    number = queries.catalog_versions(db)[0].number + 1
    version = CatalogVersion(number=number, title=TITLE, published_on=on)
    db.add(version)
    db.flush()
    return version


def _note_version(
    db: Session,
    version: CatalogVersion,
    detail: dict[str, object],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    told = {"number": version.number, **detail}
    note(db, "publish_catalog", ("catalog_version", version.id), actor=actor, now=now, detail=told)
