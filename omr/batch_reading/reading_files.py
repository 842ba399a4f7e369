"""Reads files of scans from first to last: every page gets exactly one result."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from omr.batch_reading.jobs import Card, Opened, page_jobs
from omr.batch_reading.pool import WorkerPool
from omr.batch_reading.results import PageResult

PAGE_TIMEOUT_S = 30.0


def read_files(
    paths: Sequence[Path], card: Card, *, workers: int, timeout_s: float = PAGE_TIMEOUT_S
) -> Iterator[PageResult]:
    """Yield a result for every page of every file, in the order of the files."""
    with WorkerPool(card, workers=workers, timeout_s=timeout_s) as pool:
        opened = [found for found in pool.run(_names(paths)) if isinstance(found, Opened)]
        jobs = [job for source in opened for job in page_jobs(source)]
        yield from (page for page in pool.run(jobs) if isinstance(page, PageResult))


def _names(paths: Sequence[Path]) -> list[str]:
    """Return the files to read; a folder stands for the files in it."""
    names = []
    for path in paths:
        if path.is_dir():
            names += [str(file) for file in sorted(path.rglob("*")) if file.is_file()]
        else:
            names.append(str(path))
    return names
