"""Homes for real servers: batches that begin now."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exam_server.rehearsal.batch import BatchOrder
from tests.support.room import Prepared, prepare_batch, prepare_office


@pytest.fixture(scope="session")
def office_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with seeds and office that every test gets a copy of."""
    folder = tmp_path_factory.mktemp("office") / "home"
    prepare_office(folder, datetime.now(UTC))
    return folder


@pytest.fixture
def home_for(office_home: Path, tmp_path: Path) -> Callable[[int], Prepared]:
    """Return how to prepare a home with so many candidates at computers."""

    def prepare(on_screen: int) -> Prepared:
        order = BatchOrder(on_screen, 0, datetime.now(UTC), seed=7)
        folder = Path(shutil.copytree(office_home, tmp_path / "home"))
        return prepare_batch(folder, order)

    return prepare
