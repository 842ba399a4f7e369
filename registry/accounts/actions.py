"""What the system administrator does with accounts, and an applicant's first filing."""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from registry.access import NO_INSTITUTION, Actor, Permission, Role
from registry.accounts import queries
from registry.accounts.models import Account, AccountRole, AccountState
from registry.accounts.rules.roles import require_compatible
from registry.accounts.signing_in import end_sign_ins
from registry.audit_log import note
from registry.errors import ConflictError, InvalidInputError, NotFoundError
from registry.organisations.filing_actions import FilingApplication, apply_for_filing
from registry.organisations.models import Centre, Institution, InstitutionFiling

_LOGIN_NAME: Final = re.compile(r"[a-z][a-z0-9._-]{2,39}")


@dataclass(frozen=True)
class NewAccount:
    """An account to open; ``password_hash`` comes from ``passwords.hash_password``.

    The office is a centre or an institution; with neither the account belongs to the province.
    """

    login_name: str
    name: str
    password_hash: str
    roles: Collection[Role]
    centre_id: int | None = None
    institution_id: int | None = None
    must_change_password: bool = True


def open_account(db: Session, new: NewAccount, *, actor: Actor, now: datetime) -> Account:
    """Open an account with its roles; duties that check one another need two people."""
    actor.require(Permission.ACCOUNTS_MANAGE)
    login_name = new.login_name.strip().lower()
    if _LOGIN_NAME.fullmatch(login_name) is None:
        reason = "应为3至40位小写字母、数字或._-，并以字母开头，请修改。"
        raise InvalidInputError(field="账号", reason=reason)
    if not new.name.strip() or not new.roles:
        raise InvalidInputError(field="姓名和角色", reason="不能为空，请填写姓名并至少选一个角色。")
    roles = frozenset(new.roles)
    require_compatible(roles)
    _require_office(db, new)
    if queries.account_by_login_name(db, login_name) is not None:
        raise ConflictError(what="账号", value=login_name)
    account = Account(
        login_name=login_name,
        name=new.name.strip(),
        password_hash=new.password_hash,
        state=AccountState.ACTIVE,
        centre_id=new.centre_id,
        institution_id=new.institution_id,
        failed_count=0,
        must_change_password=new.must_change_password,
        roles=[AccountRole(role=role) for role in sorted(roles)],
    )
    db.add(account)
    db.flush()
    detail = {"login_name": login_name, "roles": sorted(roles)}
    note(db, "open_account", ("account", account.id), actor=actor, now=now, detail=detail)
    return account


def reset_password(
    db: Session, account_id: int, password_hash: str, *, actor: Actor, now: datetime
) -> Account:
    """Give an account a first password again; its lock and its sign-ins end."""
    actor.require(Permission.ACCOUNTS_MANAGE)
    account = queries.account_of(db, account_id, actor=actor)
    account.password_hash, account.must_change_password = password_hash, True
    account.failed_count, account.locked_until_at = 0, None
    end_sign_ins(db, account.id, now=now)
    note(db, "reset_password", ("account", account.id), actor=actor, now=now)
    return account


def close_account(db: Session, account_id: int, *, actor: Actor, now: datetime) -> Account:
    """Close an account for good and end its sign-ins; its past deeds stay on record."""
    actor.require(Permission.ACCOUNTS_MANAGE)
    account = queries.account_of(db, account_id, actor=actor)
    if account.id == actor.account_id:
        raise InvalidInputError(field="账号", reason="不能停用自己的账号，请由另一位管理员办理。")
    account.state = AccountState.CLOSED
    end_sign_ins(db, account.id, now=now)
    note(db, "close_account", ("account", account.id), actor=actor, now=now)
    return account


def apply_for_first_filing(
    db: Session, application: FilingApplication, *, actor: Actor, now: datetime
) -> InstitutionFiling:
    """Hand in an institution's first application; the applicant's account becomes its own."""
    if actor.account_id is None or actor.institution_id != NO_INSTITUTION:
        raise NotFoundError(what="申请人账号")
    filing = apply_for_filing(db, application, actor=actor, now=now)
    account = queries.account_of(db, actor.account_id, actor=actor)
    account.institution_id = filing.institution_id
    db.flush()
    detail = {"institution_id": filing.institution_id}
    note(db, "bind_account", ("account", account.id), actor=actor, now=now, detail=detail)
    return filing


def _require_office(db: Session, new: NewAccount) -> None:
    if new.centre_id is not None and db.get(Centre, new.centre_id) is None:
        raise NotFoundError(what="鉴定中心")
    if new.institution_id is not None and db.get(Institution, new.institution_id) is None:
        raise NotFoundError(what="考核机构")
    needs_office = Role.INSTITUTION_OFFICER in new.roles or Role.CITY_OFFICER in new.roles
    if needs_office and new.centre_id is None and new.institution_id is None:
        raise InvalidInputError(field="所属单位", reason="请选择该账号所属的中心或机构。")
