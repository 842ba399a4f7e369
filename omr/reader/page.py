"""Reads one page from pixels to answers, in a fixed order of steps; never raises for bad input."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import numpy as np

from omr.reader.blank import BlankCard
from omr.reader.decide import Decisions, decide_page
from omr.reader.identity import Identity, read_identity
from omr.reader.ink import LEAST_GAIN, InkSheet, darkness_of, measure_ink
from omr.reader.orient import Upright, turn_upright
from omr.reader.plain_marks import possible_uprights
from omr.reader.reading import (
    GrayImage,
    IdentitySource,
    PageReading,
    Quality,
    rejected,
)
from omr.reader.register import Registration, register
from omr.reader.sample import sample_cells
from omr.rules.card_layout import CardLayout
from omr.rules.reasons import WHOLE_PAGE_REASONS, GroupReason, PageReason, PageStatus

LEAST_OUTLINE_MATCH = 0.35
SURE_OUTLINE_MATCH = 0.60
LARGEST_RESIDUAL_MM = 0.35
FEWEST_ANCHORS = 8
FULL_INK, MOST_FULL = 0.5, 0.7  # of the page's mark, and of all cells
LEAST_WHITE = 110.0  # grey of the paper
MOST_DIRTY_SHARE = 0.12
MOST_GAIN = 1.5  # above, the cells' print came out much darker than it was drawn
PRINTED_DARKNESS = 0.04  # of the blank card, from which a sample may come out black
MANY_ANCHORS = 20  # enough to trust the place of cells whose print cannot be seen


@dataclass(frozen=True)
class Orders:
    """What is known of the cards beforehand.

    ``known``: serials that may appear, each with the admission number printed on that card.
    ``by_number``: a card printed without codes belongs to whoever filled in the number.
    """

    known: Mapping[str, str] | None = None
    by_number: bool = False


NO_ORDERS = Orders()
Sides: TypeAlias = tuple[tuple[CardLayout, BlankCard], ...]  # the pages of one kind of card
CODED = (IdentitySource.CODES, IdentitySource.QR)  # the code names the layout


def read_page(
    image: GrayImage,
    layout: CardLayout,
    blank: BlankCard,
    *,
    known: Mapping[str, str] | None = None,
) -> PageReading:
    """Read one page of a card of one page; see ``read_sheet``."""
    return read_sheet(image, ((layout, blank),), Orders(known))


def read_any(image: GrayImage, kinds: Sequence[Sides], orders: Orders = NO_ORDERS) -> PageReading:
    """Read one page of a card of any of these kinds.

    A QR code settles which kind it is; without one it is the kind whose print fits best.
    """
    readings = []
    for sides in kinds:
        reading = read_sheet(image, sides, orders)
        if reading.source in CODED:
            return reading
        readings.append(reading)
    return max(readings, key=_fit_of)


def _fit_of(reading: PageReading) -> tuple[bool, float]:
    return reading.status is not PageStatus.REJECTED, _match_of(reading)


def read_sheet(
    image: GrayImage,
    sides: Sequence[tuple[CardLayout, BlankCard]],
    orders: Orders = NO_ORDERS,
) -> PageReading:
    """Read one page of a card.

    Parameters
    ----------
    image : (H, W) uint8 ndarray
        The page as scanned, any quarter turn.
    sides : sequence of (CardLayout, BlankCard)
        The pages of the card that is expected, each with what ``omr.reader.blank.blank_card`` made
        of it.
    orders : Orders, optional
        What is known of the cards beforehand.

    Returns
    -------
    PageReading
        Accepted, for review or rejected; a rejected page holds no answers.

    Raises
    ------
    ValueError
        If a blank was made from another layout.
    """
    if any(blank.layout_hash != layout.layout_hash for layout, blank in sides):
        raise ValueError("the blank card belongs to another layout")
    if image.ndim != 2 or image.dtype != np.uint8:
        return rejected(PageReason.UNREADABLE_FILE)
    layouts = [layout for layout, _ in sides]
    if layouts[0].fiducial.needs_print:
        readings = [_read_upright(up, sides, orders) for up in possible_uprights(image, layouts)]
        return max(readings, key=_match_of, default=rejected(PageReason.FOREIGN_PAGE))
    upright = turn_upright(image, layouts)
    if isinstance(upright, PageReason):
        return rejected(upright)
    return _read_upright(upright, sides, orders)


def _match_of(reading: PageReading) -> float:
    return reading.quality.outline_match if reading.quality else -1.0


def _read_upright(
    upright: Upright, sides: Sequence[tuple[CardLayout, BlankCard]], orders: Orders
) -> PageReading:
    layout, blank = sides[upright.place]
    registration = register(upright.image, upright.corners_px, layout)
    if registration is None:
        return rejected(PageReason.TOO_FEW_MARKERS)
    identity = read_identity(upright.image, registration.placement, layout, known=orders.known)
    if identity.code is not None and identity.code.layout_hash != layout.layout_hash:
        return rejected(PageReason.WRONG_LAYOUT, serial=identity.serial, sheet=layout.page)
    return _read_marks(upright, registration, identity, (layout, blank), orders)


def _read_marks(
    upright: Upright,
    registration: Registration,
    identity: Identity,
    card: tuple[CardLayout, BlankCard],
    orders: Orders,
) -> PageReading:
    layout, blank = card
    sheet, in_sight = sample_cells(
        upright.image, registration.placement, blank.centres_mm, layout, blank.grid
    )
    darkness, white = darkness_of(sheet, blank.neighbours, blank.grid)
    ink = measure_ink(darkness, white, blank.darkness, blank.group_of_cell, blank.grid)
    quality = _quality(upright, registration, ink)
    if _shows_another_print(ink, layout):
        return rejected(
            PageReason.POOR_MATCH, serial=identity.serial, quality=quality, sheet=layout.page
        )
    bare = None
    if not LEAST_GAIN <= ink.gain <= MOST_GAIN:  # a two-level scan: some print may be black
        unprinted = np.where(blank.darkness < PRINTED_DARKNESS, darkness, np.float32(0))
        bare = measure_ink(
            unprinted, white, blank.darkness, blank.group_of_cell, blank.grid, gain=0.0
        )
    if bare is not None and ink.gain > MOST_GAIN:
        ink, bare = replace(bare, gain=ink.gain, outline_match=ink.outline_match), None
    decisions = decide_page(ink, layout, in_sight.tolist(), bare)
    identity = _identify(identity, decisions, orders)
    reasons = (*identity.reasons, *_sanity(quality, layout), *decisions.reasons)
    review = decisions.review
    if WHOLE_PAGE_REASONS.intersection(reasons):
        review = {**dict.fromkeys(decisions.answers, GroupReason.WHOLE_PAGE), **review}
    return PageReading(
        status=PageStatus.REVIEW if reasons else PageStatus.OK,
        reasons=reasons,
        serial=identity.serial,
        number=decisions.number,
        answers=decisions.answers,
        review=review,
        confidence=decisions.confidence,
        cells=decisions.cells,
        quality=quality,
        placement=registration.placement,
        source=identity.source,
        identity_confidence=identity.confidence,
        sheet=layout.page,
        layout_hash=layout.layout_hash,
    )


def _shows_another_print(ink: InkSheet, layout: CardLayout) -> bool:
    """Say whether the cells are not where the card has them; cells full of ink say nothing.

    Where the print has vanished, coded marks still vouch for the card; plain ones do not.
    """
    if ink.gain < LEAST_GAIN:
        return layout.fiducial.needs_print
    full = float(np.mean(ink.ink > FULL_INK * ink.mark_ink)) > MOST_FULL
    return ink.outline_match < LEAST_OUTLINE_MATCH and not full


def _identify(identity: Identity, decisions: Decisions, orders: Orders) -> Identity:
    """Compare the filled number with the one that belongs to the serial, or go by it alone."""
    number, known = decisions.number, orders.known
    if number is None:
        return identity
    if identity.serial is not None:
        if known is None or known.get(identity.serial, number) == number:
            return identity
        return replace(identity, reasons=(*identity.reasons, PageReason.NUMBER_CONFLICT))
    if not (orders.by_number and identity.is_uncoded):
        return identity
    unknown = known is not None and number not in known.values()
    return replace(
        identity,
        reasons=(PageReason.UNKNOWN_SERIAL,) if unknown else (),
        source=IdentitySource.NUMBER,
        confidence=decisions.number_confidence,
    )


def _sanity(quality: Quality, layout: CardLayout) -> tuple[PageReason, ...]:
    """Return why a page as a whole should be looked at."""
    shows_print = quality.gain >= LEAST_GAIN
    bars = len(layout.timing_bars)
    faults = (
        (quality.residual_mm > LARGEST_RESIDUAL_MM, PageReason.POOR_REGISTRATION),
        (quality.anchors < min(FEWEST_ANCHORS, bars), PageReason.POOR_REGISTRATION),
        (shows_print and quality.outline_match < SURE_OUTLINE_MATCH, PageReason.POOR_MATCH),
        (not shows_print and quality.anchors < MANY_ANCHORS, PageReason.LOW_CONTRAST),
        (quality.white < LEAST_WHITE, PageReason.LOW_CONTRAST),
        (quality.dirty_share > MOST_DIRTY_SHARE, PageReason.DIRTY),
    )
    return tuple(dict.fromkeys(reason for applies, reason in faults if applies))


def _quality(upright: Upright, registration: Registration, ink: InkSheet) -> Quality:
    return Quality(
        markers=len(upright.corners_px),
        anchors=registration.anchors,
        residual_mm=registration.residual_mm,
        outline_match=ink.outline_match,
        gain=ink.gain,
        white=ink.white,
        noise=ink.noise,
        mark_ink=ink.mark_ink,
        mark_peak=ink.mark_peak,
        dirty_share=ink.dirty_share,
        turned_deg=upright.turned_deg,
        pixels_per_mm=registration.pixels_per_mm,
    )
