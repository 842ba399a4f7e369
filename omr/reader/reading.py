"""What the reader hands back: values only, nothing that can fail."""

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from omr.rules.doubt import CellInk
from omr.rules.reasons import GroupReason, PageReason, PageStatus

ENGINE_VERSION = "2.4"

GrayImage: TypeAlias = npt.NDArray[np.uint8]
FloatArray: TypeAlias = npt.NDArray[np.float64]
SheetArray: TypeAlias = npt.NDArray[np.float32]
BoolArray: TypeAlias = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Quality:
    """How well the page could be seen.

    Lengths in millimetres on the card; ``outline_match`` is the correlation of the printed cells
    with the blank card, ``gain`` the printed ink seen over the printed ink expected, ``white`` the
    typical grey of the paper (0 to 255).
    """

    markers: int
    anchors: int
    residual_mm: float
    outline_match: float
    gain: float
    white: float
    noise: float
    mark_ink: float
    mark_peak: float
    dirty_share: float
    turned_deg: int
    pixels_per_mm: float


@dataclass(frozen=True)
class Placement:
    """Where the card lies in the upright image: millimetres to pixels.

    ``homography`` holds nine numbers row by row, ``bend_mm`` the polynomial shift of
    ``omr.reader.register``, nine terms for x and nine for y.
    """

    homography: tuple[float, ...]
    bend_mm: tuple[tuple[float, ...], tuple[float, ...]]


class IdentitySource(StrEnum):
    """What says whose card it is."""

    CODES = "qr+barcode"
    QR = "qr"
    BARCODE = "barcode"
    NUMBER = "number"  # the filled number alone, on a card printed without codes


@dataclass(frozen=True)
class PageReading:
    """One page, read.

    ``answers`` holds every group of a page that was not rejected, blank ones as ``()``; groups in
    ``review`` show what would be read, for a person to confirm: all of them where the page is in
    doubt as a whole. ``reasons`` are all that apply, the
    weightiest first; ``reason`` is that one. ``cells`` holds the measures of each group's cells in
    printed order. ``sheet`` is the page of a card of several pages that this is, from 1.
    """

    status: PageStatus
    reasons: tuple[PageReason, ...]
    serial: str | None
    number: str | None
    answers: dict[str, tuple[str, ...]]
    review: dict[str, GroupReason]
    confidence: dict[str, float]
    cells: dict[str, tuple[CellInk, ...]]
    quality: Quality | None
    placement: Placement | None
    source: IdentitySource | None = None
    identity_confidence: float = 0.0
    sheet: int = 0
    layout_hash: str = ""
    engine_version: str = ENGINE_VERSION

    @property
    def reason(self) -> PageReason | None:
        """Return the weightiest reason, or None when the page is accepted."""
        return self.reasons[0] if self.reasons else None


def rejected(
    reason: PageReason,
    *,
    serial: str | None = None,
    quality: Quality | None = None,
    sheet: int = 0,
) -> PageReading:
    """Return the reading of a page from which no mark is taken."""
    return PageReading(
        status=PageStatus.REJECTED,
        reasons=(reason,),
        serial=serial,
        number=None,
        answers={},
        review={},
        confidence={},
        cells={},
        quality=quality,
        placement=None,
        sheet=sheet,
    )
