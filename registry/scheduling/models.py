"""Tables of sittings, the places of candidates in them, proctors and dispatched examiners."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.accounts.models import Account
from registry.catalog.models import Subject
from registry.database import Record, UtcDateTime, one_of
from registry.enrolment.models import Enrolment
from registry.plans.models import AssessmentPlan
from registry.staff.models import Examiner
from registry.venues.models import Room


class ExamMode(StrEnum):
    """How a sitting is held (R-343, R-344)."""

    ON_SCREEN = "on_screen"  # 上机考试
    ANSWER_CARD = "answer_card"  # 答题卡
    ON_SITE = "on_site"  # practical, scored by examiners


class Sitting(Record):
    """A scheduled occasion in a room: room × time × subject."""

    __tablename__ = "sitting"
    __table_args__ = (
        one_of("subject", Subject),
        one_of("mode", ExamMode),
        UniqueConstraint("plan_id", "number"),
        UniqueConstraint("room_id", "starts_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("assessment_plan.id"))
    room_id: Mapped[int] = mapped_column(ForeignKey("room.id"))
    number: Mapped[int]  # 第 n 场
    subject: Mapped[str] = mapped_column(String(16))
    mode: Mapped[str] = mapped_column(String(16))
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    minutes: Mapped[int]

    plan: Mapped[AssessmentPlan] = relationship()
    room: Mapped[Room] = relationship()
    admissions: Mapped[list["Admission"]] = relationship(order_by="Admission.seat_no")


class Admission(Record):
    """One candidate's place in a sitting; scores, cards and attempts hang on it."""

    __tablename__ = "admission"
    __table_args__ = (
        UniqueConstraint("sitting_id", "enrolment_id"),
        UniqueConstraint("sitting_id", "seat_no"),
        CheckConstraint("seat_no > 0", name="seat_no"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id"))
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    seat_no: Mapped[int]  # 座位号 or 工位号

    sitting: Mapped[Sitting] = relationship(back_populates="admissions")
    enrolment: Mapped[Enrolment] = relationship()


class SittingProctor(Record):
    """A proctor 监考员 on duty in a sitting."""

    __tablename__ = "sitting_proctor"

    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id"), primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)

    account: Mapped[Account] = relationship()


class Dispatch(Record):
    """An examiner sent to a practical sitting by the city (R-353)."""

    __tablename__ = "dispatch"
    __table_args__ = (UniqueConstraint("sitting_id", "examiner_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id"))
    examiner_id: Mapped[int] = mapped_column(ForeignKey("examiner.id"))
    is_lead: Mapped[bool] = mapped_column(default=False)
    dispatched_at: Mapped[datetime] = mapped_column(UtcDateTime)

    examiner: Mapped[Examiner] = relationship()
    sitting: Mapped[Sitting] = relationship()
