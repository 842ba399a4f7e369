"""Tables of candidates and their enrolments. Personal numbers are sealed."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.database import Record, UtcDateTime, one_of
from registry.enrolment.rules.id_number import Gender as Gender
from registry.plans.models import AssessmentPlan

ID_NUMBER = "candidate.id_number"  # purposes that bind a sealed value to its column
PHONE = "candidate.phone"


class EnrolmentState(StrEnum):
    """Where an enrolment 报名 stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    PASSED = "passed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"
    ARRANGED = "arranged"
    DEFERRED = "deferred"  # 缓考: may be planned again in a later batch


class Candidate(Record):
    """A person 考生; found again by the keyed index of the ID number."""

    __tablename__ = "candidate"
    __table_args__ = (one_of("gender", Gender),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60))
    id_number_sealed: Mapped[bytes] = mapped_column(LargeBinary)
    id_number_index: Mapped[str] = mapped_column(String(64), unique=True)
    id_number_masked: Mapped[str] = mapped_column(String(18))  # 320102********9994
    gender: Mapped[str] = mapped_column(String(8))
    born_on: Mapped[date]
    phone_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    phone_index: Mapped[str | None] = mapped_column(String(64), index=True)
    education: Mapped[str] = mapped_column(String(20))
    candidate_source: Mapped[str] = mapped_column(String(20))
    photo_hash: Mapped[str | None] = mapped_column(String(64))


class Enrolment(Record):
    """A candidate's entry into a plan, decided by the city's audit 资格审核."""

    __tablename__ = "enrolment"
    __table_args__ = (one_of("state", EnrolmentState), UniqueConstraint("plan_id", "candidate_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("assessment_plan.id"))
    candidate_id: Mapped[int] = mapped_column(ForeignKey("candidate.id"))
    state: Mapped[str] = mapped_column(String(16), default=EnrolmentState.DRAFT)
    admission_no: Mapped[str | None] = mapped_column(String(13), unique=True)  # 准考证号
    entered_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    confirmed_at: Mapped[datetime] = mapped_column(UtcDateTime)  # own wish, R-102
    warnings: Mapped[str] = mapped_column(String(500), default="")  # joined by ；
    decision_reason: Mapped[str | None] = mapped_column(String(500))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    plan: Mapped[AssessmentPlan] = relationship()
    candidate: Mapped[Candidate] = relationship()


class Accommodation(Record):
    """Extra time approved for a candidate before the exam; the audit log keeps what it was."""

    __tablename__ = "accommodation"
    __table_args__ = (CheckConstraint("minutes >= 0", name="minutes"),)

    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), primary_key=True)
    minutes: Mapped[int]  # 0 once it was taken back
    reason: Mapped[str] = mapped_column(String(200))
    approved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
