"""Which card a layout belongs to, and which cards a sitting has or may have: ready or designed.

A card is its pages in their order; the hash of the first page names it, that of any page leads to
that page.
"""

from collections.abc import Collection
from functools import cache

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, object_session

from item_bank.queries import paper_content
from item_bank.rules.kinds import ItemKind
from omr.design_queries import printable_designs, sheets_of_design
from omr.layouts import STANDARD, layout_codes, sheets_of
from omr.models import DesignedCard, PrintedCard, Reading
from omr.rules.card_layout import CardLayout, GroupKind, Sheets, groups_on
from omr.rules.states import CardState
from registry.errors import NotFoundError
from registry.scheduling.models import Admission

KINDS = {
    ItemKind.SINGLE_CHOICE: GroupKind.SINGLE,
    ItemKind.MULTIPLE_CHOICE: GroupKind.MULTIPLE,
    ItemKind.TRUE_FALSE: GroupKind.JUDGEMENT,
}
_designed: dict[str, Sheets] = {}  # a version never changes


@cache
def _ready() -> dict[str, Sheets]:
    cards = map(sheets_of, layout_codes())
    return {sheet.layout_hash: card for card in cards for sheet in card}


def sheets_of_hash(db: Session, layout_hash: str) -> Sheets:
    """Return the card of which a page has that hash; raises ``NotFoundError`` for a strange one.

    The hash of a first page belongs to one card only; a later page may be that of several.
    """
    if ready := _ready().get(layout_hash):
        return ready
    if layout_hash not in _designed:
        may_have = or_(DesignedCard.layout_hash == layout_hash, DesignedCard.pages > 1)
        for found in db.scalars(select(DesignedCard).where(may_have)):
            card = sheets_of_design(found)
            _designed.update(dict.fromkeys((sheet.layout_hash for sheet in card), card))
    if layout_hash not in _designed:
        raise NotFoundError(what=f"答题卡版式 {layout_hash}")
    return _designed[layout_hash]


def sheets_of_card(card: PrintedCard) -> Sheets:
    """Return the pages of a printed card."""
    db = object_session(card)
    assert db is not None
    return sheets_of_hash(db, card.layout_hash)


def layout_of(reading: Reading) -> CardLayout:
    """Return the layout by which a page was read."""
    sheets = sheets_of_reading(reading)
    return next(sheet for sheet in sheets if sheet.layout_hash == reading.layout_hash)


def sheets_of_reading(reading: Reading) -> Sheets:
    """Return the pages of the card that a page was read as one of."""
    db = object_session(reading)
    assert db is not None
    return sheets_of_hash(db, reading.layout_hash)


def cards_of_sittings(db: Session, *sitting_ids: int) -> tuple[Sheets, ...]:
    """Return the kinds of cards of these sittings, in the order of the first of each."""
    chosen = (
        select(PrintedCard.layout_hash)
        .join(Admission, Admission.id == PrintedCard.admission_id)
        .where(Admission.sitting_id.in_(sitting_ids), PrintedCard.state != CardState.SPOILED)
    )
    hashes = chosen.group_by(PrintedCard.layout_hash).order_by(func.min(PrintedCard.id))
    return tuple(sheets_of_hash(db, layout_hash) for layout_hash in db.scalars(hashes))


def card_of_sitting(db: Session, sitting_id: int) -> Sheets | None:
    """Return the kind of card of a sitting, None before the first is printed."""
    return next(iter(cards_of_sittings(db, sitting_id)), None)


def cards_for_sittings(db: Session) -> dict[str, Sheets]:
    """Return the cards that may be printed for a sitting, by hash, the usual one first."""
    ready = map(sheets_of, layout_codes())
    designed = map(sheets_of_design, printable_designs(db))
    return {card[0].layout_hash: card for card in (sheets_of(STANDARD), *ready, *designed)}


def misfits(db: Session, card: Sheets, paper_ids: Collection[int]) -> list[int]:
    """Return the numbers of items for which the card has no fitting place on any page."""
    places = {group.group_id: group for group in groups_on(card) if group.kind.is_item}
    wrong = set()
    for paper_id in paper_ids:
        for question in paper_content(db, paper_id).questions:
            place = places.get(f"q{question.position}")
            is_fit = (
                place is not None
                and place.kind is KINDS[question.kind]
                and len(question.options) <= len(place.cells)
            )
            if not is_fit:
                wrong.add(question.position)
    return sorted(wrong)
