"""What a worker process is asked and answers, and how it opens a source; values only."""

import mmap
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from omr.batch_reading.results import KeptPage, PageResult
from omr.reader.archives import READ_ERRORS, is_archive, members_of, read_member
from omr.reader.loading import FileBytes, LoadedPage, LoadFailure, count_pages, load_images
from omr.reader.page import NO_ORDERS, Orders, Sides
from omr.rules.reasons import PageReason

HEAD_BYTES = 8
PAGES_A_JOB = 8


@dataclass(frozen=True)
class Card:
    """The kinds of cards that are expected, each with its pages, and what is known of them."""

    kinds: tuple[Sides, ...]
    orders: Orders = NO_ORDERS
    keeps: bool = False  # answer with readings and images to keep instead of rows of a file


@dataclass(frozen=True)
class Source:
    """One image file: by itself, or a member of an archive."""

    path: str
    member: str = ""

    @property
    def name(self) -> str:
        """Return the name under which results are reported."""
        return f"{self.path}/{self.member}" if self.member else self.path


@dataclass(frozen=True)
class Opened:
    """A source and how many pages it claims, or why it has none."""

    source: Source
    pages: int
    fault: PageReason | None = None


@dataclass(frozen=True)
class PageJob:
    """Some pages of one source, counted from 1."""

    source: Source
    first: int
    last: int
    fault: PageReason | None = None


Job: TypeAlias = str | PageJob
Answer: TypeAlias = PageResult | KeptPage | Opened


def page_jobs(opened: Opened) -> Iterator[PageJob]:
    """Cut a source into jobs of a few pages; one that has none is a job by itself."""
    if opened.fault is not None:
        yield PageJob(opened.source, 0, 0, opened.fault)
    for first in range(1, opened.pages + 1, PAGES_A_JOB):
        yield PageJob(opened.source, first, min(first + PAGES_A_JOB - 1, opened.pages))


class Shelf:
    """Opens sources and keeps the last one open, since its pages follow one another."""

    def __init__(self) -> None:
        self._path = ""
        self._archive: zipfile.ZipFile | None = None
        self._source: Source | None = None
        self._data: FileBytes | PageReason = b""

    def open_path(self, path: str) -> tuple[Opened, ...]:
        """List the sources of a file with their pages."""
        head = _head(path)
        if isinstance(head, PageReason):
            return (Opened(Source(path), 0, head),)
        if not is_archive(head):
            return (self._opened(Source(path)),)
        names = members_of(Path(path))
        if isinstance(names, PageReason):
            return (Opened(Source(path), 0, names),)
        return tuple(self._member(Source(path, name), names[:at]) for at, name in enumerate(names))

    def pages(self, job: PageJob) -> Iterator[LoadedPage | LoadFailure]:
        """Yield the pages of a job."""
        data = job.fault or self._bytes(job.source)
        if isinstance(data, PageReason):
            yield LoadFailure(job.source.name, 0, data)
            return
        yield from load_images(data, job.source.name, first=job.first, last=job.last)

    def _member(self, source: Source, before: tuple[str, ...]) -> Opened:
        if source.member in before:  # the archive gives the last of that name only
            return Opened(source, 0, PageReason.REPEATED_NAME)
        return self._opened(source)

    def _opened(self, source: Source) -> Opened:
        data = self._bytes(source)
        if isinstance(data, PageReason):
            return Opened(source, 0, data)
        if source.member and is_archive(data[:HEAD_BYTES]):
            return Opened(source, 0, PageReason.NESTED_ARCHIVE)
        return Opened(source, count_pages(data))

    def _bytes(self, source: Source) -> FileBytes | PageReason:
        if source != self._source:
            self._data = self._read(source)
            self._source = source
        return self._data

    def _read(self, source: Source) -> FileBytes | PageReason:
        try:
            if source.member:
                return read_member(self._opened_archive(source.path), source.member)
            with Path(source.path).open("rb") as file:
                return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_COPY)
        except READ_ERRORS:
            return PageReason.UNREADABLE_FILE

    def _opened_archive(self, path: str) -> zipfile.ZipFile:
        if self._archive is None or self._path != path:
            if self._archive is not None:
                self._archive.close()
            self._archive = zipfile.ZipFile(path)
            self._path = path
        return self._archive


def _head(path: str) -> bytes | PageReason:
    try:
        with Path(path).open("rb") as file:
            return file.read(HEAD_BYTES) or PageReason.EMPTY_FILE
    except FileNotFoundError:
        return PageReason.NO_SUCH_FILE
    except OSError:
        return PageReason.UNREADABLE_FILE
