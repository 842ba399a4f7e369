"""Which state a page gets; pure. The words for states and reasons are the caller's."""

from collections.abc import Mapping, Sequence

from omr.rules.card_layout import ABSENT_GROUP
from omr.rules.reasons import PageReason, PageStatus
from omr.rules.states import PageState

STATES_OF_REASONS = {  # of rejected pages; any other reason asks for another scan
    PageReason.BLANK_PAGE: PageState.BLANK,
    PageReason.FOREIGN_PAGE: PageState.FOREIGN,
    PageReason.MIRRORED: PageState.BACK,  # what shines through thin paper
    PageReason.WRONG_LAYOUT: PageState.WRONG_FORM,
    PageReason.POOR_MATCH: PageState.WRONG_FORM,
    PageReason.UNKNOWN_SERIAL: PageState.UNKNOWN,
}
FILLED = ("yes",)  # a box of the proctor


def state_of_rejected(reason: PageReason | None, *, behind_card: bool) -> PageState:
    """Return the state of a page from which no mark is taken.

    ``behind_card``: the page before it shows a card, so that an empty page is its back.

    >>> state_of_rejected(PageReason.BLANK_PAGE, behind_card=True).value
    'back'
    """
    if reason is None:
        return PageState.REJECTED
    state = STATES_OF_REASONS.get(reason, PageState.REJECTED)
    return PageState.BACK if state is PageState.BLANK and behind_card else state


def state_of_status(status: PageStatus) -> PageState:
    """Return the state of a page whose card is known to belong here."""
    return PageState.READ if status is PageStatus.OK else PageState.REVIEW


def absence_conflict(
    answers: Mapping[str, Sequence[str]],
    items: Sequence[str],
    reasons: Sequence[str],
    *,
    recorded_absent: bool | None,
) -> PageReason | None:
    """Return what contradicts what about 缺考, None when nothing does.

    Parameters
    ----------
    answers
        Every group of the page with its marks.
    items
        The groups that are questions.
    reasons
        Of the page's reading.
    recorded_absent
        What the room record says of the candidate; None while it says nothing.
    """
    if PageReason.ABSENT_WITH_ANSWERS in reasons:
        return PageReason.ABSENT_WITH_ANSWERS
    marked = tuple(answers.get(ABSENT_GROUP, ())) == FILLED
    if recorded_absent is False and marked:
        return PageReason.PRESENT_MARKED_ABSENT
    answered = any(answers.get(group) for group in items)
    if recorded_absent and answered and not marked:
        return PageReason.ANSWERS_OF_ABSENT
    return None
