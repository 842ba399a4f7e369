"""What is known of a batch of scans: its progress, its counts that tie, its files."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from omr.models import ScanBatch, ScanFile, ScanPage
from omr.queries import state_counts
from omr.rules.batch_progress import BatchProgress, progress_of
from omr.rules.scanner_health import PageHealth, health_from
from omr.rules.states import UNFINISHED, PageState


@dataclass(frozen=True)
class Tally:
    """Pages in, and where every one of them is; both sides are equal."""

    promised: int
    by_state: dict[PageState, int]
    unread: int

    @property
    def ties(self) -> bool:
        """Say whether every page that went in is in exactly one state or still unread."""
        return self.promised == sum(self.by_state.values()) + self.unread


@dataclass(frozen=True)
class FileProgress:
    """A file of a batch, and how many of its pages have their state."""

    file: ScanFile
    recorded: int


def tally_of(db: Session, batch: ScanBatch) -> Tally:
    """Count the pages of a batch."""
    counts = state_counts(db, batch.id)
    by_state = {state: counts.get(state, 0) for state in PageState}
    return Tally(batch.page_total, by_state, max(0, batch.page_total - batch.page_count))


def progress_of_batch(batch: ScanBatch, *, now: datetime) -> BatchProgress:
    """Return how far the reading has come, and how long it will take."""
    reading = batch.state in UNFINISHED and batch.reading_since is not None
    since = batch.reading_since if reading else None
    return progress_of(
        batch.page_count,
        batch.page_total,
        done_before=batch.pages_before,
        running_s=(now - since).total_seconds() if since else 0.0,
    )


def files_of_batch(db: Session, batch: ScanBatch) -> list[FileProgress]:
    """Return the files of a batch with their pages."""
    rows = db.execute(
        select(ScanPage.file_id, func.count())
        .where(ScanPage.batch_id == batch.id)
        .group_by(ScanPage.file_id)
    )
    recorded = {file_id: int(count) for file_id, count in rows}
    return [FileProgress(file, recorded.get(file.id, 0)) for file in batch.files]


def health_of_batch(db: Session, batch_id: int) -> list[tuple[int, PageHealth]]:
    """Return what every page says about the scanner, in scanning order."""
    rows = db.execute(
        select(ScanPage.position, ScanPage.health)
        .where(ScanPage.batch_id == batch_id, ScanPage.health.is_not(None))
        .order_by(ScanPage.position)
    )
    return [(position, health_from(kept)) for position, kept in rows if kept is not None]
