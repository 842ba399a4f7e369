"""Reads of projects in development: the province sees all, a city its own."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from registry.access import Actor, Permission
from registry.catalog import queries
from registry.catalog.models import DevelopmentProject
from registry.catalog.rules.development import OPEN, DevelopmentState
from registry.catalog.rules.name_similarity import Hit, Likeness, similar_names
from registry.errors import NotFoundError

READERS = (Permission.CATALOG_MANAGE, Permission.PROJECT_PROPOSE)


@dataclass(frozen=True)
class SimilarName:
    """A project like the new one: in the catalog, with its number, or in development."""

    name: str
    number: int | None
    score: float
    likeness: Likeness


def developments_in_reach(
    db: Session, *, actor: Actor, state: DevelopmentState | None = None
) -> list[DevelopmentProject]:
    """Return the developments that the person sees, newest first."""
    _require_reader(actor)
    chosen = (
        select(DevelopmentProject)
        .options(joinedload(DevelopmentProject.project))
        .where(DevelopmentProject.division_code.startswith(actor.division_prefix, autoescape=True))
        .order_by(DevelopmentProject.id.desc())
    )
    if state is not None:
        chosen = chosen.where(DevelopmentProject.state == state)
    return list(db.scalars(chosen))


def development_of(
    db: Session, development_id: int, *, actor: Actor, to_change: bool = False
) -> DevelopmentProject:
    """Return one development within reach, locked when it is about to change."""
    _require_reader(actor)
    chosen = select(DevelopmentProject).where(
        DevelopmentProject.id == development_id,
        DevelopmentProject.division_code.startswith(actor.division_prefix, autoescape=True),
    )
    if to_change:
        chosen = chosen.with_for_update().execution_options(populate_existing=True)
    found = db.scalar(chosen)
    if found is None:
        raise NotFoundError(what="开发需求")
    return found


def development_of_project(db: Session, project_id: int) -> DevelopmentProject | None:
    """Return the development that a project came from, if it came from one."""
    return db.scalar(select(DevelopmentProject).where(DevelopmentProject.project_id == project_id))


def developments_waiting(db: Session, state: DevelopmentState, *, actor: Actor) -> int:
    """Return how many developments within reach stand in a state."""
    _require_reader(actor)
    chosen = select(func.count(DevelopmentProject.id)).where(
        DevelopmentProject.state == state,
        DevelopmentProject.division_code.startswith(actor.division_prefix, autoescape=True),
    )
    return db.scalar(chosen) or 0


def similar_projects(
    db: Session, name: str, *, but_not: int | None = None
) -> tuple[SimilarName, ...]:
    """Return what resembles a name: projects with a number, other needs still open (R-204).

    Needs of other cities are told by name only, so that two do not ask for the same.
    """
    numbered = [
        project
        for project in queries.projects_of_any_state(db)
        if project.withdrawn_version_id is None
    ]
    open_needs = db.scalars(
        select(DevelopmentProject)
        .where(DevelopmentProject.state.in_(OPEN), DevelopmentProject.project_id.is_(None))
        .where(DevelopmentProject.id != (but_not or 0))
        .order_by(DevelopmentProject.id)
    ).all()
    numbers = [project.number for project in numbered] + [None] * len(open_needs)
    names = [project.name for project in numbered] + [need.name for need in open_needs]
    return tuple(_similar(hit, numbers) for hit in similar_names(name, names))


def similar_names_of(record: DevelopmentProject) -> tuple[SimilarName, ...]:
    """Return what resembled the need on the day when it was entered."""
    return tuple(
        SimilarName(entry["name"], entry["number"], entry["score"], Likeness(entry["likeness"]))
        for entry in json.loads(record.similar_names)
    )


def _similar(hit: Hit, numbers: Sequence[int | None]) -> SimilarName:
    return SimilarName(hit.name, numbers[hit.place], hit.score, hit.likeness)


def _require_reader(actor: Actor) -> None:
    if not any(actor.may(permission) for permission in READERS):
        actor.require(READERS[0])
