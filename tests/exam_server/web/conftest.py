"""The prepared office, and the application over a copy of it."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import START, Clock
from tests.exam_server.web.office_site import Known, Site, open_site, prepare


@pytest.fixture(scope="session")
def prepared_office(
    migrated_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Known]:
    home = tmp_path_factory.mktemp("office")
    shutil.copy(migrated_file, home / "kaohe.db")
    return home, prepare(home, START)


@pytest.fixture
def site(prepared_office: tuple[Path, Known], tmp_path: Path, clock: Clock) -> Iterator[Site]:
    """The application over a copy of the office that the test may change."""
    home, known = prepared_office
    opened = open_site(home, tmp_path / "home", known, clock)
    yield opened
    opened.server.close()


@pytest.fixture(scope="module")
def quiet_site(
    prepared_office: tuple[Path, Known], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    """One application for the tests of a module that change nothing."""
    home, known = prepared_office
    opened = open_site(home, tmp_path_factory.mktemp("quiet"), known, Clock(START))
    yield opened
    opened.server.close()
