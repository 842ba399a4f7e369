"""What is done with divisions and centres: load the codes, establish the three levels."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.audit_log import note
from registry.errors import ConflictError
from registry.organisations import queries
from registry.organisations.models import Centre, Division, FormerDivision, Level
from registry.organisations.rules.division_files import DivisionRow, FormerDivisionRow
from registry.organisations.rules.institution_code import PROVINCE_DIVISION, appraisal_code_of

CENTRE_TITLE = "职业技能鉴定中心"
URBAN_DISTRICT = "市辖区"  # names such as 鼓楼区 occur in more than one city


def load_divisions(db: Session, rows: Iterable[DivisionRow], *, actor: Actor, now: datetime) -> int:
    """Enter the divisions in force; loading again mends names and adds new ones."""
    actor.require(Permission.CATALOG_MANAGE)
    known = {division.code: division for division in queries.divisions(db)}
    count = 0
    for row in sorted(rows, key=lambda row: (row.parent_code or "", row.code)):
        division = known.get(row.code)
        if division is None:
            division = Division(code=row.code)
            db.add(division)
        division.name, division.level, division.kind = row.name, row.level, row.kind
        division.parent_code = row.parent_code
        count += 1
    db.flush()
    subject = ("division", PROVINCE_DIVISION)
    note(db, "load_divisions", subject, actor=actor, now=now, detail={"rows": count})
    return count


def load_former_divisions(
    db: Session, rows: Iterable[FormerDivisionRow], *, actor: Actor, now: datetime
) -> int:
    """Enter former divisions that are not on record yet; return how many were added."""
    actor.require(Permission.CATALOG_MANAGE)
    known = {
        (former.code, former.name, former.last_year_used)
        for former in db.scalars(select(FormerDivision))
    }
    added = [row for row in rows if (row.code, row.name, row.last_year_used) not in known]
    db.add_all(
        FormerDivision(
            code=row.code,
            name=row.name,
            used_from=row.used_from,
            last_year_used=row.last_year_used,
        )
        for row in added
    )
    db.flush()
    subject = ("division", PROVINCE_DIVISION)
    note(db, "load_former_divisions", subject, actor=actor, now=now, detail={"added": len(added)})
    return len(added)


def establish_centre(
    db: Session, division_code: str, *, actor: Actor, now: datetime, name: str | None = None
) -> Centre:
    """Establish the centre of one division; without a name it is called after its division."""
    actor.require(Permission.CATALOG_MANAGE)
    division = queries.division_of(db, division_code)
    taken = db.scalar(select(Centre.name).where(Centre.division_code == division_code))
    if taken is not None:
        raise ConflictError(what="鉴定中心", value=taken)
    centre = _new_centre(db, division, name)
    db.add(centre)
    db.flush()
    subject = ("centre", centre.id)
    note(db, "establish_centre", subject, actor=actor, now=now, detail={"name": centre.name})
    return centre


def establish_centres(db: Session, *, actor: Actor, now: datetime) -> list[Centre]:
    """Establish every missing centre: the province, its cities and all counties (R-301)."""
    actor.require(Permission.CATALOG_MANAGE)
    present = frozenset(db.scalars(select(Centre.division_code)))
    missing = [division for division in queries.divisions(db) if division.code not in present]
    centres = [_new_centre(db, division, None) for division in missing]
    db.add_all(centres)
    db.flush()
    subject = ("division", PROVINCE_DIVISION)
    note(db, "establish_centres", subject, actor=actor, now=now, detail={"count": len(centres)})
    return centres


def _new_centre(db: Session, division: Division, name: str | None) -> Centre:
    return Centre(
        name=name or _centre_name(db, division),
        level=division.level,
        division_code=division.code,
        appraisal_code=appraisal_code_of(division.code),
    )


def _centre_name(db: Session, division: Division) -> str:
    if division.level == Level.COUNTY and division.kind == URBAN_DISTRICT and division.parent_code:
        return queries.division_of(db, division.parent_code).name + division.name + CENTRE_TITLE
    return division.name + CENTRE_TITLE
