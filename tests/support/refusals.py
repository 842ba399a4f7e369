"""Checks that a refused action has left nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.database import Record
from registry.errors import AssessmentError


def contents(db: Session) -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table as the transaction sees it."""
    return {
        name: sorted((tuple(row) for row in db.execute(select(table))), key=repr)
        for name, table in Record.metadata.tables.items()
    }


@contextmanager
def refused(
    db: Session, error: type[AssessmentError], *, match: str | None = None
) -> Iterator[pytest.ExceptionInfo[AssessmentError]]:
    """Expect the refusal, with a wording that is complete, and not one changed row."""
    before = contents(db)
    with pytest.raises(error, match=match) as info:
        yield info
    assert type(info.value) is error
    assert "{" not in info.value.message
    assert contents(db) == before
