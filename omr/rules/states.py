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


class BatchState(StrEnum):
    """How far a batch of scans has come 扫描批次."""

    RECEIVING = "receiving"  # files still arrive
    QUEUED = "queued"  # all files are on the disk; waits for the readers
    READING = "reading"
    READ = "read"  # every page has its state
    CANCELLED = "cancelled"  # what was read stays; the rest can be read later
    STUCK = "stuck"  # the readers began again and again and got no page further
    RELEASED = "released"  # its answers went to scoring


class PageState(StrEnum):
    """Where a scanned page stands; every page is in exactly one."""

    READ = "read"  # nothing doubtful
    REVIEW = "review"  # waits for a person
    CONFLICT = "conflict"  # 缺考 on the card or in the room record against answers; waits too
    REVIEWED = "reviewed"
    RELEASED = "released"  # its answers went to scoring
    REJECTED = "rejected"  # with a reason: scan it again
    DUPLICATE = "duplicate"
    FOREIGN = "foreign"  # of another sitting, or no card of ours
    UNKNOWN = "unknown"  # a card that was never issued
    WRONG_FORM = "wrong_form"  # another print of the card
    BACK = "back"  # the back of a card
    BLANK = "blank"  # an empty sheet


PAGE_STATE_NAMES = {
    PageState.READ: "已读",
    PageState.REVIEW: "待复核",
    PageState.CONFLICT: "缺考冲突",
    PageState.REVIEWED: "已复核",
    PageState.RELEASED: "已移交评分",
    PageState.REJECTED: "退回",
    PageState.DUPLICATE: "重复",
    PageState.FOREIGN: "非本场",
    PageState.UNKNOWN: "查无此人",
    PageState.WRONG_FORM: "版式不符",
    PageState.BACK: "背面",
    PageState.BLANK: "空白",
}


class Verdict(StrEnum):
    """What a person says of an answer of a sample."""

    AGREES = "agrees"
    DIFFERS = "differs"  # a silent error


WAITING = (PageState.REVIEW, PageState.CONFLICT)
"""States in which a person has to decide."""

ACCEPTED = (*WAITING, PageState.READ, PageState.REVIEWED, PageState.RELEASED)
"""States in which a page stands for its card; a second such page is a duplicate."""

UNFINISHED = (BatchState.QUEUED, BatchState.READING)
"""States in which the readers have work to do."""
