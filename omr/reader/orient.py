"""Finds the coded corner marks, turns the page upright and says why when it cannot."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np

from omr.reader.reading import FloatArray, GrayImage
from omr.rules.card_layout import CardLayout
from omr.rules.reasons import PageReason

LARGE_SIDE_PX = 2900  # about 250 dpi of an A4 page: beyond, half the resolution shows as much
QUICK_LONG_SIDE_PX = 800  # about 67 dpi: enough for the marks of a good scan
SEARCH_LONG_SIDE_PX = 1200  # about 100 dpi of an A4 page: five pixels to a cell of a marker
CORNER_SHARES = (0.18, 0.24)  # of each side of the image: a scan has little beside the paper
QUICK_PX = (29, 29)  # window of the local threshold: smallest, largest
THOROUGH_PX = (15, 45)
SMALL_MARKS_PX = (9, 39)
LEAST_PERIMETER = 0.06  # of a mark, in longer sides of the image: whole pages up to A3
ALIKE = 1.4  # times in size that two marks of the same kind of sheet may differ
WINDOW_STEP_PX = 30
SUBPIXEL_STEPS = 20
SUBPIXEL_STOP_PX = 0.02
FEWEST_MARKERS = 2
SCALE_RANGE = (0.9, 1.1)  # of height to width: stretched scans and careless printing
MOST_SKEW = 0.12  # of a side, how far opposite sides may differ
BLANK_INK_SHARE = 0.002  # share of dark pixels below which a page is called empty
DARK_LEVEL = 128
CLIP_LIMIT = 3.0
LEAST_WIDTH_PX = 500  # 60 dpi: below, the codes cannot be read


@dataclass(frozen=True)
class Upright:
    """The page turned by quarter turns, at a handy size, and the corners of each marker in it.

    ``corners_px`` maps a marker id to (4, 2): its corners clockwise from its own top left;
    ``place`` is the page of the card, from 0.
    """

    image: GrayImage
    corners_px: Mapping[int, FloatArray]
    turned_deg: int
    place: int


def turn_upright(image: GrayImage, layouts: Sequence[CardLayout]) -> Upright | PageReason:
    """Find the markers and turn the page so that the card stands upright.

    ``layouts`` are the pages of one card; their markers tell them apart. After a turn the marks are
    sought again in the turned image, so that one page gives the same figures to the last bit from
    whichever side it was fed.
    """
    whole, image = image, handy(image)
    if min(image.shape) < LEAST_WIDTH_PX:
        return PageReason.TOO_SMALL
    found = find_markers(image, layouts)
    place, own = _page_of(found, layouts)
    if len(own) < FEWEST_MARKERS:
        return _name_the_failure(image, layouts, len(found))
    if len(own) < len(layouts[place].markers) and _shows_two_sheets(image, layouts):
        return PageReason.TWO_SHEETS
    quarters = _quarter_turns(own)
    if quarters:
        image = handy(np.ascontiguousarray(np.rot90(whole, quarters)))
        place, own = _page_of(find_markers(image, layouts), layouts)
        if len(own) < FEWEST_MARKERS or _quarter_turns(own):
            return PageReason.TOO_FEW_MARKERS
    if not is_plausible(own, layouts[place]):
        return PageReason.TWO_SHEETS if _shows_two_sheets(image, layouts) else PageReason.DISTORTED
    return Upright(image, own, (360 - 90 * quarters) % 360, place)


def _page_of(
    found: Mapping[int, FloatArray], layouts: Sequence[CardLayout]
) -> tuple[int, dict[int, FloatArray]]:
    """Return which page of the card most markers belong to, and those markers."""
    shares = [
        {m.marker_id: found[m.marker_id] for m in layout.markers if m.marker_id in found}
        for layout in layouts
    ]
    place = max(range(len(layouts)), key=lambda index: len(shares[index]))
    return place, shares[place]


def handy(image: GrayImage) -> GrayImage:
    """Halve an image of more resolution than the card needs; every placement refers to this one."""
    if max(image.shape) < LARGE_SIDE_PX:
        return image
    size = (image.shape[1] // 2, image.shape[0] // 2)
    cut = image[: size[1] * 2, : size[0] * 2]
    return handy(np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), np.uint8))


def find_markers(image: GrayImage, layouts: Sequence[CardLayout]) -> dict[int, FloatArray]:
    """Return the corners in pixels of every marker of the layouts seen in the image.

    The search ends as soon as one of the layouts is complete.
    """
    wanted = _ids_of(layouts)
    factor = max(1, round(max(image.shape) / QUICK_LONG_SIDE_PX))
    for share in CORNER_SHARES:
        found = _detect_in_corners(image, wanted, factor, share)
        if _is_complete(found, layouts):
            return _refined(image, found, factor)
    return _find_thoroughly(image, layouts)


def _find_thoroughly(image: GrayImage, layouts: Sequence[CardLayout]) -> dict[int, FloatArray]:
    """Search the whole page, with more contrast and at a finer scale until a layout is complete."""
    wanted = _ids_of(layouts)
    factor = max(1, round(max(image.shape) / SEARCH_LONG_SIDE_PX))
    small = shrink(image, factor)
    found = _detect_in_corners(image, wanted, factor, max(CORNER_SHARES))
    if not _is_complete(found, layouts):
        found = _detect(small, wanted)
    if not _is_complete(found, layouts):
        clipped = cv2.createCLAHE(CLIP_LIMIT, (8, 8)).apply(small)
        found = {**_detect(np.asarray(clipped, np.uint8), wanted), **found}
    if not _is_complete(found, layouts) and factor > 1:
        finer = factor // 2
        larger = shrink(image, finer)
        again = {key: at * (finer / factor) for key, at in _detect(larger, wanted).items()}
        found = {**again, **found}
    return _refined(image, found, factor)


def _refined(
    image: GrayImage, found: Mapping[int, FloatArray], factor: int
) -> dict[int, FloatArray]:
    return {key: _refine(image, at * factor + (factor - 1) / 2) for key, at in found.items()}


def _ids_of(layouts: Sequence[CardLayout]) -> set[int]:
    return {marker.marker_id for layout in layouts for marker in layout.markers}


def _is_complete(found: Mapping[int, FloatArray], layouts: Sequence[CardLayout]) -> bool:
    return any(all(m.marker_id in found for m in layout.markers) for layout in layouts)


def shrink(image: GrayImage, factor: int) -> GrayImage:
    """Average squares of ``factor`` pixels; what is left over at the right and below is cut."""
    if factor == 1:
        return image
    size = (image.shape[1] // factor, image.shape[0] // factor)
    cut = image[: size[1] * factor, : size[0] * factor]
    return np.asarray(cv2.resize(cut, size, interpolation=cv2.INTER_AREA), np.uint8)


def _detect(
    image: GrayImage, wanted: set[int], windows_px: tuple[int, int] = THOROUGH_PX
) -> dict[int, FloatArray]:
    """Return markers seen exactly once; two of one id mean that one is false."""
    seen = _detect_all(image, wanted, windows_px)
    numbers = [number for number, _ in seen]
    return {number: at for number, at in seen if numbers.count(number) == 1}


def _detect_all(
    image: GrayImage, wanted: set[int], windows_px: tuple[int, int]
) -> list[tuple[int, FloatArray]]:
    corners, ids, _ = _DETECTORS[windows_px].detectMarkers(image)
    if ids is None:
        return []
    return [
        (int(number), np.asarray(at, np.float64).reshape(4, 2))
        for number, at in zip(np.ravel(ids), corners, strict=True)
        if int(number) in wanted
    ]


def _shows_two_sheets(image: GrayImage, layouts: Sequence[CardLayout]) -> bool:
    """Say whether a mark of the card is seen twice, at about the same size."""
    small = shrink(image, max(1, round(max(image.shape) / SEARCH_LONG_SIDE_PX)))
    sizes: dict[int, list[float]] = {}
    for number, at in _detect_all(small, _ids_of(layouts), SMALL_MARKS_PX):
        sizes.setdefault(number, []).append(float(np.linalg.norm(at[2] - at[0])))
    twice = [sorted(found) for found in sizes.values() if len(found) > 1]
    return any(found[-1] < ALIKE * found[-2] for found in twice)


def _detect_in_corners(
    image: GrayImage, wanted: set[int], factor: int, share: float
) -> dict[int, FloatArray]:
    """Look only where the marks of a well-fed page are; a mark seen twice is left out.

    ``share`` of each side is looked at; corners in the image shrunk by ``factor``.
    """
    rows, columns = (round(side * share / factor) * factor for side in image.shape)
    below, beside = ((side // factor) * factor for side in image.shape)
    found: dict[int, FloatArray] = {}
    seen: list[int] = []
    for top in (0, below - rows):
        for left in (0, beside - columns):
            region = shrink(image[top : top + rows, left : left + columns], factor)
            for number, at in _detect(region, wanted, QUICK_PX).items():
                found[number] = at + np.array([left, top]) / factor
                seen.append(number)
    return {number: at for number, at in found.items() if seen.count(number) == 1}


def _make_detector(windows_px: tuple[int, int], least_perimeter: float) -> cv2.aruco.ArucoDetector:
    parameters = cv2.aruco.DetectorParameters()
    parameters.adaptiveThreshWinSizeMin = windows_px[0]
    parameters.adaptiveThreshWinSizeMax = windows_px[1]
    parameters.adaptiveThreshWinSizeStep = WINDOW_STEP_PX
    parameters.minMarkerPerimeterRate = least_perimeter
    parameters.maxMarkerPerimeterRate = 1.2  # one corner of a page
    parameters.errorCorrectionRate = 0.5
    parameters.cornerRefinementMethod = cv2.aruco.CORNER_REFINE_NONE
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    return cv2.aruco.ArucoDetector(dictionary, parameters)


_DETECTORS = {
    QUICK_PX: _make_detector(QUICK_PX, LEAST_PERIMETER),
    THOROUGH_PX: _make_detector(THOROUGH_PX, LEAST_PERIMETER),
    SMALL_MARKS_PX: _make_detector(SMALL_MARKS_PX, LEAST_PERIMETER / 2),
}


def _refine(image: GrayImage, corners_px: FloatArray) -> FloatArray:
    """Sharpen the corners in the full image; a corner that runs away is left where it was."""
    side = float(np.linalg.norm(corners_px - np.roll(corners_px, 1, axis=0), axis=1).mean())
    reach = max(2, round(side / 16))
    stop = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, SUBPIXEL_STEPS, SUBPIXEL_STOP_PX)
    start = corners_px.astype(np.float32).reshape(-1, 1, 2)
    sharp = cv2.cornerSubPix(image, start.copy(), (reach, reach), (-1, -1), stop)
    sharp = np.asarray(sharp, np.float64).reshape(4, 2)
    strayed = np.linalg.norm(sharp - corners_px, axis=1) > reach
    return np.where(strayed[:, None], corners_px, sharp)


def _quarter_turns(found: Mapping[int, FloatArray]) -> int:
    """Return by how many quarter turns counterclockwise the page must be turned."""
    tops = np.sum([corners[1] - corners[0] for corners in found.values()], axis=0)
    angle = np.degrees(np.arctan2(tops[1], tops[0]))  # 0 upright, 90 turned clockwise
    return round(float(angle) / 90) % 4


def is_plausible(found: Mapping[int, FloatArray], layout: CardLayout) -> bool:
    """Check that the marks stand to one another as on the card."""
    centres = {m.marker_id: (m.x_mm, m.y_mm) for m in layout.markers if m.marker_id in found}
    ids = sorted(centres)
    seen = np.array([found[key].mean(axis=0) for key in ids])
    drawn = np.array([centres[key] for key in ids])
    size_px = (
        np.mean([np.linalg.norm(c[1] - c[0]) + np.linalg.norm(c[3] - c[0]) for c in found.values()])
        / 2
    )
    size_mm = layout.markers[0].size_mm
    for one in range(len(ids)):
        for other in range(one):
            apart_px = np.linalg.norm(seen[one] - seen[other])
            apart_mm = np.linalg.norm(drawn[one] - drawn[other])
            scale = float(apart_px / apart_mm / (size_px / size_mm))
            if not SCALE_RANGE[0] - MOST_SKEW <= scale <= SCALE_RANGE[1] + MOST_SKEW:
                return False
    if len(ids) == len(layout.markers):
        return _sides_agree(seen, drawn)
    return True


def _sides_agree(seen: FloatArray, drawn: FloatArray) -> bool:
    """Check convexity, likeness of opposite sides and the ratio of height to width."""
    if not cv2.isContourConvex(seen.astype(np.float32)):
        return False
    sides_px = np.linalg.norm(seen - np.roll(seen, -1, axis=0), axis=1)
    scales = sides_px / np.linalg.norm(drawn - np.roll(drawn, -1, axis=0), axis=1)
    alike = all(abs(scales[i] / scales[i + 2] - 1) <= MOST_SKEW for i in range(2))
    ratio = (scales[0] + scales[2]) / (scales[1] + scales[3])
    return alike and SCALE_RANGE[0] <= ratio <= SCALE_RANGE[1]


def _name_the_failure(image: GrayImage, layouts: Sequence[CardLayout], markers: int) -> PageReason:
    small = shrink(image, max(1, round(max(image.shape) / SEARCH_LONG_SIDE_PX)))
    if float(np.mean(small < DARK_LEVEL)) < BLANK_INK_SHARE:
        return PageReason.BLANK_PAGE
    if len(_detect(np.ascontiguousarray(small[:, ::-1]), _ids_of(layouts))) >= FEWEST_MARKERS:
        return PageReason.MIRRORED
    if _shows_two_sheets(image, layouts):
        return PageReason.TWO_SHEETS
    return PageReason.TOO_FEW_MARKERS if markers else PageReason.FOREIGN_PAGE
