"""Reads of the catalog, which is public: no reach bounds it."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from registry.catalog.errors import SpecificationNotFiledError
from registry.catalog.models import CatalogVersion, Project, Specification
from registry.errors import NotFoundError


def catalog_version(db: Session, number: int) -> CatalogVersion | None:
    """Return a published state of the catalog."""
    return db.scalar(select(CatalogVersion).where(CatalogVersion.number == number))


def projects(db: Session) -> list[Project]:
    """Return every project in the order of the notice."""
    return list(db.scalars(select(Project).order_by(Project.number)))


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
    """Return the filed specifications of a project, newest first."""
    return list(
        db.scalars(
            select(Specification)
            .where(Specification.project_id == project_id)
            .options(selectinload(Specification.subjects))
            .order_by(Specification.version.desc())
        )
    )


def specification_in_force(db: Session, project: Project, on: date) -> Specification:
    """Return the newest specification in force on a day; raise when there is none (R-101)."""
    for specification in specifications_of(db, project.id):
        if specification.effective_from_on <= on:
            return specification
    raise SpecificationNotFiledError(project=project.name)
