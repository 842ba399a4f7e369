"""Memory and speed of the processes that read a large batch; prints one line of JSON a step.

``python benchmarks/card_batch.py --pages 10000 --workers 2`` draws a few hundred cards, hands them
to the pool again and again, and after every thousand pages prints the resident memory of each
worker and of this process, and the pages a second so far. ``--pdf`` puts the scans into one PDF,
with a scanner's noise and at a JPEG quality of 75; ``--keeps`` answers as for the database.
Run from the project's folder with ``PYTHONPATH=.``.
"""

import json
import multiprocessing
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import click
import cv2
import numpy as np
from PIL import Image

from benchmarks.card_bench import CardBench
from omr.batch_reading.jobs import PAGES_A_JOB, Card, PageJob, Source
from omr.batch_reading.pool import WorkerPool
from omr.batch_reading.results import KeptPage
from omr.reader.loading import decode_gray
from omr.reader.page import Orders
from omr.rehearsal.severity import Level, Mode
from omr.rules.reasons import PageStatus

DPI = 200
NOISE = 5.0  # grey levels of a cheap scanner
NOISY_QUALITY = 75
TIMEOUT_S = 60.0


@dataclass(frozen=True)
class Scans:
    """Where the drawn scans lie: single files, or one PDF of them all."""

    paths: tuple[Path, ...]
    pages: int

    def jobs(self, pages: int) -> list[PageJob]:
        """Return jobs for so many pages, the same scans over and over."""
        each = self.pages // len(self.paths)
        jobs: list[PageJob] = []
        while sum(job.last - job.first + 1 for job in jobs) < pages:
            jobs += [
                PageJob(Source(str(path)), first, min(first + PAGES_A_JOB - 1, each))
                for path in self.paths
                for first in range(1, each + 1, PAGES_A_JOB)
            ]
        return jobs


@click.command()
@click.option("--layout", "code", default="kh-a4-150", help="510 boxes and both codes.")
@click.option("--pages", default=10_000)
@click.option("--distinct", default=200)
@click.option("--workers", default=2)
@click.option("--step", default=1000)
@click.option("--seed", default=2)
@click.option("--pdf", "as_pdf", is_flag=True)
@click.option("--keeps", is_flag=True)
def main(
    code: str,
    pages: int,
    distinct: int,
    workers: int,
    step: int,
    seed: int,
    *,
    as_pdf: bool,
    keeps: bool,
) -> None:
    """Read a batch and watch the memory."""
    bench = CardBench(code, seed)
    card = Card((((bench.layout, bench.blank),),), Orders(bench.known), keeps=keeps)
    with tempfile.TemporaryDirectory() as folder:
        scans = drawn(bench, distinct, Path(folder), as_pdf=as_pdf)
        watch(card, scans.jobs(pages), workers=workers, step=step)


def drawn(bench: CardBench, count: int, folder: Path, *, as_pdf: bool) -> Scans:
    """Draw the scans, as single files or in one PDF."""
    scans = [bench.rehearse(Level.L1, Mode.SCAN, n, dpi=DPI)[0].jpeg for n in range(count)]
    if as_pdf:
        return Scans((pdf_of([noisy(scan, n) for n, scan in enumerate(scans)], folder),), count)
    paths = tuple(folder / f"{number:04d}.jpg" for number in range(count))
    for path, scan in zip(paths, scans, strict=True):
        path.write_bytes(scan)
    return Scans(paths, count)


def noisy(jpeg: bytes, seed: int) -> bytes:
    """Add the noise of a cheap scanner and pack more tightly."""
    image = decode_gray(jpeg)
    assert image is not None
    noise = np.random.default_rng(seed).normal(0, NOISE, image.shape)
    grainy = np.clip(image + noise, 0, 255).astype(np.uint8)
    _, packed = cv2.imencode(".jpg", grainy, [cv2.IMWRITE_JPEG_QUALITY, NOISY_QUALITY])
    return packed.tobytes()


def pdf_of(jpegs: Sequence[bytes], folder: Path) -> Path:
    """Put every picture on a page of its own, as scanners do."""
    first, *others = (Image.open(BytesIO(jpeg)) for jpeg in jpegs)
    path = folder / "scans.pdf"
    first.save(
        path,
        save_all=True,
        append_images=others,
        resolution=DPI,
        quality="keep",
    )
    return path


def watch(card: Card, jobs: Sequence[PageJob], *, workers: int, step: int) -> None:
    """Read and print what every process holds after each step."""
    read = accepted = 0
    with WorkerPool(card, workers=workers, timeout_s=TIMEOUT_S) as pool:
        begun, cpu_before = time.perf_counter(), 0.0
        for _, answer in pool.run(jobs):
            read += 1
            status = answer.reading.status if isinstance(answer, KeptPage) else answer.status  # type: ignore[union-attr]
            accepted += status is PageStatus.OK
            if read == 1:  # the libraries are loaded
                begun, cpu_before = time.perf_counter(), worker_cpu_s()
            if read % step == 0:
                wall, cpu = time.perf_counter() - begun, worker_cpu_s() - cpu_before
                line = {
                    "pages": read,
                    "accepted": accepted,
                    "workers_mb": [resident_mb(pid) for pid in worker_pids()],
                    "parent_mb": resident_mb(os.getpid()),
                    "pages_per_s": round(read / wall, 1),
                    "cpu_ms_a_page": round(1000 * cpu / read, 2),
                }
                click.echo(json.dumps(line))


def worker_pids() -> list[int]:
    """Return the worker processes."""
    return sorted(child.pid for child in multiprocessing.active_children() if child.pid)


def resident_mb(pid: int) -> float:
    """Return what a process keeps in memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    kib = next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))
    return round(kib / 1024, 1)


def worker_cpu_s() -> float:
    """Return the CPU time of all workers."""
    ticks = 0
    for pid in worker_pids():
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
