"""A bank with its author and two reviewers, and items that wait for review."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from item_bank.authoring.actions import appoint_member, sign_undertaking
from item_bank.models import Element, Item
from item_bank.rules.item import ItemContent
from item_bank.rules.kinds import BankDuty, ItemState
from item_bank.rules.review import ROUNDS, ReviewPoint, Verdict
from item_bank.storing import add_version
from registry.access import Actor, Role
from registry.accounts.queries import actor_of
from tests.support.factories import make_account
from tests.support.invented_bank import item_content

ALL = frozenset(ReviewPoint)


@dataclass(frozen=True)
class ReviewDesk:
    """Who writes and who reviews the items of a project."""

    project_id: int
    manager: Actor
    author: Actor
    first: Actor
    second: Actor


def open_desk(db: Session, project_id: int, manager: Actor, *, now: datetime) -> ReviewDesk:
    """Appoint an author and two reviewers, who promise secrecy."""
    author = appointed(db, project_id, BankDuty.AUTHOR, manager, now=now)
    first = appointed(db, project_id, BankDuty.REVIEWER, manager, now=now)
    second = appointed(db, project_id, BankDuty.REVIEWER, manager, now=now)
    return ReviewDesk(project_id, manager, author, first, second)


def appointed(
    db: Session,
    project_id: int,
    duty: BankDuty,
    manager: Actor,
    *,
    now: datetime,
    is_signed: bool = True,
) -> Actor:
    """Open an account and appoint it."""
    role = Role.ITEM_AUTHOR if duty is BankDuty.AUTHOR else Role.ITEM_REVIEWER
    actor = actor_of(make_account(db, role, now=now))
    assert actor.account_id is not None
    appoint_member(db, project_id, actor.account_id, duty, actor=manager, now=now)
    if is_signed:
        sign_undertaking(db, project_id, duty, actor=actor, now=now)
    return actor


def written(
    db: Session, desk: ReviewDesk, number: int = 901, *, now: datetime, **changes: object
) -> Item:
    """Put an item of the author under review, even one that no author could submit."""
    item = Item(
        project_id=desk.project_id,
        code=f"99-{number}",
        created_at=now,
        created_by_id=desk.author.account_id,
    )
    db.add(item)
    write_again(db, desk, item, now=now, **{**vars(item_content(number=number)), **changes})
    return item


def write_again(
    db: Session, desk: ReviewDesk, item: Item, *, now: datetime, **changes: object
) -> None:
    """Put the next version of an item under review."""
    content: ItemContent = replace(item_content(number=1), **changes)  # type: ignore[arg-type]
    element = db.scalars(
        select(Element).where(Element.project_id == desk.project_id, Element.code == content.point)
    ).one()
    add_version(db, item, content, element, actor=desk.author, now=now)
    item.state = ItemState.FIRST_REVIEW
    db.flush()


def verdict(item: Item, *, accepted: bool = True, **changes: object) -> Verdict:
    """Return what a reviewer says of an item as it stands now."""
    reason = "" if accepted else "题干有歧义"
    made = Verdict(item.versions[-1].id, ROUNDS[ItemState(item.state)], accepted, ALL, reason)
    return replace(made, **changes)  # type: ignore[arg-type]


def count_of(db: Session, table: type) -> int:
    """Return how many rows a table has."""
    return db.scalar(select(func.count()).select_from(table)) or 0
