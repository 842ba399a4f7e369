"""Whose card it is: QR code and bar code of the page, read independently and compared."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import zxingcpp

from omr.reader.module_grid import BORDER_MODULES, PATCH_PIXELS, redrawn
from omr.reader.reading import FloatArray, GrayImage, IdentitySource, Placement
from omr.reader.register import to_pixels
from omr.reader.second_reader import second_reading
from omr.rules.card_code import CardCode, is_serial, parse_qr_text
from omr.rules.card_layout import CardLayout
from omr.rules.reasons import PageReason

QR_PIXELS_PER_MODULE = 6
BAR_PIXELS_PER_MODULE = 4
BAR_QUIET_MODULES = 8
BAR_ROWS_SHARE = 0.8  # of the height: keeps clear of the digits below
BAR_ROWS = 24
BARE_LEVEL = 0.7  # of the paper's white: darker is print
BARE_SHARE = 0.03  # a printed code darkens half of its place
CONFIDENCE = {  # that the serial is right: check digit and, in the QR code, a 16-bit sum hold
    IdentitySource.CODES: 0.999999,
    IdentitySource.QR: 0.99999,
    IdentitySource.BARCODE: 0.999,
}


@dataclass(frozen=True)
class Identity:
    """The serial agreed on, what it rests on, and why it may not be trusted.

    ``is_uncoded``: nothing is printed where the codes belong.
    """

    serial: str | None
    code: CardCode | None
    reasons: tuple[PageReason, ...]
    source: IdentitySource | None
    confidence: float
    is_uncoded: bool = False


def read_identity(
    image: GrayImage,
    placement: Placement,
    layout: CardLayout,
    *,
    known: Mapping[str, str] | None,
) -> Identity:
    """Read both codes of a page and compare them.

    ``known`` holds the serials that may appear, each with the admission number it belongs to; None
    asks nothing of the serial but its check digit. A serial that only one of the codes gives is
    not accepted without a person.
    """
    if layout.qr is None and layout.barcode is None:
        return Identity(None, None, (PageReason.CODE_UNREADABLE,), None, 0.0, is_uncoded=True)
    code = read_qr(image, placement, layout)
    backup = read_barcode(image, placement, layout)
    reasons = []
    serial = code.serial if code else backup
    if code is None:
        reasons.append(PageReason.CODE_UNREADABLE)
    elif backup is not None and backup != code.serial:
        return Identity(None, code, (PageReason.CODE_CONFLICT,), None, 0.0)
    if serial is not None and known is not None and serial not in known:
        reasons.append(PageReason.UNKNOWN_SERIAL)
    source = _source(code, backup)
    confidence = CONFIDENCE[source] if source else 0.0
    is_uncoded = serial is None and _is_empty(image, placement, layout)
    return Identity(serial, code, tuple(reasons), source, confidence, is_uncoded)


def _source(code: CardCode | None, backup: str | None) -> IdentitySource | None:
    if code is None:
        return IdentitySource.BARCODE if backup is not None else None
    return IdentitySource.CODES if backup is not None else IdentitySource.QR


def _is_empty(image: GrayImage, placement: Placement, layout: CardLayout) -> bool:
    """Say whether the place of the QR code is bare paper."""
    area = layout.qr
    if area is None:
        return False
    window = (area.x_mm, area.y_mm, area.size_mm, area.size_mm)
    return is_bare(_straighten(image, placement, layout, window, (2.0, 2.0)))


def is_bare(patch: GrayImage) -> bool:
    """Say whether nothing is printed on a piece of the page."""
    white = float(np.quantile(patch, 0.9))
    return float(np.mean(patch < BARE_LEVEL * white)) < BARE_SHARE


def qr_patch(image: GrayImage, placement: Placement, layout: CardLayout) -> GrayImage | None:
    """Cut the QR code with most of its quiet zone out of the page; None where there is none."""
    area = layout.qr
    if area is None:
        return None
    reach = area.quiet_mm * 0.75
    size = area.size_mm + 2 * reach
    rate = QR_PIXELS_PER_MODULE / area.module_mm
    window = (area.x_mm - reach, area.y_mm - reach, size, size)
    return _straighten(image, placement, layout, window, (rate, rate))


def read_qr(image: GrayImage, placement: Placement, layout: CardLayout) -> CardCode | None:
    """Read the QR code at its place; module by module, or with a second reader, where it fails."""
    patch = qr_patch(image, placement, layout)
    if patch is None:
        return None
    code = _code_in(first_reading(patch))
    if code is not None or is_bare(patch):
        return code
    return read_modules(image, placement, layout) or _code_in(second_reading(patch))


def read_modules(image: GrayImage, placement: Placement, layout: CardLayout) -> CardCode | None:
    """Read a blurred QR code by measuring each of its modules where the layout has it."""
    area = layout.qr
    if area is None:
        return None
    border = BORDER_MODULES * area.module_mm
    size = area.size_mm + 2 * border
    rate = PATCH_PIXELS / area.module_mm
    window = (area.x_mm - border, area.y_mm - border, size, size)
    patch = _straighten(image, placement, layout, window, (rate, rate))
    codes = (_code_in(first_reading(drawn)) for drawn in redrawn(patch, area.modules))
    return next((code for code in codes if code is not None), None)


def first_reading(patch: GrayImage) -> list[str]:
    """Return what zxing-cpp reads as QR codes on the patch."""
    found = zxingcpp.read_barcodes(
        patch,
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
        try_rotate=False,
        try_downscale=False,
        try_invert=False,
    )
    return [str(code.text) for code in found]


def _code_in(texts: Iterable[str]) -> CardCode | None:
    """Return the first that is one of ours and whose sums hold."""
    codes = (parse_qr_text(text) for text in texts)
    return next((code for code in codes if code is not None), None)


def read_barcode(image: GrayImage, placement: Placement, layout: CardLayout) -> str | None:
    """Read the serial from the Code 128; None unless its check digit holds."""
    area = layout.barcode
    if area is None:
        return None
    quiet_mm = BAR_QUIET_MODULES * area.module_mm
    margin_mm = (1 - BAR_ROWS_SHARE) / 2 * area.height_mm
    window = (
        area.x_mm - quiet_mm,
        area.y_mm + margin_mm,
        area.width_mm + 2 * quiet_mm,
        BAR_ROWS_SHARE * area.height_mm,
    )
    rates = (BAR_PIXELS_PER_MODULE / area.module_mm, BAR_ROWS / window[3])
    patch = _straighten(image, placement, layout, window, rates)
    for found in zxingcpp.read_barcodes(
        patch,
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.Code128),
        try_rotate=False,
        try_downscale=False,
        try_invert=False,
    ):
        if is_serial(found.text):
            return str(found.text)
    return None


def _straighten(
    image: GrayImage,
    placement: Placement,
    layout: CardLayout,
    window_mm: tuple[float, float, float, float],
    pixels_per_mm: tuple[float, float],
) -> GrayImage:
    """Cut a rectangle of the card out of the page, upright and at a fixed size."""
    left, top, width, height = window_mm
    corners = np.array(
        [(left, top), (left + width, top), (left + width, top + height), (left, top + height)]
    )
    seen = to_pixels(placement, corners, layout).astype(np.float32)
    columns, rows = round(width * pixels_per_mm[0]), round(height * pixels_per_mm[1])
    straight: FloatArray = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float64)
    turn = cv2.getPerspectiveTransform(seen, straight.astype(np.float32))
    cut = cv2.warpPerspective(
        image, turn, (columns, rows), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    return np.ascontiguousarray(cut, np.uint8)
