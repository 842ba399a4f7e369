"""What the pages of a batch say about the scanner; pure."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from statistics import median

LEAST_STREAK_PAGES = 3  # one after the other, with a line at the same place
SAME_PLACE = 0.015  # of the width: paper is fed a little to the left or right
EDGE_PAGES = 8  # at both ends of a batch, that are compared
LEAST_CONTRAST = 90.0  # grey levels
FADED = 0.85  # of the contrast at the beginning
LEAST_DPI, MOST_SCALE_ERROR = 140.0, 0.03
MOST_SKEW_DEG, MOST_SKEWED = 2.0, 0.1  # of a page, and of all pages
NOMINAL_DPIS = (100, 150, 200, 240, 300, 400, 600)  # what scanners are set to


class Trouble(StrEnum):
    """What is wrong with the scanner."""

    STREAK = "streak"  # dirty glass
    PALE = "pale"
    FADING = "fading"
    COARSE = "coarse"
    SCALED = "scaled"
    SKEWED = "skewed"


@dataclass(frozen=True)
class PageHealth:
    """Measures of one page; ``scale`` is the printed size over the true one."""

    contrast: float  # grey levels between ink and paper
    streaks: tuple[float, ...]  # places of thin lines along the whole page, 0 to 1
    dpi: float | None
    scale: float | None
    skew_deg: float | None


def health_json(health: PageHealth) -> str:
    """Return the measures as the database keeps them."""
    return json.dumps(asdict(health))


def health_from(kept: str) -> PageHealth:
    """Return measures that were kept.

    >>> health_from(health_json(PageHealth(180.0, (0.25,), 199.8, 0.999, 0.3))).streaks
    (0.25,)
    """
    values = json.loads(kept)
    return PageHealth(**{**values, "streaks": tuple(values["streaks"])})


@dataclass(frozen=True)
class Finding:
    """A trouble, the pages from the first to the last that show it, and its measure."""

    trouble: Trouble
    first: int
    last: int
    pages: int
    value: float


def findings_of(pages: Sequence[tuple[int, PageHealth]]) -> list[Finding]:
    """Return what somebody should see to, in the order of the pages; empty for a good scanner.

    Parameters
    ----------
    pages
        The place of every page in its batch, with its measures, in scanning order.
    """
    if not pages:
        return []
    return [*_streaks(pages), *_contrast(pages), *_size(pages), *_skew(pages)]


def _streaks(pages: Sequence[tuple[int, PageHealth]]) -> Iterator[Finding]:
    """Follow every line from page to page; a page without it ends it."""
    running: dict[float, list[int]] = {}
    for number, health in [*pages, (0, PageHealth(0.0, (), None, None, None))]:
        kept: dict[float, list[int]] = {}
        for place, seen in running.items():
            match = next((s for s in health.streaks if abs(s - place) <= SAME_PLACE), None)
            if match is not None:
                kept[place] = [*seen, number]
            elif len(seen) >= LEAST_STREAK_PAGES:
                yield Finding(Trouble.STREAK, seen[0], seen[-1], len(seen), place)
        for place in health.streaks:
            if all(abs(place - known) > SAME_PLACE for known in kept):
                kept[place] = [number]
        running = kept


def _contrast(pages: Sequence[tuple[int, PageHealth]]) -> Iterator[Finding]:
    cards = [(number, health.contrast) for number, health in pages if health.dpi is not None]
    if not cards:
        return
    typical = median(contrast for _, contrast in cards)
    pale = [number for number, contrast in cards if contrast < LEAST_CONTRAST]
    if typical < LEAST_CONTRAST:
        yield Finding(Trouble.PALE, pale[0], pale[-1], len(pale), typical)
    if len(cards) < 2 * EDGE_PAGES:
        return
    before = median(contrast for _, contrast in cards[:EDGE_PAGES])
    after = median(contrast for _, contrast in cards[-EDGE_PAGES:])
    if after < FADED * before:
        first, last = cards[-EDGE_PAGES][0], cards[-1][0]
        yield Finding(Trouble.FADING, first, last, EDGE_PAGES, after / before)


def _size(pages: Sequence[tuple[int, PageHealth]]) -> Iterator[Finding]:
    coarse = [(n, h.dpi) for n, h in pages if h.dpi is not None and h.dpi < LEAST_DPI]
    if coarse:
        yield _found(Trouble.COARSE, coarse)
    off = [(n, h.scale) for n, h in pages if h.scale and abs(h.scale - 1) > MOST_SCALE_ERROR]
    known = sum(health.scale is not None for _, health in pages)
    if off and len(off) > known / 2:
        yield _found(Trouble.SCALED, off)


def _skew(pages: Sequence[tuple[int, PageHealth]]) -> Iterator[Finding]:
    turns = [(number, abs(h.skew_deg)) for number, h in pages if h.skew_deg is not None]
    skewed = [(number, turn) for number, turn in turns if turn > MOST_SKEW_DEG]
    if len(skewed) >= LEAST_STREAK_PAGES and len(skewed) > MOST_SKEWED * len(turns):
        yield _found(Trouble.SKEWED, skewed)


def _found(trouble: Trouble, pages: Iterable[tuple[int, float]]) -> Finding:
    held = list(pages)
    return Finding(trouble, held[0][0], held[-1][0], len(held), median(v for _, v in held))
