"""What a manager does with members and task orders; authors' own work is in ``item_actions``."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from item_bank.authoring.queries import DUTY_PERMISSION, require_member, task_of
from item_bank.models import AuthoringTask, BankMember, Element
from item_bank.rules.kinds import BankDuty, ItemKind
from registry.access import Actor, Permission
from registry.accounts.models import Account
from registry.accounts.queries import actor_of
from registry.audit_log import note
from registry.errors import ConflictError, InvalidInputError, NotFoundError, WrongStateError

MAX_TASK_ITEMS = 200


@dataclass(frozen=True)
class NewTask:
    """A task order as the manager writes it."""

    assignee_id: int
    element_code: str
    kind: ItemKind
    difficulty: int | None  # any level when None
    item_count: int
    due_on: date
    instructions: str = ""


def appoint_member(
    db: Session, project_id: int, account_id: int, duty: BankDuty, *, actor: Actor, now: datetime
) -> BankMember:
    """Appoint an author or a reviewer; one person has one duty in a project."""
    actor.require(Permission.BANK_WRITE)
    account = db.get(Account, account_id)
    if account is None or not actor_of(account).may(DUTY_PERMISSION[duty]):
        raise InvalidInputError(field="人员", reason="该人员没有相应岗位，请先由系统管理员授予。")
    member = db.scalar(
        select(BankMember).where(
            BankMember.project_id == project_id, BankMember.account_id == account_id
        )
    )
    if member is not None and member.dismissed_at is None:
        raise ConflictError(what="题库成员", value=account.name)
    if member is None:
        member = BankMember(project_id=project_id, account_id=account_id)
        db.add(member)
    member.duty, member.appointed_at, member.appointed_by_id = duty, now, actor.account_id
    member.dismissed_at = member.undertaking_at = None
    db.flush()
    detail = {"account": account_id, "duty": duty}
    note(db, "appoint_member", ("project", project_id), actor=actor, now=now, detail=detail)
    return member


def dismiss_member(db: Session, member_id: int, *, actor: Actor, now: datetime) -> BankMember:
    """End an appointment; what the person wrote or decided stays."""
    actor.require(Permission.BANK_WRITE)
    member = db.get(BankMember, member_id)
    if member is None or member.dismissed_at is not None:
        raise NotFoundError(what="题库成员")
    member.dismissed_at = now
    detail = {"account": member.account_id, "duty": member.duty}
    note(db, "dismiss_member", ("project", member.project_id), actor=actor, now=now, detail=detail)
    return member


def sign_undertaking(
    db: Session, project_id: int, duty: BankDuty, *, actor: Actor, now: datetime
) -> None:
    """Record that a member has promised secrecy 保密承诺; without it no item is shown."""
    member = require_member(db, project_id, duty, actor=actor)
    if member.undertaking_at is not None:
        return
    member.undertaking_at = now
    note(db, "sign_undertaking", ("project", project_id), actor=actor, now=now)


def order_items(
    db: Session, project_id: int, new: NewTask, *, actor: Actor, now: datetime
) -> AuthoringTask:
    """Order items from an author of the project's bank."""
    actor.require(Permission.BANK_WRITE)
    element = db.scalar(
        select(Element).where(Element.project_id == project_id, Element.code == new.element_code)
    )
    if element is None:
        raise InvalidInputError(field="鉴定范围或鉴定点", reason="细目表中没有这个编号。")
    if not 0 < new.item_count <= MAX_TASK_ITEMS:
        raise InvalidInputError(field="题数", reason=f"请输入 1 至 {MAX_TASK_ITEMS} 的整数。")
    account = db.get(Account, new.assignee_id)
    if account is None:
        raise NotFoundError(what="命题人")
    require_member(db, project_id, BankDuty.AUTHOR, actor=actor_of(account))
    task = AuthoringTask(
        project_id=project_id,
        assignee_id=new.assignee_id,
        element=element,
        kind=new.kind,
        difficulty=new.difficulty,
        item_count=new.item_count,
        due_on=new.due_on,
        instructions=new.instructions.strip(),
        created_at=now,
        created_by_id=actor.account_id,
    )
    db.add(task)
    db.flush()
    detail = {"element": element.code, "kind": new.kind, "items": new.item_count}
    note(db, "order_items", ("authoring_task", task.id), actor=actor, now=now, detail=detail)
    return task


def close_task(db: Session, task_id: int, *, actor: Actor, now: datetime) -> AuthoringTask:
    """Close a task order; items already written go on their way."""
    actor.require(Permission.BANK_WRITE)
    task = task_of(db, task_id, actor=actor)
    if task.closed_at is not None:
        raise WrongStateError(what="命题任务", state="已结束", action="结束")
    task.closed_at = now
    note(db, "close_task", ("authoring_task", task.id), actor=actor, now=now)
    return task
