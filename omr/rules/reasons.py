"""Names for the ways a card, a group or a file can need a person; callers word them."""

from enum import StrEnum


class PageStatus(StrEnum):
    """What may be done with a page."""

    OK = "ok"
    REVIEW = "review"
    REJECTED = "rejected"


class PageReason(StrEnum):
    """Why a page is not simply accepted."""

    NO_SUCH_FILE = "no_such_file"
    EMPTY_FILE = "empty_file"
    UNREADABLE_FILE = "unreadable_file"
    TRUNCATED_FILE = "truncated_file"
    TOO_LARGE = "too_large"
    TOO_SMALL = "too_small"
    UNKNOWN_TYPE = "unknown_type"
    NO_PAGES = "no_pages"
    TIMED_OUT = "timed_out"
    WORKER_LOST = "worker_lost"
    BLANK_PAGE = "blank_page"
    FOREIGN_PAGE = "foreign_page"
    MIRRORED = "mirrored"
    TWO_SHEETS = "two_sheets"
    TOO_FEW_MARKERS = "too_few_markers"
    DISTORTED = "distorted"
    WRONG_LAYOUT = "wrong_layout"
    POOR_MATCH = "poor_match"
    CODE_UNREADABLE = "code_unreadable"
    CODE_CONFLICT = "code_conflict"
    UNKNOWN_SERIAL = "unknown_serial"
    NUMBER_CONFLICT = "number_conflict"
    NUMBER_DOUBTFUL = "number_doubtful"
    NUMBER_ALONE = "number_alone"  # the filled number does not settle whose the page is
    POOR_REGISTRATION = "poor_registration"
    LOW_CONTRAST = "low_contrast"
    DIRTY = "dirty"
    MANY_DOUBTS = "many_doubts"
    NOTHING_FILLED = "nothing_filled"
    ABSENT_WITH_ANSWERS = "absent_with_answers"
    MISCONDUCT_MARKED = "misconduct_marked"
    TYPE_DOUBTFUL = "type_doubtful"
    TYPE_CONFLICT = "type_conflict"  # filled otherwise than printed
    PROCTOR_MARK_DOUBTFUL = "proctor_mark_doubtful"
    GROUPS_IN_DOUBT = "groups_in_doubt"
    OTHER_EXAM = "other_exam"  # the card is one of ours, but of another sitting
    SPOILED_CARD = "spoiled_card"  # taken out of use before it came back
    CARD_SEEN_BEFORE = "card_seen_before"
    SAME_IMAGE = "same_image"
    NESTED_ARCHIVE = "nested_archive"
    REPEATED_NAME = "repeated_name"  # in an archive: the second file of that name
    ANSWERS_OF_ABSENT = "answers_of_absent"  # the room record says absent
    MISREAD = "misread"  # found in a sample of confident answers
    PRESENT_MARKED_ABSENT = "present_marked_absent"  # the room record says present


class GroupReason(StrEnum):
    """Why a person must look at one group."""

    DOUBTFUL = "doubtful"
    FAINT = "faint"
    MULTIPLE = "multiple"
    INCOMPLETE_NUMBER = "incomplete_number"
    TYPE_CONFLICT = "type_conflict"
    OUT_OF_SIGHT = "out_of_sight"
    AGAINST_RECORD = "against_record"  # 缺考 against answers or the room record
    MISCONDUCT = "misconduct"  # 违纪 is filled: too grave to go unseen
    DIFFERS_FROM_SAVED = "differs_from_saved"  # the server held another answer
    MISREAD = "misread"  # found in a sample of confident answers
    WHOLE_PAGE = "whole_page"  # clear in itself, on a page that is in doubt as a whole


FILE_REASONS = frozenset(  # nothing of the page could be seen: the file is at fault, not the card
    {
        PageReason.NO_SUCH_FILE,
        PageReason.EMPTY_FILE,
        PageReason.UNREADABLE_FILE,
        PageReason.TRUNCATED_FILE,
        PageReason.TOO_LARGE,
        PageReason.UNKNOWN_TYPE,
        PageReason.NO_PAGES,
        PageReason.TIMED_OUT,
        PageReason.WORKER_LOST,
        PageReason.NESTED_ARCHIVE,
        PageReason.REPEATED_NAME,
    }
)
WHOLE_PAGE_REASONS = frozenset(  # a person looks at every group of such a page
    {
        PageReason.MANY_DOUBTS,
        PageReason.POOR_MATCH,
        PageReason.POOR_REGISTRATION,
        PageReason.LOW_CONTRAST,
        PageReason.DIRTY,
    }
)
ABSENCE_REASONS = frozenset(  # 缺考 on the card, answers and room record do not agree
    {
        PageReason.ABSENT_WITH_ANSWERS,
        PageReason.PRESENT_MARKED_ABSENT,
        PageReason.ANSWERS_OF_ABSENT,
    }
)
