"""Attempts that have begun, for tests below the exam room."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from exam_server.delivery.models import Attempt
from exam_server.delivery.rules.deadline import beginning
from exam_server.delivery.states import EventKind
from exam_server.delivery.transitions import record


def begin(
    db: Session, attempts: Sequence[Attempt], *, clock_from: datetime, epoch: int = 1
) -> None:
    """Bring new attempts of one sitting to work, their seats released until that epoch."""
    started = beginning(clock_from, attempts[0].admission.sitting.minutes)
    events = [(EventKind.CLAIMED, None), *[(EventKind.RELEASED, None)] * (epoch - 1)]
    for kind, body in (*events, (EventKind.READY, None), (EventKind.STARTED, started)):
        record(db, attempts, kind, now=clock_from, body=body)
