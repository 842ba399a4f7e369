"""A card sitting with cards of its own design: printed, filled and read in this process.

Every copy of the prepared home has the same candidates, papers and serials, so that a page that
has been drawn and read serves all tests.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from sqlalchemy.orm import Session

from exam_server.card_reconciliation import Reconciliation, reconcile, record_absentees, release
from exam_server.rehearsal.cards import PaperCandidate, paper_candidates
from exam_server.rehearsal.office import Office
from omr import queries
from omr.actions import issue_set_cards, spoil_card
from omr.batch_actions import open_batch, take_page
from omr.batch_reading.keeping import kept_page
from omr.batch_reading.results import KeptPage
from omr.design_actions import release_design, save_design
from omr.design_queries import sheets_of_design
from omr.layouts import blank_of_layout
from omr.models import PrintedCard, ScanPage
from omr.printing import CardHolder, print_sheets
from omr.reader.blank import render_page
from omr.reader.loading import LoadedPage
from omr.reader.page import Orders, read_sheet
from omr.reader.reading import GrayImage
from omr.rehearsal.pencil import fill_card
from omr.rehearsal.severity import LADDER, Level
from omr.rules.card_design.design import CardDesign, Section
from omr.rules.card_layout import GroupKind, Sheets
from omr.scans import measures_json
from registry.access import Actor
from tests.support.drawn_cards import FONTS, hidden_codes
from tests.support.room import ON_CARDS, START, Prepared

DPI = 150
TWO_PAGES = CardDesign(
    "KH-TWO",
    (
        Section(GroupKind.SINGLE, 60),
        Section(GroupKind.MULTIPLE, 10, 5),
        Section(GroupKind.JUDGEMENT, 20),
    ),
    row_pitch_mm=9.5,  # for candidates with poor sight: one page does not hold the paper
)
Groups = Mapping[str, tuple[str, ...]]
_read: dict[tuple[object, ...], KeptPage] = {}


def issue_designed_cards(
    db: Session,
    office: Office,
    prepared: Prepared,
    design: CardDesign = TWO_PAGES,
    places: Sequence[int] = range(ON_CARDS),
) -> Sheets:
    """Design a card, and give it to people of the prepared sitting in place of theirs."""
    actor, clerk = office.actors["saomiao01"], office.actors["jigou01"]
    saved = save_design(db, design, actor=actor, now=START)
    release_design(db, saved.id, actor=actor, now=START)
    sheets = sheets_of_design(saved)
    sitting_id = prepared.batch.card_sitting_id
    held = queries.usable_cards(db, sitting_id)
    for place in places:
        spoil_card(db, held[place].id, "换卡", actor=clerk, now=START)
    issue_set_cards(db, sitting_id, prepared.batch.set_id, sheets, actor=clerk, now=START)
    return sheets


@dataclass
class DesignedCards:
    """Someone at the scanner with the cards of a sitting."""

    db: Session
    office: Office
    sitting_id: int
    sheets: Sheets
    batch_id: int = 0

    def __post_init__(self) -> None:
        self.open()

    def begin(self) -> None:
        """Forget everything that was not committed and open a batch."""
        self.db.rollback()
        self.open()

    def open(self) -> None:
        self.batch_id = open_batch(
            self.db, [self.sitting_id], "一批", actor=self.actor, now=START
        ).id

    @property
    def actor(self) -> Actor:
        return self.office.actors["saomiao01"]

    @cached_property
    def cards(self) -> list[PrintedCard]:
        return queries.usable_cards(self.db, self.sitting_id)

    @cached_property
    def people(self) -> list[PaperCandidate]:
        in_use = {card.serial for card in self.cards}
        thinking = paper_candidates(self.db, self.sitting_id, seed=1)
        return [person for person in thinking if person.serial in in_use]

    def picture(self, place: int, sheet: int, groups: Groups) -> GrayImage:
        """Print one page of the card of a candidate and fill in what of the groups is on it."""
        (holder,) = queries.holders_of_cards([self.cards[place]])
        return drawn(self.sheets, holder, sheet, groups)

    def read(
        self, place: int, sheet: int, *, codes: bool = True, **changed: tuple[str, ...] | None
    ) -> KeptPage:
        """Return one page of a card as it was meant, changed by groups, as the reader gives it."""
        person = self.people[place]
        key = (
            self.sheets[0].code,
            person.serial,
            sheet,
            codes,
            tuple(sorted(changed.items(), key=str)),
        )
        if key not in _read:
            wanted = {**person.groups, **changed}
            groups = {name: values for name, values in wanted.items() if values is not None}
            image = self.picture(place, sheet, groups)
            if not codes:
                image = hidden_codes(image, self.sheets[sheet - 1], dpi=DPI)
            _read[key] = self.reading_of(image, f"{place}-{sheet}.png")
        return _read[key]

    def reading_of(self, image: GrayImage, name: str) -> KeptPage:
        sides = tuple((sheet, blank_of_layout(sheet)) for sheet in self.sheets)
        known = queries.known_serials(self.db, self.sitting_id)
        reading = read_sheet(image, sides, Orders(known, by_number=True))
        assert measures_json(reading)
        return kept_page(LoadedPage(name, 1, image), reading)

    def take(self, scanned: KeptPage, *, absent: bool | None = None, place: int = 0) -> ScanPage:
        absences = {} if absent is None else {self.people[place].admission_id: absent}
        return take_page(
            self.db, self.batch_id, scanned, actor=self.actor, now=START, absences=absences
        )

    def scan(self, place: int, sheet: int, **changed: tuple[str, ...] | None) -> ScanPage:
        return self.take(self.read(place, sheet, **changed))

    def record(self, *absent: int) -> None:
        numbers = [self.people[place].admission_id for place in absent]
        record_absentees(
            self.db, self.sitting_id, numbers, counted=len(absent), actor=self.actor, now=START
        )

    def reconciled(self) -> Reconciliation:
        return reconcile(self.db, self.sitting_id, actor=self.actor)

    def release(self) -> int:
        return release(self.db, self.batch_id, actor=self.actor, now=START)


def drawn(sheets: Sheets, holder: CardHolder, sheet: int, groups: Groups) -> GrayImage:
    """Print one page of a card and fill it cleanly."""
    layout = sheets[sheet - 1]
    page = render_page(print_sheets(sheets, [holder], **FONTS), dpi=DPI, index=sheet - 1)
    names = {group.group_id for group in layout.groups}
    own = {name: values for name, values in groups.items() if name in names}
    rng, severity = np.random.default_rng(1), LADDER[Level.L0]
    return fill_card(page, layout, own, dpi=DPI, severity=severity, rng=rng).image
