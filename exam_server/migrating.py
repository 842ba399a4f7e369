"""Brings a database to the newest version of the tables."""

from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine
from sqlalchemy.engine import Connection

from registry.keys import KeyRing

MIGRATIONS = Path(__file__).parent / "migrations"


def upgrade(engine: Engine, keys: KeyRing) -> None:
    """Apply every missing migration in one transaction; some seal what was open before."""
    if is_current(engine):
        return
    with engine.connect() as connection:
        if engine.dialect.name == "sqlite":  # which rebuilds a table by dropping the old one
            _driver(connection).execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            config = _config(connection)
            config.attributes["keys"] = keys
            command.upgrade(config, "head")
            if engine.dialect.name == "sqlite":
                _require_whole_references(connection)
        if engine.dialect.name == "sqlite":
            _driver(connection).execute("PRAGMA foreign_keys = ON")


def _driver(connection: Connection) -> Any:
    return connection.connection.dbapi_connection


def _require_whole_references(connection: Connection) -> None:
    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
    if broken:
        raise ValueError(f"a migration left {len(broken)} rows without what they refer to")


def is_current(engine: Engine) -> bool:
    """Say whether the database is at the newest version."""
    with _reading(engine) as connection:
        present = MigrationContext.configure(connection).get_current_revision()
        return present == _scripts().get_current_head()


def has_known_version(engine: Engine) -> bool:
    """Say whether this program knows the database's version: not one written by a newer program."""
    with _reading(engine) as connection:
        present = MigrationContext.configure(connection).get_current_revision()
        return present is None or present in {one.revision for one in _scripts().walk_revisions()}


def _reading(engine: Engine) -> Connection:
    return engine.execution_options(begin="BEGIN").connect()  # a full disk may be read


@cache
def _scripts() -> ScriptDirectory:
    return ScriptDirectory(str(MIGRATIONS))


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
