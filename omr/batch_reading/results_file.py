"""A file of results that is written a page at a time and goes on where it was stopped.

Until the last page is read the rows stand in a partial file beside the one asked for: first a line
that says which batch they belong to, then one line a page, led by the place of its job.
"""

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

import msgspec

from omr.batch_reading.jobs import Card
from omr.batch_reading.reading_files import BatchOfFiles
from omr.batch_reading.results import PageResult
from omr.reader.reading import ENGINE_VERSION

ROWS_A_FLUSH = 64


def batch_fingerprint(batch: BatchOfFiles, card: Card) -> str:
    """Name what the results depend on: reader, layout, roster, and the files as they are now."""
    sources = []
    for opened in batch.opened:
        path = Path(opened.source.path)
        state = path.stat() if path.exists() else None
        stamp = (state.st_size, state.st_mtime_ns) if state else ()
        sources.append((opened.source.name, opened.pages, opened.fault, *stamp))
    known = sorted((card.orders.known or {}).items())
    layouts = [layout.layout_hash for sides in card.kinds for layout, _ in sides]
    told = (ENGINE_VERSION, layouts, known, card.orders.by_number, sources)
    return hashlib.sha256(msgspec.json.encode(told)).hexdigest()


class ResultsFile:
    """The results of one batch on their way to ``out``; a context manager."""

    def __init__(self, out: Path, fingerprint: str, *, fresh: bool = False) -> None:
        self._out = out
        self._part = out.with_name(f".{out.name}.part")
        self._head = fingerprint.encode() + b"\n"
        self.first_job, kept = (0, len(self._head)) if fresh else self._kept()
        self.pages = 0
        self._file = self._part.open("r+b" if self.first_job else "w+b")
        if self.first_job:
            self._file.truncate(kept)
            self._file.seek(len(self._head))
            self.pages = sum(1 for _ in self._file)
        else:
            self._file.write(self._head)

    def __enter__(self) -> "ResultsFile":
        return self

    def __exit__(self, *_: object) -> None:
        if not self._file.closed:
            self._file.close()

    def add(self, place: int, page: PageResult) -> None:
        """Put down the result of a page of the job at ``place``."""
        self._file.write(b"%d " % place + page.json + b"\n")
        self.pages += 1
        if self.pages % ROWS_A_FLUSH == 0:
            self._file.flush()

    def rows(self) -> Iterator[bytes]:
        """Yield the results as they stand, one JSON object each."""
        self._file.flush()
        self._file.seek(len(self._head))
        for line in self._file:
            yield line.rstrip(b"\n").partition(b" ")[2]

    def finish(self) -> None:
        """Write the whole array in place of ``out`` and forget the partial file."""
        target = self._out.with_name(f".{self._out.name}.new")
        with target.open("wb") as file:
            separator = b"[\n"
            for row in self.rows():
                file.write(separator + row)
                separator = b",\n"
            file.write(b"\n]\n" if separator == b",\n" else b"[]\n")
            file.flush()
            os.fsync(file.fileno())
        target.replace(self._out)
        self._file.close()
        self._part.unlink()

    def _kept(self) -> tuple[int, int]:
        """Return the job to go on with and how many bytes before it stand.

        The last job on file may have been cut short, so that it is read again.
        """
        last, start, place = 0, len(self._head), len(self._head)
        try:
            with self._part.open("rb") as file:
                if file.readline() != self._head:
                    return 0, len(self._head)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    job = int(line.partition(b" ")[0])
                    if job != last:
                        last, start = job, place
                    place += len(line)
        except FileNotFoundError:
            return 0, len(self._head)
        return last, start
