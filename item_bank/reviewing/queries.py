"""What a reviewer may read: the own queue, one item of it with all that is known, own decisions.

Whatever is not in the queue is "not found", the rest of the bank included.
"""

import json
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Select, and_, func, not_, or_, select
from sqlalchemy.orm import Session, aliased, joinedload

from item_bank.authoring.queries import signed_projects
from item_bank.duplicate_queries import FoundDuplicate, duplicates_of
from item_bank.models import Item, ItemReview, ItemVersion, ReviewComment
from item_bank.queries import versions_in_force
from item_bank.rules.changes import FieldChange, changes_between
from item_bank.rules.item import ItemContent, ItemFindings, check_item
from item_bank.rules.kinds import BankDuty, ItemState
from item_bank.rules.review import ROUNDS, Remark, ReviewPoint, points_missing
from item_bank.sealing import REMARK_PURPOSE, REVIEW_PURPOSE, content_of, revealed_json
from registry.access import Actor, Permission
from registry.accounts.models import Account
from registry.catalog.models import Project
from registry.errors import NotFoundError


@dataclass(frozen=True)
class WaitingItem:
    """An item of the queue: which version waits for which round, and since when it exists."""

    item_id: int
    code: str
    project_id: int
    round: int
    version_id: int
    version_number: int
    kind: str
    waiting_since: datetime


@dataclass(frozen=True)
class PastReview:
    """A decision that was made about a version."""

    version_number: int
    round: int
    is_accepted: bool
    missing: tuple[ReviewPoint, ...]
    reason: str
    reviewer_name: str
    reviewed_at: datetime


@dataclass(frozen=True)
class WrittenRemark:
    """A remark with its writer, and whether the author has dealt with it."""

    remark_id: int
    version_id: int
    version_number: int
    remark: Remark
    writer_id: int | None
    writer_name: str
    written_at: datetime
    settled_at: datetime | None


@dataclass(frozen=True)
class EarlierVersion:
    """An earlier version and what the next one says differently."""

    number: int
    written_at: datetime
    changes: tuple[FieldChange, ...]


@dataclass(frozen=True)
class ItemUnderReview:
    """Everything a reviewer sees of one item."""

    waiting: WaitingItem
    version: ItemVersion
    content: ItemContent
    findings: ItemFindings
    duplicates: tuple[FoundDuplicate, ...]
    earlier: tuple[EarlierVersion, ...]  # newest first
    reviews: tuple[PastReview, ...]  # newest first
    remarks: tuple[WrittenRemark, ...]  # of the version under review first


@dataclass(frozen=True)
class OwnDecision:
    """A decision of the person who asks, and what has become of the item; no words of it."""

    code: str
    project_name: str
    version_number: int
    round: int
    is_accepted: bool
    reviewed_at: datetime
    state: ItemState
    newest_version: int
    remarks: int
    settled: int


# The queue ---------------------------------------------------------------------------------


def waiting_items(db: Session, *, actor: Actor) -> tuple[WaitingItem, ...]:
    """Return the items that wait for the reviewer, those written first before."""
    rows = db.scalars(_waiting(db, actor).options(joinedload(ItemVersion.item)))
    return tuple(map(_waiting_item, rows))


def waiting_count(db: Session, *, actor: Actor) -> int:
    """Return how many items wait for the reviewer."""
    chosen = _waiting(db, actor).order_by(None).subquery()
    return db.scalar(select(func.count()).select_from(chosen)) or 0


def waiting_item(db: Session, item_id: int, *, actor: Actor) -> WaitingItem:
    """Return one item of the queue."""
    return _waiting_item(_waiting_version(db, item_id, actor))


def item_under_review(db: Session, item_id: int, *, actor: Actor) -> ItemUnderReview:
    """Return one item of the queue with all a reviewer needs to decide."""
    version = _waiting_version(db, item_id, actor)
    item, content = version.item, content_of(version)
    found = duplicates_of(db, item.project_id, content, except_item_id=item.id)
    return ItemUnderReview(
        waiting=_waiting_item(version),
        version=version,
        content=content,
        findings=check_item(content),
        duplicates=found,
        earlier=earlier_versions(item),
        reviews=reviews_of(db, item),
        remarks=remarks_of(db, item),
    )


def figure_under_review(db: Session, item_id: int, *, actor: Actor) -> tuple[str, str]:
    """Return hash and media type of the figure of an item of the queue."""
    figure = content_of(_waiting_version(db, item_id, actor)).figure
    if figure is None:
        raise NotFoundError(what="插图")
    return figure.file_hash, figure.media_type


# What is on record about an item -------------------------------------------------------------


def earlier_versions(item: Item) -> tuple[EarlierVersion, ...]:
    """Return the versions before the one in force, each with what the next one changed."""
    versions = item.versions
    contents = [content_of(version) for version in versions]
    return tuple(
        EarlierVersion(before.number, before.created_at, changes_between(old, new))
        for before, old, new in reversed(list(zip(versions, contents, contents[1:], strict=False)))
    )


def reviews_of(db: Session, item: Item) -> tuple[PastReview, ...]:
    """Return the decisions about all versions of an item, newest first."""
    rows = db.execute(
        select(ItemReview, ItemVersion.number, Account.name)
        .join(ItemVersion, ItemVersion.id == ItemReview.version_id)
        .outerjoin(Account, Account.id == ItemReview.reviewed_by_id)
        .where(ItemVersion.item_id == item.id)
        .order_by(ItemReview.id.desc())
    )
    return tuple(
        PastReview(
            version_number=number,
            round=review.round,
            is_accepted=review.accepted,
            missing=() if review.accepted else points_missing(json.loads(review.checklist)),
            reason=_reason(db, review),
            reviewer_name=name or "系统",
            reviewed_at=review.reviewed_at,
        )
        for review, number, name in rows
    )


def remarks_of(db: Session, item: Item) -> tuple[WrittenRemark, ...]:
    """Return the remarks on all versions of an item, newest version first, then as written."""
    rows = db.execute(
        select(ReviewComment, ItemVersion.number, Account.name)
        .join(ItemVersion, ItemVersion.id == ReviewComment.version_id)
        .outerjoin(Account, Account.id == ReviewComment.written_by_id)
        .where(ItemVersion.item_id == item.id)
        .order_by(ItemVersion.number.desc(), ReviewComment.id)
    )
    return tuple(
        WrittenRemark(
            remark_id=row.id,
            version_id=row.version_id,
            version_number=number,
            remark=Remark(**revealed_json(db, row.sealed, REMARK_PURPOSE)),
            writer_id=row.written_by_id,
            writer_name=name or "系统",
            written_at=row.written_at,
            settled_at=row.settled_at,
        )
        for row, number, name in rows
    )


def own_decisions(db: Session, *, actor: Actor) -> tuple[OwnDecision, ...]:
    """Return what the reviewer has decided, newest first."""
    actor.require(Permission.ITEM_REVIEW)
    newest = (
        select(func.max(ItemVersion.number))
        .where(ItemVersion.item_id == Item.id)
        .correlate(Item)
        .scalar_subquery()
    )
    rows = db.execute(
        select(ItemReview, ItemVersion.number, Item.code, Item.state, Project.name, newest)
        .join(ItemVersion, ItemVersion.id == ItemReview.version_id)
        .join(Item, Item.id == ItemVersion.item_id)
        .join(Project, Project.id == Item.project_id)
        .where(ItemReview.reviewed_by_id == actor.account_id)
        .order_by(ItemReview.id.desc())
    ).all()
    counted = _own_remarks(db, [row[0].version_id for row in rows], actor)
    return tuple(
        OwnDecision(
            code=code,
            project_name=project_name,
            version_number=number,
            round=review.round,
            is_accepted=review.accepted,
            reviewed_at=review.reviewed_at,
            state=ItemState(state),
            newest_version=last,
            remarks=counted.get(review.version_id, (0, 0))[0],
            settled=counted.get(review.version_id, (0, 0))[1],
        )
        for review, number, code, state, project_name, last in rows
    )


# Conditions ----------------------------------------------------------------------------------


def has_written(item_id: object, account_id: int | None) -> ColumnElement[bool]:
    """Say in SQL whether a person wrote any version of an item."""
    any_version = aliased(ItemVersion)
    written = select(any_version.id).where(
        any_version.item_id == item_id, any_version.created_by_id == account_id
    )
    return written.exists()


def has_accepted(version_id: object, account_id: int | None) -> ColumnElement[bool]:
    """Say in SQL whether a person passed a version in its first review."""
    accepted = select(ItemReview.id).where(
        ItemReview.version_id == version_id,
        ItemReview.reviewed_by_id == account_id,
        ItemReview.accepted,
    )
    return accepted.exists()


def _waiting(db: Session, actor: Actor) -> Select[ItemVersion]:
    """Select the newest versions that wait for the reviewer."""
    account_id = actor.account_id
    second = Item.state == ItemState.SECOND_REVIEW
    return (
        versions_in_force()
        .where(
            Item.project_id.in_(signed_projects(db, BankDuty.REVIEWER, actor=actor)),
            Item.state.in_(list(ROUNDS)),
            or_(Item.created_by_id.is_(None), Item.created_by_id != account_id),
            not_(has_written(Item.id, account_id)),
            not_(and_(second, has_accepted(ItemVersion.id, account_id))),
        )
        .order_by(ItemVersion.created_at, ItemVersion.id)
    )


def _waiting_version(db: Session, item_id: int, actor: Actor) -> ItemVersion:
    chosen = _waiting(db, actor).where(Item.id == item_id)
    version = db.scalar(
        chosen.options(joinedload(ItemVersion.item), joinedload(ItemVersion.element))
    )
    if version is None:
        raise NotFoundError(what="待审试题")
    return version


def _waiting_item(version: ItemVersion) -> WaitingItem:
    item = version.item
    return WaitingItem(
        item_id=item.id,
        code=item.code,
        project_id=item.project_id,
        round=ROUNDS[ItemState(item.state)],
        version_id=version.id,
        version_number=version.number,
        kind=version.kind,
        waiting_since=version.created_at,
    )


def _reason(db: Session, review: ItemReview) -> str:
    if review.comment_sealed is None:
        return ""
    reason: str = revealed_json(db, review.comment_sealed, REVIEW_PURPOSE)
    return reason


def _own_remarks(
    db: Session, version_ids: Collection[int], actor: Actor
) -> dict[int, tuple[int, int]]:
    """Return for each version how many own remarks it has and how many are settled."""
    rows = db.execute(
        select(ReviewComment.version_id, func.count(), func.count(ReviewComment.settled_at))
        .where(
            ReviewComment.version_id.in_(version_ids),
            ReviewComment.written_by_id == actor.account_id,
        )
        .group_by(ReviewComment.version_id)
    ).all()
    return {version_id: (count, settled) for version_id, count, settled in rows}
