"""Streaks, pale and skewed pages are measured on pictures and told once, with their pages."""

import cv2
import numpy as np
import pytest

from omr.health_charts import trend_chart, trends_of
from omr.reader.page_health import health_of, streaks_of
from omr.reader.reading import rejected
from omr.rules.reasons import PageReason
from omr.rules.scanner_health import PageHealth, Trouble, findings_of
from tests.support.drawn_cards import filled_card, read, some_answers


def turned(image: np.ndarray, degrees: float) -> np.ndarray:
    height, width = image.shape
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 1)
    return cv2.warpAffine(image, turn, (width, height), borderValue=255)


def test_a_clean_card_has_no_streak_and_its_own_resolution() -> None:
    image = filled_card(some_answers()).image
    health = health_of(image, read(image))
    assert health.streaks == ()
    assert health.dpi == pytest.approx(200, abs=1)
    assert health.scale == pytest.approx(1, abs=0.005)
    assert health.skew_deg == pytest.approx(0, abs=0.05)
    assert health.contrast > 150


@pytest.mark.parametrize("quarters", [0, 1])
def test_a_thin_line_along_the_page_is_a_streak(quarters: int) -> None:
    image = filled_card(some_answers()).image.copy()
    column = round(0.4 * image.shape[1])
    image[:, column : column + 2] = np.minimum(image[:, column : column + 2], 150)
    (place,) = streaks_of(np.ascontiguousarray(np.rot90(image, quarters)))
    assert place == pytest.approx(0.6 if quarters else 0.4, abs=0.01)


def test_skew_and_the_smaller_size_are_measured() -> None:
    image = turned(filled_card(some_answers()).image, 2.5)
    small = cv2.resize(image, None, fx=0.96, fy=0.96, interpolation=cv2.INTER_AREA)
    health = health_of(small, read(small))
    assert abs(health.skew_deg or 0) == pytest.approx(2.5, abs=0.1)
    assert health.scale == pytest.approx(0.96, abs=0.005)


def test_a_page_that_is_no_card_says_nothing_of_size_and_skew() -> None:
    health = health_of(np.full((400, 300), 250, np.uint8), rejected(PageReason.BLANK_PAGE))
    assert (health.dpi, health.scale, health.skew_deg) == (None, None, None)


def page(**changed: object) -> PageHealth:
    good = {"contrast": 180.0, "streaks": (), "dpi": 200.0, "scale": 1.0, "skew_deg": 0.2}
    return PageHealth(**{**good, **changed})


STREAK = {"streaks": (0.43,)}


@pytest.mark.parametrize(
    ("pages", "found"),
    [
        ([page()] * 30, []),
        ([page(), *[page(**STREAK)] * 4, page()], [(Trouble.STREAK, 2, 5)]),
        ([page(**STREAK), page(), page(**STREAK)], []),
        ([page(streaks=(0.43 + n / 1000,)) for n in range(5)], [(Trouble.STREAK, 1, 5)]),
        ([page()] * 10 + [page(contrast=140.0)] * 10, [(Trouble.FADING, 13, 20)]),
        ([page(contrast=60.0)] * 3, [(Trouble.PALE, 1, 3)]),
        ([page(dpi=100.0), page()], [(Trouble.COARSE, 1, 1)]),
        ([page(scale=0.95)] * 3, [(Trouble.SCALED, 1, 3)]),
        ([page(skew_deg=-3.0)] * 4, [(Trouble.SKEWED, 1, 4)]),
        ([], []),
    ],
)
def test_a_trouble_is_told_with_its_pages(pages, found) -> None:
    numbered = list(enumerate(pages, 1))
    assert [(f.trouble, f.first, f.last) for f in findings_of(numbered)] == found


def test_every_measure_is_drawn_for_any_number_of_pages() -> None:
    for count in (0, 1, 2, 1000):
        numbered = [(n, page(skew_deg=n / 100)) for n in range(1, count + 1)]
        charts = [trend_chart(trend) for trend in trends_of(numbered)]
        assert len(charts) == 5
        assert all(chart.count("<circle") <= 700 for chart in charts)
        assert all(chart.count("<circle") >= min(count, 1) for chart in charts)
