"""An assessment on its day."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from tests.conftest import START
from tests.scoring.exam_day import ExamDay, make_exam_day
from tests.support.prepared import prepared, trial_of

prepared_day = prepared(lambda db: make_exam_day(db, now=START))
prepared_pair = prepared(lambda db: make_exam_day(db, now=START, count=2))


@pytest.fixture
def db(request: pytest.FixtureRequest) -> Iterator[Session]:
    """One transaction, undone at the end, on top of what the test asks for."""
    with trial_of(request, "marked", "published", "pair", "day") as begun:
        yield begun


@pytest.fixture
def day(db: Session, prepared_day: tuple[Session, ExamDay]) -> ExamDay:
    """Three candidates, theory and practical."""
    return replace(prepared_day[1])


@pytest.fixture
def pair(db: Session, prepared_pair: tuple[Session, ExamDay]) -> ExamDay:
    """Two candidates, theory and practical."""
    return replace(prepared_pair[1])
