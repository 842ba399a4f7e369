"""States of a room's run and of an attempt, and which attempts still accept answers."""

from enum import StrEnum


class RunState(StrEnum):
    """A sitting at computers, from sealed paper to closed room."""

    PLANNED = "planned"
    CHECK_IN = "check_in"
    RUNNING = "running"
    CLOSED = "closed"


class AttemptState(StrEnum):
    """One candidate's work at a computer."""

    CLAIMED = "claimed"  # signed in, data or rules not yet confirmed
    WAITING = "waiting"
    IN_PROGRESS = "in_progress"
    SUBMITTED = "submitted"  # handed in by the candidate
    FORCED = "forced"  # by a proctor, with a reason
    EXPIRED = "expired"  # by the server at the deadline


ENDED = frozenset({AttemptState.SUBMITTED, AttemptState.FORCED, AttemptState.EXPIRED})


class OpKind(StrEnum):
    """What a candidate's page may record."""

    SET = "set"
    CLEAR = "clear"
    FLAG = "flag"
    SUBMIT = "submit"
