"""A day's pile of answer cards with twelve troubles in it, as it comes out of the scanner."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from PIL import Image

from exam_server.rehearsal.cards import PaperCandidate
from omr.reader.blank import render_page
from omr.reader.reading import GrayImage
from omr.rehearsal.pencil import fill_card
from omr.rehearsal.severity import LADDER, Level
from omr.rules.card_layout import CardLayout
from omr.rules.states import PageState

DPI = 150
PX_PER_MM = DPI / 25.4
FEWEST = 14  # candidates the troubles need
TWICE, BACK_AFTER, FORGOTTEN, OTHER_NUMBER, MARKED_ABSENT, ABSENT, CAUGHT = 1, 4, 5, 6, 7, 8, 9
DOUBLE, HIDDEN_CODES, UPSIDE_DOWN = (0, 2), (3, 12), 10
FATES = {
    PageState.REVIEW: len(DOUBLE) + len(HIDDEN_CODES) + 2,  # with OTHER_NUMBER and CAUGHT
    PageState.CONFLICT: 1,
    PageState.DUPLICATE: 1,
    PageState.BACK: 1,
    PageState.WRONG_FORM: 1,
}


@dataclass(frozen=True)
class Pile:
    """Pages in the order of scanning, whose they are, and the card that lay aside."""

    pages: tuple[GrayImage, ...]
    owners: Mapping[int, PaperCandidate]  # by place from 1
    late_page: GrayImage


def make_pile(
    pdf: bytes, people: Sequence[PaperCandidate], layout: CardLayout, *, strange: GrayImage
) -> Pile:
    """Fill every card of a printed PDF; ``strange`` is a page of another form among them."""
    assert len(people) >= FEWEST
    pages: list[GrayImage] = []
    owners: dict[int, PaperCandidate] = {}
    late_page = strange
    for index, person in enumerate(people):
        page = _scan(pdf, index, _filled(index, people), layout)
        if index == FORGOTTEN:
            late_page = page
            continue
        pages.append(page)
        owners[len(pages)] = person
        if index == TWICE:
            pages.append(page)
        if index == BACK_AFTER:
            pages.append(np.full_like(page, 245))
    return Pile((*pages, strange), owners, late_page)


def _filled(index: int, people: Sequence[PaperCandidate]) -> Mapping[str, tuple[str, ...]]:
    own = people[index].groups
    if index in DOUBLE:
        return {**own, "q1": ("A", "B")}
    if index == OTHER_NUMBER:
        digits = people[0].admission_no
        return own | {f"no{place}": (digit,) for place, digit in enumerate(digits, start=1)}
    if index == MARKED_ABSENT:
        return {**own, "absent": ("yes",)}
    if index == ABSENT:
        return {"absent": ("yes",)}
    if index == CAUGHT:
        return {**own, "misconduct": ("yes",)}
    return own


def _scan(
    pdf: bytes, index: int, groups: Mapping[str, tuple[str, ...]], layout: CardLayout
) -> GrayImage:
    rng = np.random.default_rng([3, index])
    blank = render_page(pdf, dpi=DPI, index=index)
    severity = LADDER[Level.L0]
    page = fill_card(blank, layout, groups, dpi=DPI, severity=severity, rng=rng).image
    if index in HIDDEN_CODES:
        _hide_codes(page, layout)
    return np.ascontiguousarray(np.rot90(page, 2)) if index == UPSIDE_DOWN else page


def _hide_codes(page: GrayImage, layout: CardLayout) -> None:
    assert layout.qr is not None
    assert layout.barcode is not None
    for area, width_mm, height_mm in (
        (layout.qr, layout.qr.size_mm, layout.qr.size_mm),
        (layout.barcode, layout.barcode.width_mm, layout.barcode.height_mm),
    ):
        top, left = round((area.y_mm - 1) * PX_PER_MM), round((area.x_mm - 1) * PX_PER_MM)
        height, width = round((height_mm + 2) * PX_PER_MM), round((width_mm + 2) * PX_PER_MM)
        cv2.rectangle(page, (left, top), (left + width, top + height), 235, -1)


def pdf_of(*pages: GrayImage) -> bytes:
    """Put scans into one PDF, as an office scanner does."""
    first, *others = (Image.fromarray(page) for page in pages)
    kept = io.BytesIO()
    first.save(kept, "PDF", resolution=DPI, save_all=True, append_images=others)
    return kept.getvalue()
