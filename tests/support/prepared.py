"""What the tests of an area begin with, made once and never committed; each test is a trial of it.

Making a scene costs a second, undoing a trial nothing: a savepoint is rolled back.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import pytest
from sqlalchemy.orm import Session

from tests.conftest import rolled_back_database

T = TypeVar("T")
PREFIX = "prepared_"


def prepared(make: Callable[[Session], T]) -> Any:
    """Return a fixture that makes a scene once for all tests: its open transaction, and the scene.

    Assign it to ``prepared_NAME``; the fixture NAME hands a copy of the scene to a test.
    """

    @pytest.fixture(scope="session")
    def made(
        request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
    ) -> Iterator[tuple[Session, T]]:
        with rolled_back_database(request, tmp_path_factory) as database, database.session() as db:
            yield db, make(db)
            db.rollback()

    return made


@contextmanager
def trial_of(request: pytest.FixtureRequest, *names: str) -> Iterator[Session]:
    """Begin a trial of the first of these scenes that the test uses, or of an empty database."""
    used = next((name for name in names if name in request.fixturenames), None)
    if used is None:
        with request.getfixturevalue("shared_database").session() as empty:
            yield empty
            empty.rollback()
        return
    db: Session = request.getfixturevalue(PREFIX + used)[0]
    trial = db.begin_nested()
    yield db
    trial.rollback()
    db.expire_all()
