"""Presence of a candidate in a sitting 签到."""

from datetime import timedelta
from enum import StrEnum


class Presence(StrEnum):
    """What the room record says of a candidate."""

    PRESENT = "present"
    ABSENT = "absent"  # 缺考


LATE_ENTRY = timedelta(minutes=30)  # after the start nobody is let in any more; exam rules
