"""How strongly each cell speaks for a mark: the logarithm of the likelihood ratio mark to empty.

A logistic model over the measured ink, relative to the page's own marks and floor. Its weights were
fitted by ``benchmarks/card_evidence.py`` on rehearsed cards of all levels; they are data, and a
page's reading names the engine version they belong to.
"""

from dataclasses import dataclass

import numpy as np

from omr.reader.reading import FloatArray

FLOOR_QUANTILE = 0.25  # of all cells: fewer than three quarters are ever marked
MOST_FLOOR = (0.20, 0.35)  # of the page's mark, ink and peak: a page full of marks has no floor
ROOT_SHIFT = 0.01  # keeps the slope of the root finite where there is no ink
RANGES = (
    (-0.3, 1.5),
    (-0.3, 1.3),
    (0.0, 1.0),
    (-0.3, 1.2),
    (-0.2, 1.2),
)  # beyond, more says no more
MOST_NOISE = 0.06
MOST_EVIDENCE = 16.0  # log units; no picture is surer than that
AGAINST = 1.4  # empty cells are emptier than the model's slope says, which pale marks flatten
WEIGHTS = (
    -13.711,
    5.859,
    6.155,
    2.385,
    -5.439,
    -1.996,
    9.436,
    11.01,
    8.214,
    -12.028,
    52.853,
)  # in the order of ``features``


@dataclass(frozen=True)
class PageInk:
    """What marks and empty cells of a page are like: typical ink and peak of a mark, the noise."""

    mark_ink: float
    mark_peak: float
    noise: float


@dataclass(frozen=True)
class CellMeasures:
    """Measures of all cells of a page, (N,) each; see ``omr.rules.doubt.CellInk``."""

    ink: FloatArray
    peak: FloatArray
    cover: FloatArray
    spill: FloatArray
    reach: FloatArray


def evidence_of(cells: CellMeasures, page: PageInk) -> FloatArray:
    """Return the evidence for a mark in every cell, (N,), natural logarithm."""
    raw = features(cells, page) @ np.array(WEIGHTS)
    raw = np.where(raw < 0, AGAINST * raw, raw)
    return np.asarray(np.clip(raw, -MOST_EVIDENCE, MOST_EVIDENCE), np.float64)


def features(cells: CellMeasures, page: PageInk) -> FloatArray:
    """Return what the model looks at, (N, 11), all relative to the page's own marks."""
    shares = (
        _above_floor(cells.ink, page.mark_ink, MOST_FLOOR[0]),
        _above_floor(cells.peak, page.mark_peak, MOST_FLOOR[1]),
        cells.cover,
        cells.spill / page.mark_ink,
        cells.reach / page.mark_peak,
    )
    ink, peak, cover, spill, reach = (
        np.clip(share, *limits) for share, limits in zip(shares, RANGES, strict=True)
    )
    noise = np.full_like(ink, min(page.noise / page.mark_ink, MOST_NOISE))
    shown_ink, shown_peak = np.clip(ink, 0, None), np.clip(peak, 0, None)
    columns = (
        np.ones_like(ink),
        ink,
        peak,
        cover,
        spill,
        reach,
        np.sqrt(shown_ink + ROOT_SHIFT),
        np.sqrt(shown_peak + ROOT_SHIFT),
        np.sqrt(shown_ink * shown_peak + ROOT_SHIFT),
        peak * reach,
        noise,
    )
    return np.column_stack(columns)


def _above_floor(values: FloatArray, mark: float, most: float) -> FloatArray:
    """Take off what even empty cells show, where blur spreads the print of their neighbourhood."""
    floor = float(np.quantile(values, FLOOR_QUANTILE))
    return np.asarray((values - min(max(floor, 0.0), most * mark)) / mark, np.float64)
