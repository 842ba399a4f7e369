"""Reads of accounts and sign-ins; who an account is as an actor."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import ColumnElement, Select, or_, select, true
from sqlalchemy.orm import Session, joinedload, selectinload

from registry.access import NO_INSTITUTION, Actor, Role, permissions_of
from registry.accounts.models import Account, AccountState, Login
from registry.accounts.passwords import hash_of_nobody
from registry.errors import NotFoundError
from registry.keys import sm3
from registry.organisations.models import Centre, Institution

IDLE_LIMIT: Final = timedelta(minutes=15)
_WHOLE_PROVINCE: Final = "32"


def division_prefix(division_code: str) -> str:
    """Return the prefix shared by everything inside a division.

    >>> division_prefix("320000"), division_prefix("320500"), division_prefix("320505")
    ('32', '3205', '320505')
    """
    if division_code.endswith("0000"):
        return division_code[:2]
    return division_code[:4] if division_code.endswith("00") else division_code


def hash_of_token(token: str) -> str:
    """Return what is stored of the secret that a browser holds."""
    return sm3(token.encode()).hex()


def actor_of(account: Account) -> Actor:
    """Return the account as an actor: its roles' permissions within its office's reach."""
    roles = roles_of(account)
    if account.institution is not None:
        prefix = division_prefix(account.institution.division_code)
        institution_id: int | None = account.institution.id
    else:
        prefix = division_prefix(account.centre.division_code) if account.centre else ""
        institution_id = NO_INSTITUTION if Role.INSTITUTION_OFFICER in roles else None
    return Actor(
        account_id=account.id,
        name=account.name,
        permissions=permissions_of(roles),
        division_prefix=prefix or _WHOLE_PROVINCE,
        institution_id=institution_id,
    )


def account_by_login_name(
    db: Session, login_name: str, *, to_change: bool = False
) -> Account | None:
    """Return the account of a login name, locked when it is about to change."""
    chosen = select(Account).where(Account.login_name == login_name.strip().lower())
    if to_change:
        chosen = chosen.with_for_update().execution_options(populate_existing=True)
    return db.scalar(chosen)


def password_hash_of(db: Session, login_name: str) -> str:
    """Return the hash to check a password against; for an unknown name one that nothing fits."""
    account = account_by_login_name(db, login_name)
    return hash_of_nobody() if account is None else account.password_hash


def live_login(
    db: Session, token: str, *, now: datetime, seen_at: datetime | None = None
) -> Login | None:
    """Return the sign-in of a token unless it has ended, idled away or lost its account.

    ``seen_at``: when its holder was seen without its being put down (``Sightings``).
    """
    live = _is_live(token, now, seen_at)
    return db.scalar(select(Login).join(Account, Account.id == Login.account_id).where(*live))


def _is_live(
    token: str, now: datetime, seen_at: datetime | None
) -> tuple[ColumnElement[bool], ...]:
    was_seen = seen_at is not None and seen_at > now - IDLE_LIMIT
    return (
        Login.token_hash == hash_of_token(token),
        Login.ended_at.is_(None),
        true() if was_seen else Login.last_seen_at > now - IDLE_LIMIT,
        Account.state == AccountState.ACTIVE,
    )


def account_by_token(
    db: Session, token: str, *, now: datetime, seen_at: datetime | None = None
) -> Actor | None:
    """Return who holds a live sign-in, else None; ``actions.keep_signed_in`` prolongs it."""
    found = signed_in(db, token, now=now, seen_at=seen_at)
    return found[1] if found else None


def signed_in(
    db: Session, token: str, *, now: datetime, seen_at: datetime | None = None
) -> tuple[datetime, Actor] | None:
    """Return when the store last saw the holder of a live sign-in, and who; one statement."""
    whole = (Account.roles, Account.centre, Account.institution)
    rows = db.execute(
        select(Login.last_seen_at, Account)
        .join(Account, Account.id == Login.account_id)
        .where(*_is_live(token, now, seen_at))
        .options(*(joinedload(part) for part in whole))
    )
    found = rows.unique().one_or_none()
    return (found.last_seen_at, actor_of(found.Account)) if found else None


def account_of(db: Session, account_id: int, *, actor: Actor) -> Account:
    """Return an account within reach; one's own always is."""
    own = Account.id == (actor.account_id or 0)
    chosen = _accounts().where(Account.id == account_id, or_(own, _within_reach(actor)))
    account = db.scalar(chosen)
    if account is None:
        raise NotFoundError(what="账号")
    return account


def accounts_in_reach(
    db: Session, *, actor: Actor, role: Role | None = None, active_only: bool = False
) -> list[Account]:
    """Return the accounts of the actor's office and below."""
    chosen = _accounts().where(_within_reach(actor)).order_by(Account.login_name)
    if role is not None:
        chosen = chosen.where(Account.roles.any(role=role.value))
    if active_only:
        chosen = chosen.where(Account.state == AccountState.ACTIVE)
    return list(db.scalars(chosen))


def roles_of(account: Account) -> frozenset[Role]:
    """Return the roles of an account."""
    return frozenset(Role(granted.role) for granted in account.roles)


def _accounts() -> Select[Account]:
    return (
        select(Account)
        .outerjoin(Account.centre)
        .outerjoin(Account.institution)
        .options(selectinload(Account.roles))
    )


def _within_reach(actor: Actor) -> ColumnElement[bool]:
    if actor.institution_id is not None:
        return Account.institution_id == actor.institution_id
    if actor.division_prefix == _WHOLE_PROVINCE:
        return true()
    prefix = actor.division_prefix
    return or_(
        Centre.division_code.startswith(prefix, autoescape=True),
        Institution.division_code.startswith(prefix, autoescape=True),
    )
