"""Presence of a candidate in a sitting 签到."""

from enum import StrEnum


class Presence(StrEnum):
    """What the room record says of a candidate."""

    PRESENT = "present"
    ABSENT = "absent"  # 缺考
    DEFERRED = "deferred"  # 缓考: moved to a later batch
