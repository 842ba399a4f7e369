"""A prepared home of its own for every test; a room keeps its data in SQLite."""

import pytest

from tests.support.room import (  # noqa: F401  (fixtures)
    database,
    database_url,
    office,
    prepared,
    room,
    settings,
)


@pytest.fixture(autouse=True)
def sqlite_only(request: pytest.FixtureRequest) -> None:
    if request.config.getoption("--backend") != "sqlite":
        pytest.skip("a room keeps its data in SQLite")
