"""Reads files of scans from first to last: every page gets exactly one result."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from omr.batch_reading.jobs import Answer, Card, Job, Opened, PageJob, page_jobs
from omr.batch_reading.pool import WorkerPool
from omr.batch_reading.results import PageResult

PAGE_TIMEOUT_S = 30.0


class Readers(Protocol):
    """Processes that answer jobs, here or on other machines."""

    def run(self, jobs: Sequence[Job]) -> Iterator[tuple[int, Answer]]:
        """Yield each answer with the place of its job, in the order of the jobs."""


@dataclass(frozen=True)
class BatchOfFiles:
    """The files of a batch as they were opened, cut into jobs of a few pages."""

    opened: tuple[Opened, ...]
    jobs: tuple[PageJob, ...]

    @property
    def pages(self) -> int:
        """Return how many pages the files claim; a file that cannot be read counts as one."""
        return sum(source.pages or 1 for source in self.opened)


def open_files(paths: Sequence[Path], readers: Readers) -> BatchOfFiles:
    """Open every file and every member of an archive; a folder stands for the files in it."""
    found = (answer for _, answer in readers.run(_names(paths)))
    opened = tuple(source for source in found if isinstance(source, Opened))
    return BatchOfFiles(opened, tuple(job for source in opened for job in page_jobs(source)))


def read_jobs(
    jobs: Sequence[PageJob], readers: Readers, *, first: int = 0
) -> Iterator[tuple[int, PageResult]]:
    """Yield a result for every page with the place of its job; begin with the job ``first``."""
    for place, page in readers.run(jobs[first:]):
        if isinstance(page, PageResult):
            yield first + place, page


def read_files(
    paths: Sequence[Path], card: Card, *, workers: int, timeout_s: float = PAGE_TIMEOUT_S
) -> Iterator[PageResult]:
    """Yield a result for every page of every file, in the order of the files."""
    with WorkerPool(card, workers=workers, timeout_s=timeout_s) as pool:
        yield from (page for _, page in read_jobs(open_files(paths, pool).jobs, pool))


def _names(paths: Sequence[Path]) -> list[str]:
    names = []
    for path in paths:
        if path.is_dir():
            names += [str(file) for file in sorted(path.rglob("*")) if file.is_file()]
        else:
            names.append(str(path))
    return names
