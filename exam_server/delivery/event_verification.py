"""Compares what is stored of an attempt with its events: state, epoch, start and end."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.models import Attempt, AttemptEvent
from exam_server.delivery.rules.attempt_states import Event, TransitionRefusedError, standing_of
from exam_server.delivery.rules.deadline import Interval, closing_of, deadline_of, ledger_of
from exam_server.delivery.states import BEGUN
from exam_server.delivery.transitions import event_link, read_event
from exam_server.delivery.walk import Fault, Flaw, Row

Named = dict[str, object]


def stored_events(db: Session, sitting_id: int) -> Mapping[int, list[AttemptEvent]]:
    """Return the events of a sitting by attempt, in their order."""
    chosen = (
        select(AttemptEvent)
        .join(Attempt, Attempt.id == AttemptEvent.attempt_id)
        .where(Attempt.sitting_id == sitting_id)
        .order_by(AttemptEvent.attempt_id, AttemptEvent.number, AttemptEvent.id)
    )
    rows = db.scalars(chosen)
    return {key: list(own) for key, own in groupby(rows, lambda row: row.attempt_id)}


def event_rows(rows: Sequence[AttemptEvent], attempt: Attempt) -> list[Row]:
    """Return the events as they are chained."""
    return [Row(row.id, event_link(row, attempt), row.chain_hash) for row in rows]


def state_flaws(
    attempt: Attempt, rows: Sequence[AttemptEvent], outages: Sequence[Interval]
) -> list[Flaw]:
    """Return which stored columns differ from the fold of the events."""
    try:
        events = [read_event(row) for row in rows]
        said = _said(events, outages)
    except (TransitionRefusedError, ValueError, KeyError, TypeError, AttributeError):
        return [Flaw(Fault.STATE, words="事件前后矛盾")]
    stored: Named = {
        "状态": attempt.state,
        "机位轮次": attempt.epoch,
        "暂停时刻": attempt.paused_at,
        "计时起点": attempt.started_at,
        "应交卷时刻": attempt.deadline_at,
    }
    if attempt.state in BEGUN:
        stored["停止接收时刻"] = attempt.closes_at
    return [Flaw(Fault.STATE, words=name) for name in stored if stored[name] != said[name]]


def _said(events: Sequence[Event], outages: Sequence[Interval]) -> Named:
    standing, ledger = standing_of(events), ledger_of(events)
    ends_at: datetime | None = deadline_of(ledger) if ledger else None
    return {
        "状态": standing.state,
        "机位轮次": standing.epoch,
        "暂停时刻": standing.paused_at,
        "计时起点": ledger.clock_from if ledger else None,
        "应交卷时刻": ends_at,
        "停止接收时刻": closing_of(ledger, outages) if ledger else None,
    }
