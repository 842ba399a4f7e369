"""Cards for candidates who go on with a pencil: printed with what the server holds."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from omr.models import PrintedCard
from omr.rules.card_code import serial_of
from omr.rules.card_layout import Sheets
from omr.rules.prefilled import SavedAnswer, written
from omr.rules.states import CardState
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.scheduling.models import Admission

FIRST_OWN_NUMBER = 5_000_000_000  # cards of a centre count from 1: both may meet in one pile
OWN_NUMBERS = 4_000_000_000


@dataclass(frozen=True)
class ContinuedPaper:
    """The order of one candidate's paper on the card, and what is printed filled."""

    paper_id: int
    form: str
    saved: Mapping[str, SavedAnswer]


def issue_continuation(
    db: Session,
    admission: Admission,
    continued: ContinuedPaper,
    sheets: Sheets,
    *,
    number: int,
    actor: Actor,
    now: datetime,
) -> PrintedCard:
    """Issue the card in place of an earlier one.

    ``number`` is drawn from ``OWN_NUMBERS``, so that the cards of two rooms do not collide.
    """
    actor.require(Permission.ROOM_PROCTOR)
    earlier = select(PrintedCard).where(
        PrintedCard.admission_id == admission.id, PrintedCard.state == CardState.ISSUED
    )
    for card in db.scalars(earlier):
        card.state = CardState.SPOILED
    card = PrintedCard(
        serial=serial_of(FIRST_OWN_NUMBER + number),
        admission_id=admission.id,
        paper_id=continued.paper_id,
        layout_code=sheets[0].code,
        layout_hash=sheets[0].layout_hash,
        state=CardState.ISSUED,
        printed_at=now,
        form=continued.form,
        prefilled=written(continued.saved),
    )
    db.add(card)
    db.flush()
    detail = {"serial": card.serial, "saved": len(continued.saved), "paper": card.paper_id}
    note(db, "issue_continuation", ("admission", admission.id), actor=actor, now=now, detail=detail)
    return card
