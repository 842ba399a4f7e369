"""Finds cards by plain corner marks or by the edge of their paper, for cards of other houses.

Such marks do not tell which way the page lies: every quarter turn that fits is handed on, and the
card's own print decides.
"""

from collections.abc import Iterator, Sequence

import cv2
import numpy as np

from omr.reader.orient import Upright, handy, is_plausible, shrink
from omr.reader.reading import FloatArray, GrayImage
from omr.rules.card_layout import CardLayout, Corner, Fiducial

SEARCH_LONG_SIDE_PX = 1200
CORNER_SHARE = 0.25  # of each side of the image
SIZE_RANGE = (0.7, 1.3)  # of a mark, against what the image's size makes of it
LEAST_FULL = {Fiducial.SQUARE: 0.85, Fiducial.DISC: 0.68}  # of its own box; a disc fills 0.785
MOST_FULL = {Fiducial.SQUARE: 1.01, Fiducial.DISC: 0.88}
MOST_OBLONG = 1.35
LEAST_PAPER = 0.3  # of the picture
CORNERS = (Corner.TOP_LEFT, Corner.TOP_RIGHT, Corner.BOTTOM_RIGHT, Corner.BOTTOM_LEFT)


def possible_uprights(image: GrayImage, layouts: Sequence[CardLayout]) -> Iterator[Upright]:
    """Yield the page in every quarter turn and as every page of the card that its marks allow."""
    for quarters in range(4):
        turned = handy(np.ascontiguousarray(np.rot90(image, quarters)))
        for place, layout in enumerate(layouts):
            centres = _centres(turned, layout)
            if centres is None:
                continue
            corners = _as_corners(centres, layout)
            if is_plausible(corners, layout):
                yield Upright(turned, corners, (360 - 90 * quarters) % 360, place)


def _centres(image: GrayImage, layout: CardLayout) -> FloatArray | None:
    """Return the centres of the four marks clockwise from the top left, (4, 2), or None."""
    factor = max(1, round(max(image.shape) / SEARCH_LONG_SIDE_PX))
    small = shrink(image, factor)
    if layout.fiducial is Fiducial.EDGE:
        found = _paper_corners(small)
    else:
        found = _mark_centres(small, layout)
    return None if found is None else found * factor + (factor - 1) / 2


def _mark_centres(small: GrayImage, layout: CardLayout) -> FloatArray | None:
    size_px = layout.markers[0].size_mm * max(small.shape) / layout.paper.height_mm
    window = round(size_px * 2) * 2 + 1
    dark = cv2.adaptiveThreshold(
        small, 255, cv2.ADAPTIVE_THRESH_MEAN_C, cv2.THRESH_BINARY_INV, window * 2 + 1, 40
    )
    _, _, boxes, centres = cv2.connectedComponentsWithStats(dark, connectivity=4)
    width, height, area = boxes[:, 2], boxes[:, 3], boxes[:, 4]
    full = area / (width * height)
    sizes = np.sqrt(width * height) / size_px
    fits = (
        (sizes > SIZE_RANGE[0])
        & (sizes < SIZE_RANGE[1])
        & (full > LEAST_FULL[layout.fiducial])
        & (full < MOST_FULL[layout.fiducial])
        & (np.maximum(width, height) < MOST_OBLONG * np.minimum(width, height))
    )
    return _outermost(np.asarray(centres[fits], np.float64), small.shape)


def _outermost(centres: FloatArray, shape: tuple[int, ...]) -> FloatArray | None:
    """Return the mark nearest to each corner of the image, if it has one in its quarter."""
    rows, columns = shape[:2]
    ends = [(0, 0), (columns, 0), (columns, rows), (0, rows)]
    chosen = []
    for end in ends:
        apart = np.abs(centres - np.array(end)) / np.array([columns, rows])
        near = np.flatnonzero((apart < CORNER_SHARE).all(axis=1))
        if near.size == 0:
            return None
        chosen.append(centres[near[np.argmin(apart[near].sum(axis=1))]])
    return np.array(chosen)


def _paper_corners(small: GrayImage) -> FloatArray | None:
    """Return the corners of the largest bright quadrangle."""
    _, bright = cv2.threshold(small, 0, 255, cv2.THRESH_BINARY + cv2.THRESH_OTSU)
    outlines, _ = cv2.findContours(bright, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    if not outlines:
        return None
    largest = max(outlines, key=cv2.contourArea)
    corners = cv2.approxPolyDP(largest, 0.02 * cv2.arcLength(largest, closed=True), closed=True)
    if len(corners) != 4 or cv2.contourArea(corners) < LEAST_PAPER * small.size:
        return None
    points = np.asarray(corners, np.float64).reshape(4, 2)
    start = int(np.argmin(points.sum(axis=1)))
    points = np.roll(points, -start, axis=0)
    (ax, ay), (bx, by) = points[1] - points[0], points[2] - points[0]
    clockwise = ax * by - ay * bx > 0
    return points if clockwise else np.roll(points[::-1], 1, axis=0)


def _as_corners(centres: FloatArray, layout: CardLayout) -> dict[int, FloatArray]:
    """Return the corners that square marks about these centres would have."""
    by_corner = {marker.corner: marker for marker in layout.markers}
    marks = [by_corner[corner] for corner in CORNERS]
    drawn = np.array([(mark.x_mm, mark.y_mm) for mark in marks], np.float32)
    turn = cv2.getPerspectiveTransform(drawn, centres.astype(np.float32))
    corners = {}
    for mark in marks:
        half = mark.size_mm / 2
        box = np.array([(-half, -half), (half, -half), (half, half), (-half, half)])
        points = (box + np.array([mark.x_mm, mark.y_mm])).reshape(-1, 1, 2)
        seen = cv2.perspectiveTransform(points, np.asarray(turn, np.float64))
        corners[mark.marker_id] = np.asarray(seen, np.float64).reshape(4, 2)
    return corners
