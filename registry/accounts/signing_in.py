"""Signing in and out, the password of one's own: what every member of staff does for themselves.

A refused sign-in is a value, not an exception: the failure it counts must be committed. A server
checks the password between two transactions, off its main loop: ``password_hash_of`` (query),
``password_fits`` (thread), ``sign_in_after_check``.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import update
from sqlalchemy.orm import Session

from registry.access import Actor
from registry.accounts import queries
from registry.accounts.errors import AccountLockedError, SamePasswordError, WrongPasswordError
from registry.accounts.models import Account, AccountState, Login
from registry.accounts.passwords import hash_password, password_fits
from registry.audit_log import note
from registry.errors import AssessmentError
from registry.local_time import JIANGSU

FAILURES_ALLOWED: Final = 5
LOCK_TIME: Final = timedelta(minutes=30)
TOUCH_AFTER: Final = timedelta(minutes=1)  # how stale the time last seen may become
ADDRESS_LENGTH: Final = 60


@dataclass(frozen=True)
class PasswordCheck:
    """The outcome of comparing a password with the hash that was on record."""

    password_hash: str
    fits: bool


@dataclass(frozen=True)
class SignIn:
    """A sign-in: the secret for the browser, or the refusal to show once it is committed."""

    token: str | None
    refusal: AssessmentError | None
    must_change_password: bool = False


def sign_in(db: Session, login_name: str, password: str, address: str, *, now: datetime) -> SignIn:
    """Sign in with a password, checked here and now."""
    password_hash = queries.password_hash_of(db, login_name)
    check = PasswordCheck(password_hash, password_fits(password_hash, password))
    return sign_in_after_check(db, login_name, check, address, now=now)


def sign_in_after_check(
    db: Session, login_name: str, check: PasswordCheck, address: str, *, now: datetime
) -> SignIn:
    """Open a sign-in, or count the failure; five in a row lock the account for 30 minutes."""
    account = person_after_check(db, login_name, check, address, now=now)
    if isinstance(account, AssessmentError):
        return SignIn(None, account)
    token = secrets.token_urlsafe(32)
    login = Login(
        account_id=account.id,
        token_hash=queries.hash_of_token(token),
        created_at=now,
        last_seen_at=now,
        address=address[:ADDRESS_LENGTH],
    )
    db.add(login)
    db.flush()
    _note(db, "sign_in", account, now=now, detail={"address": login.address})
    return SignIn(token, None, account.must_change_password)


def person_after_check(
    db: Session, login_name: str, check: PasswordCheck, address: str, *, now: datetime
) -> Account | AssessmentError:
    """Return whose password was checked, or the refusal to show once its count is committed."""
    account = queries.account_by_login_name(db, login_name, to_change=True)
    if account is None or account.state != AccountState.ACTIVE:
        return WrongPasswordError()
    if account.locked_until_at is not None and account.locked_until_at > now:
        return _locked(account.locked_until_at)
    if not check.fits or check.password_hash != account.password_hash:
        return _count_failure(db, account, address, now=now)
    account.failed_count, account.locked_until_at = 0, None
    return account


def keep_signed_in(
    db: Session, token: str, *, now: datetime, seen_at: datetime | None = None
) -> Actor | None:
    """Return who holds the sign-in and prolong it; None when it is over."""
    login = queries.live_login(db, token, now=now, seen_at=seen_at)
    if login is None:
        return None
    if now - login.last_seen_at >= TOUCH_AFTER:
        login.last_seen_at = now
        db.flush()
    return queries.actor_of(db.get_one(Account, login.account_id))


def sign_out(db: Session, token: str, *, now: datetime) -> None:
    """End a sign-in; an unknown or ended one is nothing to complain about."""
    login = queries.live_login(db, token, now=now, seen_at=now)  # who signs out is there
    if login is None:
        return
    login.ended_at = now
    _note(db, "sign_out", db.get_one(Account, login.account_id), now=now)


def change_password(db: Session, old: str, new: str, *, actor: Actor, now: datetime) -> None:
    """Change one's own password; every sign-in of the account ends."""
    account = queries.account_of(db, actor.account_id or 0, actor=actor)
    if not password_fits(account.password_hash, old):
        raise WrongPasswordError
    if old == new:
        raise SamePasswordError
    account.password_hash = hash_password(new)
    account.must_change_password = False
    end_sign_ins(db, account.id, now=now)
    _note(db, "change_password", account, now=now)


def end_sign_ins(db: Session, account_id: int, *, now: datetime) -> None:
    """End every sign-in of an account."""
    db.execute(
        update(Login)
        .where(Login.account_id == account_id, Login.ended_at.is_(None))
        .values(ended_at=now)
    )


def _count_failure(
    db: Session, account: Account, address: str, *, now: datetime
) -> AssessmentError:
    if account.locked_until_at is not None:  # an earlier lock has run out
        account.failed_count, account.locked_until_at = 0, None
    account.failed_count += 1
    refusal: AssessmentError = WrongPasswordError()
    if account.failed_count >= FAILURES_ALLOWED:
        account.locked_until_at = now + LOCK_TIME
        refusal = _locked(account.locked_until_at)
    detail = {"address": address[:ADDRESS_LENGTH], "failures": account.failed_count}
    _note(db, "sign_in_refused", account, now=now, detail=detail)
    return refusal


def _locked(until_at: datetime) -> AccountLockedError:
    return AccountLockedError(until=until_at.astimezone(JIANGSU).strftime("%H:%M"))


def _note(
    db: Session,
    action: str,
    account: Account,
    *,
    now: datetime,
    detail: dict[str, object] | None = None,
) -> None:
    subject = ("account", account.id)
    note(db, action, subject, actor=queries.actor_of(account), now=now, detail=detail)
