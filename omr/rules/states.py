"""States of printed cards and scanned pages."""

from enum import StrEnum


class CardState(StrEnum):
    """What became of a printed card 答题卡."""

    ISSUED = "issued"
    SPOILED = "spoiled"  # 作废
    READ = "read"


class DesignState(StrEnum):
    """Whether cards may be printed by a version of a design."""

    DRAFT = "draft"
    RELEASED = "released"
    WITHDRAWN = "withdrawn"  # kept, since printed cards are read by it


class PageState(StrEnum):
    """Where a scanned page stands; every page is in exactly one."""

    READ = "read"  # nothing doubtful
    REVIEW = "review"  # waits for a person
    REVIEWED = "reviewed"
    REJECTED = "rejected"  # with a reason
    DUPLICATE = "duplicate"
    RELEASED = "released"  # its answers went to scoring
