"""A manager appoints authors and reviewers and orders items from them."""

from datetime import date

import pytest
from sqlalchemy import select
from support.factories import make_account

from item_bank.authoring.actions import (
    NewTask,
    appoint_member,
    close_task,
    dismiss_member,
    order_items,
    sign_undertaking,
)
from item_bank.authoring.queries import (
    members_of,
    own_memberships,
    require_member,
    task_lines,
    task_of,
)
from item_bank.models import Item
from item_bank.rules.kinds import BankDuty, ItemKind
from registry.access import Role
from registry.accounts.queries import actor_of
from registry.audit_log import AuditEntry
from registry.errors import (
    ConflictError,
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    WrongStateError,
)

DUE = date(2026, 12, 31)


@pytest.fixture
def author(db, now):
    return actor_of(make_account(db, Role.ITEM_AUTHOR, now=now))


@pytest.fixture
def member(db, bank, author, now):
    return appoint_member(
        db, bank.project_id, author.account_id, BankDuty.AUTHOR, actor=bank.manager, now=now
    )


def order(db, bank, author, now, **changes):
    wanted = {
        "assignee_id": author.account_id,
        "element_code": "A-A-A",
        "kind": ItemKind.TRUE_FALSE,
        "difficulty": 4,
        "item_count": 6,
        "due_on": DUE,
    }
    return order_items(
        db, bank.project_id, NewTask(**{**wanted, **changes}), actor=bank.manager, now=now
    )


def test_an_author_reaches_only_the_bank_of_the_appointment(db, bank, author, member):
    assert require_member(db, bank.project_id, BankDuty.AUTHOR, actor=author) is member
    with pytest.raises(NotFoundError):
        require_member(db, bank.project_id + 1, BankDuty.AUTHOR, actor=author)
    with pytest.raises(NotAllowedError):
        require_member(db, bank.project_id, BankDuty.REVIEWER, actor=author)


def test_nobody_is_appointed_without_the_role_or_twice(db, bank, author, member, now):
    with pytest.raises(InvalidInputError, match="岗位"):
        appoint_member(
            db, bank.project_id, author.account_id, BankDuty.REVIEWER, actor=bank.manager, now=now
        )
    with pytest.raises(ConflictError):
        appoint_member(
            db, bank.project_id, author.account_id, BankDuty.AUTHOR, actor=bank.manager, now=now
        )


def test_secrecy_is_promised_once_and_stands_in_the_log(db, bank, author, member, now):
    for _ in range(2):
        sign_undertaking(db, bank.project_id, BankDuty.AUTHOR, actor=author, now=now)
    assert member.undertaking_at == now
    signed = select(AuditEntry).where(AuditEntry.action == "sign_undertaking")
    assert [entry.account_id for entry in db.scalars(signed)] == [author.account_id]


def test_a_dismissed_member_finds_the_bank_no_more_and_may_come_back(db, bank, author, member, now):
    dismiss_member(db, member.id, actor=bank.manager, now=now)
    assert own_memberships(db, BankDuty.AUTHOR, actor=author) == []
    with pytest.raises(NotFoundError):
        order(db, bank, author, now)
    again = appoint_member(
        db, bank.project_id, author.account_id, BankDuty.AUTHOR, actor=bank.manager, now=now
    )
    assert (again.id, again.undertaking_at) == (member.id, None)
    assert [line.name for line in members_of(db, bank.project_id, actor=bank.manager)]


def test_a_task_is_seen_by_its_author_and_the_manager_alone(db, bank, author, member, now):
    task = order(db, bank, author, now)
    other = actor_of(make_account(db, Role.ITEM_AUTHOR, now=now))
    assert [line.task for line in task_lines(db, actor=author)] == [task]
    assert [line.task for line in task_lines(db, actor=bank.manager)] == [task]
    assert task_lines(db, actor=other) == ()
    with pytest.raises(NotFoundError):
        task_of(db, task.id, actor=other)


def test_a_task_counts_what_was_written_for_it(db, bank, author, member, now):
    task = order(db, bank, author, now)
    for item in db.scalars(select(Item).limit(2)):
        item.task_id = task.id
    (line,) = task_lines(db, actor=author, is_open=True)
    assert (line.written, line.missing) == (2, 4)


@pytest.mark.parametrize("changes", [{"element_code": "Z-Z-Z"}, {"item_count": 0}])
def test_a_task_without_place_or_number_is_refused(db, bank, author, member, now, changes):
    with pytest.raises(InvalidInputError):
        order(db, bank, author, now, **changes)


def test_a_task_is_closed_once(db, bank, author, member, now):
    task = order(db, bank, author, now)
    close_task(db, task.id, actor=bank.manager, now=now)
    assert task_lines(db, actor=author, is_open=True) == ()
    with pytest.raises(WrongStateError):
        close_task(db, task.id, actor=bank.manager, now=now)


def test_authors_neither_appoint_nor_order(db, bank, author, member, now):
    with pytest.raises(NotAllowedError):
        dismiss_member(db, member.id, actor=author, now=now)
    with pytest.raises(NotAllowedError):
        members_of(db, bank.project_id, actor=author)
