"""Tables of the catalog: its versions, the projects and their specifications."""

from datetime import date
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.catalog.rules.subjects import Subject as Subject
from registry.database import Record, one_of


class Origin(StrEnum):
    """How a project came into Annex 1 of the notice."""

    ORIGINAL = "original"  # 部、省原有备案
    NEW = "new"  # 新增备案


class CatalogVersion(Record):
    """A published state of the catalog 考核目录 (R-201)."""

    __tablename__ = "catalog_version"

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(unique=True)
    title: Mapped[str] = mapped_column(String(200))
    published_on: Mapped[date]


class Project(Record):
    """An assessment project 考核项目: a row of Annex 1 (R-205). It has no levels (R-202)."""

    __tablename__ = "project"
    __table_args__ = (one_of("origin", Origin),)

    id: Mapped[int] = mapped_column(primary_key=True)
    catalog_version_id: Mapped[int] = mapped_column(ForeignKey("catalog_version.id"))
    number: Mapped[int] = mapped_column(unique=True)
    name: Mapped[str] = mapped_column(String(80))
    name_in_notice: Mapped[str] = mapped_column(String(80))
    origin: Mapped[str] = mapped_column(String(16))
    industry_group: Mapped[str] = mapped_column(String(40))
    industry_group_en: Mapped[str] = mapped_column(String(60))


class Specification(Record):
    """An assessment specification 考核规范 filed with the ministry (R-101)."""

    __tablename__ = "specification"
    __table_args__ = (UniqueConstraint("project_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    version: Mapped[int]
    ministry_filing_no: Mapped[str] = mapped_column(String(60))
    effective_from_on: Mapped[date]
    definition: Mapped[str] = mapped_column(Text)
    applicable_to: Mapped[str] = mapped_column(Text)
    occupation_domain: Mapped[str] = mapped_column(String(80))

    project: Mapped[Project] = relationship()
    subjects: Mapped[list["SpecificationSubject"]] = relationship(
        order_by="SpecificationSubject.subject.desc()"
    )


class SpecificationSubject(Record):
    """A subject that the specification demands, with its minutes."""

    __tablename__ = "specification_subject"
    __table_args__ = (one_of("subject", Subject), UniqueConstraint("specification_id", "subject"))

    id: Mapped[int] = mapped_column(primary_key=True)
    specification_id: Mapped[int] = mapped_column(ForeignKey("specification.id"))
    subject: Mapped[str] = mapped_column(String(16))
    minutes: Mapped[int]
