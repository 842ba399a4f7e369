"""Cards without codes: whose a page is follows from the admission number filled in, and only that.

The number counts when the reader is sure of every digit and it belongs to a card of the batch; two
pages with the same number are both left to two persons.
"""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from omr.layout_queries import sheets_of_hash
from omr.models import BatchSitting, PrintedCard, ScanBatch, ScanPage
from omr.queries import is_owner_settled
from omr.reader.reading import IdentitySource, PageReading
from omr.rules.reasons import PageReason, PageStatus
from omr.rules.states import ACCEPTED, WAITING, CardState, PageState
from registry.access import Actor
from registry.audit_log import note
from registry.enrolment.models import Enrolment
from registry.scheduling.models import Admission

DISPUTABLE = (*WAITING, PageState.READ, PageState.REVIEWED)


def card_by_number(
    db: Session,
    batch: ScanBatch,
    reading: PageReading,
    image_hash: str | None,
    *,
    actor: Actor,
    now: datetime,
) -> PrintedCard | None:
    """Return the card whose candidate's number is filled in on a page without codes.

    None where the number does not settle it. Where another page stands for the card already, that
    one is left to two persons as well, unless it is the same picture.
    """
    card = _card_named(db, batch, reading)
    if card is None:
        return None
    chosen = select(ScanPage).where(ScanPage.card_id == card.id, ScanPage.state.in_(ACCEPTED))
    standing = db.scalars(chosen).all()
    if not standing:
        return card
    for page in standing:
        is_open = page.state in DISPUTABLE and not is_owner_settled(page)
        if is_open and page.image_hash != image_hash:
            page.state, page.reason = PageState.REVIEW, PageReason.NUMBER_CONFLICT
            detail = {"card": card.serial, "batch": batch.id}
            note(db, "dispute_number", ("scan_page", page.id), actor=actor, now=now, detail=detail)
    return None


def _card_named(db: Session, batch: ScanBatch, reading: PageReading) -> PrintedCard | None:
    """Return the card in use, of the sittings of a batch, that the number on a page is of."""
    if reading.source is not IdentitySource.NUMBER or reading.status is PageStatus.REJECTED:
        return None
    if sheets_of_hash(db, reading.layout_hash)[0].is_coded:
        return None  # a spare card: nothing says to whom it was given
    chosen = (
        select(PrintedCard)
        .join(Admission, Admission.id == PrintedCard.admission_id)
        .join(Enrolment, Enrolment.id == Admission.enrolment_id)
        .join(BatchSitting, BatchSitting.sitting_id == Admission.sitting_id)
        .where(
            BatchSitting.batch_id == batch.id,
            Enrolment.admission_no == reading.number,
            PrintedCard.layout_hash == reading.layout_hash,
            PrintedCard.state != CardState.SPOILED,
        )
    )
    return db.scalars(chosen).one_or_none()
