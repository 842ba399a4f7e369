"""Tables of paper custody: sealings, the frozen form of every candidate, the key once given out."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from exam_server.delivery.models import SittingRun
from registry.accounts.models import Account
from registry.database import Record, UtcDateTime


class PaperSealing(Record):
    """The packages of one sitting as sealed by two persons; one at a time is in force.

    The key of the packages is nowhere but in the two shares, each locked by the code of a slip.
    """

    __tablename__ = "paper_sealing"
    __table_args__ = (
        UniqueConstraint("sitting_id", "number"),
        Index(
            "ix_paper_sealing_in_force",
            "sitting_id",
            unique=True,
            sqlite_where=text("undone_at IS NULL"),
            postgresql_where=text("undone_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting_run.sitting_id"))
    number: Mapped[int]  # within the sitting, from 1: every sealing makes new packages
    forms_hash: Mapped[str] = mapped_column(String(64))  # over every form and package
    head_share: Mapped[bytes] = mapped_column(LargeBinary)  # opened by the slip of the site head
    proctor_share: Mapped[bytes] = mapped_column(LargeBinary)
    unlock_minutes: Mapped[int]  # how long before the start the key may be put together
    sealed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed_by_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    witness_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    undone_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    undone_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    undone_witness_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    run: Mapped[SittingRun] = relationship()
    sealed_by: Mapped[Account] = relationship(foreign_keys=sealed_by_id)
    witness: Mapped[Account] = relationship(foreign_keys=witness_id)
    undone_by: Mapped[Account | None] = relationship(foreign_keys=undone_by_id)
    undone_witness: Mapped[Account | None] = relationship(foreign_keys=undone_witness_id)


class FormSnapshot(Record):
    """What one candidate will be asked, frozen at the sealing (R16); a trigger keeps it as written.

    The package itself lies in the store of files under its hash.
    """

    __tablename__ = "form_snapshot"

    sealing_id: Mapped[int] = mapped_column(ForeignKey("paper_sealing.id"), primary_key=True)
    admission_id: Mapped[int] = mapped_column(ForeignKey("admission.id"), primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"))
    order_seed: Mapped[int]
    form: Mapped[str] = mapped_column(Text)  # JSON: items, their order and points, order of options
    form_hash: Mapped[str] = mapped_column(String(64))
    package_hash: Mapped[str] = mapped_column(String(64))
    package_bytes: Mapped[int]


class PaperKey(Record):
    """The key of a sitting's packages, put together by two persons; a trigger keeps it as written.

    It is told to candidates from the start of the exam on, never before.
    """

    __tablename__ = "paper_key"

    sitting_id: Mapped[int] = mapped_column(ForeignKey("sitting_run.sitting_id"), primary_key=True)
    forms_hash: Mapped[str] = mapped_column(String(64))
    key_sealed: Mapped[bytes] = mapped_column(LargeBinary)  # under this installation's keys
    unlocked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    proctor_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    head_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    proctor: Mapped[Account | None] = relationship(foreign_keys=proctor_id)
    head: Mapped[Account | None] = relationship(foreign_keys=head_id)
