"""Reads of the catalog and of published specifications, which are public: no reach bounds them.

Unpublished specifications are seen by the province, which writes them, and by the cities.
"""

from datetime import date

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased, joinedload, selectinload

from registry.access import Actor, Permission
from registry.catalog.errors import SpecificationNotFiledError
from registry.catalog.models import CatalogVersion, Project, Specification
from registry.catalog.rules.specification import (
    EquipmentText,
    SpecificationText,
    SubjectText,
    TaskText,
)
from registry.catalog.rules.specification_states import UNFINISHED, SpecificationState
from registry.catalog.rules.subjects import Subject
from registry.errors import NotFoundError

READERS_OF_DRAFTS = (Permission.CATALOG_MANAGE, Permission.PROJECT_PROPOSE)


def catalog_versions(db: Session) -> list[CatalogVersion]:
    """Return the published states of the catalog, newest first."""
    return list(db.scalars(select(CatalogVersion).order_by(CatalogVersion.number.desc())))


def catalog_version(db: Session, number: int) -> CatalogVersion | None:
    """Return a published state of the catalog."""
    return db.scalar(select(CatalogVersion).where(CatalogVersion.number == number))


def projects(db: Session) -> list[Project]:
    """Return every project of the catalog as it stands, by number."""
    chosen = select(Project).where(
        Project.catalog_version_id.is_not(None), Project.withdrawn_version_id.is_(None)
    )
    return list(db.scalars(chosen.order_by(Project.number)))


def projects_in(db: Session, version: CatalogVersion) -> list[Project]:
    """Return the projects of a published state of the catalog, by number."""
    entered, withdrawn = aliased(CatalogVersion), aliased(CatalogVersion)
    chosen = (
        select(Project)
        .join(entered, entered.id == Project.catalog_version_id)
        .outerjoin(withdrawn, withdrawn.id == Project.withdrawn_version_id)
        .where(entered.number <= version.number)
        .where(withdrawn.id.is_(None) | (withdrawn.number > version.number))
        .order_by(Project.number)
    )
    return list(db.scalars(chosen))


def projects_of_any_state(db: Session) -> list[Project]:
    """Return every project that ever had a number, in development and withdrawn ones too."""
    return list(db.scalars(select(Project).order_by(Project.number)))


def is_in_catalog(project: Project) -> bool:
    """Say whether a project is published and has not been withdrawn."""
    return project.catalog_version_id is not None and project.withdrawn_version_id is None


def catalog_project(db: Session, number: int) -> Project:
    """Return a project of the catalog by its number."""
    project = project_by_number(db, number)
    if not is_in_catalog(project):
        raise NotFoundError(what=f"目录中序号为{number}的考核项目")
    return project


def project_of(db: Session, project_id: int) -> Project:
    """Return a project by its id."""
    project = db.get(Project, project_id)
    if project is None:
        raise NotFoundError(what="考核项目")
    return project


def project_by_number(db: Session, number: int) -> Project:
    """Return a project by its number in the notice."""
    project = db.scalar(select(Project).where(Project.number == number))
    if project is None:
        raise NotFoundError(what=f"序号为{number}的考核项目")
    return project


def specifications_of(db: Session, project_id: int) -> list[Specification]:
    """Return every version of a project's specification, newest first, whatever its state."""
    return list(
        db.scalars(
            _whole_specifications()
            .where(Specification.project_id == project_id)
            .order_by(Specification.version.desc())
        )
    )


def specification_in_force(db: Session, project: Project, on: date) -> Specification:
    """Return the newest specification in force on a day; raise when there is none (R-101)."""
    for specification in specifications_of(db, project.id):
        if is_in_force(specification, on):
            return specification
    raise SpecificationNotFiledError(project=project.name)


def is_in_force(specification: Specification, on: date) -> bool:
    """Say whether a version is published and its day has come."""
    begins_on = specification.effective_from_on
    is_published = specification.state == SpecificationState.PUBLISHED
    return is_published and begins_on is not None and begins_on <= on


def projects_in_force(db: Session, on: date) -> frozenset[int]:
    """Return the projects of the catalog that have a specification in force on a day."""
    chosen = (
        select(Specification.project_id)
        .join(Project, Project.id == Specification.project_id)
        .where(
            Specification.state == SpecificationState.PUBLISHED,
            Specification.effective_from_on <= on,
            Project.catalog_version_id.is_not(None),
            Project.withdrawn_version_id.is_(None),
        )
    )
    return frozenset(db.scalars(chosen))


def may_read_drafts(actor: Actor) -> bool:
    """Say whether the person sees specifications before they are published."""
    return any(actor.may(permission) for permission in READERS_OF_DRAFTS)


def specification_of(db: Session, specification_id: int, *, actor: Actor) -> Specification:
    """Return a version that the person may see."""
    found = _specification(db, specification_id)
    if found.state != SpecificationState.PUBLISHED and not may_read_drafts(actor):
        raise NotFoundError(what="考核规范")
    return found


def published_specification(db: Session, specification_id: int) -> Specification:
    """Return a published version, which anyone may read."""
    found = _specification(db, specification_id)
    if found.state != SpecificationState.PUBLISHED:
        raise NotFoundError(what="考核规范")
    return found


def specification_to_change(db: Session, specification_id: int) -> Specification:
    """Return a version, locked."""
    found = db.scalar(
        _whole_specifications()
        .where(Specification.id == specification_id)
        .with_for_update(of=Specification)  # the joined project stays open to others
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFoundError(what="考核规范")
    return found


def newest_specifications(db: Session, *, actor: Actor) -> list[Specification]:
    """Return the newest visible version for every project that has one, by project."""
    later = aliased(Specification)
    visible = tuple(SpecificationState) if may_read_drafts(actor) else _PUBLISHED
    newest = (
        select(func.max(later.version))
        .where(later.project_id == Specification.project_id, later.state.in_(visible))
        .scalar_subquery()
    )
    chosen = (
        _whole_specifications()
        .join(Project, Project.id == Specification.project_id)
        .where(Specification.version == newest)
        .order_by(Project.number)
    )
    return list(db.scalars(chosen))


def unfinished_specifications(db: Session, state: SpecificationState) -> int:
    """Return how many versions stand in a state on their way to publication."""
    chosen = select(func.count(Specification.id)).where(Specification.state == state)
    return db.scalar(chosen) or 0


def unfinished_version(db: Session, project_id: int) -> Specification | None:
    """Return the version of a project that is still on its way to publication."""
    return db.scalar(
        _whole_specifications()
        .where(Specification.project_id == project_id, Specification.state.in_(UNFINISHED))
        .order_by(Specification.version.desc())
        .limit(1)
    )


def text_of(specification: Specification) -> SpecificationText:
    """Return a stored version as values."""
    return SpecificationText(
        name=specification.name,
        definition=specification.definition,
        applicable_to=specification.applicable_to,
        occupation_domain=specification.occupation_domain,
        conditions=specification.conditions,
        examiner_expertise=specification.examiner_expertise,
        examiners_at_least=specification.examiners_at_least,
        venue=specification.venue,
        subjects=tuple(
            SubjectText(Subject(part.subject), part.method, part.minutes)
            for part in specification.subjects
        ),
        tasks=tuple(
            TaskText(
                title=task.title,
                weight_percent=task.weight_percent,
                practices=tuple(task.practices.splitlines()),
                knowledge=tuple(task.knowledge.splitlines()),
            )
            for task in specification.tasks
        ),
        equipment=tuple(
            EquipmentText(row.name, row.quantity, row.requirement)
            for row in specification.equipment
        ),
    )


_PUBLISHED = (SpecificationState.PUBLISHED,)


def _specification(db: Session, specification_id: int) -> Specification:
    found = db.scalar(_whole_specifications().where(Specification.id == specification_id))
    if found is None:
        raise NotFoundError(what="考核规范")
    return found


def _whole_specifications() -> Select[Specification]:
    return select(Specification).options(
        joinedload(Specification.project),
        selectinload(Specification.subjects),
        selectinload(Specification.tasks),
        selectinload(Specification.equipment),
    )
