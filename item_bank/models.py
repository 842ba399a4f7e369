"""Tables of the item bank: element table, items and versions, tasks, blueprints, frozen papers.

What an item says, its key included, is kept sealed (see ``sealing``); the columns beside it are
what lists, filters and assembly need.
"""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from item_bank.rules.kinds import (
    BankDuty,
    ItemKind,
    ItemState,
    PaperState,
    SetPurpose,
    UploadState,
)
from registry.database import ExactDecimal, Record, UtcDateTime, one_of


class Element(Record):
    """A node of the table of assessed elements 鉴定要素细目表: ranges of level 1-3, points of 4."""

    __tablename__ = "element"
    __table_args__ = (UniqueConstraint("project_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    parent_id: Mapped[int | None] = mapped_column(ForeignKey("element.id"))
    code: Mapped[str] = mapped_column(String(20))  # A-B-A-001
    name: Mapped[str] = mapped_column(String(80))
    level: Mapped[int]
    weight: Mapped[Decimal | None] = mapped_column(ExactDecimal)  # 鉴定比重, ranges only
    importance: Mapped[str | None] = mapped_column(String(1))  # points only


class BankMember(Record):
    """A person who writes or reviews the items of a project; nobody else of the duty sees them."""

    __tablename__ = "bank_member"
    __table_args__ = (one_of("duty", BankDuty), UniqueConstraint("project_id", "account_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    duty: Mapped[str] = mapped_column(String(16))
    appointed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    appointed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    undertaking_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # 保密承诺
    dismissed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class AuthoringTask(Record):
    """A task order 命题任务: so many items of a kind at a range or point, by a day."""

    __tablename__ = "authoring_task"
    __table_args__ = (
        one_of("kind", ItemKind),
        CheckConstraint("item_count > 0", name="item_count"),
        CheckConstraint("difficulty BETWEEN 1 AND 5", name="difficulty"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    assignee_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    element_id: Mapped[int] = mapped_column(ForeignKey("element.id"))  # a range or a point
    kind: Mapped[str] = mapped_column(String(20))
    difficulty: Mapped[int | None]
    item_count: Mapped[int]
    due_on: Mapped[date]
    instructions: Mapped[str] = mapped_column(String(500), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    element: Mapped[Element] = relationship()


class Item(Record):
    """One question; every change of its content is a new version."""

    __tablename__ = "item"
    __table_args__ = (one_of("state", ItemState), UniqueConstraint("project_id", "code"))

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    code: Mapped[str] = mapped_column(String(20))  # 60-0001
    state: Mapped[str] = mapped_column(String(16), default=ItemState.DRAFT)
    task_id: Mapped[int | None] = mapped_column(ForeignKey("authoring_task.id"), index=True)
    enemy_group: Mapped[str | None] = mapped_column(String(40))  # at most one of them in a paper
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    versions: Mapped[list["ItemVersion"]] = relationship(
        order_by="ItemVersion.number", back_populates="item"
    )
    draft: Mapped["ItemDraft | None"] = relationship(back_populates="item")


class ItemDraft(Record):
    """What the editor has saved by itself since the last version; one for an item."""

    __tablename__ = "item_draft"

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # the fields of the editor, as JSON
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)

    item: Mapped[Item] = relationship(back_populates="draft")


class ItemVersion(Record):
    """What an item says at one time; a trigger refuses to change it."""

    __tablename__ = "item_version"
    __table_args__ = (
        one_of("kind", ItemKind),
        CheckConstraint("difficulty BETWEEN 1 AND 5", name="difficulty"),
        UniqueConstraint("item_id", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    number: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    element_id: Mapped[int] = mapped_column(ForeignKey("element.id"))
    difficulty: Mapped[int]  # 1 easy to 5 hard
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # stem, options, key, rationale, figure
    figure_hash: Mapped[str | None] = mapped_column(String(64))  # of its file in the store
    content_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    item: Mapped[Item] = relationship(back_populates="versions")
    element: Mapped[Element] = relationship()


class ItemReview(Record):
    """One reviewer's decision about a version; author and reviewer are different people."""

    __tablename__ = "item_review"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"), index=True)
    round: Mapped[int]  # 1 一审, 2 二审
    accepted: Mapped[bool]
    checklist: Mapped[str] = mapped_column(Text, default="[]")  # JSON: points found in order
    comment_sealed: Mapped[bytes | None] = mapped_column(LargeBinary)
    reviewed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class ReviewComment(Record):
    """A remark on a passage of a version, until its author has dealt with it."""

    __tablename__ = "review_comment"
    __table_args__ = (Index("ix_review_comment_version_id", "version_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"))
    sealed: Mapped[bytes] = mapped_column(LargeBinary)  # field, quoted words, remark, as JSON
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    settled_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


class ItemUpload(Record):
    """Files sent to be imported, and their trial; both lie in the file store until settled."""

    __tablename__ = "item_upload"
    __table_args__ = (one_of("state", UploadState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    account_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"), index=True)
    state: Mapped[str] = mapped_column(String(16), default=UploadState.WAITING)
    point: Mapped[str] = mapped_column(String(20))  # for items that state none; may be empty
    difficulty: Mapped[int]  # for items that state none
    files_hash: Mapped[str | None] = mapped_column(String(64))
    trial_hash: Mapped[str | None] = mapped_column(String(64))
    codes: Mapped[str] = mapped_column(Text, default="[]")  # JSON: of the items it brought
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    settled_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class Blueprint(Record):
    """A blueprint 组卷方案 of a project: types, counts, points, minutes."""

    __tablename__ = "blueprint"
    __table_args__ = (UniqueConstraint("project_id", "code", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    code: Mapped[str] = mapped_column(String(20))  # T-C
    version: Mapped[int]
    minutes: Mapped[int]
    settings: Mapped[str] = mapped_column(Text)  # JSON: shares and tolerances

    sections: Mapped[list["BlueprintSection"]] = relationship(order_by="BlueprintSection.position")


class BlueprintSection(Record):
    """One type of the blueprint: so many items of so many points each."""

    __tablename__ = "blueprint_section"
    __table_args__ = (one_of("kind", ItemKind), UniqueConstraint("blueprint_id", "position"))

    id: Mapped[int] = mapped_column(primary_key=True)
    blueprint_id: Mapped[int] = mapped_column(ForeignKey("blueprint.id"))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    item_count: Mapped[int]
    points_each: Mapped[Decimal] = mapped_column(ExactDecimal)


class PaperSet(Record):
    """The papers of a plan that were assembled together; released together, by another person."""

    __tablename__ = "paper_set"
    __table_args__ = (
        one_of("purpose", SetPurpose),
        one_of("state", PaperState),
        CheckConstraint("paper_count > 0", name="paper_count"),
        UniqueConstraint("plan_id", "number"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("assessment_plan.id"))
    blueprint_id: Mapped[int] = mapped_column(ForeignKey("blueprint.id"))
    number: Mapped[int]  # 第 n 套
    purpose: Mapped[str] = mapped_column(String(16))
    paper_count: Mapped[int]
    seed: Mapped[int] = mapped_column(Integer)
    engine_version: Mapped[str] = mapped_column(String(20))
    bank_hash: Mapped[str] = mapped_column(String(64))  # of the snapshot it was drawn from
    set_hash: Mapped[str] = mapped_column(String(64))  # of the hashes of its papers
    report: Mapped[str] = mapped_column(Text)  # JSON: how equal they are; aggregates only
    state: Mapped[str] = mapped_column(String(16), default=PaperState.COMPOSED)
    composed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    composed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    blueprint: Mapped[Blueprint] = relationship()
    papers: Mapped[list["Paper"]] = relationship(
        order_by="Paper.number", back_populates="paper_set"
    )


class Paper(Record):
    """A paper 试卷 of a set; frozen with its key, seed and hash when released."""

    __tablename__ = "paper"
    __table_args__ = (
        one_of("state", PaperState),
        UniqueConstraint("plan_id", "number"),
        UniqueConstraint("set_id", "form", "version"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("assessment_plan.id"))
    blueprint_id: Mapped[int] = mapped_column(ForeignKey("blueprint.id"))
    set_id: Mapped[int] = mapped_column(ForeignKey("paper_set.id"))
    form: Mapped[int]  # its number in the set
    version: Mapped[str] = mapped_column(String(1), default="")  # A or B of the same items
    number: Mapped[int]
    seed: Mapped[int] = mapped_column(Integer)
    engine_version: Mapped[str] = mapped_column(String(20))
    bank_hash: Mapped[str] = mapped_column(String(64))  # of the snapshot it was drawn from
    paper_hash: Mapped[str] = mapped_column(String(64))  # of items, order, points and key
    state: Mapped[str] = mapped_column(String(16), default=PaperState.COMPOSED)
    composed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    composed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))
    released_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    released_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    blueprint: Mapped[Blueprint] = relationship()
    paper_set: Mapped[PaperSet] = relationship(back_populates="papers")
    items: Mapped[list["PaperItem"]] = relationship(order_by="PaperItem.position")


class PaperItem(Record):
    """One position of a frozen paper; its key is that of the version, which never changes."""

    __tablename__ = "paper_item"
    __table_args__ = (UniqueConstraint("paper_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"))
    position: Mapped[int]  # 1… in the printed order
    kind: Mapped[str] = mapped_column(String(20))
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"))
    points: Mapped[Decimal] = mapped_column(ExactDecimal)
    option_order: Mapped[str] = mapped_column(String(80), default="")  # canonical ids as shown

    version: Mapped[ItemVersion] = relationship()
