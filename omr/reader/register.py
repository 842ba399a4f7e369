"""Where every millimetre of the card lies in the image: homography, then bend by timing bars."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from omr.reader.reading import BoolArray, FloatArray, GrayImage, Placement
from omr.rules.card_layout import Bar, CardLayout

STEP_MM = 0.2  # sampling of the patches in which bars are sought
NEAR_REACH_MM = 1.8
FAR_REACH_MM = 4.0
SECOND_REACH_MM = 1.2
WELL_SEEN = 0.85  # of the bars: then one search is enough
BORDER_MM = 0.6  # white that belongs to the picture of a bar
FLAT = 1e-6  # of the squares: a window of one grey matches nothing
LEAST_MATCH = 0.75  # normalised correlation below which a bar counts as hidden
TERMS = 9
LEAST_FULL_ANCHORS = 14
LEAST_PLAIN_ANCHORS = 4
FIT_ROUNDS = 4
SOFT_MM = 0.08  # least spread of the robust weights: half a pixel at 150 dpi
BEND_PENALTY = 0.02
CORNER_WEIGHT = 0.5


@dataclass(frozen=True)
class Registration:
    """The placement of a card, with what it rests on."""

    placement: Placement
    anchors: int
    residual_mm: float
    pixels_per_mm: float


def register(
    image: GrayImage, corners_px: Mapping[int, FloatArray], layout: CardLayout
) -> Registration | None:
    """Place the card by its markers and refine by its timing bars.

    Returns None when markers and bars together do not determine the place.
    """
    drawn = np.vstack([_marker_corners_mm(layout, key) for key in corners_px])
    seen = np.vstack(list(corners_px.values()))
    if len(corners_px) < len(layout.markers):
        wider = _with_far_bars(image, layout, drawn, seen)
        if wider is None:
            return None
        homography = _fit_homography(*wider)
    else:
        homography = _fit_homography(drawn, seen)
    if homography is None:
        return None
    return _bend(image, homography, layout, (drawn, seen))


def to_pixels(placement: Placement, points_mm: FloatArray, layout: CardLayout) -> FloatArray:
    """Return where points of the card lie in the image.

    Parameters
    ----------
    placement : Placement
        Of the card in the image.
    points_mm : (N, 2) float ndarray
        Points on the card, millimetres from its top left corner.
    layout : CardLayout
        Gives the size of the paper, by which the bend is scaled.

    Returns
    -------
    (N, 2) float ndarray
        Pixels as (x, y); the centre of the first pixel is (0, 0).
    """
    terms = _terms(points_mm, layout)
    shift = terms @ np.array(placement.bend_mm).T
    homography = np.array(placement.homography).reshape(3, 3)
    return project(homography, points_mm + shift)


def project(homography: FloatArray, points: FloatArray) -> FloatArray:
    """Apply a (3, 3) homography to (N, 2) points."""
    full = points @ homography[:, :2].T + homography[:, 2]
    return np.asarray(full[:, :2] / full[:, 2:], np.float64)


def _marker_corners_mm(layout: CardLayout, marker_id: int) -> FloatArray:
    marker = next(m for m in layout.markers if m.marker_id == marker_id)
    half = marker.size_mm / 2
    corners = np.array([(-half, -half), (half, -half), (half, half), (-half, half)])
    return np.asarray(corners + np.array([marker.x_mm, marker.y_mm]), np.float64)


def _fit_homography(drawn: FloatArray, seen: FloatArray) -> FloatArray | None:
    homography, _ = cv2.findHomography(drawn, seen, cv2.RANSAC, 4.0)
    return None if homography is None else np.asarray(homography, np.float64)


def _with_far_bars(
    image: GrayImage, layout: CardLayout, drawn: FloatArray, seen: FloatArray
) -> tuple[FloatArray, FloatArray] | None:
    """Add bars to the corners of too few markers, from an affine guess outwards."""
    guess, _ = cv2.estimateAffine2D(drawn, seen, method=cv2.LMEDS)
    if guess is None:
        return None
    homography = np.vstack([np.asarray(guess, np.float64), (0.0, 0.0, 1.0)])
    bars = layout.timing_bars
    centres = np.array([(bar.x_mm, bar.y_mm) for bar in bars])
    found_mm = np.empty((0, 2))
    for reach_mm in (FAR_REACH_MM, FAR_REACH_MM, NEAR_REACH_MM):
        at_mm, kept = _find_bars(image, homography, bars, centres, reach_mm)
        if kept.sum() < LEAST_PLAIN_ANCHORS:
            return None
        found_px = project(homography, at_mm[kept])
        found_mm = centres[kept]
        fitted = _fit_homography(np.vstack([drawn, found_mm]), np.vstack([seen, found_px]))
        if fitted is None:
            return None
        homography = fitted
    sides = found_mm[:, 0] < layout.paper.width_mm / 2
    if min(sides.sum(), (~sides).sum()) < LEAST_PLAIN_ANCHORS:
        return None
    return np.vstack([drawn, found_mm]), np.vstack([seen, found_px])


def _bend(
    image: GrayImage,
    homography: FloatArray,
    layout: CardLayout,
    corners: tuple[FloatArray, FloatArray],
) -> Registration | None:
    """Fit the bend to the bars; where many are missing, seek them again from the first fit."""
    centres = _bar_centres(layout)
    found = _find_bars(image, homography, layout.timing_bars, centres, NEAR_REACH_MM)
    fitted = _fit_bend(homography, layout, corners, found)
    if fitted is None or fitted.anchors >= WELL_SEEN * len(centres):
        return fitted
    bend = np.array(fitted.placement.bend_mm)
    guesses = centres + _terms(centres, layout) @ bend.T
    found = _find_bars(image, homography, layout.timing_bars, guesses, SECOND_REACH_MM)
    again = _fit_bend(homography, layout, corners, found)
    return again if again is not None and again.anchors >= fitted.anchors else fitted


def _fit_bend(
    homography: FloatArray,
    layout: CardLayout,
    corners: tuple[FloatArray, FloatArray],
    found: tuple[FloatArray, BoolArray],
) -> Registration | None:
    at_mm, kept = found
    centres = _bar_centres(layout)
    drawn, seen = corners
    back = np.asarray(np.linalg.inv(homography), np.float64)
    points = np.vstack([drawn, centres[kept]])
    shifts = np.vstack([project(back, seen) - drawn, at_mm[kept] - centres[kept]])
    prior = np.concatenate([np.full(len(drawn), CORNER_WEIGHT), np.ones(int(kept.sum()))])
    terms = _terms(points, layout)
    bend, weights = _robust_bend(terms, shifts, prior, int(kept.sum()))
    missed = np.linalg.norm(shifts - terms @ bend.T, axis=1)
    inliers = weights > 0.1 * prior
    if not inliers.any():
        return None
    placement = Placement(
        homography=tuple(float(x) for x in homography.ravel()),
        bend_mm=(tuple(float(x) for x in bend[0]), tuple(float(x) for x in bend[1])),
    )
    residual = float(np.sqrt(np.mean(missed[inliers] ** 2)))
    area = abs(float(np.linalg.det(homography[:2, :2])))
    bars_in = int(inliers[len(drawn) :].sum())
    return Registration(placement, bars_in, residual, float(np.sqrt(area)))


def _bar_centres(layout: CardLayout) -> FloatArray:
    centres = [(bar.x_mm, bar.y_mm) for bar in layout.timing_bars]
    return np.array(centres, np.float64).reshape(-1, 2)


def _terms(points_mm: FloatArray, layout: CardLayout) -> FloatArray:
    """Return the nine terms of the bend: all up to second order, and three of the third."""
    u = points_mm[:, 0] / (layout.paper.width_mm / 2) - 1
    v = points_mm[:, 1] / (layout.paper.height_mm / 2) - 1
    columns = [np.ones_like(u), u, v, u * v, u * u, v * v, u * u * v, u * v * v, v**3]
    return np.column_stack(columns)


def _robust_bend(
    terms: FloatArray, shifts: FloatArray, prior: FloatArray, bars: int
) -> tuple[FloatArray, FloatArray]:
    """Fit the bend by reweighted least squares (Tukey's biweight); few bars allow few terms."""
    allowed = TERMS if bars >= LEAST_FULL_ANCHORS else 3 if bars >= LEAST_PLAIN_ANCHORS else 0
    bend = np.zeros((2, TERMS))
    weights = prior.copy()
    if allowed == 0:
        return bend, weights
    design = terms[:, :allowed]
    penalty = np.diag([0.0, 0.0, 0.0] + [BEND_PENALTY] * (allowed - 3))
    for _ in range(FIT_ROUNDS):
        weighted = design * weights[:, None]
        solved = np.linalg.solve(
            weighted.T @ design + penalty + 1e-6 * np.eye(allowed), weighted.T @ shifts
        )
        missed = np.linalg.norm(shifts - design @ solved, axis=1)
        spread = max(SOFT_MM, 1.4826 * float(np.median(missed)))
        weights = prior * np.clip(1 - (missed / (4.0 * spread)) ** 2, 0, None) ** 2
        if weights.sum() < allowed:
            break
    bend[:, :allowed] = solved.T
    return bend, weights


def _find_bars(
    image: GrayImage,
    homography: FloatArray,
    bars: tuple[Bar, ...],
    guesses_mm: FloatArray,
    reach_mm: float,
) -> tuple[FloatArray, BoolArray]:
    """Seek every bar near its guess; returns places in millimetres and which were seen."""
    places = guesses_mm.copy()
    kept = np.zeros(len(bars), np.bool_)
    for size in sorted({(bar.width_mm, bar.height_mm) for bar in bars}):
        chosen = [i for i, bar in enumerate(bars) if (bar.width_mm, bar.height_mm) == size]
        half = (size[0] / 2 + BORDER_MM + reach_mm, size[1] / 2 + BORDER_MM + reach_mm)
        sheets = _patches(image, homography, places[chosen], half)
        shifts, match = _best_shifts(sheets, *size)
        seen = match >= LEAST_MATCH
        hits = np.array(chosen)[seen]
        places[hits] += shifts[seen]
        kept[hits] = True
    return places, kept


def _patches(
    image: GrayImage, homography: FloatArray, centres: FloatArray, half: tuple[float, float]
) -> npt.NDArray[np.uint8]:
    across = (
        np.arange(-round(half[0] / STEP_MM), round(half[0] / STEP_MM) + 1, dtype=np.float32)
        * STEP_MM
    )
    down = (
        np.arange(-round(half[1] / STEP_MM), round(half[1] / STEP_MM) + 1, dtype=np.float32)
        * STEP_MM
    )
    probes = (centres[None] + np.array([(0, 0), (1, 0), (0, 1)])[:, None]).reshape(-1, 2)
    at, right, below = project(homography, probes).astype(np.float32).reshape(3, -1, 2)
    along_x, along_y = right - at, below - at  # over a bar the page is flat enough
    maps = [
        (
            at[:, axis, None, None]
            + along_y[:, axis, None, None] * down[None, :, None]
            + along_x[:, axis, None, None] * across[None, None, :]
        ).reshape(-1, len(across))
        for axis in (0, 1)
    ]
    sheet = cv2.remap(
        image,
        maps[0],
        maps[1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(sheet, np.uint8).reshape(len(centres), len(down), len(across))


def _best_shifts(
    sheets: npt.NDArray[np.uint8], width_mm: float, height_mm: float
) -> tuple[FloatArray, FloatArray]:
    """Seek a bar in every sheet, to a fraction of a sample.

    The bar is a black box on white, so its normalised correlation with a place follows from three
    sums over boxes: the grey of the bar, the grey and the squares of the bar with its border.

    Returns
    -------
    (B, 2) float ndarray
        Shift of the best place from the middle of each sheet, millimetres across and down.
    (B,) float ndarray
        Its normalised correlation, at most 1.
    """
    count, rows, columns = sheets.shape
    bar = _samples(width_mm), _samples(height_mm)
    window = tuple(
        2 * round((side / 2 + BORDER_MM) / STEP_MM) + 1 for side in (width_mm, height_mm)
    )
    beside, above = window[0] // 2, window[1] // 2
    size, share = window[0] * window[1], bar[0] * bar[1] / (window[0] * window[1])
    stack = sheets.reshape(count * rows, columns)
    black, grey, squares = (
        np.reshape(sums, sheets.shape)[:, above : rows - above, beside : columns - beside]
        for sums in (
            cv2.boxFilter(stack, cv2.CV_32S, bar, normalize=False),
            cv2.boxFilter(stack, cv2.CV_32S, window, normalize=False),
            cv2.sqrBoxFilter(stack, cv2.CV_64F, window, normalize=False),
        )
    )
    spread = np.maximum(squares - np.square(grey, dtype=np.float64) / size, FLAT)
    scores = (share * grey - black) / np.sqrt(bar[0] * bar[1] * (1 - share) * spread)
    best = scores.reshape(count, -1).argmax(axis=1)
    places = np.stack(np.unravel_index(best, scores.shape[1:]))[::-1]  # across, down
    middle = (np.array(scores.shape[:0:-1]) - 1) / 2
    shifts = (places + _summits(scores, places)).T - middle
    return shifts * STEP_MM, scores[np.arange(count), places[1], places[0]]


def _samples(length_mm: float) -> int:
    """Return how many samples about the middle of a bar lie on it."""
    return 2 * int(length_mm / 2 / STEP_MM + 1e-9) + 1


def _summits(scores: FloatArray, places: npt.NDArray[np.intp]) -> FloatArray:
    """Return the summits of the parabolas across and down through each maximum, from it, (2, B)."""
    last = np.array(scores.shape[:0:-1])[:, None] - 1
    (left, up), (right, down) = np.maximum(places - 1, 0), np.minimum(places + 1, last)
    (across, along), every = places, np.arange(len(scores))
    here = scores[every, along, across]
    before = np.stack([scores[every, along, left], scores[every, up, across]])
    after = np.stack([scores[every, along, right], scores[every, down, across]])
    bend = before - 2 * here + after
    is_summit = (places > 0) & (places < last) & (bend < 0)
    offsets = 0.5 * (before - after) / np.where(is_summit, bend, -1.0)
    return np.where(is_summit, np.clip(offsets, -0.5, 0.5), 0.0)
