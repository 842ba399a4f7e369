"""The limits of a sitting that the office may set: late entry, early leave, late operations.

Defaults as in public rules of the field (考场规则): nobody is let in more than 30 minutes after the
start, nobody leaves in the first 30. A sitting keeps the values it was given.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from registry.errors import InvalidInputError

LONGEST_MIN = 240


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

    def entry_ends_at(self, started_at: datetime | None) -> datetime | None:
        """Return when nobody is let in any more, None before the start."""
        return started_at and started_at + timedelta(minutes=self.late_entry_minutes)

    def may_leave_at(self, started_at: datetime | None) -> datetime | None:
        """Return from when candidates may hand in, None when there is no such limit."""
        if started_at is None or not self.early_leave_minutes:
            return None
        return started_at + timedelta(minutes=self.early_leave_minutes)

    @property
    def late_ops_within(self) -> timedelta:
        """Return how long operations kept apart may wait for two persons."""
        return timedelta(minutes=self.late_ops_minutes)


DEFAULT_RULES = ExamRules()
