"""Brings a database to the newest version of the tables."""

from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sqlalchemy import Engine
from sqlalchemy.engine import Connection

from exam_server.table_version import is_current
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


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    return config
