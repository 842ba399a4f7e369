"""Which version of the tables a database has.

Asked at every start, hence without alembic: that takes 9 MB of a room server's memory and is
needed once for each release.
"""

from pathlib import Path

from sqlalchemy import Engine, inspect
from sqlalchemy.engine import Connection

VERSIONS = Path(__file__).parent / "migrations" / "versions"
DIGITS = 4  # of a version, with which the name of its file begins


def is_current(engine: Engine) -> bool:
    """Say whether the database is at the newest version."""
    return _present(engine) == max(known_versions())


def has_known_version(engine: Engine) -> bool:
    """Say whether this program knows the database's version: not one written by a newer program."""
    present = _present(engine)
    return present is None or present in known_versions()


def known_versions() -> set[str]:
    """Return every version that this program can bring a database to."""
    return {path.name[:DIGITS] for path in VERSIONS.glob("[0-9]*.py")}


def _present(engine: Engine) -> str | None:
    with _reading(engine) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        found = connection.exec_driver_sql("SELECT version_num FROM alembic_version")
        version: str | None = found.scalar()
        return version


def _reading(engine: Engine) -> Connection:
    return engine.execution_options(begin="BEGIN").connect()  # a full disk may be read
