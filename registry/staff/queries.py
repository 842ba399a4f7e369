"""Reads of the register of examiners within the actor's reach."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from registry.access import Actor
from registry.errors import NotFoundError
from registry.staff.models import Examiner, ExaminerProject


def examiners_in_reach(db: Session, *, actor: Actor) -> list[Examiner]:
    """Return the examiners registered in the actor's area."""
    inside = Examiner.division_code.startswith(actor.division_prefix, autoescape=True)
    return list(
        db.scalars(
            select(Examiner)
            .where(inside)
            .options(selectinload(Examiner.account), selectinload(Examiner.projects))
            .order_by(Examiner.card_no)
        )
    )


def qualified_examiners(db: Session, project_id: int, on: date, *, actor: Actor) -> list[Examiner]:
    """Return those who may be sent to a project on a day: qualified, with a valid card (R-352)."""
    return [
        examiner
        for examiner in examiners_in_reach(db, actor=actor)
        if examiner.card_valid_from_on <= on <= examiner.card_valid_until_on
        and any(entry.project_id == project_id for entry in examiner.projects)
    ]


def examiner_of(db: Session, examiner_id: int, *, actor: Actor) -> Examiner:
    """Return an examiner within reach."""
    inside = Examiner.division_code.startswith(actor.division_prefix, autoescape=True)
    examiner = db.scalar(select(Examiner).where(Examiner.id == examiner_id, inside))
    if examiner is None:
        raise NotFoundError(what="考评员")
    return examiner


def examiner_of_account(db: Session, account_id: int) -> Examiner | None:
    """Return the register's entry of an account."""
    return db.scalar(select(Examiner).where(Examiner.account_id == account_id))


def is_qualified(db: Session, examiner_id: int, project_id: int) -> bool:
    """Say whether the examiner may score the project."""
    return db.get(ExaminerProject, (examiner_id, project_id)) is not None
