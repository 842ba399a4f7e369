"""The loop of one worker process: jobs in, one message for every page out."""

import time
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection

from omr.batch_reading.jobs import Card, Opened, PageJob, Shelf
from omr.batch_reading.keeping import kept_page
from omr.batch_reading.results import KeptPage, PageResult, page_result
from omr.reader.loading import LoadedPage, LoadFailure
from omr.reader.page import read_any
from omr.reader.reading import PageReading, rejected
from omr.rules.reasons import PageReason


@dataclass(frozen=True)
class Started:
    """A page is about to be read; what follows may take its time or the whole process."""

    page: int


@dataclass(frozen=True)
class Done:
    """A job is finished."""


Message = Started | Done | PageResult | KeptPage | tuple[Opened, ...]


def serve(pipe: Connection, card: Card) -> None:
    """Answer jobs until the pipe closes: a path is opened, a job of pages is read."""
    shelf = Shelf()
    with suppress(EOFError, BrokenPipeError, KeyboardInterrupt):  # who asked has gone
        while True:
            job = pipe.recv()
            if isinstance(job, str):
                pipe.send(shelf.open_path(job))
            else:
                _read_job(job, card, shelf, pipe)
            pipe.send(Done())


def _read_job(job: PageJob, card: Card, shelf: Shelf, pipe: Connection) -> None:
    pages = shelf.pages(job)
    for number in range(job.first, job.last + 1):
        pipe.send(Started(number))
        start = time.perf_counter()
        page = next(pages, None)
        if page is None:  # the file promised more than it holds
            page = LoadFailure(job.source.name, number, PageReason.UNREADABLE_FILE)
        reading = _reading(page, card)
        if card.keeps:
            pipe.send(kept_page(page, reading))
        else:
            ms = 1000 * (time.perf_counter() - start)
            pipe.send(page_result(page.name, page.number, reading, ms, card.orders.known))
        if page.number == 0:
            return


def _reading(page: LoadedPage | LoadFailure, card: Card) -> PageReading:
    if isinstance(page, LoadFailure):
        return rejected(page.reason)
    return read_any(page.image, card.kinds, card.orders)
