"""How much pencil lies in each cell, after paper, light and printed ink are taken off."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from omr.reader.reading import BoolArray, FloatArray, SheetArray
from omr.reader.sample import SIDE_PARTS, SampleGrid

NEIGHBOURS = 7  # cells about each one, itself included, that vote on the white of its paper
NEAR_MM = 9.0  # farther off, another light may fall on the paper
PAPER_QUANTILE = 0.70
GAIN_QUANTILE = 0.45  # of the outlines: marks cover a quarter to a half of all cells at most
GAIN_RANGE = (0.0, 1.8)
PEAK_SHARE = 8  # the darkest eighth of a cell
START_MARK_PEAK = 0.45
LEAST_STROKE = 0.12  # darkness below which nothing counts as stroke
STROKE_SHARE = 0.5  # of the page's own mark
PRIOR_MARKS = 4  # weight of the usual mark while a page has few of its own
USUAL_MARK = (0.50, 0.60)  # ink and peak
SEEN_MARK = (0.15, 0.30)
DIRT_DARKNESS = 0.22
STROKE_SAMPLES = 4  # a pencil line that leaves a cell darkens at least so many
LEAST_WHITE = 16.0
LEAST_GAIN = 0.25  # below, the cells' print has all but vanished: dropped out or two-level scan
LEAST_PRINT = 0.01  # mean darkness within a cell of the blank card that can be missed
HIDDEN_SHARE = 0.5  # of the print usual on the page, below which a cell cannot be seen
BRIGHTER = 1.15  # than the paper of its neighbours: a cell in another light
SOFTER = (0.8, 1.4)  # samples: the blur of a hundred and of seventy dots an inch


@dataclass(frozen=True)
class InkSheet:
    """Measures of all cells, (N,) each, and what the page is like.

    ``beside`` is how dark the paper is a little way off, all along the darkest side of a cell or on
    two opposite ones: what is no darker than that is a shadow and no mark. ``hidden`` cells lack
    the letter printed in them, be it under glare or a slip of paper: that no mark is seen there
    says nothing.
    """

    ink: FloatArray
    peak: FloatArray
    cover: FloatArray
    spill: FloatArray
    reach: FloatArray
    beside: FloatArray
    hidden: BoolArray
    gain: float
    white: float
    noise: float
    mark_ink: float
    mark_peak: float
    outline_match: float
    dirty_share: float


def nearest_cells(centres_mm: FloatArray) -> npt.NDArray[np.intp]:
    """Return for each cell its nearest cells with itself, (N, NEIGHBOURS).

    A cell with fewer near ones stands in their place itself.
    """
    apart = np.linalg.norm(centres_mm[:, None] - centres_mm[None], axis=2)
    nearest = np.argsort(apart, axis=1, kind="stable")[:, : min(NEIGHBOURS, len(centres_mm))]
    far = np.take_along_axis(apart, nearest, axis=1) > NEAR_MM
    return np.where(far, np.arange(len(centres_mm))[:, None], nearest)


def darkness_of(
    sheet: SheetArray, neighbours: npt.NDArray[np.intp], grid: SampleGrid
) -> tuple[SheetArray, SheetArray]:
    """Turn grey values into darkness against the paper about each cell.

    Parameters
    ----------
    sheet : (N, S) float32 ndarray
        Pictures of the cells, 0 black to 255 white.
    neighbours : (N, K) intp ndarray
        Cells that share their paper.
    grid : SampleGrid
        Says which samples lie on paper.

    Returns
    -------
    (N, S) float32 ndarray
        Darkness, 0 paper to 1 black.
    (N,) float32 ndarray
        Grey of the paper at each cell.
    """
    paper = sheet[:, grid.paper]
    rank = int(PAPER_QUANTILE * (paper.shape[1] - 1))
    own = np.partition(paper, rank, axis=1)[:, rank]
    near = np.median(own[neighbours], axis=1)
    near = np.where(own > BRIGHTER * near, own, near)  # no ink makes paper brighter
    white = np.maximum(near, LEAST_WHITE).astype(np.float32)
    darkness = sheet * (-1.0 / white)[:, None]
    darkness += 1.0
    return darkness, white


def measure_ink(
    darkness: SheetArray,
    white: SheetArray,
    blank: SheetArray,
    leaders: npt.NDArray[np.intp],
    grid: SampleGrid,
    *,
    gain: float | None = None,
) -> InkSheet:
    """Measure the ink that the blank card does not have.

    Parameters
    ----------
    darkness, blank : (N, S) float32 ndarray
        Darkness of the page and of the blank card, cell by cell.
    white : (N,) float32 ndarray
        Grey of the paper at each cell of the page.
    leaders : (N,) intp ndarray
        Number of the group of each cell, for finding each group's darkest.
    grid : SampleGrid
        Says which samples lie inside, on the outline and outside.
    gain : float, optional
        Printed ink seen over printed ink expected; measured on the page when it is not given.

    Returns
    -------
    InkSheet
        Shares of full black; see ``omr.rules.doubt.CellInk``.
    """
    if gain is None:
        gain = _printed_gain(darkness, blank, grid)
    excess = darkness[:, grid.inner] - gain * blank[:, grid.inner]
    ink = excess.mean(axis=1)
    top = excess.shape[1] // PEAK_SHARE
    peak = np.partition(excess, -top, axis=1)[:, -top:].mean(axis=1)
    spill = (darkness[:, grid.ring] - gain * blank[:, grid.ring]).mean(axis=1)
    reach = _dark_strokes(darkness, grid)
    mark_ink, mark_peak = _typical_mark(ink, peak, leaders)
    stroke = max(LEAST_STROKE, STROKE_SHARE * mark_peak)
    cover = np.mean(excess > stroke, axis=1)
    empty = ink < 0.25 * mark_ink
    return InkSheet(
        ink=ink.astype(np.float64),
        peak=peak.astype(np.float64),
        cover=cover.astype(np.float64),
        spill=spill.astype(np.float64),
        reach=reach.astype(np.float64),
        beside=_darkest_side(darkness, grid).astype(np.float64),
        hidden=_without_letter(ink, blank, gain, grid),
        gain=gain,
        white=float(np.median(white)),
        noise=_spread(ink[empty]),
        mark_ink=mark_ink,
        mark_peak=mark_peak,
        outline_match=_outline_match(darkness, blank, ink, grid),
        dirty_share=_share(reach[empty] > DIRT_DARKNESS),
    )


def _without_letter(ink: SheetArray, blank: SheetArray, gain: float, grid: SampleGrid) -> BoolArray:
    """Say which cells show less than their share of the letter, on a page that shows its print."""
    letter = blank[:, grid.inner].mean(axis=1)
    missing = (ink < (HIDDEN_SHARE - 1) * gain * letter) & (letter > LEAST_PRINT)
    return np.asarray(missing & (gain >= LEAST_GAIN), np.bool_)


def _printed_gain(darkness: SheetArray, blank: SheetArray, grid: SampleGrid) -> float:
    """Return the printed ink seen over the printed ink expected, over the page.

    Outlines are used because a mark seldom reaches all of them, and a quantile because some do.
    """
    seen = darkness[:, grid.outline].mean(axis=1)
    expected = np.maximum(blank[:, grid.outline].mean(axis=1), 1e-3)
    gain = float(np.quantile(seen / expected, GAIN_QUANTILE))
    return min(max(gain, GAIN_RANGE[0]), GAIN_RANGE[1])


def _typical_mark(
    ink: SheetArray, peak: SheetArray, leaders: npt.NDArray[np.intp]
) -> tuple[float, float]:
    """Return the median mark of the page, leaning on the usual one while there are few."""
    order = np.lexsort((-ink, leaders))
    first = np.r_[True, np.diff(leaders[order]) != 0]
    best = order[first]
    marks = best[(ink[best] > SEEN_MARK[0]) & (peak[best] > SEEN_MARK[1])]
    if marks.size == 0:
        return USUAL_MARK
    weight = marks.size / (marks.size + PRIOR_MARKS)
    return (
        weight * float(np.median(ink[marks])) + (1 - weight) * USUAL_MARK[0],
        weight * float(np.median(peak[marks])) + (1 - weight) * USUAL_MARK[1],
    )


def _share(flags: npt.NDArray[np.bool_]) -> float:
    return float(flags.mean()) if flags.size else 1.0


def _spread(values: SheetArray) -> float:
    if values.size < 8:
        return 0.01
    middle = float(np.median(values))
    return 1.4826 * float(np.median(np.abs(values - middle)))


def _outline_match(
    darkness: SheetArray, blank: SheetArray, ink: SheetArray, grid: SampleGrid
) -> float:
    """Correlate the emptier half of the cells with the blank card, outlines and letters.

    The blank card is softened like the page, by whichever blur fits best: a coarse picture of the
    right place is a match, a sharp one of the wrong place is none.
    """
    calm = ink <= np.quantile(ink, 0.6)
    where = np.concatenate([grid.inner, grid.outline, grid.ring])
    seen = darkness[calm].mean(axis=0)[where]
    drawn = blank[calm].mean(axis=0).reshape(len(grid.down_mm), len(grid.across_mm))
    softened = (drawn, *(cv2.GaussianBlur(drawn, (0, 0), sigma) for sigma in SOFTER))
    return max(_correlation(seen, picture.ravel()[where]) for picture in softened)


def _correlation(one: SheetArray, other: SheetArray) -> float:
    one, other = one - one.mean(), other - other.mean()
    norm = float(np.linalg.norm(one) * np.linalg.norm(other))
    return float(one @ other) / norm if norm > 1e-9 else 0.0


def _darkest_side(darkness: SheetArray, grid: SampleGrid) -> SheetArray:
    """Return how dark the paper beside each cell is: along a whole side, or on both opposite ones.

    A side is as dark as its lightest part; of opposite ones their middles count, so that a narrow
    band that runs through the cell is seen as well.
    """
    parts = (darkness @ grid.sides).reshape(len(darkness), 4, SIDE_PARTS)
    along = parts.min(axis=2).max(axis=1)
    middle = parts[:, :, SIDE_PARTS // 2]
    across = np.minimum(middle[:, 0::2], middle[:, 1::2]).max(axis=1)
    return np.asarray(np.maximum(along, across), np.float32)


def _dark_strokes(darkness: SheetArray, grid: SampleGrid) -> SheetArray:
    """Return how dark the darkest few samples of the paper about each cell are."""
    paper = darkness[:, grid.paper]
    rank = paper.shape[1] - STROKE_SAMPLES
    return np.asarray(np.partition(paper, rank, axis=1)[:, rank], np.float32)
