"""The limits of a sitting that the office may set: late entry, early leave, late operations.

Defaults as in public rules of the field (考场规则): nobody is let in more than 30 minutes after the
start, nobody leaves in the first 30. A sitting keeps the values it was given.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.errors import InvalidInputError

LONGEST_MIN = 240
Standstill = tuple[datetime, datetime | None]
"""When the whole room stood still: from, and until or None while it lasts."""


@dataclass(frozen=True)
class ExamRules:
    """Minutes; 0 of ``early_leave_minutes`` lets candidates hand in at any time."""

    late_entry_minutes: int = 30
    early_leave_minutes: int = 30
    late_ops_minutes: int = 30  # after that, what nobody decided on is refused

    def checked(self) -> "ExamRules":
        """Return the same limits; refuses what no sitting can keep to."""
        for name, minutes in (
            ("迟到入场时限", self.late_entry_minutes),
            ("最早交卷时间", self.early_leave_minutes),
            ("留存操作裁定时限", self.late_ops_minutes),
        ):
            if not 0 <= minutes <= LONGEST_MIN:
                raise InvalidInputError(
                    field=name, reason=f"请填写 0 至 {LONGEST_MIN} 之间的分钟数。"
                )
        return self

    def entry_ends_at(
        self, started_at: datetime | None, pauses: Sequence[Standstill] = ()
    ) -> datetime | None:
        """Return when nobody is let in any more, None before the start and while it moves."""
        if started_at is None:
            return None
        return moved(started_at + timedelta(minutes=self.late_entry_minutes), pauses)

    def may_leave_at(
        self, started_at: datetime | None, pauses: Sequence[Standstill] = ()
    ) -> datetime | None:
        """Return from when candidates may hand in, None when there is no such limit.

        It moves with the limit for entering: nobody meets at the door who has seen the paper.
        """
        if started_at is None or not self.early_leave_minutes:
            return None
        return moved(started_at + timedelta(minutes=self.early_leave_minutes), pauses)

    @property
    def late_ops_within(self) -> timedelta:
        """Return how long operations kept apart may wait for two persons."""
        return timedelta(minutes=self.late_ops_minutes)


def moved(limit_at: datetime, pauses: Sequence[Standstill]) -> datetime | None:
    """Return when a limit falls that every earlier pause of the room moves; None while one lasts.

    A pause that begins after the limit brings nobody's chance back.
    """
    for began_at, ended_at in pauses:
        if began_at >= limit_at:
            break
        if ended_at is None:
            return None
        limit_at += ended_at - began_at
    return limit_at


DEFAULT_RULES = ExamRules()
