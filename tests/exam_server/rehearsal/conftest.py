"""Homes for real servers: batches that begin now."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from exam_server.rehearsal.batch import BatchOrder
from tests.support.room import Prepared, prepare_home


@pytest.fixture
def home_for(tmp_path: Path) -> Callable[[int], Prepared]:
    """Return how to prepare a home with so many candidates at computers."""

    def prepare(on_screen: int) -> Prepared:
        order = BatchOrder(on_screen, 0, datetime.now(UTC), seed=7)
        return prepare_home(tmp_path / "home", order)

    return prepare
