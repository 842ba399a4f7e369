"""Reads of members and task orders; what a person may not reach is "not found"."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session, joinedload

from item_bank.models import AuthoringTask, BankMember, Item
from item_bank.rules.kinds import BankDuty, ItemState
from registry.access import Actor, Permission, Role
from registry.accounts.models import Account, AccountRole, AccountState
from registry.errors import NotFoundError

DUTY_PERMISSION = {
    BankDuty.AUTHOR: Permission.ITEM_AUTHOR,
    BankDuty.REVIEWER: Permission.ITEM_REVIEW,
}
DUTY_ROLE = {BankDuty.AUTHOR: Role.ITEM_AUTHOR, BankDuty.REVIEWER: Role.ITEM_REVIEWER}


@dataclass(frozen=True)
class MemberLine:
    """A member of a bank with the name of the person."""

    member: BankMember
    name: str


@dataclass(frozen=True)
class TaskLine:
    """A task order, who has it, and how many items were written and banked for it."""

    task: AuthoringTask
    assignee_name: str
    written: int
    submitted: int  # of those written, the ones that are no drafts

    @property
    def missing(self) -> int:
        """Return how many items are still to be written."""
        return max(0, self.task.item_count - self.written)


def members_of(db: Session, project_id: int, *, actor: Actor) -> tuple[MemberLine, ...]:
    """Return everyone who was ever appointed to a bank, those in office first."""
    actor.require(Permission.BANK_WRITE)
    chosen = (
        select(BankMember, Account.name)
        .join(Account, Account.id == BankMember.account_id)
        .where(BankMember.project_id == project_id)
        .order_by(BankMember.dismissed_at.is_not(None), BankMember.duty, BankMember.id)
    )
    return tuple(MemberLine(member, name) for member, name in db.execute(chosen))


def appointable_people(
    db: Session, project_id: int, duty: BankDuty, *, actor: Actor
) -> Sequence[Account]:
    """Return who may be appointed to a duty: with its role, in no duty of the bank yet."""
    actor.require(Permission.BANK_WRITE)
    serving = select(BankMember.account_id).where(
        BankMember.project_id == project_id, BankMember.dismissed_at.is_(None)
    )
    with_role = select(AccountRole.account_id).where(AccountRole.role == DUTY_ROLE[duty])
    chosen = select(Account).where(
        Account.state == AccountState.ACTIVE,
        Account.id.in_(with_role),
        Account.id.not_in(serving),
    )
    return db.scalars(chosen.order_by(Account.name, Account.id)).all()


def own_memberships(db: Session, duty: BankDuty, *, actor: Actor) -> Sequence[BankMember]:
    """Return the appointments of the person who asks that are in force."""
    actor.require(DUTY_PERMISSION[duty])
    chosen = select(BankMember).where(
        BankMember.account_id == actor.account_id,
        BankMember.duty == duty,
        BankMember.dismissed_at.is_(None),
    )
    return db.scalars(chosen.order_by(BankMember.project_id)).all()


def unsigned_memberships(db: Session, *, actor: Actor) -> tuple[BankMember, ...]:
    """Return the person's appointments for which secrecy is not promised yet."""
    duties = [duty for duty, needed in DUTY_PERMISSION.items() if actor.may(needed)]
    members = [member for duty in duties for member in own_memberships(db, duty, actor=actor)]
    return tuple(member for member in members if member.undertaking_at is None)


def signed_projects(db: Session, duty: BankDuty, *, actor: Actor) -> tuple[int, ...]:
    """Return the projects whose items the person may work on: appointed, secrecy promised."""
    members = own_memberships(db, duty, actor=actor)
    return tuple(member.project_id for member in members if member.undertaking_at is not None)


def require_member(db: Session, project_id: int, duty: BankDuty, *, actor: Actor) -> BankMember:
    """Return the person's appointment to a bank; a bank of others is not found."""
    for member in own_memberships(db, duty, actor=actor):
        if member.project_id == project_id:
            return member
    raise NotFoundError(what="题库")


def task_lines(
    db: Session,
    *,
    actor: Actor,
    project_id: int | None = None,
    is_open: bool = False,
) -> tuple[TaskLine, ...]:
    """Return task orders: of a project for its manager, the own ones for an author."""
    written = select(func.count(Item.id)).where(Item.task_id == AuthoringTask.id)
    submitted = written.where(Item.state != ItemState.DRAFT)
    counts = [one.correlate(AuthoringTask).scalar_subquery() for one in (written, submitted)]
    chosen = (
        select(AuthoringTask, Account.name, *counts)
        .join(Account, Account.id == AuthoringTask.assignee_id)
        .options(joinedload(AuthoringTask.element))
        .order_by(AuthoringTask.due_on, AuthoringTask.id)
    )
    if not actor.may(Permission.BANK_WRITE):
        actor.require(Permission.ITEM_AUTHOR)
        chosen = chosen.where(AuthoringTask.assignee_id == actor.account_id)
    if project_id is not None:
        chosen = chosen.where(AuthoringTask.project_id == project_id)
    if is_open:
        chosen = chosen.where(AuthoringTask.closed_at.is_(None))
    return tuple(TaskLine(*row) for row in db.execute(chosen))


def task_of(db: Session, task_id: int, *, actor: Actor) -> AuthoringTask:
    """Return a task order: any for a manager, an own one for an author."""
    task = db.get(AuthoringTask, task_id)
    is_own = task is not None and task.assignee_id == actor.account_id
    if task is None or not (is_own or actor.may(Permission.BANK_WRITE)):
        raise NotFoundError(what="命题任务")
    return task
