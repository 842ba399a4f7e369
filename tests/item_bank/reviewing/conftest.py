"""A review desk over the loaded bank."""

import pytest
from support.review_desk import open_desk


@pytest.fixture
def desk(db, bank, now):
    return open_desk(db, bank.project_id, bank.manager, now=now)
