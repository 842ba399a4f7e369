"""Reads one page from pixels to answers, in a fixed order of steps; never raises for bad input."""

from collections.abc import Mapping

import numpy as np

from omr.reader.blank import BlankCard
from omr.reader.decide import Decisions, decide_page
from omr.reader.identity import Identity, read_identity
from omr.reader.ink import InkSheet, darkness_of, measure_ink
from omr.reader.orient import Upright, handy, turn_upright
from omr.reader.reading import GrayImage, PageReading, Quality, rejected
from omr.reader.register import Registration, register
from omr.reader.sample import sample_cells
from omr.rules.card_layout import CardLayout
from omr.rules.reasons import PageReason, PageStatus

LEAST_OUTLINE_MATCH = 0.35
SURE_OUTLINE_MATCH = 0.60
LARGEST_RESIDUAL_MM = 0.35
FEWEST_ANCHORS = 8
LEAST_WHITE = 110.0  # grey of the paper
MOST_DIRTY_SHARE = 0.12
LEAST_GAIN = 0.25  # below, the cells' print has all but vanished: dropped out or two-level scan
MANY_ANCHORS = 20  # enough to trust the place of cells whose print cannot be seen


def read_page(
    image: GrayImage,
    layout: CardLayout,
    blank: BlankCard,
    *,
    known: Mapping[str, str] | None = None,
) -> PageReading:
    """Read one page.

    Parameters
    ----------
    image : (H, W) uint8 ndarray
        The page as scanned, any quarter turn.
    layout : CardLayout
        The card that is expected.
    blank : BlankCard
        Made from the same layout by ``omr.reader.blank.blank_card``.
    known : mapping of str to str, optional
        Serials that may appear, each with the admission number printed on that card.

    Returns
    -------
    PageReading
        Accepted, for review or rejected; a rejected page holds no answers.

    Raises
    ------
    ValueError
        If ``blank`` was made from another layout.
    """
    if blank.layout_hash != layout.layout_hash:
        raise ValueError("the blank card belongs to another layout")
    if image.ndim != 2 or image.dtype != np.uint8:
        return rejected(PageReason.UNREADABLE_FILE)
    upright = turn_upright(handy(image), layout)
    if isinstance(upright, PageReason):
        return rejected(upright)
    registration = register(upright.image, upright.corners_px, layout)
    if registration is None:
        return rejected(PageReason.TOO_FEW_MARKERS)
    identity = read_identity(upright.image, registration.placement, layout, known=known)
    if identity.code is not None and identity.code.layout_hash != layout.layout_hash:
        return rejected(PageReason.WRONG_LAYOUT, serial=identity.serial)
    return _read_marks(upright, registration, identity, (layout, blank, known))


def _read_marks(
    upright: Upright,
    registration: Registration,
    identity: Identity,
    card: tuple[CardLayout, BlankCard, Mapping[str, str] | None],
) -> PageReading:
    layout, blank, known = card
    sheet, in_sight = sample_cells(
        upright.image, registration.placement, blank.centres_mm, layout, blank.grid
    )
    darkness, white = darkness_of(sheet, blank.neighbours, blank.grid)
    ink = measure_ink(darkness, white, blank.darkness, blank.group_of_cell, blank.grid)
    quality = _quality(upright, registration, ink)
    if ink.gain >= LEAST_GAIN and ink.outline_match < LEAST_OUTLINE_MATCH:
        return rejected(PageReason.POOR_MATCH, serial=identity.serial, quality=quality)
    decisions = decide_page(ink, layout, in_sight.tolist())
    reasons = (
        *identity.reasons,
        *_number_conflict(decisions, identity, known),
        *_sanity(quality),
        *decisions.reasons,
    )
    return PageReading(
        status=PageStatus.REVIEW if reasons else PageStatus.OK,
        reasons=reasons,
        serial=identity.serial,
        number=decisions.number,
        answers=decisions.answers,
        review=decisions.review,
        confidence=decisions.confidence,
        cells=decisions.cells,
        quality=quality,
        placement=registration.placement,
    )


def _number_conflict(
    decisions: Decisions, identity: Identity, known: Mapping[str, str] | None
) -> tuple[PageReason, ...]:
    """Compare the filled number with the one that belongs to the serial."""
    if decisions.number is None or known is None or identity.serial is None:
        return ()
    agrees = known.get(identity.serial, decisions.number) == decisions.number
    return () if agrees else (PageReason.NUMBER_CONFLICT,)


def _sanity(quality: Quality) -> tuple[PageReason, ...]:
    """Return why a page as a whole should be looked at."""
    shows_print = quality.gain >= LEAST_GAIN
    faults = (
        (quality.residual_mm > LARGEST_RESIDUAL_MM, PageReason.POOR_REGISTRATION),
        (quality.anchors < FEWEST_ANCHORS, PageReason.POOR_REGISTRATION),
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
