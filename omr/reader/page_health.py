"""What one page says about the scanner: streaks of dirty glass, contrast, resolution, skew."""

import numpy as np

from omr.reader.reading import BoolArray, GrayImage, PageReading, Placement
from omr.rules.scanner_health import NOMINAL_DPIS, PageHealth

MM_PER_INCH = 25.4
EVERY = 8  # of the lines across a streak, one is looked at
BESIDE_PX = 6  # where the paper beside a streak is looked at
DARKER = 12  # grey levels than the paper on both sides
LEAST_LENGTH = 0.6  # of the page, that a streak is seen
EDGE_SHARE, LEAST_AT_EDGE = 0.03, 0.8  # a streak runs through both margins, a printed line ends
MOST_STREAKS = 5  # that are kept of a page
MERGED = 0.01  # of the page: nearer columns are one streak
PAPER_PERCENTILE, INK_PERCENTILE = 90.0, 1.0
CENTRE_MM, STEP_MM = (105.0, 148.5), 1.0


def health_of(image: GrayImage, reading: PageReading) -> PageHealth:
    """Measure one page.

    Parameters
    ----------
    image : (H, W) uint8 ndarray
        The page as it came from the scanner, not turned.
    reading : PageReading
        Of that page; without a placement neither resolution nor skew is known.

    Returns
    -------
    PageHealth
        Contrast in grey levels, skew in degrees, streaks as shares of the width or height.
    """
    seen = image[::EVERY, ::EVERY]
    ink, paper = np.percentile(seen, (INK_PERCENTILE, PAPER_PERCENTILE))
    dpi = reading.quality.pixels_per_mm * MM_PER_INCH if reading.quality else None
    return PageHealth(
        contrast=round(float(paper - ink), 1),
        streaks=streaks_of(image),
        dpi=None if dpi is None else round(dpi, 1),
        scale=None if dpi is None else round(dpi / _nominal(dpi), 4),
        skew_deg=None if reading.placement is None else round(_skew_deg(reading.placement), 2),
    )


def streaks_of(image: GrayImage) -> tuple[float, ...]:
    """Return where thin lines run along the whole page, as shares of its width or height."""
    upright = _dark_lines(image[::EVERY])
    across = _dark_lines(np.ascontiguousarray(image[:, ::EVERY].T))
    return tuple(sorted({*_places(upright), *_places(across)})[:MOST_STREAKS])


def _dark_lines(rows: GrayImage) -> BoolArray:
    """Say of every column whether it is darker than what is beside it, nearly all the way."""
    if rows.shape[0] == 0 or rows.shape[1] <= 2 * BESIDE_PX:
        return np.zeros(0, np.bool_)
    middle = rows[:, BESIDE_PX:-BESIDE_PX].astype(np.int16)
    beside = np.minimum(rows[:, : -2 * BESIDE_PX], rows[:, 2 * BESIDE_PX :])
    darker = middle + DARKER < beside
    edge = max(1, round(EDGE_SHARE * len(rows)))
    runs_through = [
        np.mean(darker[part], axis=0) > least
        for part, least in (
            (slice(None), LEAST_LENGTH),
            (slice(edge), LEAST_AT_EDGE),
            (slice(-edge, None), LEAST_AT_EDGE),
        )
    ]
    return np.asarray(np.logical_and.reduce(runs_through), np.bool_)


def _places(dark: BoolArray) -> list[float]:
    places: list[float] = []
    for column in np.flatnonzero(dark):
        place = round((float(column) + BESIDE_PX) / (len(dark) + 2 * BESIDE_PX), 3)
        if not places or place - places[-1] > MERGED:
            places.append(place)
    return places


def _nominal(dpi: float) -> int:
    return min(NOMINAL_DPIS, key=lambda nominal: abs(nominal - dpi))


def _skew_deg(placement: Placement) -> float:
    """Return the turn of the card against the edges of the image, within 45 degrees."""
    homography = np.array(placement.homography).reshape(3, 3)
    x, y = CENTRE_MM
    ends = homography @ np.array([(x, x + STEP_MM), (y, y), (1.0, 1.0)])
    ends = ends[:2] / ends[2]
    across, down = ends[:, 1] - ends[:, 0]
    turn = float(np.degrees(np.arctan2(down, across)))
    return (turn + 45.0) % 90.0 - 45.0
