"""Tables of certificates: numbered blanks and what was issued on them."""

from datetime import date, datetime

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.database import Record, UtcDateTime, one_of
from registry.enrolment.models import Enrolment
from scoring.rules.states import BlankState, CertificateState


class BlankCertificate(Record):
    """One numbered blank 空白证书 in a city's stock (R-401)."""

    __tablename__ = "blank_certificate"
    __table_args__ = (one_of("state", BlankState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    serial: Mapped[str] = mapped_column(String(16), unique=True)  # 流水码
    centre_id: Mapped[int] = mapped_column(ForeignKey("centre.id"))
    state: Mapped[str] = mapped_column(String(16), default=BlankState.IN_STOCK)
    received_at: Mapped[datetime] = mapped_column(UtcDateTime)
    spoiled_reason: Mapped[str | None] = mapped_column(String(200))


class Certificate(Record):
    """A certificate 专项职业能力证书: one per enrolment, one blank each."""

    __tablename__ = "certificate"
    __table_args__ = (one_of("state", CertificateState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"), unique=True)
    certificate_no: Mapped[str] = mapped_column(String(24), unique=True)
    blank_id: Mapped[int] = mapped_column(ForeignKey("blank_certificate.id"), unique=True)
    state: Mapped[str] = mapped_column(String(16), default=CertificateState.ISSUED)
    issued_on: Mapped[date]
    issued_at: Mapped[datetime] = mapped_column(UtcDateTime)
    issued_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    evidence_hash: Mapped[str] = mapped_column(String(64))  # of the chain it rests on
    qr_payload: Mapped[str] = mapped_column(String(400))  # signed
    voided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    voided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    void_reason: Mapped[str | None] = mapped_column(String(200))

    enrolment: Mapped[Enrolment] = relationship()
    blank: Mapped[BlankCertificate] = relationship()


class IssueApproval(Record):
    """The approval 证书核发审批 of a plan's passing candidates, before any certificate is made."""

    __tablename__ = "issue_approval"
    __table_args__ = (UniqueConstraint("plan_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("assessment_plan.id"))
    approved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    approved_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    passing_count: Mapped[int]


class CertificateCounter(Record):
    """The last running number per institution and year: no number is given twice."""

    __tablename__ = "certificate_counter"

    frame: Mapped[str] = mapped_column(String(20), primary_key=True)
    last_number: Mapped[int]
