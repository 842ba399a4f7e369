"""What is done with institution filings 机构备案: apply, confirm, return, suspend."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.access import NO_INSTITUTION, Actor, Permission
from registry.audit_log import note
from registry.catalog.queries import catalog_project
from registry.errors import InvalidInputError, NotFoundError, WrongStateError
from registry.local_time import local_date
from registry.organisations import queries
from registry.organisations.errors import FilingPendingError
from registry.organisations.models import (
    FilingProject,
    FilingState,
    Institution,
    InstitutionFiling,
)
from registry.organisations.rules.institution_code import (
    LAST_SERIAL,
    InstitutionCode,
    InstitutionType,
    filing_number,
)
from registry.organisations.rules.uscc import parse_uscc

VALIDITY_YEARS = 3  # the notice gives no length; field 26 of the application form
CHINESE = {
    FilingState.SUBMITTED: "待确认",
    FilingState.CONFIRMED: "已备案",
    FilingState.RETURNED: "退回补正",
    FilingState.SUSPENDED: "暂停",
}


@dataclass(frozen=True)
class FilingApplication:
    """What an institution fills in."""

    name: str
    uscc: str
    division_code: str
    address: str
    legal_representative: str
    project_numbers: Sequence[int]
    institution_type: InstitutionType = InstitutionType.LOCAL_STATION


def apply_for_filing(
    db: Session, application: FilingApplication, *, actor: Actor, now: datetime
) -> InstitutionFiling:
    """Hand in an application; the first one of an institution also gives it its code (R-311)."""
    actor.require(Permission.FILING_APPLY)
    uscc = parse_uscc(application.uscc).text
    division = queries.division_of(db, application.division_code)
    if not division.code.startswith(actor.division_prefix):
        raise NotFoundError(what=f"行政区划“{division.code}”")
    if not application.project_numbers:
        raise InvalidInputError(field="考核项目", reason="请至少选择一个考核项目。")
    projects = [catalog_project(db, n) for n in sorted(set(application.project_numbers))]
    institution = db.scalar(select(Institution).where(Institution.uscc == uscc))
    if institution is None:
        institution = _enter_institution(db, application, uscc, actor=actor)
    else:
        queries.institution_of(db, institution.id, actor=actor)
        if queries.pending_filing(db, institution.id) is not None:
            raise FilingPendingError(institution=institution.name)
    filing = InstitutionFiling(
        institution=institution,
        state=FilingState.SUBMITTED,
        submitted_at=now,
        projects=[FilingProject(project_id=project.id) for project in projects],
    )
    db.add(filing)
    db.flush()
    detail = {"institution": institution.code, "projects": [p.number for p in projects]}
    subject = ("institution_filing", filing.id)
    note(db, "apply_for_filing", subject, actor=actor, now=now, detail=detail)
    return filing


def confirm_filing(
    db: Session, filing_id: int, *, actor: Actor, now: datetime
) -> InstitutionFiling:
    """Confirm an application: from today it opens planning, for three years (R-312, R-313)."""
    filing = _waiting(db, filing_id, actor=actor, doing="确认")
    centre = queries.city_centre_to_change(db, filing.institution.division_code)
    today = local_date(now)
    prefix = filing_number(centre.appraisal_code, today.year, 0)[:-4]
    last = db.scalar(
        select(func.max(InstitutionFiling.filing_no)).where(
            InstitutionFiling.filing_no.startswith(prefix)
        )
    )
    serial = int(last[-4:]) + 1 if last else 1
    filing.state = FilingState.CONFIRMED
    filing.filing_no = filing_number(centre.appraisal_code, today.year, serial)
    filing.decided_at = now
    filing.valid_from_on = today
    filing.valid_until_on = _years_later(today, VALIDITY_YEARS) - timedelta(days=1)
    db.flush()
    detail = {"filing_no": filing.filing_no, "valid_until_on": filing.valid_until_on}
    subject = ("institution_filing", filing.id)
    note(db, "confirm_filing", subject, actor=actor, now=now, detail=detail)
    return filing


def return_filing(
    db: Session, filing_id: int, reason: str, *, actor: Actor, now: datetime
) -> InstitutionFiling:
    """Send an application back for correction with a reason."""
    filing = _waiting(db, filing_id, actor=actor, doing="退回")
    return _close(db, filing, FilingState.RETURNED, reason, actor=actor, now=now)


def suspend_filing(
    db: Session, filing_id: int, reason: str, *, actor: Actor, now: datetime
) -> InstitutionFiling:
    """Suspend a confirmed filing: no new plans; running plans are finished (R-313)."""
    actor.require(Permission.FILING_CONFIRM)
    filing = queries.filing_of(db, filing_id, actor=actor, to_change=True)
    if filing.state != FilingState.CONFIRMED:
        raise WrongStateError(
            what="机构备案", state=CHINESE[FilingState(filing.state)], action="暂停备案"
        )
    return _close(db, filing, FilingState.SUSPENDED, reason, actor=actor, now=now)


def _waiting(db: Session, filing_id: int, *, actor: Actor, doing: str) -> InstitutionFiling:
    actor.require(Permission.FILING_CONFIRM)
    filing = queries.filing_of(db, filing_id, actor=actor, to_change=True)
    if filing.state != FilingState.SUBMITTED:
        state = CHINESE[FilingState(filing.state)]
        raise WrongStateError(what="机构备案", state=state, action=doing)
    return filing


def _close(
    db: Session,
    filing: InstitutionFiling,
    state: FilingState,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> InstitutionFiling:
    if not reason.strip():
        raise InvalidInputError(field="原因", reason="请写明原因，便于机构补正。")
    filing.state, filing.reason, filing.decided_at = state, reason.strip(), now
    db.flush()
    subject = ("institution_filing", filing.id)
    note(db, f"filing_{state}", subject, actor=actor, now=now, detail={"reason": filing.reason})
    return filing


def _enter_institution(
    db: Session, application: FilingApplication, uscc: str, *, actor: Actor
) -> Institution:
    if actor.institution_id not in (None, NO_INSTITUTION):
        raise NotFoundError(what=f"统一社会信用代码为{uscc}的本机构")
    for field, value in (("单位名称", application.name), ("详细地址", application.address)):
        if not value.strip():
            raise InvalidInputError(field=field, reason="不能为空，请填写。")
    centre = queries.city_centre_to_change(db, application.division_code)
    prefix = centre.appraisal_code + application.institution_type.value
    last = db.scalar(select(func.max(Institution.code)).where(Institution.code.startswith(prefix)))
    serial = int(last[-3:]) + 1 if last else 1
    if serial > LAST_SERIAL:
        raise InvalidInputError(field="机构编码", reason="本市该类机构编码已用完，请联系省中心。")
    code = InstitutionCode(centre.appraisal_code, application.institution_type, serial)
    institution = Institution(
        code=str(code),
        name=application.name.strip(),
        uscc=uscc,
        division_code=application.division_code,
        address=application.address.strip(),
        legal_representative=application.legal_representative.strip(),
    )
    db.add(institution)
    db.flush()
    return institution


def _years_later(day: date, years: int) -> date:
    try:
        return day.replace(year=day.year + years)
    except ValueError:
        return date(day.year + years, 3, 1)
