"""The audit chain finds every changed, removed or inserted line."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from registry.access import SYSTEM
from registry.audit_log import AuditHead, first_break, note


def write_lines(database, now, count=5):
    with database.transaction() as db:
        for number in range(count):
            note(db, "test", ("thing", number), actor=SYSTEM, now=now, detail={"n": number})


def test_an_untouched_chain_holds(database, now):
    write_lines(database, now)
    with database.reading() as db:
        assert first_break(db) is None


def test_lines_cannot_be_changed_or_deleted(database, now):
    write_lines(database, now)
    for statement in ("UPDATE audit_entry SET action = 'x'", "DELETE FROM audit_entry"):
        with pytest.raises(DBAPIError, match="append-only"), database.transaction() as db:
            db.execute(text(statement))


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("UPDATE audit_entry SET detail = '{}' WHERE id = 3", 3),
        ("DELETE FROM audit_entry WHERE id = 2", 3),
    ],
)
def test_tampering_below_the_triggers_is_located(database, now, statement, found):
    write_lines(database, now)
    with database.transaction() as db:
        if db.get_bind().dialect.name == "sqlite":
            db.execute(text("DROP TRIGGER audit_entry_no_update"))
            db.execute(text("DROP TRIGGER audit_entry_no_delete"))
        else:
            db.execute(text("ALTER TABLE audit_entry DISABLE TRIGGER USER"))
        db.execute(text(statement))
    with database.reading() as db:
        assert first_break(db) == found


def test_a_cut_end_is_found(database, now):
    write_lines(database, now)
    with database.transaction() as db:
        db.get_one(AuditHead, 1).entry_hash = "f" * 64
    with database.reading() as db:
        assert first_break(db) == 0
