"""Tables of the item bank: element table, items and versions, blueprints, frozen papers."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import CheckConstraint, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from item_bank.rules.kinds import ItemKind, ItemState, PaperState
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


class Item(Record):
    """One question; every change of its content is a new version."""

    __tablename__ = "item"
    __table_args__ = (one_of("state", ItemState), UniqueConstraint("project_id", "code"))

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    code: Mapped[str] = mapped_column(String(20))  # 60-0001
    state: Mapped[str] = mapped_column(String(16), default=ItemState.DRAFT)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    versions: Mapped[list["ItemVersion"]] = relationship(
        order_by="ItemVersion.number", back_populates="item"
    )


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
    stem: Mapped[str] = mapped_column(Text)
    rationale: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(String(200))
    figure_hash: Mapped[str | None] = mapped_column(String(64))
    figure_media_type: Mapped[str | None] = mapped_column(String(40))
    figure_description: Mapped[str | None] = mapped_column(String(500))
    figure_caption: Mapped[str | None] = mapped_column(String(80))
    content_hash: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))

    item: Mapped[Item] = relationship(back_populates="versions")
    element: Mapped[Element] = relationship()
    options: Mapped[list["ItemOption"]] = relationship(order_by="ItemOption.position")


class ItemOption(Record):
    """An option with its canonical id; letters are only how it is shown."""

    __tablename__ = "item_option"
    __table_args__ = (UniqueConstraint("version_id", "canonical_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"))
    position: Mapped[int]
    canonical_id: Mapped[str] = mapped_column(String(8))  # a…f, right, wrong
    content: Mapped[str] = mapped_column(Text)
    is_key: Mapped[bool]


class ItemReview(Record):
    """One reviewer's decision about a version; author and reviewer are different people."""

    __tablename__ = "item_review"

    id: Mapped[int] = mapped_column(primary_key=True)
    version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"), index=True)
    round: Mapped[int]  # 1 一审, 2 二审
    accepted: Mapped[bool]
    comment: Mapped[str] = mapped_column(String(500), default="")
    reviewed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    reviewed_by_id: Mapped[int | None] = mapped_column(ForeignKey("account.id"))


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


class Paper(Record):
    """A paper 试卷 assembled for a plan; frozen with its key, seed and hash when released."""

    __tablename__ = "paper"
    __table_args__ = (one_of("state", PaperState), UniqueConstraint("plan_id", "number"))

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("assessment_plan.id"))
    blueprint_id: Mapped[int] = mapped_column(ForeignKey("blueprint.id"))
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
    items: Mapped[list["PaperItem"]] = relationship(order_by="PaperItem.position")


class PaperItem(Record):
    """One position of a frozen paper; ``key`` is the frozen answer key, ids joined by commas."""

    __tablename__ = "paper_item"
    __table_args__ = (UniqueConstraint("paper_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(ForeignKey("paper.id"))
    position: Mapped[int]  # 1… in the printed order
    kind: Mapped[str] = mapped_column(String(20))
    item_version_id: Mapped[int] = mapped_column(ForeignKey("item_version.id"))
    points: Mapped[Decimal] = mapped_column(ExactDecimal)
    key: Mapped[str] = mapped_column(String(40))

    version: Mapped[ItemVersion] = relationship()
