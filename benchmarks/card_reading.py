"""How fast and how surely answer cards are read; prints one JSON object.

``python benchmarks/card_reading.py [--pages 40] [--seed 1]``: speed on one core, JPEG to decision,
next to the time that decoding alone takes in the same run; errors and reviews for every rung of
the ladder up to L3, on cards that this program draws, fills and scans itself.
"""

import json
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from omr.printing import CardHolder, print_blank, print_cards
from omr.reader.blank import BlankCard, blank_card, render_page
from omr.reader.loading import LoadedPage, decode_gray, load_images
from omr.reader.page import read_page
from omr.reader.reading import ENGINE_VERSION, GrayImage, PageReading
from omr.rehearsal.pencil import draw_answers, fill_card
from omr.rehearsal.scanner import ScannedCard, scan_card
from omr.rehearsal.severity import LADDER, Level
from omr.rehearsal.tally import Tally, compare
from omr.rules.card_code import serial_of
from omr.rules.card_layout import CardLayout, load_layout
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR

LAYOUT_FILE = Path(__file__).parents[1] / "seeds" / "card_layouts" / "js-zx-a4-1.toml"
FINE_DPI = 300
HOLDERS = 5
SPEED_PAGES = 24
SPEED_ROUNDS = 5
LEVELS = (Level.L0, Level.L1, Level.L2, Level.L3)


class Bench:
    """The card, its blank and a few personalised cards, drawn once."""

    def __init__(self, seed: int) -> None:
        fonts = {"font_regular": FONT_REGULAR, "font_bold": FONT_BOLD}
        self.seed = seed
        self.layout: CardLayout = load_layout(LAYOUT_FILE.read_text(encoding="utf-8"))
        self.blank: BlankCard = blank_card(self.layout, print_blank(self.layout, **fonts))
        self.holders = [
            CardHolder(
                serial=serial_of(1000 + place),
                name="示例考生",
                admission_no=f"{2532010001000 + place}",
                project="示例项目",
                batch="示例批次",
                room="1",
                seat=str(place + 1),
                paper_type="A",
            )
            for place in range(HOLDERS)
        ]
        pdf = print_cards(self.layout, self.holders, **fonts)
        self.pages: list[GrayImage] = [
            render_page(pdf, dpi=FINE_DPI, index=place) for place in range(HOLDERS)
        ]

    def scan(self, level: Level, number: int, dpi: int | None = None) -> tuple[ScannedCard, str]:
        """Fill and scan one card; returns it with its serial."""
        rng = np.random.default_rng([self.seed, number, *level.encode()])
        place = number % HOLDERS
        holder = self.holders[place]
        filled_number = holder.admission_no if number % 3 == 0 else None
        card = fill_card(
            self.pages[place],
            self.layout,
            draw_answers(self.layout, rng, number=filled_number),
            dpi=FINE_DPI,
            severity=LADDER[level],
            rng=rng,
        )
        return scan_card(card, severity=LADDER[level], rng=rng, dpi=dpi), holder.serial

    def read(self, data: bytes) -> PageReading:
        """Read one file of one page."""
        (page,) = load_images(data, "scan.jpg")
        if not isinstance(page, LoadedPage):
            raise TypeError("the benchmark drew a scan that cannot be loaded")
        return read_page(page.image, self.layout, self.blank)


def seconds_each(files: Sequence[bytes], work: Callable[[bytes], object]) -> list[float]:
    """Return the CPU seconds of the quickest of a few rounds for every file."""
    best = [float("inf")] * len(files)
    for _ in range(SPEED_ROUNDS):
        for place, data in enumerate(files):
            start = time.process_time()
            work(data)
            best[place] = min(best[place], time.process_time() - start)
    return best


def speed(bench: Bench, dpi: int) -> dict[str, Any]:
    """Measure reading and decoding alone on the same scans of a good office scanner."""
    files = [bench.scan(Level.L1, number, dpi)[0].jpeg for number in range(SPEED_PAGES)]
    whole = seconds_each(files, bench.read)
    floor = seconds_each(files, decode_gray)
    return {
        "dpi": dpi,
        "pages": len(files),
        "cards_per_s": round(1 / statistics.mean(whole), 1),
        "read_ms": round(1000 * statistics.mean(whole), 2),
        "worst_ms": round(1000 * max(whole), 2),
        "decode_floor_ms": round(1000 * statistics.mean(floor), 2),
        "ratio_to_floor": round(statistics.mean(whole) / statistics.mean(floor), 2),
    }


def ladder(bench: Bench, level: Level, pages: int) -> dict[str, Any]:
    """Count silent errors, reviews and rejections at one rung."""
    total = Tally()
    for number in range(pages):
        scan, serial = bench.scan(level, number)
        total += compare(bench.read(scan.jpeg), scan.truth, serial=serial)
    return {
        "pages": total.pages,
        "rejected": total.rejected,
        "wrong_serial": total.wrong_serial,
        "clear_groups": total.clear,
        "silent": total.clear_silent,
        "silent_per_10k": round(total.silent_per_10k, 2),
        "silent_per_10k_at_most": round(total.silent_bound_per_10k, 2),
        "review_share": round(total.review_share, 5),
        "marginal_groups": total.marginal,
        "marginal_silent": total.marginal_silent,
    }


@click.command()
@click.option("--pages", default=40, help="Cards for every rung of the ladder.")
@click.option("--seed", default=1)
def main(pages: int, seed: int) -> None:
    """Measure and print."""
    bench = Bench(seed)
    result = {
        "engine": ENGINE_VERSION,
        "layout": bench.layout.code,
        "layout_hash": bench.layout.layout_hash,
        "cells": sum(len(group.cells) for group in bench.layout.groups),
        "seed": seed,
        "speed": [speed(bench, 200), speed(bench, 300)],
        "ladder": {level.value: ladder(bench, level, pages) for level in LEVELS},
    }
    click.echo(json.dumps(result, ensure_ascii=False, indent=2))


if __name__ == "__main__":
    main()
