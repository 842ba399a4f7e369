"""The ladder of rehearsed answer cards and the speed of reading them; prints JSON.

``python benchmarks/cards.py ladder --level L3 --mode photo --pages 100 --seed 2`` counts silent
errors, reviews, rejected pages and wrong identities; several runs can be appended to one file with
``--out`` and shown as a table by ``python benchmarks/cards.py table FILE``.
``… speed`` measures pages per second on one core beside the time that decoding alone takes in the
same run. ``… codes`` compares the readers of codes and what the cascade of both costs.
Run from the project's folder with ``PYTHONPATH=.``.
"""

import json
import statistics
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import zxingcpp
from pyzbar import pyzbar

from benchmarks.card_bench import CardBench
from omr.reader.identity import qr_patch, read_barcode, read_modules, read_qr
from omr.reader.loading import decode_gray
from omr.reader.orient import turn_upright
from omr.reader.reading import ENGINE_VERSION, GrayImage, PageReading
from omr.reader.register import register
from omr.rehearsal.pencil import TrueMark
from omr.rehearsal.severity import Level, Mode
from omr.rehearsal.tally import Tally, compare
from omr.rules.card_code import parse_qr_text
from omr.rules.reasons import WHOLE_PAGE_REASONS, PageReason

SPEED_ROUNDS = 5
BINS = (0.5, 0.9, 0.99, 0.998, 0.9995, 1.0)  # of the confidence, upper ends
LEVELS = click.Choice([level.value for level in Level])
MODES = click.Choice([mode.value for mode in Mode])
GOALS = {  # docs/algorithms/card-reading.md: silent per 10k, review, rejected
    "L0": (0, 0.005, 0),
    "L1": (0, 0.005, 0),
    "L2": (0, 0.02, 0),
    "L3": (1, 0.05, 0.01),
    "L4": (5, 0.15, 0.10),
    "L5": (20, 0.30, 0.40),
}


@click.group()
def main() -> None:
    """Hold the subcommands together."""


@main.command("ladder")
@click.option("--layout", "code", default="kh-a4-100")
@click.option("--level", "levels", type=LEVELS, multiple=True)
@click.option("--mode", "modes", type=MODES, multiple=True)
@click.option("--pages", default=100)
@click.option("--seed", default=2)
@click.option("--out", type=click.Path(path_type=Path), help="Append one line of JSON a rung.")
def ladder(
    code: str, levels: tuple[str, ...], modes: tuple[str, ...], pages: int, seed: int, out: Path
) -> None:
    """Count what goes wrong at each rung."""
    bench = CardBench(code, seed)
    for level in levels or tuple(Level):
        for mode in modes or tuple(Mode):
            line = json.dumps(rung(bench, Level(level), Mode(mode), pages))
            click.echo(line)
            if out is not None:
                with out.open("a", encoding="utf-8") as file:
                    file.write(line + "\n")


def rung(bench: CardBench, level: Level, mode: Mode, pages: int) -> dict[str, Any]:
    """Read the cards of one level and mode."""
    total, bins, reasons, seconds = Tally(), Counter[tuple[float, bool]](), Counter[str](), 0.0
    for number in range(pages):
        scan, holder = bench.rehearse(level, mode, number)
        start = time.process_time()
        reading = bench.read(scan.jpeg)
        seconds += time.process_time() - start
        total += compare(reading, scan.truth, serial=holder.serial)
        bins += calibration(reading, scan.truth)
        reasons.update(str(reason) for reason in reading.reasons)
    return {
        "engine": ENGINE_VERSION,
        "layout": bench.layout.code,
        "level": level.value,
        "mode": mode.value,
        "seed": bench.seed,
        "pages": total.pages,
        "clear": total.clear,
        "silent": total.clear_silent,
        "silent_per_10k": round(total.silent_per_10k, 2),
        "silent_per_10k_at_most": round(total.silent_bound_per_10k, 2),
        "review_share": round(total.review_share, 5),
        "rejected": total.rejected,
        "wrong_identity": total.wrong_serial,
        "marginal": total.marginal,
        "marginal_silent": total.marginal_silent,
        "ms": round(1000 * seconds / pages, 2),
        "confidence_bins": [
            [end, bins[end, True] + bins[end, False], bins[end, False]] for end in BINS
        ],
        "reasons": dict(reasons.most_common()),
    }


def calibration(reading: PageReading, truth: dict[str, TrueMark]) -> Counter[tuple[float, bool]]:
    """Count the groups that are no person's business by confidence, right and wrong."""
    counts: Counter[tuple[float, bool]] = Counter()
    if not reading.answers or WHOLE_PAGE_REASONS.intersection(reading.reasons):
        return counts
    for group, mark in truth.items():
        if not mark.marginal:
            end = next(end for end in BINS if reading.confidence[group] <= end)
            counts[end, set(reading.answers[group]) == set(mark.values)] += 1
    return counts


@main.command("table")
@click.argument("file", type=click.Path(path_type=Path))
def table(file: Path) -> None:
    """Add the lines of each level and mode and print a table with the goals."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    for line in file.read_text("utf-8").splitlines():
        run = json.loads(line)
        sums = rows.setdefault((run["level"], run["mode"]), Counter())
        sums["reviewed"] += round(run["review_share"] * run["clear"])
        for name in ("pages", "clear", "silent", "rejected", "wrong_identity", "marginal"):
            sums[name] += run[name]
        sums["marginal_silent"] += run["marginal_silent"]
    heading = ["level, mode", "pages", "clear groups", "silent per 10k (below)", "review"]
    heading += ["rejected", "wrong identity", "marginal groups, silent"]
    click.echo("| " + " | ".join(heading) + " |")
    click.echo("|" + " --- |" * len(heading))
    for (level, mode), sums in sorted(rows.items()):
        click.echo(table_row(f"{level} {mode}", sums, met=meets(level, sums)))


def table_row(name: str, sums: Counter[str], *, met: bool) -> str:
    """Word one line of the table."""
    clear, pages = max(sums["clear"], 1), sums["pages"]
    bound = 1e4 * (sums["silent"] + 3) / clear
    cells = (
        name + ("" if met else " (goal missed)"),
        str(pages),
        str(sums["clear"]),
        f"{1e4 * sums['silent'] / clear:.1f} ({bound:.1f})",
        f"{100 * sums['reviewed'] / clear:.2f} %",
        f"{100 * sums['rejected'] / pages:.1f} %",
        str(sums["wrong_identity"]),
        f"{100 * sums['marginal_silent'] / max(sums['marginal'], 1):.2f} % of {sums['marginal']}",
    )
    return "| " + " | ".join(cells) + " |"


def meets(level: str, sums: Counter[str]) -> bool:
    """Say whether a rung meets its goal."""
    silent, review, rejected = GOALS[level]
    clear = max(sums["clear"], 1)
    return (
        1e4 * sums["silent"] / clear <= silent
        and sums["reviewed"] / clear <= review
        and sums["rejected"] / sums["pages"] <= rejected
        and sums["wrong_identity"] == 0
    )


@main.command("speed")
@click.option("--layout", "code", default="kh-a4-150", help="510 boxes and both codes.")
@click.option("--pages", default=24)
@click.option("--seed", default=2)
@click.option("--dpi", "resolutions", type=int, multiple=True, default=(200, 300))
def speed(code: str, pages: int, seed: int, resolutions: tuple[int, ...]) -> None:
    """Measure CPU time from bytes to decision, and of decoding alone, on the same scans."""
    bench = CardBench(code, seed)
    for dpi in resolutions:
        files = [bench.rehearse(Level.L1, Mode.SCAN, n, dpi=dpi)[0].jpeg for n in range(pages)]
        floor, whole = cpu_seconds(files, (decode_whole, bench.read))
        line = {
            "dpi": dpi,
            "boxes": sum(len(group.cells) for group in bench.layout.groups),
            "pages_per_s": round(1 / statistics.mean(whole), 1),
            "read_ms": round(1000 * statistics.mean(whole), 2),
            "worst_ms": round(1000 * max(whole), 2),
            "decode_floor_ms": round(1000 * statistics.mean(floor), 2),
            "ratio_to_floor": round(statistics.mean(whole) / statistics.mean(floor), 2),
        }
        click.echo(json.dumps(line))


def decode_whole(data: bytes) -> object:
    """Decode a scan at its full resolution, as any reader would that knew nothing of cards."""
    return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)


def cpu_seconds(
    files: Sequence[bytes], works: Sequence[Callable[[bytes], object]]
) -> list[list[float]]:
    """Return the quickest of a few rounds for every work and file, the works taking turns."""
    best = [[float("inf")] * len(files) for _ in works]
    for _ in range(SPEED_ROUNDS):
        for place, data in enumerate(files):
            for row, work in zip(best, works, strict=True):
                start = time.process_time()
                work(data)
                row[place] = min(row[place], time.process_time() - start)
    return best


@main.command("codes")
@click.option("--layout", "code", default="kh-a4-100")
@click.option("--pages", default=40)
@click.option("--seed", default=2)
@click.option("--level", "levels", type=LEVELS, multiple=True)
def codes(code: str, pages: int, seed: int, levels: tuple[str, ...]) -> None:
    """Compare readers of the QR code on the same patches, and the cascade of codes."""
    bench = CardBench(code, seed)
    for level in levels or tuple(Level):
        for mode in Mode:
            click.echo(json.dumps(code_rates(bench, Level(level), mode, pages)))


def code_rates(bench: CardBench, level: Level, mode: Mode, pages: int) -> dict[str, Any]:
    """Count what each reader reads, with its mean CPU milliseconds."""
    found, placed, wrong = Counter[str](), 0, 0
    spent: defaultdict[str, float] = defaultdict(float)
    tries: dict[str, Callable[[], object]] = {}
    for number in range(pages):
        scan, holder = bench.rehearse(level, mode, number)
        image = decode_gray(scan.jpeg)
        assert image is not None
        upright = turn_upright(image, [bench.layout])
        if isinstance(upright, PageReason):
            continue
        registration = register(upright.image, upright.corners_px, bench.layout)
        if registration is None:
            continue
        placed += 1
        page, place = upright.image, registration.placement
        patch = qr_patch(page, place, bench.layout)
        assert patch is not None
        tries = {
            "zxing_cpp": partial(by_zxing, patch),
            "pyzbar": partial(by_zbar, patch),
            "opencv": partial(by_opencv, patch),
            "modules": partial(by_modules, page, place, bench),
            "code128": partial(read_barcode, page, place, bench.layout),
            "cascade": partial(cascade, page, place, bench),
        }
        for name, work in tries.items():
            start = time.process_time()
            serial = work()
            spent[name] += time.process_time() - start
            found[name] += serial == holder.serial
            wrong += serial is not None and serial != holder.serial
    return {
        "level": level.value,
        "mode": mode.value,
        "pages": pages,
        "placed": placed,
        "wrong": wrong,
        **{
            name: {
                "read": round(found[name] / max(placed, 1), 3),
                "ms": round(1000 * spent[name] / max(placed, 1), 2),
            }
            for name in tries
        },
    }


def cascade(page: GrayImage, place: Any, bench: CardBench) -> str | None:
    """Read as the page does: the QR code in every way in turn, else the Code 128."""
    code = read_qr(page, place, bench.layout)
    return code.serial if code else read_barcode(page, place, bench.layout)


def by_modules(page: GrayImage, place: Any, bench: CardBench) -> str | None:
    """Read module by module alone."""
    code = read_modules(page, place, bench.layout)
    return code.serial if code else None


def by_zxing(patch: GrayImage) -> str | None:
    """Read with zxing-cpp alone."""
    wanted = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    return serial_in([code.text for code in zxingcpp.read_barcodes(patch, formats=wanted)])


def by_zbar(patch: GrayImage) -> str | None:
    """Read with zbar alone."""
    codes = pyzbar.decode(patch, symbols=[pyzbar.ZBarSymbol.QRCODE])
    return serial_in([code.data.decode("ascii", "replace") for code in codes])


def by_opencv(patch: GrayImage) -> str | None:
    """Read with OpenCV alone."""
    text, _, _ = cv2.QRCodeDetector().detectAndDecode(patch)
    return serial_in([text])


def serial_in(texts: Sequence[str]) -> str | None:
    """Return the serial of the first text that is one of ours."""
    codes = (parse_qr_text(text) for text in texts)
    return next((code.serial for code in codes if code is not None), None)


if __name__ == "__main__":
    main()
