"""The check of a candidate's identity at the door: ticket, ID card, face against the photograph.

Source: exam rules, exam day: 一致 / 存疑 (a second person decides) / 不符.
"""

from enum import StrEnum

from registry.errors import InvalidInputError, SeparationError


class Identity(StrEnum):
    """What the check came to."""

    MATCH = "match"  # 一致
    DOUBTFUL = "doubtful"  # 存疑, waits for another person
    MISMATCH = "mismatch"  # 不符, must not sit the examination


CHINESE = {Identity.MATCH: "一致", Identity.DOUBTFUL: "存疑", Identity.MISMATCH: "不符"}


def require_acceptable(
    mark: Identity, note: str, before: Identity | None, *, by_the_same: bool
) -> None:
    """Raise unless the mark may be recorded after the one before it.

    Whatever is not plainly right needs words. Who has doubted or refused a candidate does not
    lift that alone; a plain check may be corrected by anyone on duty.
    """
    if mark is not Identity.MATCH and len(note.strip()) < 2:
        raise InvalidInputError(
            field="说明", reason=f"登记“{CHINESE[mark]}”须写明情况，至少 2 个字。"
        )
    if before in (Identity.DOUBTFUL, Identity.MISMATCH) and by_the_same and mark is not before:
        raise SeparationError(first=f"登记“{CHINESE[before]}”的人", second="复核人")


def may_start(mark: Identity | None) -> bool:
    """Say whether a candidate may sign in and begin; one not checked or in doubt may.

    >>> may_start(Identity.MISMATCH), may_start(Identity.DOUBTFUL), may_start(None)
    (False, True, True)
    """
    return mark is not Identity.MISMATCH
