"""States of a room's run and of an attempt, and which attempts still accept answers."""

from enum import StrEnum


class RunState(StrEnum):
    """A sitting at computers, from sealed paper to closed room."""

    PLANNED = "planned"
    SEALED = "sealed"  # forms frozen, packages made
    CHECK_IN = "check_in"
    RUNNING = "running"
    PAUSED = "paused"  # the whole room stands still
    CLOSED = "closed"


LIVE = frozenset({RunState.RUNNING, RunState.PAUSED})  # begun and not yet closed
BEFORE_CHECK_IN = frozenset({RunState.PLANNED, RunState.SEALED})
RUN_WORDS = {
    RunState.PLANNED: "尚未开放登录",
    RunState.SEALED: "试卷已封存，尚未开放登录",
    RunState.CHECK_IN: "正在登录",
    RunState.RUNNING: "正在考试",
    RunState.PAUSED: "全场暂停",
    RunState.CLOSED: "已经关闭",
}


class AttemptState(StrEnum):
    """One candidate's work at a computer. Sealed is no state of it: that its room is closed."""

    CLAIMED = "claimed"  # signed in, data or rules not yet confirmed
    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    PAUSED = "paused"
    TRANSFER_PENDING = "transfer_pending"  # claimed from another computer, not yet approved
    SUBMITTED = "submitted"  # handed in by the candidate
    FORCED = "forced"  # by a proctor, with a reason
    EXPIRED = "expired"  # by the server at the deadline
    VOIDED = "voided"  # by a misconduct decision of two persons; the answers are kept
    DEFERRED = "deferred"  # moved to a later batch before the paper was seen


BEGUN = frozenset({AttemptState.IN_PROGRESS, AttemptState.PAUSED, AttemptState.TRANSFER_PENDING})
ENDED = frozenset(
    {
        AttemptState.SUBMITTED,
        AttemptState.FORCED,
        AttemptState.EXPIRED,
        AttemptState.VOIDED,
        AttemptState.DEFERRED,
    }
)


class TransferState(StrEnum):
    """What became of a request to go on at another computer."""

    ASKED = "asked"  # waits for a proctor, or, once approved, for that computer
    TAKEN = "taken"
    DENIED = "denied"
    REPLACED = "replaced"  # by a later request from yet another computer


class OpKind(StrEnum):
    """What a candidate's page may record."""

    SET = "set"
    CLEAR = "clear"
    FLAG = "flag"
    SUBMIT = "submit"


class EventKind(StrEnum):
    """What may happen to an attempt; its events in order say where it stands."""

    CLAIMED = "claimed"
    READY = "ready"  # own data and rules confirmed
    STARTED = "started"
    EXTENDED = "extended"
    PAUSED = "paused"
    RESUMED = "resumed"
    COMPENSATED = "compensated"  # lost time decided on, given back or not
    TRANSFER_ASKED = "transfer_asked"
    TRANSFER_APPROVED = "transfer_approved"
    TRANSFER_DENIED = "transfer_denied"
    RELEASED = "released"  # the seat, for a new sign-in
    READMITTED = "readmitted"  # the seat, by a server restored from a copy
    SUBMITTED = "submitted"
    FORCED = "forced"
    EXPIRED = "expired"
    REOPENED = "reopened"
    VOIDED = "voided"
    DEFERRED = "deferred"
    RECALLED = "recalled"  # the deferral taken back: the candidate signs in again
    OPS_ACCEPTED = "ops_accepted"  # kept operations, by two persons
    OPS_REFUSED = "ops_refused"
    SEALED = "sealed"  # its room was closed
