"""Where an attempt stands: one fold over its events (exam room, table of states).

An open transfer lies over the state: the work goes on beneath it, may be paused and resumed, and
stands as it was when the transfer is decided. The epoch rises whenever older pages are fenced.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from typing import Any

from exam_server.delivery.states import BEGUN, ENDED, AttemptState, EventKind
from registry.errors import AssessmentError

_S, _K = AttemptState, EventKind
BEFORE_THE_END = frozenset(AttemptState) - ENDED


@dataclass(frozen=True)
class Event:
    """One thing that happened to an attempt; numbers rise by one from 1."""

    number: int
    kind: EventKind
    at: datetime
    body: Mapping[str, Any]


@dataclass(frozen=True)
class Standing:
    """What all events so far come to."""

    work: AttemptState | None = None  # beneath an open transfer; None before the first event
    is_transferring: bool = False
    has_started: bool = False
    is_sealed: bool = False
    epoch: int = 1
    paused_at: datetime | None = None

    @property
    def state(self) -> AttemptState | None:
        """Return the state as it is stored and told."""
        return AttemptState.TRANSFER_PENDING if self.is_transferring else self.work


class TransitionRefusedError(AssessmentError):
    """The attempt is not where this can happen."""

    code = "transition_refused"
    text = "该考生当前为“{state}”，不能{action}。请刷新座位图，按最新状态办理。"


FROM: dict[EventKind, frozenset[AttemptState]] = {
    _K.CLAIMED: frozenset(),
    _K.READY: frozenset({_S.CLAIMED}),
    _K.STARTED: frozenset({_S.WAITING}),
    _K.EXTENDED: BEGUN,
    _K.PAUSED: frozenset({_S.IN_PROGRESS}),
    _K.RESUMED: frozenset({_S.PAUSED}),
    _K.COMPENSATED: BEGUN,
    _K.TRANSFER_ASKED: BEFORE_THE_END,
    _K.TRANSFER_APPROVED: BEFORE_THE_END,
    _K.TRANSFER_DENIED: BEFORE_THE_END,
    _K.RELEASED: BEFORE_THE_END,
    _K.READMITTED: frozenset(AttemptState),
    _K.SUBMITTED: frozenset({_S.IN_PROGRESS}),
    _K.FORCED: BEFORE_THE_END,
    _K.EXPIRED: BEGUN,
    _K.REOPENED: frozenset({_S.SUBMITTED, _S.FORCED, _S.EXPIRED}),
    _K.VOIDED: frozenset(AttemptState) - {_S.VOIDED, _S.DEFERRED},
    _K.DEFERRED: frozenset({_S.CLAIMED, _S.WAITING}),  # who has seen the paper is not deferred
    _K.RECALLED: frozenset({_S.DEFERRED}),
    _K.OPS_ACCEPTED: BEGUN | ENDED,
    _K.OPS_REFUSED: frozenset(AttemptState),
    _K.SEALED: ENDED,
}
"""The states of the work from which an event may happen."""

TO = {
    _K.CLAIMED: _S.CLAIMED,
    _K.READY: _S.WAITING,
    _K.STARTED: _S.IN_PROGRESS,
    _K.PAUSED: _S.PAUSED,
    _K.RESUMED: _S.IN_PROGRESS,
    _K.SUBMITTED: _S.SUBMITTED,
    _K.FORCED: _S.FORCED,
    _K.EXPIRED: _S.EXPIRED,
    _K.REOPENED: _S.IN_PROGRESS,
    _K.VOIDED: _S.VOIDED,
    _K.DEFERRED: _S.DEFERRED,
    _K.RECALLED: _S.CLAIMED,
}
DECIDES_TRANSFER = frozenset({_K.TRANSFER_APPROVED, _K.TRANSFER_DENIED})
ENDS_TRANSFER = DECIDES_TRANSFER | {
    _K.RELEASED,
    _K.SUBMITTED,
    _K.FORCED,
    _K.EXPIRED,
    _K.VOIDED,
    _K.DEFERRED,
}
RAISES_EPOCH = frozenset({_K.TRANSFER_APPROVED, _K.RELEASED, _K.REOPENED, _K.RECALLED})
STATE_WORDS = {
    None: "未登录",
    _S.CLAIMED: "核对信息中",
    _S.WAITING: "等待开考",
    _S.IN_PROGRESS: "答题中",
    _S.PAUSED: "已暂停",
    _S.TRANSFER_PENDING: "等待换机批准",
    _S.SUBMITTED: "已交卷",
    _S.FORCED: "已强制交卷",
    _S.EXPIRED: "到时已交卷",
    _S.VOIDED: "已判无效",
    _S.DEFERRED: "已缓考",
}
ACTION_WORDS = {
    _K.CLAIMED: "登录",
    _K.READY: "确认考场规则",
    _K.STARTED: "开始答题",
    _K.EXTENDED: "延长时间",
    _K.PAUSED: "暂停考试",
    _K.RESUMED: "恢复",
    _K.COMPENSATED: "补时",
    _K.TRANSFER_ASKED: "申请换机",
    _K.TRANSFER_APPROVED: "批准换机",
    _K.TRANSFER_DENIED: "拒绝换机",
    _K.RELEASED: "释放机位",
    _K.READMITTED: "重新接入",
    _K.SUBMITTED: "交卷",
    _K.FORCED: "强制交卷",
    _K.EXPIRED: "到时交卷",
    _K.REOPENED: "恢复作答",
    _K.VOIDED: "判为无效",
    _K.DEFERRED: "登记缓考",
    _K.RECALLED: "撤销缓考",
    _K.OPS_ACCEPTED: "采纳留存的操作",
    _K.OPS_REFUSED: "不采纳留存的操作",
    _K.SEALED: "封存",
}


def standing_of(events: Iterable[Event]) -> Standing:
    """Return where an attempt stands after its events, in their order."""
    return reduce(step, events, Standing())


def step(before: Standing, event: Event) -> Standing:
    """Return where the attempt stands after one more event; refuses what cannot happen."""
    kind = event.kind
    if not _may_happen(before, kind):
        told = "已封存" if before.is_sealed else STATE_WORDS[before.state]
        raise TransitionRefusedError(state=told, action=ACTION_WORDS[kind])
    after = replace(
        before,
        work=TO.get(kind, before.work),
        is_transferring=kind == _K.TRANSFER_ASKED
        or (before.is_transferring and kind not in ENDS_TRANSFER),
        has_started=before.has_started or kind == _K.STARTED,
        is_sealed=kind == _K.SEALED,
        epoch=_epoch_after(before, event),
    )
    if after.work is not _S.PAUSED:
        return replace(after, paused_at=None)
    return replace(after, paused_at=before.paused_at or event.at)


def _may_happen(before: Standing, kind: EventKind) -> bool:
    if before.is_sealed:
        return False
    if before.work is None:
        return kind == _K.CLAIMED
    if kind in DECIDES_TRANSFER:
        return before.is_transferring
    if kind == _K.TRANSFER_ASKED and before.is_transferring:
        return False
    if kind == _K.REOPENED and not before.has_started:
        return False
    return before.work in FROM[kind]


def _epoch_after(before: Standing, event: Event) -> int:
    if event.kind in RAISES_EPOCH:
        return before.epoch + 1
    if event.kind == _K.READMITTED:
        return max(before.epoch, int(event.body["epoch"]))
    return before.epoch
