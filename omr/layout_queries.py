"""Which layout a card, a page or a sitting has: one of the system, or a designed one."""

from collections.abc import Collection
from functools import cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session, object_session

from item_bank.queries import paper_content
from item_bank.rules.kinds import ItemKind
from omr.design_queries import printable_designs, sheets_of_design
from omr.layouts import layout_codes, layout_named, sheets_of
from omr.models import DesignedCard, PrintedCard, Reading
from omr.rules.card_layout import CardLayout, GroupKind
from omr.rules.states import CardState
from registry.errors import NotFoundError
from registry.scheduling.models import Admission

KINDS = {
    ItemKind.SINGLE_CHOICE: GroupKind.SINGLE,
    ItemKind.MULTIPLE_CHOICE: GroupKind.MULTIPLE,
    ItemKind.TRUE_FALSE: GroupKind.JUDGEMENT,
}
_designed: dict[str, CardLayout] = {}  # a version never changes


@cache
def _ready() -> dict[str, CardLayout]:
    sheets = (sheet for code in layout_codes() for sheet in sheets_of(code))
    return {sheet.layout_hash: sheet for sheet in sheets}


def layout_of_hash(db: Session, layout_hash: str) -> CardLayout:
    """Return the layout with that hash; raises ``NotFoundError`` for a strange one."""
    if ready := _ready().get(layout_hash):
        return ready
    if layout_hash not in _designed:
        chosen = select(DesignedCard).where(DesignedCard.layout_hash == layout_hash)
        found = db.scalars(chosen.limit(1)).first()
        if found is None:
            raise NotFoundError(what=f"答题卡版式 {layout_hash}")
        _designed[layout_hash] = sheets_of_design(found)[0]
    return _designed[layout_hash]


def layout_of(record: PrintedCard | Reading) -> CardLayout:
    """Return the layout by which a card was printed, or a page was read."""
    db = object_session(record)
    assert db is not None
    return layout_of_hash(db, record.layout_hash)


def layouts_of_sittings(db: Session, *sitting_ids: int) -> tuple[CardLayout, ...]:
    """Return the layouts of the cards of these sittings, in the order of the first of each."""
    chosen = (
        select(PrintedCard.layout_hash)
        .join(Admission, Admission.id == PrintedCard.admission_id)
        .where(Admission.sitting_id.in_(sitting_ids), PrintedCard.state != CardState.SPOILED)
    )
    hashes = chosen.group_by(PrintedCard.layout_hash).order_by(func.min(PrintedCard.id))
    return tuple(layout_of_hash(db, layout_hash) for layout_hash in db.scalars(hashes))


def layout_of_sitting(db: Session, sitting_id: int) -> CardLayout | None:
    """Return the layout of the cards of a sitting, None before the first is printed."""
    return next(iter(layouts_of_sittings(db, sitting_id)), None)


def layouts_for_sittings(db: Session) -> dict[str, CardLayout]:
    """Return the layouts of one page by which cards of a sitting may be printed, by hash."""
    standard = layout_named()
    ready = (sheets_of(code) for code in layout_codes())
    designed = (sheets_of_design(found) for found in printable_designs(db))
    sheets = [card[0] for card in (*ready, *designed) if len(card) == 1]
    return {sheet.layout_hash: sheet for sheet in (standard, *sheets)}


def misfits(db: Session, layout: CardLayout, paper_ids: Collection[int]) -> list[int]:
    """Return the numbers of items for which the card has no fitting place."""
    places = {group.group_id: group for group in layout.groups if group.kind.is_item}
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
