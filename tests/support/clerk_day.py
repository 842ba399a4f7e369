"""A day's pile of answer cards of many rooms with twelve troubles in it, as a scanner gives it.

Every layout is rendered once; the codes of each printed card are pasted into a copy of it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pypdfium2
from PIL import Image

from exam_server.rehearsal.cards import PaperCandidate
from omr.reader.blank import render_page
from omr.reader.reading import GrayImage
from omr.rules.card_layout import CardLayout
from tests.support.drawn_cards import hidden_codes

DPI = 150
PX_PER_MM = DPI / 25.4
PENCIL = 60  # grey of a filled cell
Fate = tuple[str, str]
Seat = tuple[int, int]  # room and place in it, from 0

# The twelve; three rooms have none.
TWO_MARKS, NO_CODES, UPSIDE_DOWN = (0, 0), (1, 3), (2, 10)
TWICE, BACK_AFTER, FORGOTTEN = (3, 1), (4, 4), (5, 5)
OTHER_NUMBER, MARKED_ABSENT, CAUGHT = (6, 6), (7, 7), (8, 9)
SPOILED = (9, 2)  # and two strangers at the end: another print, and a card of another exam
ABSENT = (1, 8)  # no trouble: marked by the proctor, nothing filled


@dataclass(frozen=True)
class PrintedRoom:
    """The printed cards of one room, and who holds them, in the order of the pages."""

    pdf: bytes
    people: Sequence[PaperCandidate]
    layout: CardLayout


@dataclass
class Pile:
    """Pages in the order of scanning, and what lies aside.

    ``owners`` and ``fates`` are by place, from 1; a page without a fate is to be read plainly.
    """

    pages: list[GrayImage] = field(default_factory=list)
    owners: dict[int, PaperCandidate] = field(default_factory=dict)
    fates: dict[int, Fate] = field(default_factory=dict)
    aside: dict[Seat, GrayImage] = field(default_factory=dict)

    def lay(
        self, page: GrayImage, fate: Fate | None = None, owner: PaperCandidate | None = None
    ) -> None:
        """Lay one page on the pile."""
        self.pages.append(page)
        if fate is not None:
            self.fates[len(self.pages)] = fate
        if owner is not None:
            self.owners[len(self.pages)] = owner


FATES: dict[Seat, Fate] = {  # what becomes of a page of that candidate
    TWO_MARKS: ("review", "groups_in_doubt"),
    NO_CODES: ("review", "code_unreadable"),
    OTHER_NUMBER: ("review", "number_conflict"),
    MARKED_ABSENT: ("conflict", "absent_with_answers"),
    CAUGHT: ("review", "misconduct_marked"),
}


def make_pile(
    rooms: Sequence[PrintedRoom], *, spoiled: bytes, strangers: Mapping[Fate, GrayImage]
) -> Pile:
    """Fill every printed card; ``spoiled`` was printed before a new card for that candidate."""
    pile = Pile()
    for room_no, room in enumerate(rooms):
        plain = render_page(room.pdf, dpi=DPI)
        for seat in range(len(room.people)):
            if (room_no, seat) == SPOILED:
                old = PrintedRoom(spoiled, room.people, room.layout)
                pile.lay(_scan(plain, old, seat, {}), ("unknown", "spoiled_card"))
            _lay_card(pile, plain, room, (room_no, seat))
    pile.lay(pile.aside[TWICE], ("duplicate", "card_seen_before"))  # behind other rooms
    for fate, stranger in strangers.items():
        pile.lay(stranger, fate)
    return pile


def _lay_card(pile: Pile, plain: GrayImage, room: PrintedRoom, at: Seat) -> None:
    page = _scan(plain, room, at[1], _filled(at, room.people))
    if at in (TWICE, FORGOTTEN):
        pile.aside[at] = page
    if at == FORGOTTEN:
        return
    if at == NO_CODES:
        page = hidden_codes(page, room.layout, dpi=DPI)
    if at == UPSIDE_DOWN:
        page = np.ascontiguousarray(np.rot90(page, 2))
    pile.lay(page, FATES.get(at), room.people[at[1]])
    if at == BACK_AFTER:
        pile.lay(np.full_like(page, 245), ("back", "blank_page"))


def _filled(at: tuple[int, int], people: Sequence[PaperCandidate]) -> Mapping[str, tuple[str, ...]]:
    own = people[at[1]].groups
    if at == OTHER_NUMBER:
        digits = people[0].admission_no
        return own | {f"no{place}": (digit,) for place, digit in enumerate(digits, start=1)}
    return {
        TWO_MARKS: {**own, "q1": ("A", "B")},
        MARKED_ABSENT: {**own, "absent": ("yes",)},
        ABSENT: {"absent": ("yes",)},
        CAUGHT: {**own, "misconduct": ("yes",)},
    }.get(at, own)


def _scan(
    plain: GrayImage, room: PrintedRoom, index: int, groups: Mapping[str, tuple[str, ...]]
) -> GrayImage:
    page, layout = plain.copy(), room.layout
    _paste_codes(page, room.pdf, index, layout)
    half = layout.cell.width_mm / 2, layout.cell.height_mm / 2
    for name, values in groups.items():
        for cell in layout.group(name).cells:
            if cell.value in values:
                box = _box(cell.x_mm - half[0], cell.y_mm - half[1], 2 * half[0], 2 * half[1])
                page[box] = PENCIL
    return page


def _box(x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> tuple[slice, slice]:
    return (
        slice(round(y_mm * PX_PER_MM), round((y_mm + height_mm) * PX_PER_MM)),
        slice(round(x_mm * PX_PER_MM), round((x_mm + width_mm) * PX_PER_MM)),
    )


def _paste_codes(page: GrayImage, pdf: bytes, index: int, layout: CardLayout) -> None:
    qr, bars = layout.qr, layout.barcode
    assert qr is not None
    assert bars is not None
    document = pypdfium2.PdfDocument(pdf)
    for x_mm, y_mm, width_mm, height_mm in (
        (qr.x_mm, qr.y_mm, qr.size_mm, qr.size_mm),
        (bars.x_mm, bars.y_mm, bars.width_mm, bars.height_mm),
    ):
        rows, columns = _box(x_mm, y_mm, width_mm, height_mm)
        printed, points = document[index], 72 / DPI
        width, height = printed.get_size()
        crop = (
            columns.start * points,
            height - rows.stop * points,
            width - columns.stop * points,
            rows.start * points,
        )
        seen = printed.render(scale=1 / points, grayscale=True, crop=crop).to_numpy()
        area = page[rows, columns]
        high, wide = min(area.shape[0], seen.shape[0]), min(area.shape[1], seen.shape[1])
        area[:high, :wide] = seen.reshape(seen.shape[0], -1)[:high, :wide]
    document.close()


def write_pdf(path: Path, *pages: GrayImage) -> Path:
    """Put scans into one PDF, as an office scanner does: a JPEG on every page."""
    first, *others = (Image.fromarray(page) for page in pages)
    first.save(path, "PDF", resolution=DPI, quality=60, save_all=True, append_images=others)
    return path
