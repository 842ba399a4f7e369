"""Tables of scoring: practical papers, score sheets, rulings, subject results, errata."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import ForeignKey, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from item_bank.models import ItemVersion
from registry.catalog.models import Subject
from registry.database import ExactDecimal, Record, UtcDateTime, one_of
from registry.enrolment.models import Enrolment
from registry.scheduling.models import Admission
from registry.staff.models import Examiner
from scoring.rules.errata import ErratumState, Remedy
from scoring.rules.examiner_panel import DisputeKind, MergeRule
from scoring.rules.states import ResultFlag, ResultState, SheetState


class PracticalPaper(Record):
    """A practical paper 操作技能试卷 of a project: its tasks and scoring items."""

    __tablename__ = "practical_paper"
    __table_args__ = (one_of("merge_rule", MergeRule), UniqueConstraint("project_id", "code"))

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    code: Mapped[str] = mapped_column(String(20))
    merge_rule: Mapped[str] = mapped_column(String(20), default=MergeRule.MEAN)
    minutes: Mapped[int]  # operating time, without preparation
    mark_step: Mapped[Decimal] = mapped_column(ExactDecimal)
    content: Mapped[str] = mapped_column(Text)  # canonical JSON of the whole paper
    content_hash: Mapped[str] = mapped_column(String(64))

    items: Mapped[list["ScoringItem"]] = relationship(order_by="ScoringItem.position")


class ScoringItem(Record):
    """A row of the score sheet 考核要素 with its allotted marks 配分."""

    __tablename__ = "scoring_item"
    __table_args__ = (UniqueConstraint("paper_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("practical_paper.id"))
    position: Mapped[int]
    number: Mapped[str] = mapped_column(String(10))  # 1.3
    task_name: Mapped[str] = mapped_column(String(80))
    name: Mapped[str] = mapped_column(String(80))
    requirement: Mapped[str] = mapped_column(String(300))
    allotted: Mapped[Decimal] = mapped_column(ExactDecimal)
    criteria: Mapped[str] = mapped_column(Text)  # JSON list of marking criteria


class ScoreSheet(Record):
    """What one examiner gave one candidate; locked when submitted."""

    __tablename__ = "score_sheet"
    __table_args__ = (
        one_of("state", SheetState),
        UniqueConstraint("admission_id", "examiner_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    admission_id: Mapped[int] = mapped_column(ForeignKey("admission.id"))
    examiner_id: Mapped[int] = mapped_column(ForeignKey("examiner.id"))
    paper_id: Mapped[int] = mapped_column(ForeignKey("practical_paper.id"))
    state: Mapped[str] = mapped_column(String(16), default=SheetState.OPENED)
    veto: Mapped[str | None] = mapped_column(String(200))  # 否定项 seen by this examiner
    minutes_used: Mapped[int | None]  # operating time taken; the time rule follows from it
    submitted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    admission: Mapped[Admission] = relationship()
    examiner: Mapped[Examiner] = relationship()
    paper: Mapped[PracticalPaper] = relationship()
    marks: Mapped[list["SheetMark"]] = relationship()


class SheetMark(Record):
    """The mark of one scoring item on one sheet."""

    __tablename__ = "sheet_mark"

    sheet_id: Mapped[int] = mapped_column(ForeignKey("score_sheet.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("scoring_item.id"), primary_key=True)
    mark: Mapped[Decimal] = mapped_column(ExactDecimal)
    remark: Mapped[str] = mapped_column(String(200), default="")

    item: Mapped[ScoringItem] = relationship()


class Ruling(Record):
    """The lead examiner's decision of a dispute 裁决: holds for every sheet of the panel."""

    __tablename__ = "ruling"
    __table_args__ = (one_of("kind", DisputeKind), UniqueConstraint("admission_id", "target"))

    id: Mapped[int] = mapped_column(primary_key=True)
    admission_id: Mapped[int] = mapped_column(ForeignKey("admission.id"))
    kind: Mapped[str] = mapped_column(String(8))
    target: Mapped[str] = mapped_column(String(10))  # number of the item, or the kind
    mark: Mapped[Decimal | None] = mapped_column(ExactDecimal)  # of the item or the total
    veto_stands: Mapped[bool | None]
    reason: Mapped[str] = mapped_column(String(300))
    ruled_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ruled_by_id: Mapped[int] = mapped_column(ForeignKey("examiner.id"))

    ruled_by: Mapped[Examiner] = relationship()


class SubjectResult(Record):
    """The mark of one subject of one enrolment, out of 100, with the evidence it rests on."""

    __tablename__ = "subject_result"
    __table_args__ = (
        one_of("subject", Subject),
        one_of("state", ResultState),
        one_of("flag", ResultFlag),
        UniqueConstraint("enrolment_id", "subject"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    enrolment_id: Mapped[int] = mapped_column(ForeignKey("enrolment.id"))
    subject: Mapped[str] = mapped_column(String(16))
    admission_id: Mapped[int] = mapped_column(ForeignKey("admission.id"))
    mark: Mapped[Decimal] = mapped_column(ExactDecimal)  # as published, one decimal
    flag: Mapped[str] = mapped_column(String(16), default=ResultFlag.NONE)
    state: Mapped[str] = mapped_column(String(16), default=ResultState.SCORED)
    evidence: Mapped[str] = mapped_column(Text)  # JSON: source, paper hash, marks per item
    scored_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    confirmed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    published_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    enrolment: Mapped[Enrolment] = relationship()
    admission: Mapped[Admission] = relationship()


class Erratum(Record):
    """A faulty item 试题勘误 and what is done about it: proposed by one, decided by another."""

    __tablename__ = "erratum"
    __table_args__ = (one_of("remedy", Remedy), one_of("state", ErratumState))

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"), index=True)
    remedy: Mapped[str] = mapped_column(String(16))
    state: Mapped[str] = mapped_column(String(16), default=ErratumState.PROPOSED)
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # reason, accepted answers, as JSON
    proposed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proposed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    decision: Mapped[str] = mapped_column(String(300), default="")

    version: Mapped[ItemVersion] = relationship()


class ResultRevision(Record):
    """A mark before and after an erratum; a trigger refuses to change it."""

    __tablename__ = "result_revision"
    __table_args__ = (UniqueConstraint("result_id", "erratum_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    result_id: Mapped[int] = mapped_column(ForeignKey("subject_result.id"))
    erratum_id: Mapped[int] = mapped_column(ForeignKey("erratum.id"), index=True)
    mark_before: Mapped[Decimal] = mapped_column(ExactDecimal)
    mark_after: Mapped[Decimal] = mapped_column(ExactDecimal)
    evidence_before: Mapped[str] = mapped_column(Text)
    revised_at: Mapped[datetime] = mapped_column(UtcDateTime)

    result: Mapped[SubjectResult] = relationship()
    erratum: Mapped[Erratum] = relationship()
