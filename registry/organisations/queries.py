"""Reads of divisions, centres, institutions and filings within the actor's reach."""

from datetime import date

from sqlalchemy import ColumnElement, and_, select, true
from sqlalchemy.orm import Session

from registry.access import Actor
from registry.errors import NotFoundError
from registry.organisations.models import (
    Centre,
    Division,
    FilingState,
    FormerDivision,
    Institution,
    InstitutionFiling,
)
from registry.organisations.rules.institution_code import city_division_of


def within_reach(actor: Actor) -> ColumnElement[bool]:
    """Return the condition on ``Institution`` that bounds every query of its objects."""
    own = true() if actor.institution_id is None else Institution.id == actor.institution_id
    inside = Institution.division_code.startswith(actor.division_prefix, autoescape=True)
    return and_(inside, own)


def divisions(db: Session, *, parent_code: str | None = None) -> list[Division]:
    """Return the divisions in force, or those directly below one; public data."""
    chosen = select(Division).order_by(Division.code)
    if parent_code is not None:
        chosen = chosen.where(Division.parent_code == parent_code)
    return list(db.scalars(chosen))


def division_of(db: Session, code: str) -> Division:
    """Return one division in force."""
    division = db.get(Division, code)
    if division is None:
        raise NotFoundError(what=f"行政区划“{code}”")
    return division


def known_regions(db: Session) -> frozenset[str]:
    """Return every present and former code, for the check of ID numbers."""
    return frozenset(db.scalars(select(Division.code))) | frozenset(
        db.scalars(select(FormerDivision.code))
    )


def centres_in_reach(db: Session, *, actor: Actor) -> list[Centre]:
    """Return the centres of the actor's area, the province first."""
    inside = Centre.division_code.startswith(actor.division_prefix, autoescape=True)
    return list(db.scalars(select(Centre).where(inside).order_by(Centre.division_code)))


def centre_of_division(db: Session, division_code: str) -> Centre:
    """Return the centre of a division."""
    centre = db.scalar(select(Centre).where(Centre.division_code == division_code))
    if centre is None:
        raise NotFoundError(what=f"行政区划“{division_code}”的鉴定中心")
    return centre


def city_centre_to_change(db: Session, division_code: str) -> Centre:
    """Return the centre of a division's city, locked: numbers of a city are given in turns."""
    city = city_division_of(division_code)
    centre = db.scalar(select(Centre).where(Centre.division_code == city).with_for_update())
    if centre is None:
        raise NotFoundError(what=f"行政区划“{city}”的市鉴定中心")
    return centre


def institutions_in_reach(db: Session, *, actor: Actor) -> list[Institution]:
    """Return the institutions that the actor sees."""
    return list(
        db.scalars(select(Institution).where(within_reach(actor)).order_by(Institution.code))
    )


def institution_of(db: Session, institution_id: int, *, actor: Actor) -> Institution:
    """Return an institution within reach."""
    institution = db.scalar(
        select(Institution).where(Institution.id == institution_id, within_reach(actor))
    )
    if institution is None:
        raise NotFoundError(what="考核机构")
    return institution


def filings_in_reach(
    db: Session, *, actor: Actor, state: FilingState | None = None
) -> list[InstitutionFiling]:
    """Return the filings that the actor sees, newest first."""
    chosen = select(InstitutionFiling).join(InstitutionFiling.institution)
    chosen = chosen.where(within_reach(actor)).order_by(InstitutionFiling.id.desc())
    if state is not None:
        chosen = chosen.where(InstitutionFiling.state == state)
    return list(db.scalars(chosen))


def filing_of(
    db: Session, filing_id: int, *, actor: Actor, to_change: bool = False
) -> InstitutionFiling:
    """Return a filing within reach, locked when it is about to change."""
    chosen = select(InstitutionFiling).join(InstitutionFiling.institution)
    chosen = chosen.where(InstitutionFiling.id == filing_id, within_reach(actor))
    if to_change:
        chosen = chosen.with_for_update(of=InstitutionFiling)
    filing = db.scalar(chosen.execution_options(populate_existing=to_change))
    if filing is None:
        raise NotFoundError(what="机构备案")
    return filing


def filing_in_force(db: Session, institution_id: int, on: date) -> InstitutionFiling | None:
    """Return the confirmed filing that is valid on a day, or None (R-313)."""
    return db.scalar(
        select(InstitutionFiling)
        .where(
            InstitutionFiling.institution_id == institution_id,
            InstitutionFiling.state == FilingState.CONFIRMED,
            InstitutionFiling.valid_from_on <= on,
            InstitutionFiling.valid_until_on >= on,
        )
        .order_by(InstitutionFiling.valid_until_on.desc())
        .limit(1)
    )


def pending_filing(db: Session, institution_id: int) -> InstitutionFiling | None:
    """Return the application of an institution that still waits for its decision."""
    return db.scalar(
        select(InstitutionFiling).where(
            InstitutionFiling.institution_id == institution_id,
            InstitutionFiling.state == FilingState.SUBMITTED,
        )
    )
