"""What the ladder does not have: hard shadows, glare, slips of paper, other print; prints JSON.

``python benchmarks/card_troubles.py --pages 40 --seed 3`` takes cards filled and scanned as on L1,
puts one trouble on each and counts, as ``cards.py ladder`` does, what was misread in silence, sent
to a person or rejected. Run from the project's folder with ``PYTHONPATH=.``.
"""

import json
from collections.abc import Callable
from typing import TypeAlias

import click
import cv2
import numpy as np
import numpy.typing as npt

from benchmarks.card_bench import CardBench
from omr.reader.loading import decode_gray
from omr.reader.reading import FloatArray, GrayImage
from omr.rehearsal.severity import Level, Mode
from omr.rehearsal.tally import Tally, compare

QUALITY = 75
WHITE = 250
Random: TypeAlias = np.random.Generator
Trouble: TypeAlias = Callable[[GrayImage, Random], GrayImage]


def lit(image: npt.NDArray[np.floating] | GrayImage, light: FloatArray) -> GrayImage:
    """Return the page in another light, 1 as it is."""
    return np.asarray(np.clip(image * light, 0, 255), np.uint8)


def edge(image: GrayImage, rng: Random) -> FloatArray:
    """Draw the light of one shadow with an edge of any direction, hard or soft."""
    rows, columns = image.shape
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    angle = rng.uniform(0, 2 * np.pi)
    across = x - rng.uniform(0.2, 0.8) * columns, y - rng.uniform(0.2, 0.9) * rows
    far = across[0] * np.cos(angle) + across[1] * np.sin(angle)
    beyond = 1 / (1 + np.exp(-np.clip(far / rng.choice([0.3, 1, 3, 8]), -40, 40)))
    return np.asarray(1 - rng.uniform(0.2, 0.7) * beyond, np.float64)


def shadow(image: GrayImage, rng: Random) -> GrayImage:
    """Let one shadow fall on the page."""
    return lit(image, edge(image, rng))


def two_shadows(image: GrayImage, rng: Random) -> GrayImage:
    """Let two shadows fall across one another."""
    return lit(image, edge(image, rng) * edge(image, rng))


def bands(image: GrayImage, rng: Random) -> GrayImage:
    """Darken three bands, along or across, 1 to 11 mm wide."""
    light = np.ones(image.shape)
    for _ in range(3):
        upright = bool(rng.random() < 0.5)
        length = image.shape[1] if upright else image.shape[0]
        start, width = int(rng.uniform(0.1, 0.85) * length), int(rng.integers(10, 90))
        where = np.s_[:, start : start + width] if upright else np.s_[start : start + width]
        light[where] *= rng.uniform(0.4, 0.85)
    return lit(image, light)


def glare(image: GrayImage, rng: Random) -> GrayImage:
    """Let a lamp shine back from a dim page."""
    rows, columns = image.shape
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    middle = rng.uniform(0.2, 0.8) * columns, rng.uniform(0.3, 0.8) * rows
    spot = np.exp(-(((x - middle[0]) / 240) ** 2) - ((y - middle[1]) / 290) ** 2)
    dim = image * 0.6
    return lit(dim + (255 - dim) * spot * rng.uniform(0.3, 0.95), np.ones(1))


def slips(image: GrayImage, rng: Random) -> GrayImage:
    """Lay three slips of white paper on the card."""
    changed = image.copy()
    rows, columns = image.shape
    for _ in range(3):
        top, left = int(rng.uniform(0.35, 0.85) * rows), int(rng.uniform(0.1, 0.8) * columns)
        height, width = (int(size) for size in rng.integers(40, 160, 2))
        changed[top : top + height, left : left + width] = WHITE
    return changed


def folded(image: GrayImage, rng: Random) -> GrayImage:
    """Fold a corner over."""
    changed = image.copy()
    rows, columns = image.shape
    size = int(rng.uniform(0.25, 0.6) * columns)
    corner = np.array([(0, 0), (size, 0), (0, size)])
    flipped = corner * rng.choice([-1, 1], 2)
    at = np.where(flipped.sum(axis=0) < 0, (columns, rows), 0)
    cv2.fillPoly(changed, [(flipped + at).astype(np.int32)], (WHITE,))
    return changed


def shines_through(image: GrayImage, rng: Random) -> GrayImage:
    """Let the card behind show through, mirrored."""
    behind = cv2.GaussianBlur(image[:, ::-1], (0, 0), 4) / 255
    return lit(image, 1 - rng.uniform(0.1, 0.3) * (1 - behind))


def two_level(image: GrayImage, rng: Random) -> GrayImage:
    """Scan black and white under a soft shadow."""
    rows, columns = image.shape
    x = np.linspace(-1, 1, columns) * rng.choice([-1, 1])
    light = 1 - rng.uniform(0.2, 0.6) / (1 + np.exp(-x / rng.uniform(0.1, 0.5)))
    noisy = image * light[None] + rng.normal(0, 8, (rows, columns))
    return np.where(noisy < rng.integers(110, 170), 0, 255).astype(np.uint8)


def copied(image: GrayImage, rng: Random) -> GrayImage:
    """Copy the card three times over, more contrast each time."""
    page = image.astype(np.float32)
    for _ in range(3):
        page = np.clip((cv2.GaussianBlur(page, (0, 0), 0.9) - 128) * 1.6 + 140, 0, 255)
    return np.clip(page + rng.normal(0, 5, page.shape), 0, 255).astype(np.uint8)


def turned(image: GrayImage, rng: Random) -> GrayImage:
    """Lay the card askew on a larger sheet."""
    border = 500
    sheet = cv2.copyMakeBorder(image, *(border,) * 4, cv2.BORDER_CONSTANT, value=(255,))
    rows, columns = sheet.shape
    turn = cv2.getRotationMatrix2D((columns / 2, rows / 2), rng.uniform(-80, 80), 1.0)
    return np.asarray(cv2.warpAffine(sheet, turn, (columns, rows), borderValue=(255,)), np.uint8)


TROUBLES: dict[str, Trouble] = {
    work.__name__: work
    for work in (
        shadow,
        two_shadows,
        bands,
        glare,
        slips,
        folded,
        shines_through,
        two_level,
        copied,
        turned,
    )
}


@click.command()
@click.option("--layout", "code", default="kh-a4-150")
@click.option("--trouble", "chosen", type=click.Choice(list(TROUBLES)), multiple=True)
@click.option("--pages", default=40)
@click.option("--seed", default=3)
def main(code: str, chosen: tuple[str, ...], pages: int, seed: int) -> None:
    """Count what goes wrong under each trouble."""
    bench = CardBench(code, seed)
    for name in chosen or tuple(TROUBLES):
        total = sum_of(bench, TROUBLES[name], pages)
        line = {
            "trouble": name,
            "pages": total.pages,
            "clear": total.clear,
            "silent": total.clear_silent,
            "review_share": round(total.review_share, 4),
            "rejected": total.rejected,
            "wrong_identity": total.wrong_serial,
        }
        click.echo(json.dumps(line))


def sum_of(bench: CardBench, trouble: Trouble, pages: int) -> Tally:
    """Read so many cards under a trouble."""
    total = Tally()
    for number in range(pages):
        scan, holder = bench.rehearse(Level.L1, Mode.SCAN, number)
        image = decode_gray(scan.jpeg)
        assert image is not None
        changed = trouble(image, np.random.default_rng((bench.seed, number)))
        _, jpeg = cv2.imencode(".jpg", changed, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
        total += compare(bench.read(jpeg.tobytes()), scan.truth, serial=holder.serial)
    return total


if __name__ == "__main__":
    main()
