"""The declarative base, column types and sessions. Holds no tables of its own.

A session carries the key ring and the file store in ``db.info``, so that sealing personal data
needs no global state.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    CheckConstraint,
    DateTime,
    Dialect,
    Engine,
    MetaData,
    String,
    create_engine,
    event,
)
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.types import TypeDecorator

from registry.files import FileStore
from registry.keys import KeyRing

SQLITE_BUSY_MS = 5_000  # how long a transaction waits for the one writer of the file


class Record(DeclarativeBase):
    """The base of every table; names of constraints follow one convention."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant, stored in UTC; a naive value is a bug."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse naive instants and store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs its time zone")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give back an aware instant."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class ExactDecimal(TypeDecorator[Decimal]):
    """A decimal kept digit by digit as text: marks and points never meet binary fractions."""

    impl = String(24)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> str | None:
        """Write the digits."""
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Dialect) -> Decimal | None:
        """Read the digits."""
        return None if value is None else Decimal(value)


def one_of(column: str, kinds: type[StrEnum]) -> CheckConstraint:
    """Constrain a text column to the values of an enumeration."""
    values = ", ".join(f"'{kind.value}'" for kind in kinds)
    return CheckConstraint(f"{column} IN ({values})", name=column)


def engine_for(url: str) -> Engine:
    """Open an engine: SQLite in WAL with full durability, or PostgreSQL by URL."""
    if not url.startswith("sqlite"):
        return create_engine(url, pool_size=10, max_overflow=20, pool_pre_ping=True)
    engine = create_engine(url, connect_args={"check_same_thread": False, "timeout": 5})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # SQLAlchemy's own BEGIN is sent in _begin_sqlite
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_MS}")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A transaction that may write takes the lock at once: upgrading a read later can fail.
    connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN IMMEDIATE"))


def flush_what_was_found(engine: Engine) -> None:
    """Bring to the disk what a killed process had committed but not flushed.

    SQLite shows it to everybody from now on, and a power cut could still take it away.
    """
    if engine.dialect.name != "sqlite":
        return
    connection = engine.raw_connection()
    try:
        connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")
    finally:
        connection.close()


@dataclass(frozen=True)
class Database:
    """What a transaction needs: the engine, the keys and the store of files."""

    engine: Engine
    keys: KeyRing
    files: FileStore

    def session(self, *, read_only: bool = False) -> Session:
        """Open a session that the caller commits and closes."""
        engine = self.engine.execution_options(begin="BEGIN") if read_only else self.engine
        return Session(engine, info={"keys": self.keys, "files": self.files}, autoflush=True)

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """Run one transaction: commit at the end, roll back on any error."""
        with self.session() as db, db.begin():
            yield db

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """Run queries on one consistent state without taking the write lock."""
        with self.session(read_only=True) as db:
            yield db


def keys_of(db: Session) -> KeyRing:
    """Return the key ring that the session was opened with."""
    ring: KeyRing = db.info["keys"]
    return ring


def files_of(db: Session) -> FileStore:
    """Return the file store that the session was opened with."""
    store: FileStore = db.info["files"]
    return store


def after_commit(db: Session, tell: Callable[[], None]) -> None:
    """Call ``tell`` once when the transaction has been committed, never when it is rolled back."""
    event.listen(db, "after_commit", lambda _db: tell(), once=True)
