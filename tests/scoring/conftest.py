"""An assessment on its day."""

from datetime import datetime

import pytest
from sqlalchemy.orm import Session

from tests.scoring.exam_day import ExamDay, make_exam_day


@pytest.fixture
def day(db: Session, now: datetime) -> ExamDay:
    """Three candidates, theory and practical."""
    return make_exam_day(db, now=now)


@pytest.fixture
def pair(db: Session, now: datetime) -> ExamDay:
    """Two candidates, theory and practical."""
    return make_exam_day(db, now=now, count=2)
