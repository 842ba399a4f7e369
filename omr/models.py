"""Tables of answer cards: printed cards, scan batches, pages, readings and corrections."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from item_bank.models import Paper
from omr.rules.states import BatchState, CardState, DesignState, PageState, Verdict
from registry.database import Record, UtcDateTime, one_of
from registry.scheduling.models import Admission, Sitting


class DesignedCard(Record):
    """One version of a card that staff have designed; its decisions never change."""

    __tablename__ = "designed_card"
    __table_args__ = (one_of("state", DesignState), UniqueConstraint("code", "version"))

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(24))
    version: Mapped[int]
    design: Mapped[str] = mapped_column(Text)  # JSON of omr.rules.card_design.design
    layout_hash: Mapped[str] = mapped_column(String(12), index=True)  # of the first page
    items: Mapped[int]
    pages: Mapped[int]
    state: Mapped[str] = mapped_column(String(16), default=DesignState.DRAFT)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
    saved_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class PrintedCard(Record):
    """A card printed for one admission; its serial stands in the QR code of each of its pages."""

    __tablename__ = "printed_card"
    __table_args__ = (one_of("state", CardState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    serial: Mapped[str] = mapped_column(String(12), unique=True)
    admission_id: Mapped[int] = mapped_column(ForeignKey("admission.id"), index=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"))
    layout_code: Mapped[str] = mapped_column(String(30))
    layout_hash: Mapped[str] = mapped_column(String(12))  # of the first page: names all of them
    state: Mapped[str] = mapped_column(String(16), default=CardState.ISSUED)
    printed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    form: Mapped[str | None] = mapped_column(Text)  # of a candidate's own order; else the paper's
    prefilled: Mapped[str | None] = mapped_column(Text)  # JSON, see ``rules/prefilled.py``

    admission: Mapped[Admission] = relationship()
    paper: Mapped[Paper] = relationship()


class ScanBatch(Record):
    """One pile of scanned pages, of one sitting or of several; pages in = pages out."""

    __tablename__ = "scan_batch"
    __table_args__ = (one_of("state", BatchState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(120))
    state: Mapped[str] = mapped_column(String(16), default=BatchState.RECEIVING)
    page_count: Mapped[int] = mapped_column(default=0)  # recorded
    page_total: Mapped[int] = mapped_column(default=0)  # promised by the files
    uploaded_at: Mapped[datetime] = mapped_column(UtcDateTime)
    uploaded_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    reading_since: Mapped[datetime | None] = mapped_column(UtcDateTime)  # the present run
    pages_before: Mapped[int] = mapped_column(default=0)  # that run
    idle_starts: Mapped[int] = mapped_column(default=0)  # one after the other without a page
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    covered: Mapped[list["BatchSitting"]] = relationship(order_by="BatchSitting.id")
    sittings: Mapped[list[Sitting]] = relationship(
        secondary="batch_sitting", order_by=(Sitting.starts_at, Sitting.id), viewonly=True
    )
    pages: Mapped[list["ScanPage"]] = relationship(order_by="ScanPage.position")
    files: Mapped[list["ScanFile"]] = relationship(order_by="ScanFile.position")


class BatchSitting(Record):
    """One sitting whose cards may lie in a batch; sittings go to scoring one by one."""

    __tablename__ = "batch_sitting"
    __table_args__ = (UniqueConstraint("batch_id", "sitting_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("scan_batch.id"))
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting.id"), index=True)
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ScanFile(Record):
    """One file of a batch as it was sent, kept in pieces so that no process holds it whole."""

    __tablename__ = "scan_file"
    __table_args__ = (UniqueConstraint("batch_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("scan_batch.id"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(200))
    digest: Mapped[str] = mapped_column(String(64))  # SHA-256 of the file
    size_bytes: Mapped[int]
    pieces: Mapped[str] = mapped_column(Text)  # JSON, the hashes in their order
    pages: Mapped[int | None]  # promised; None until the file has been opened


class ScanPage(Record):
    """One page of a batch with its state and reason; the image is kept by its hash."""

    __tablename__ = "scan_page"
    __table_args__ = (one_of("state", PageState), UniqueConstraint("batch_id", "position"))

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("scan_batch.id"))
    position: Mapped[int]
    file_id: Mapped[int | None] = mapped_column(ForeignKey("scan_file.id"), index=True)
    file_name: Mapped[str] = mapped_column(String(200))
    page_no: Mapped[int]  # within the file
    image_hash: Mapped[str | None] = mapped_column(String(64), index=True)
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str | None] = mapped_column(String(60))
    health: Mapped[str | None] = mapped_column(Text)  # JSON of omr.rules.scanner_health.PageHealth
    card_id: Mapped[int | None] = mapped_column(ForeignKey("printed_card.id"), index=True)
    sheet: Mapped[int] = mapped_column(default=1)  # which page of the card 卡页
    set_aside: Mapped[str | None] = mapped_column(String(60))  # by a person, with this reason
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # reviewed or set aside
    finished_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    card: Mapped[PrintedCard | None] = relationship()
    owners: Mapped[list["PageOwner"]] = relationship(order_by="PageOwner.id")
    readings: Mapped[list["Reading"]] = relationship(order_by="Reading.id")
    corrections: Mapped[list["Correction"]] = relationship(order_by="Correction.id")
    audited: Mapped[list["AuditedAnswer"]] = relationship(back_populates="page")


class PageOwner(Record):
    """One person's word on whose card a page is; two persons who agree settle it."""

    __tablename__ = "page_owner"

    id: Mapped[int] = mapped_column(primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("scan_page.id"), index=True)
    card_id: Mapped[int] = mapped_column(ForeignKey("printed_card.id"))
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    card: Mapped[PrintedCard] = relationship()


class Reading(Record):
    """What the reader saw, with engine, layout and measures; a re-read is a new row."""

    __tablename__ = "reading"

    id: Mapped[int] = mapped_column(primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("scan_page.id"))
    engine_version: Mapped[str] = mapped_column(String(20))
    layout_hash: Mapped[str] = mapped_column(String(12))
    answers: Mapped[str] = mapped_column(Text)  # canonical JSON {group: [values]}
    doubts: Mapped[str] = mapped_column(Text)  # JSON {group: reason}
    measures: Mapped[str] = mapped_column(Text)  # JSON: ink per bubble, confidence, quality
    crops_hash: Mapped[str | None] = mapped_column(String(64))  # straightened page, JPEG
    read_at: Mapped[datetime] = mapped_column(UtcDateTime)


class Correction(Record):
    """A person's decision about one group, on top of the reading."""

    __tablename__ = "correction"

    id: Mapped[int] = mapped_column(primary_key=True)
    page_id: Mapped[int] = mapped_column(ForeignKey("scan_page.id"), index=True)
    group: Mapped[str] = mapped_column("group_id", String(20))
    value: Mapped[str] = mapped_column(String(40))  # values joined by commas, empty for blank
    decided_at: Mapped[datetime] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class ReadingAudit(Record):
    """A random sample of a batch's confident answers that a person compares with the picture."""

    __tablename__ = "reading_audit"

    id: Mapped[int] = mapped_column(primary_key=True)
    batch_id: Mapped[int] = mapped_column(ForeignKey("scan_batch.id"), index=True)
    seed: Mapped[str] = mapped_column(String(16))
    population: Mapped[int]  # confident answers of the batch when the sample was drawn
    drawn_at: Mapped[datetime] = mapped_column(UtcDateTime)
    drawn_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    batch: Mapped[ScanBatch] = relationship()
    answers: Mapped[list["AuditedAnswer"]] = relationship(order_by="AuditedAnswer.place")


class AuditedAnswer(Record):
    """One answer of a sample: what was read, and whether a person sees the same."""

    __tablename__ = "audited_answer"
    __table_args__ = (one_of("verdict", Verdict), UniqueConstraint("audit_id", "place"))

    id: Mapped[int] = mapped_column(primary_key=True)
    audit_id: Mapped[int] = mapped_column(ForeignKey("reading_audit.id"))
    place: Mapped[int]
    page_id: Mapped[int] = mapped_column(ForeignKey("scan_page.id"), index=True)
    group: Mapped[str] = mapped_column("group_id", String(20))
    value: Mapped[str] = mapped_column(String(40))  # values joined by commas, empty for blank
    verdict: Mapped[str | None] = mapped_column(String(8))
    decided_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decided_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    audit: Mapped[ReadingAudit] = relationship(back_populates="answers")
    page: Mapped[ScanPage] = relationship(back_populates="audited")
