"""Tables of the catalog: its versions, the projects, their specifications and development."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.catalog.rules.development import DevelopmentState
from registry.catalog.rules.specification_states import SpecificationState
from registry.catalog.rules.subjects import Subject as Subject
from registry.database import Record, UtcDateTime, one_of


class Origin(StrEnum):
    """How a project came into the catalog."""

    ORIGINAL = "original"  # 部、省原有备案, in Annex 1 of the notice
    NEW = "new"  # 新增备案, in Annex 1 of the notice
    DEVELOPED = "developed"  # 立项开发, after the notice


class CatalogVersion(Record):
    """A published state of the catalog 考核目录 (R-201)."""

    __tablename__ = "catalog_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(String(200))
    published_on: Mapped[date]


class Project(Record):
    """An assessment project 考核项目: a row of Annex 1 or a later one (R-205); no levels (R-202).

    While it is being developed it has a number but no version of the catalog yet.
    """

    __tablename__ = "project"
    __table_args__ = (one_of("origin", Origin),)

    id: Mapped[int] = mapped_column(primary_key=True)
    catalog_version_id: Mapped[int | None] = mapped_column(ForeignKey("catalog_version.id"))
    withdrawn_version_id: Mapped[int | None] = mapped_column(ForeignKey("catalog_version.id"))
    number: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(80))
    name_in_notice: Mapped[str] = mapped_column(String(80))
    origin: Mapped[str] = mapped_column(String(16))
    industry_group: Mapped[str] = mapped_column(String(40))
    industry_group_en: Mapped[str] = mapped_column(String(60))


class Specification(Record):
    """A version of an assessment specification 考核规范; frozen when filed with the ministry."""

    __tablename__ = "specification"
    __table_args__ = (
        one_of("state", SpecificationState),
        UniqueConstraint("project_id", "version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    version: Mapped[int]
    state: Mapped[str] = mapped_column(String(16))
    ministry_filing_no: Mapped[str] = mapped_column(String(60), default="")
    effective_from_on: Mapped[date | None]
    name: Mapped[str] = mapped_column(String(80))
    definition: Mapped[str] = mapped_column(Text)
    applicable_to: Mapped[str] = mapped_column(Text)
    occupation_domain: Mapped[str] = mapped_column(String(80))
    conditions: Mapped[str] = mapped_column(Text)
    examiner_expertise: Mapped[str] = mapped_column(Text)
    examiners_at_least: Mapped[int]
    venue: Mapped[str] = mapped_column(Text)

    project: Mapped[Project] = relationship()
    subjects: Mapped[list["SpecificationSubject"]] = relationship(
        order_by="SpecificationSubject.subject.desc()", cascade="all, delete-orphan"
    )
    tasks: Mapped[list["WorkTask"]] = relationship(
        order_by="WorkTask.number", cascade="all, delete-orphan"
    )
    equipment: Mapped[list["EquipmentRequirement"]] = relationship(
        order_by="EquipmentRequirement.number", cascade="all, delete-orphan"
    )


class SpecificationSubject(Record):
    """A subject that the specification demands, with its way and minutes."""

    __tablename__ = "specification_subject"
    __table_args__ = (one_of("subject", Subject), UniqueConstraint("specification_id", "subject"))

    id: Mapped[int] = mapped_column(primary_key=True)
    specification_id: Mapped[int] = mapped_column(ForeignKey("specification.id"))
    subject: Mapped[str] = mapped_column(String(16))
    method: Mapped[str] = mapped_column(String(80))
    minutes: Mapped[int]


class WorkTask(Record):
    """A work task 工作任务 of a specification; its lists are one entry a line."""

    __tablename__ = "work_task"
    __table_args__ = (UniqueConstraint("specification_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    specification_id: Mapped[int] = mapped_column(ForeignKey("specification.id"))
    number: Mapped[int]
    title: Mapped[str] = mapped_column(String(80))
    weight_percent: Mapped[int]
    practices: Mapped[str] = mapped_column(Text)  # 操作规范
    knowledge: Mapped[str] = mapped_column(Text)  # 相关知识


class EquipmentRequirement(Record):
    """A row of the equipment that a specification demands."""

    __tablename__ = "equipment_requirement"
    __table_args__ = (UniqueConstraint("specification_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    specification_id: Mapped[int] = mapped_column(ForeignKey("specification.id"))
    number: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    quantity: Mapped[str] = mapped_column(String(80))
    requirement: Mapped[str] = mapped_column(String(200))


class DevelopmentProject(Record):
    """A need for a new project that a city proposed, and what the province made of it (R-203)."""

    __tablename__ = "development_project"
    __table_args__ = (one_of("state", DevelopmentState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    reason: Mapped[str] = mapped_column(Text)
    demand: Mapped[str] = mapped_column(Text)
    expected_per_year: Mapped[int]
    division_code: Mapped[str] = mapped_column(String(6), index=True)  # of the city
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proposed_by_id: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(16))
    similar_names: Mapped[str] = mapped_column(Text)  # JSON: found when it was entered
    decision_reason: Mapped[str] = mapped_column(Text, default="")
    duplicate_reason: Mapped[str] = mapped_column(Text, default="")  # why in spite of similar ones
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    project_id: Mapped[int | None] = mapped_column(ForeignKey("project.id"), unique=True)

    project: Mapped[Project | None] = relationship()
