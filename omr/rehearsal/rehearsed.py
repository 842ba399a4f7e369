"""One rehearsed page from a seed: printed, filled and scanned or photographed."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from omr.printing import CardHolder
from omr.reader.reading import GrayImage
from omr.rehearsal.camera import photograph_card
from omr.rehearsal.pencil import draw_answers, fill_card
from omr.rehearsal.scanner import ScannedCard, scan_card
from omr.rehearsal.severity import LADDER, Level, Mode
from omr.rules.card_layout import CardLayout

NUMBER_EVERY = 3  # of the cards, on which the number is filled in as well


@dataclass(frozen=True)
class PrintedPage:
    """A printed card as an image, and whose it is."""

    image: GrayImage
    dpi: float
    layout: CardLayout
    holder: CardHolder


def rehearse(
    pages: Sequence[PrintedPage],
    level: Level,
    mode: Mode,
    *,
    seed: int,
    number: int,
    dpi: int | None = None,
) -> tuple[ScannedCard, PrintedPage]:
    """Fill and take one of the printed cards; the same figures give the same picture."""
    rng = np.random.default_rng([seed, number, *level.encode(), *mode.encode()])
    page = pages[number % len(pages)]
    severity = LADDER[level]
    filled_number = page.holder.admission_no if number % NUMBER_EVERY == 0 else None
    card = fill_card(
        page.image,
        page.layout,
        draw_answers(page.layout, rng, number=filled_number),
        dpi=page.dpi,
        severity=severity,
        rng=rng,
    )
    if mode is Mode.PHOTO:
        return photograph_card(card, severity=severity, rng=rng, dpi=dpi), page
    return scan_card(card, severity=severity, rng=rng, dpi=dpi), page
