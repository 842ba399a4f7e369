"""Fits the weights of ``omr/reader/evidence.py`` on rehearsed cards and prints them.

``python benchmarks/card_evidence.py [--pages 30] [--seed 11]``: reads cards of every level and
mode, fits a logistic model to the cells and prints the weights, which are then copied by hand.
What they are worth is reported with another seed by ``benchmarks/cards.py``.
Run from the project's folder with ``PYTHONPATH=.``.
"""

import json
import math

import click
import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize

from benchmarks.card_bench import CardBench
from omr.reader.evidence import CellMeasures, PageInk, features
from omr.reader.reading import PageReading
from omr.rehearsal.pencil import TrueMark
from omr.rehearsal.severity import Level, Mode

LAYOUTS = ("kh-a4-100", "js-zx-a4-1")
LEAST_MATCH = 0.3  # pages that do not match their print teach nothing
MARGINAL_WEIGHT = 0.3
WORST_WEIGHT = 0.5  # of L5
RIDGE = 1e-5
BASE = 0.25  # share of marked cells that the evidence leaves to the prior of the group

Floats = npt.NDArray[np.float64]


def cells_of(
    reading: PageReading, truth: dict[str, TrueMark], bench: CardBench, weight: float
) -> tuple[Floats, Floats, Floats]:
    """Return features, labels and weights of all cells of a page."""
    quality = reading.quality
    assert quality is not None
    groups = bench.layout.groups
    inks = [cell for group in groups for cell in reading.cells[group.group_id]]
    columns = np.array([(c.ink, c.peak, c.cover, c.spill, c.reach) for c in inks]).T
    page = PageInk(quality.mark_ink, quality.mark_peak, quality.noise)
    marked, weights = [], []
    for group in groups:
        mark = truth[group.group_id]
        marked += [cell.value in mark.values for cell in group.cells]
        weights += [weight * (MARGINAL_WEIGHT if mark.marginal else 1.0)] * len(group.cells)
    return features(CellMeasures(*columns), page), np.array(marked, float), np.array(weights)


def gather(pages: int, seed: int) -> tuple[Floats, Floats, Floats]:
    """Read cards of every layout, level and mode."""
    parts = []
    for code in LAYOUTS:
        bench = CardBench(code, seed)
        for level in Level:
            weight = WORST_WEIGHT if level is Level.L5 else 1.0
            for mode in Mode:
                for number in range(pages):
                    scan, _ = bench.rehearse(level, mode, number)
                    reading = bench.read(scan.jpeg)
                    if reading.cells and reading.quality.outline_match >= LEAST_MATCH:  # type: ignore[union-attr]
                        parts.append(cells_of(reading, scan.truth, bench, weight))
    x, y, w = (np.concatenate(part) for part in zip(*parts, strict=True))
    return x, y, w


def fit(x: Floats, y: Floats, w: Floats) -> Floats:
    """Return the weights of the logistic model on the features as they are."""
    middle, spread = x.mean(axis=0), x.std(axis=0)
    middle[0], spread[0] = 0.0, 1.0
    scaled, signs = (x - middle) / spread, np.where(y > 0, 1.0, -1.0)

    def loss(b: Floats) -> tuple[float, Floats]:
        margin = signs * (scaled @ b)
        value = float((w * np.logaddexp(0, -margin)).sum() / w.sum() + RIDGE * (b[1:] @ b[1:]) / 2)
        slope = -(w * signs / (1 + np.exp(margin))) @ scaled / w.sum()
        slope[1:] += RIDGE * b[1:]
        return value, slope

    start = np.zeros(x.shape[1])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", options={"maxiter": 2000}).x
    weights = found / spread
    weights[0] = found[0] - float(weights[1:] @ middle[1:])
    return np.asarray(weights)


@click.command()
@click.option("--pages", default=30, help="Cards for every layout, level and mode.")
@click.option("--seed", default=11)
def main(pages: int, seed: int) -> None:
    """Fit and print."""
    x, y, w = gather(pages, seed)
    weights = fit(x, y, w)
    share = float((w * y).sum() / w.sum())
    weights[0] -= math.log(share / (1 - share))  # evidence is a likelihood ratio, without the prior
    z = x @ weights
    wrong = {str(band): int(((z > 0) != (y > 0))[np.abs(z) > band].sum()) for band in range(6)}
    result = {
        "cells": len(y),
        "marked": round(share, 4),
        "wrong_cells_beyond_evidence": wrong,
        "weights": [round(float(value), 3) for value in weights],
    }
    click.echo(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
