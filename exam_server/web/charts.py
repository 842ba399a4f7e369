"""Charts drawn by the server as SVG: the same on screen and on paper."""

from collections.abc import Sequence
from decimal import Decimal

from markupsafe import Markup

from exam_server.languages import translated as _

BAND_WIDTH = 10  # marks a column of the histogram
PASS_MARK = 60  # only chooses the colour of a column; verdicts come from scoring
COLUMN_PX, GAP_PX, HEIGHT_PX, FOOT_PX, HEAD_PX = 34, 8, 120, 20, 18


def bands_of(marks: Sequence[Decimal]) -> list[int]:
    """Count the marks of 0 to 100 in bands of ten; 100 belongs to the last.

    >>> bands_of([Decimal("59.9"), Decimal(60), Decimal(100)])
    [0, 0, 0, 0, 0, 1, 1, 0, 0, 1]
    """
    bands = [0] * (100 // BAND_WIDTH)
    for mark in marks:
        bands[min(int(mark) // BAND_WIDTH, len(bands) - 1)] += 1
    return bands


def histogram(marks: Sequence[Decimal]) -> Markup:
    """Draw how many candidates reached which band of marks."""
    bands = bands_of(marks)
    tallest = max([*bands, 1])
    width = len(bands) * (COLUMN_PX + GAP_PX) + GAP_PX
    columns = Markup("").join(
        _column(index, band, round(band * HEIGHT_PX / tallest)) for index, band in enumerate(bands)
    )
    spoken = "，".join(
        _("{first} 至 {last} 分 {number} 人", first=i * 10, last=_last(i), number=band)
        for i, band in enumerate(bands)
        if band
    )
    return Markup(
        '<svg class="chart chart--histogram" viewBox="0 0 {} {}" role="img" aria-label="{}">'
        "{}</svg>"
    ).format(width, HEAD_PX + HEIGHT_PX + FOOT_PX, spoken, columns)


def _last(index: int) -> int:
    return 100 if index == 9 else index * BAND_WIDTH + 9


def _column(index: int, number: int, height: int) -> Markup:
    left = GAP_PX + index * (COLUMN_PX + GAP_PX)
    middle = left + COLUMN_PX // 2
    top = HEAD_PX + HEIGHT_PX - height
    style = "chart__bar chart__bar--key" if index * BAND_WIDTH >= PASS_MARK else "chart__bar"
    bar = Markup('<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        style, left, top, COLUMN_PX, height
    )
    figure = Markup('<text x="{}" y="{}" text-anchor="middle">{}</text>')
    above = figure.format(middle, top - 5, number) if number else Markup("")
    below = figure.format(left, HEAD_PX + HEIGHT_PX + 14, index * BAND_WIDTH)
    return bar + above + below
