"""Trends of a batch over the order of its pages as SVG: the same picture on a page and in the PDF.

Only the part of SVG is used that ``item_bank.figure_drawing`` knows, and figures for labels; what
they mean is said beside the chart, in the reader's language.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from omr.rules.scanner_health import PageHealth

GREY, RULE, BRAND = "#526272", "#C3CCD6", "#1D62C4"
WIDTH, HEIGHT, LEFT, TOP, FLOOR = 300.0, 96.0, 44.0, 10.0, 76.0
DOT = 1.6
MOST_DOTS = 300  # beyond, pages are gathered to their least and greatest


@dataclass(frozen=True)
class Trend:
    """One measure: (place in the batch, value) of every page, and the smallest scale to draw."""

    name: str
    points: tuple[tuple[int, float], ...]
    digits: int
    least_span: float
    last: int  # page of the batch
    most: float = math.inf  # that the measure can be


def trends_of(pages: Sequence[tuple[int, PageHealth]]) -> tuple[Trend, ...]:
    """Return the five measures over the order of the pages."""
    known = [(number, h) for number, h in pages if h.dpi is not None]
    last = max((number for number, _ in pages), default=1)
    return (
        Trend("streaks", tuple((n, float(len(h.streaks))) for n, h in pages), 0, 2.0, last),
        Trend("contrast", tuple((n, h.contrast) for n, h in known), 0, 40.0, last, 255.0),
        Trend("dpi", tuple((n, h.dpi) for n, h in known if h.dpi is not None), 0, 20.0, last),
        Trend(
            "scale",
            tuple((n, 100 * h.scale) for n, h in known if h.scale is not None),
            1,
            4.0,
            last,
        ),
        Trend(
            "skew", tuple((n, h.skew_deg) for n, h in known if h.skew_deg is not None), 1, 2.0, last
        ),
    )


def trend_chart(trend: Trend) -> str:
    """Draw one measure, a dot a page, between its least and its greatest value."""
    parts = [_line(LEFT, FLOOR, WIDTH - 4, FLOOR), _line(LEFT, TOP, LEFT, FLOOR)]
    if trend.points:
        parts += _dots(trend)
    body = "".join(parts)
    size = f'viewBox="0 0 {WIDTH:g} {HEIGHT:g}"'
    return f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-size="11">{body}</svg>'


def _dots(trend: Trend) -> list[str]:
    values = [value for _, value in trend.points]
    low, high = min(values), max(values)
    spare = max(0.0, trend.least_span - (high - low)) / 2
    low, high = low - (0 if trend.name == "streaks" else spare), high + spare
    high = min(high, max(trend.most, max(values)))
    last = trend.last
    across, down = (WIDTH - LEFT - 12) / max(1, last - 1), (FLOOR - TOP - 6) / (high - low)
    dots = [
        f'<circle cx="{LEFT + 4 + (number - 1) * across:.1f}" '
        f'cy="{FLOOR - 3 - (value - low) * down:.1f}" r="{DOT:g}" fill="{BRAND}"/>'
        for number, value in _gathered(trend.points)
    ]
    return [
        *dots,
        _text(LEFT - 4, TOP + 8, f"{high:.{trend.digits}f}", "end"),
        _text(LEFT - 4, FLOOR, f"{low:.{trend.digits}f}", "end"),
        _text(LEFT + 4, HEIGHT - 6, "1", "middle"),
        _text(WIDTH - 8, HEIGHT - 6, str(last), "end"),
    ]


def _gathered(points: Sequence[tuple[int, float]]) -> Iterator[tuple[int, float]]:
    step = -(-len(points) // MOST_DOTS)
    for start in range(0, len(points), step):
        bucket = points[start : start + step]
        yield min(bucket, key=lambda point: point[1])
        if step > 1:
            yield max(bucket, key=lambda point: point[1])


def _line(x1: float, y1: float, x2: float, y2: float) -> str:
    return f'<line x1="{x1:g}" y1="{y1:g}" x2="{x2:g}" y2="{y2:g}" stroke="{RULE}"/>'


def _text(x: float, y: float, words: str, anchor: str) -> str:
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" fill="{GREY}">{words}</text>'
