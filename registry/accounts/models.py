"""Tables of accounts: people who sign in with a password, their roles and sign-ins."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from registry.access import Role
from registry.database import Record, UtcDateTime, one_of
from registry.organisations.models import Centre, Institution


class AccountState(StrEnum):
    """Whether an account may be used."""

    ACTIVE = "active"
    CLOSED = "closed"


class Account(Record):
    """A member of staff who signs in; reach is a centre's division or one institution."""

    __tablename__ = "account"
    __table_args__ = (one_of("state", AccountState),)

    id: Mapped[int] = mapped_column(primary_key=True)
    login_name: Mapped[str] = mapped_column(String(40), unique=True)
    name: Mapped[str] = mapped_column(String(60))
    password_hash: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16), default=AccountState.ACTIVE)
    centre_id: Mapped[int | None] = mapped_column(ForeignKey("centre.id"))
    institution_id: Mapped[int | None] = mapped_column(ForeignKey("institution.id"))
    failed_count: Mapped[int] = mapped_column(default=0)
    locked_until_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    must_change_password: Mapped[bool] = mapped_column(default=True)

    roles: Mapped[list["AccountRole"]] = relationship()
    centre: Mapped[Centre | None] = relationship()
    institution: Mapped[Institution | None] = relationship()


class AccountRole(Record):
    """A role granted to an account."""

    __tablename__ = "account_role"
    __table_args__ = (one_of("role", Role),)

    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), primary_key=True)
    role: Mapped[str] = mapped_column(String(40), primary_key=True)


class Login(Record):
    """A sign-in that is still valid until it ends; the browser holds its secret token."""

    __tablename__ = "login"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    last_seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(60))
