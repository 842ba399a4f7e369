"""Tables of organisations: divisions, centres of three levels, institutions, filings."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.catalog.models import Project
from registry.database import Record, UtcDateTime, one_of


class Level(StrEnum):
    """The three levels of administration (R-301)."""

    PROVINCE = "province"
    CITY = "city"
    COUNTY = "county"


class FilingState(StrEnum):
    """Where an institution filing 机构备案 stands (R-311 to R-313)."""

    SUBMITTED = "submitted"
    CONFIRMED = "confirmed"
    RETURNED = "returned"
    SUSPENDED = "suspended"


class Division(Record):
    """An administrative division of GB/T 2260 in force."""

    __tablename__ = "division"
    __table_args__ = (one_of("level", Level),)

    code: Mapped[str] = mapped_column(String(6), primary_key=True)
    name: Mapped[str] = mapped_column(String(40))
    level: Mapped[str] = mapped_column(String(16))
    kind: Mapped[str] = mapped_column(String(20))
    parent_code: Mapped[str | None] = mapped_column(ForeignKey("division.code"))


class FormerDivision(Record):
    """A division code no longer in use; ID numbers of older people still carry it."""

    __tablename__ = "former_division"
    __table_args__ = (UniqueConstraint("code", "name", "last_year_used"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(6), index=True)
    name: Mapped[str] = mapped_column(String(40))
    used_from: Mapped[str] = mapped_column(String(4))
    last_year_used: Mapped[str] = mapped_column(String(4))


class Centre(Record):
    """A skills appraisal centre 职业技能鉴定中心; an organisation, not a division."""

    __tablename__ = "centre"
    __table_args__ = (one_of("level", Level),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80), unique=True)
    level: Mapped[str] = mapped_column(String(16))
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"), unique=True)
    appraisal_code: Mapped[str] = mapped_column(String(4))  # PPCC of the institution codes


class Institution(Record):
    """An assessment institution 考核机构."""

    __tablename__ = "institution"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(8), unique=True)  # PP CC T NNN
    name: Mapped[str] = mapped_column(String(100))
    uscc: Mapped[str] = mapped_column(String(18), unique=True)
    division_code: Mapped[str] = mapped_column(ForeignKey("division.code"))
    address: Mapped[str] = mapped_column(String(120))
    legal_representative: Mapped[str] = mapped_column(String(60))


class InstitutionFiling(Record):
    """A filing 机构备案: without a confirmed one in force no plan can be made (R-313)."""

    __tablename__ = "institution_filing"
    __table_args__ = (one_of("state", FilingState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    filing_no: Mapped[str | None] = mapped_column(String(24), unique=True)
    state: Mapped[str] = mapped_column(String(16))
    submitted_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reason: Mapped[str | None] = mapped_column(String(500))
    valid_from_on: Mapped[date | None]
    valid_until_on: Mapped[date | None]

    institution: Mapped[Institution] = relationship()
    projects: Mapped[list["FilingProject"]] = relationship(order_by="FilingProject.project_id")


class FilingProject(Record):
    """A project that the filing covers: field 14 of the application form 备案申请表."""

    __tablename__ = "filing_project"

    filing_id: Mapped[int] = mapped_column(ForeignKey("institution_filing.id"), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)

    project: Mapped[Project] = relationship()
