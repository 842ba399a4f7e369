"""What the city does with its examiners: register them, extend what they may score."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from registry.access import Actor, Permission, Role
from registry.accounts.queries import account_of, roles_of
from registry.audit_log import note
from registry.catalog.queries import project_by_number
from registry.errors import ConflictError, InvalidInputError, NotFoundError
from registry.organisations.queries import division_of
from registry.staff import queries
from registry.staff.errors import NotAnExaminerError
from registry.staff.models import Examiner, ExaminerProject


@dataclass(frozen=True)
class NewExaminer:
    """An examiner's card 证卡 and what it allows."""

    account_id: int
    card_no: str
    card_valid_from_on: date
    card_valid_until_on: date
    division_code: str
    project_numbers: Sequence[int]


def register_examiner(db: Session, new: NewExaminer, *, actor: Actor, now: datetime) -> Examiner:
    """Enter an examiner in the register of the area (R-351)."""
    actor.require(Permission.STAFF_MANAGE)
    account = account_of(db, new.account_id, actor=actor)
    if Role.EXAMINER not in roles_of(account):
        raise NotAnExaminerError(name=account.name)
    division = division_of(db, new.division_code)
    if not division.code.startswith(actor.division_prefix):
        raise NotFoundError(what=f"行政区划“{division.code}”")
    card_no = new.card_no.strip()
    if not card_no or new.card_valid_until_on < new.card_valid_from_on:
        raise InvalidInputError(field="证卡", reason="卡号不能为空，有效期止不能早于起，请核对。")
    _require_new(db, new.account_id, card_no)
    projects = [project_by_number(db, number) for number in sorted(set(new.project_numbers))]
    examiner = Examiner(
        account_id=account.id,
        card_no=card_no,
        card_valid_from_on=new.card_valid_from_on,
        card_valid_until_on=new.card_valid_until_on,
        division_code=division.code,
        projects=[ExaminerProject(project_id=project.id) for project in projects],
    )
    db.add(examiner)
    db.flush()
    detail = {"card_no": card_no, "projects": [project.number for project in projects]}
    note(db, "register_examiner", ("examiner", examiner.id), actor=actor, now=now, detail=detail)
    return examiner


def qualify_examiner(
    db: Session, examiner_id: int, project_number: int, *, actor: Actor, now: datetime
) -> Examiner:
    """Add a project to what an examiner may score (R-352)."""
    actor.require(Permission.STAFF_MANAGE)
    examiner = queries.examiner_of(db, examiner_id, actor=actor)
    project = project_by_number(db, project_number)
    if queries.is_qualified(db, examiner.id, project.id):
        raise ConflictError(what="考评资格", value=project.name)
    examiner.projects.append(ExaminerProject(project_id=project.id))
    db.flush()
    detail = {"project": project.number}
    note(db, "qualify_examiner", ("examiner", examiner.id), actor=actor, now=now, detail=detail)
    return examiner


def renew_card(
    db: Session, examiner_id: int, valid_until_on: date, *, actor: Actor, now: datetime
) -> Examiner:
    """Extend the validity of an examiner's card."""
    actor.require(Permission.STAFF_MANAGE)
    examiner = queries.examiner_of(db, examiner_id, actor=actor)
    if valid_until_on <= examiner.card_valid_until_on:
        raise InvalidInputError(field="有效期止", reason="应晚于现有有效期，请核对。")
    examiner.card_valid_until_on = valid_until_on
    db.flush()
    detail = {"valid_until_on": valid_until_on}
    note(db, "renew_card", ("examiner", examiner.id), actor=actor, now=now, detail=detail)
    return examiner


def _require_new(db: Session, account_id: int, card_no: str) -> None:
    taken = select(Examiner.card_no).where(
        or_(Examiner.account_id == account_id, Examiner.card_no == card_no)
    )
    found = db.scalar(taken.limit(1))
    if found is not None:
        raise ConflictError(what="考评员登记", value=found)
