"""Opens the append-only tables, as someone could who has the file or the database itself."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.orm import Session

from exam_server.migrations.append_only import protect, unprotect
from registry.database import Database

PROTECTED = ("answer_op", "attempt_event", "chain_root")


@contextmanager
def below_the_triggers(database: Database) -> Iterator[Session]:
    """Open the tables to someone who has the file or the database itself."""
    with database.transaction() as db:
        for table in PROTECTED:
            unprotect(db.connection(), table)
        yield db
        db.flush()
        for table in PROTECTED:
            protect(db.connection(), table)
