"""The register of examiners 考评人员 (R-351, R-352, R-355)."""

from datetime import date

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.accounts.models import Account
from registry.database import Record


class Examiner(Record):
    """An examiner with a card 证卡 of limited validity."""

    __tablename__ = "examiner"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), unique=True)
    card_no: Mapped[str] = mapped_column(String(30), unique=True)
    card_valid_from_on: Mapped[date]
    card_valid_until_on: Mapped[date]
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))

    account: Mapped[Account] = relationship()
    projects: Mapped[list["ExaminerProject"]] = relationship()


class ExaminerProject(Record):
    """A project for which the examiner is qualified."""

    __tablename__ = "examiner_project"

    examiner_id: Mapped[int] = mapped_column(ForeignKey("examiner.id"), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)
