"""缺考 on one sheet of a card, answers on another: a person has to see both.

On one sheet the reader sees the contradiction itself; over several it shows when the second of
them has come, or when a person has decided what one of them says.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from omr import queries
from omr.layout_queries import layout_of, sheets_of_card
from omr.models import ScanPage
from omr.rules.reasons import PageReason
from omr.rules.states import ACCEPTED, PageState
from registry.access import Actor
from registry.audit_log import note

SETTLED = (PageState.READ, PageState.REVIEWED)


def ask_about_absence(db: Session, page: ScanPage, *, actor: Actor, now: datetime) -> None:
    """Send the sheet that is marked 缺考 to a person where another sheet of its card has answers.

    ``page`` is the one that has just come or been decided; either may be the marked one. Nobody is
    asked twice, and nothing is asked while a person is still to see the marked sheet anyway.
    """
    pages = _sheets_beside(db, page)
    marked = [one for one in pages if queries.is_marked_absent([one])]
    for one in marked:
        answered = any(_has_answers(other) for other in pages if other is not one)
        if answered and one.state in SETTLED and one.reason != PageReason.ABSENT_WITH_ANSWERS:
            one.state, one.reason = PageState.CONFLICT, PageReason.ABSENT_WITH_ANSWERS
            detail = {"page": page.id, "card": one.card_id}
            note(
                db, "ask_about_absence", ("scan_page", one.id), actor=actor, now=now, detail=detail
            )


def _sheets_beside(db: Session, page: ScanPage) -> Sequence[ScanPage]:
    """Return all pages that stand for the card of a page."""
    if page.card is None or len(sheets_of_card(page.card)) == 1:
        return ()
    chosen = select(ScanPage).where(ScanPage.card_id == page.card_id, ScanPage.state.in_(ACCEPTED))
    return db.scalars(chosen.order_by(ScanPage.sheet)).all()


def _has_answers(page: ScanPage) -> bool:
    items = [one for one in layout_of(queries.latest_reading(page)).groups if one.kind.is_item]
    answers = queries.final_answers(page)
    return any(answers.get(group.group_id) for group in items)
