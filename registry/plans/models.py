"""Tables of assessment plans 考核计划; a plan is one batch 批次."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.catalog.models import Specification, Subject
from registry.database import Record, UtcDateTime, one_of
from registry.organisations.models import Institution
from registry.plans.rules.states import PlanState


class AssessmentPlan(Record):
    """One planned assessment of an institution; pins the specification's version."""

    __tablename__ = "assessment_plan"
    __table_args__ = (one_of("state", PlanState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(String(9), unique=True)  # YYCC-NNNN
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    specification_id: Mapped[int] = mapped_column(ForeignKey("specification.id"))
    state: Mapped[str] = mapped_column(String(20), default=PlanState.DRAFT)
    planned_on: Mapped[date]
    expected_count: Mapped[int]
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    return_reason: Mapped[str | None] = mapped_column(String(500))
    roster_submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    audit_due_on: Mapped[date | None]  # the 10th working day
    audit_due_is_provisional: Mapped[bool] = mapped_column(default=False)
    roster_released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    institution: Mapped[Institution] = relationship()
    specification: Mapped[Specification] = relationship()
    subjects: Mapped[list["PlanSubject"]] = relationship(order_by="PlanSubject.subject.desc()")


class PlanSubject(Record):
    """A subject 科目 of the plan, theory first."""

    __tablename__ = "plan_subject"
    __table_args__ = (one_of("subject", Subject), UniqueConstraint("plan_id", "subject"))

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("assessment_plan.id"))
    subject: Mapped[str] = mapped_column(String(16))
    minutes: Mapped[int]


class CalendarDay(Record):
    """A day that the official calendar names: a day off or a make-up working day 调休."""

    __tablename__ = "calendar_day"

    day_on: Mapped[date] = mapped_column(primary_key=True)
    is_workday: Mapped[bool]
