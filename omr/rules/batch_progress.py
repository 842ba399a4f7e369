"""How far the reading of a batch has come; pure."""

from dataclasses import dataclass

LEAST_SECONDS = 1.0  # before that, a pace says nothing


@dataclass(frozen=True)
class BatchProgress:
    """Pages with a state, pages promised, the pace of the present run."""

    done: int
    total: int
    pages_per_s: float | None
    left_s: float | None

    @property
    def unread(self) -> int:
        """Return how many promised pages have no state yet."""
        return max(0, self.total - self.done)


def progress_of(done: int, total: int, *, done_before: int, running_s: float) -> BatchProgress:
    """Judge the pace by the pages of the present run.

    >>> progress_of(60, 100, done_before=10, running_s=5.0)
    BatchProgress(done=60, total=100, pages_per_s=10.0, left_s=4.0)
    """
    read = done - done_before
    if running_s < LEAST_SECONDS or read <= 0:
        return BatchProgress(done, total, None, None)
    pace = read / running_s
    return BatchProgress(done, total, pace, max(0, total - done) / pace)
