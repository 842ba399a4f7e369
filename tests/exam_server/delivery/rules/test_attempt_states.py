"""Where an attempt stands is the fold of its events; what cannot happen is refused in words."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exam_server.delivery.rules.attempt_states import (
    ACTION_WORDS,
    FROM,
    STATE_WORDS,
    Event,
    Standing,
    TransitionRefusedError,
    standing_of,
    step,
)
from exam_server.delivery.rules.deadline import (
    GRACE,
    LATEST_END,
    beginning,
    closing_of,
    deadline_of,
    ledger_of,
)
from exam_server.delivery.states import BEGUN, ENDED, AttemptState, EventKind

T0 = datetime(2026, 12, 5, 1, 0, tzinfo=UTC)
MINUTES = 90
K, S = EventKind, AttemptState
BODIES = {
    K.STARTED: beginning(T0, MINUTES),
    K.EXTENDED: {"minutes": 5},
    K.REOPENED: {"seconds": 600},
    K.READMITTED: {"epoch": 2},
    K.COMPENSATED: {"seconds": 60, "cause": "outage"},
}


def after(*kinds: EventKind) -> list[Event]:
    """Return these events, a minute apart."""
    return [
        Event(number, kind, T0 + timedelta(minutes=number), BODIES.get(kind, {}))
        for number, kind in enumerate(kinds, start=1)
    ]


WORKING = (K.CLAIMED, K.READY, K.STARTED)


@pytest.mark.parametrize(
    ("kinds", "state", "epoch"),
    [
        ((K.CLAIMED,), S.CLAIMED, 1),
        ((K.CLAIMED, K.READY), S.WAITING, 1),
        (WORKING, S.IN_PROGRESS, 1),
        ((*WORKING, K.PAUSED), S.PAUSED, 1),
        ((*WORKING, K.PAUSED, K.RESUMED), S.IN_PROGRESS, 1),
        ((*WORKING, K.TRANSFER_ASKED), S.TRANSFER_PENDING, 1),
        ((*WORKING, K.TRANSFER_ASKED, K.TRANSFER_DENIED), S.IN_PROGRESS, 1),
        ((*WORKING, K.TRANSFER_ASKED, K.TRANSFER_APPROVED), S.IN_PROGRESS, 2),
        ((*WORKING, K.PAUSED, K.TRANSFER_ASKED, K.TRANSFER_APPROVED), S.PAUSED, 2),
        ((*WORKING, K.TRANSFER_ASKED, K.PAUSED), S.TRANSFER_PENDING, 1),
        ((*WORKING, K.TRANSFER_ASKED, K.PAUSED, K.TRANSFER_DENIED), S.PAUSED, 1),
        ((*WORKING, K.TRANSFER_ASKED, K.SUBMITTED), S.SUBMITTED, 1),
        ((K.CLAIMED, K.TRANSFER_ASKED, K.READY, K.STARTED, K.TRANSFER_APPROVED), S.IN_PROGRESS, 2),
        ((*WORKING, K.RELEASED), S.IN_PROGRESS, 2),
        ((*WORKING, K.EXPIRED, K.REOPENED), S.IN_PROGRESS, 2),
        ((*WORKING, K.SUBMITTED, K.VOIDED), S.VOIDED, 1),
        ((*WORKING, K.FORCED, K.SEALED), S.FORCED, 1),
        ((K.CLAIMED, K.FORCED), S.FORCED, 1),
        ((K.CLAIMED, K.READY, K.TRANSFER_ASKED, K.DEFERRED), S.DEFERRED, 1),
        ((K.CLAIMED, K.DEFERRED, K.RECALLED), S.CLAIMED, 2),
    ],
)
def test_events_say_where_an_attempt_stands(
    kinds: tuple[EventKind, ...], state: AttemptState, epoch: int
) -> None:
    standing = standing_of(after(*kinds))
    assert (standing.state, standing.epoch) == (state, epoch)


@pytest.mark.parametrize(
    ("kinds", "words"),
    [
        ((K.STARTED,), "未登录"),
        ((*WORKING, K.DEFERRED), "答题中"),
        ((K.CLAIMED, K.DEFERRED, K.READY), "已缓考"),
        ((K.CLAIMED, K.DEFERRED, K.VOIDED), "已缓考"),
        ((K.CLAIMED, K.STARTED), "核对信息中"),
        ((*WORKING, K.RESUMED), "答题中"),
        ((*WORKING, K.PAUSED, K.PAUSED), "已暂停"),
        ((*WORKING, K.PAUSED, K.SUBMITTED), "已暂停"),
        ((*WORKING, K.TRANSFER_ASKED, K.TRANSFER_ASKED), "等待换机批准"),
        ((*WORKING, K.TRANSFER_APPROVED), "答题中"),
        ((*WORKING, K.SUBMITTED, K.EXTENDED), "已交卷"),
        ((K.CLAIMED, K.FORCED, K.REOPENED), "已强制交卷"),
        ((*WORKING, K.VOIDED, K.REOPENED), "已判无效"),
        ((*WORKING, K.EXPIRED, K.SEALED, K.REOPENED), "已封存"),
        ((*WORKING, K.EXPIRED, K.SEALED, K.VOIDED), "已封存"),
    ],
)
def test_what_cannot_happen_is_refused_in_words(kinds: tuple[EventKind, ...], words: str) -> None:
    with pytest.raises(TransitionRefusedError, match=words) as refused:
        standing_of(after(*kinds))
    assert ACTION_WORDS[kinds[-1]] in refused.value.message


def test_every_state_and_event_has_words_and_a_rule() -> None:
    assert STATE_WORDS.keys() == {*AttemptState, None}
    assert ACTION_WORDS.keys() == FROM.keys() == set(EventKind)


@given(st.lists(st.sampled_from(EventKind), max_size=30))
def test_whatever_is_tried_the_attempt_stays_sound(kinds: list[EventKind]) -> None:
    standing, happened = Standing(), list[Event]()
    for kind in kinds:
        event = Event(
            len(happened) + 1, kind, T0 + timedelta(minutes=len(happened)), BODIES.get(kind, {})
        )
        before = standing
        try:
            standing = step(before, event)
        except TransitionRefusedError:
            continue
        happened.append(event)
        assert not before.is_sealed
        assert standing.epoch in (before.epoch, before.epoch + 1)
        assert (standing.paused_at is not None) == (standing.work is S.PAUSED)
        assert not (standing.is_transferring and standing.work in ENDED)
    assert standing == standing_of(happened)
    ledger = ledger_of(happened)
    assert (ledger is not None) == standing.has_started
    if ledger is not None:
        assert deadline_of(ledger) <= ledger.hard_stop_at
        assert closing_of(ledger) >= deadline_of(ledger) + GRACE
        assert ledger.hard_stop_at == T0 + timedelta(minutes=MINUTES) + LATEST_END
    if standing.work in BEGUN:
        assert ledger is not None
