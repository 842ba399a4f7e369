"""What a load test of a room came to: figures from what the computers measured, and a verdict."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

GOOD_P99_MS = 250  # the goal for a room at work (G6)
SLOW_P99_MS = 1_000  # a candidate notices that an answer is still on its way


class Verdict(StrEnum):
    """What to make of a test."""

    GOOD = "good"
    SLOW = "slow"
    BAD = "bad"  # answers were not taken, or much too late
    NOBODY = "nobody"  # no computer took part: nothing is known


@dataclass(frozen=True)
class Computer:
    """What one exam PC did and saw; times from the answer to its acknowledgement."""

    name: str
    saves: int
    errors: int
    ack_ms: Sequence[int]


@dataclass(frozen=True)
class LoadFigures:
    """The result of one load test."""

    computers: int
    seconds: int
    saves: int
    errors: int
    per_s: float
    p50_ms: int
    p95_ms: int
    p99_ms: int
    slowest: str
    slowest_p95_ms: int
    verdict: Verdict

    def told(self) -> dict[str, Any]:
        """Return the figures as they are stored and sent."""
        return asdict(self)


def percentile(ordered: Sequence[int], share: float) -> int:
    """Return the value below which that share of ordered values lies, 0 for none.

    >>> percentile([4, 8, 9, 30], 0.5), percentile([4, 8, 9, 30], 0.99), percentile([], 0.5)
    (9, 30, 0)
    """
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0


def share_of(robots: int, computers: int, place: int) -> int:
    """Return how many of the robots the computer at a place plays; each plays one at least.

    >>> [share_of(30, 4, place) for place in range(4)], share_of(30, 40, 39)
    ([8, 8, 7, 7], 1)
    """
    return max(1, robots // computers + (place < robots % computers))


def load_figures(computers: Sequence[Computer], seconds: int) -> LoadFigures:
    """Draw the figures of a test from its computers."""
    every = sorted(ms for one in computers for ms in one.ack_ms)
    slowness = [(percentile(sorted(one.ack_ms), 0.95), one.name) for one in computers]
    slowest_p95_ms, slowest = max(slowness, default=(0, ""))
    saves = sum(one.saves for one in computers)
    errors = sum(one.errors for one in computers)
    p99_ms = percentile(every, 0.99)
    return LoadFigures(
        computers=len(computers),
        seconds=seconds,
        saves=saves,
        errors=errors,
        per_s=round(saves / seconds, 1) if seconds else 0.0,
        p50_ms=percentile(every, 0.5),
        p95_ms=percentile(every, 0.95),
        p99_ms=p99_ms,
        slowest=slowest,
        slowest_p95_ms=slowest_p95_ms,
        verdict=_verdict(saves, errors, p99_ms),
    )


def _verdict(saves: int, errors: int, p99_ms: int) -> Verdict:
    if not saves and not errors:
        return Verdict.NOBODY
    if errors or p99_ms > SLOW_P99_MS:
        return Verdict.BAD
    return Verdict.GOOD if p99_ms <= GOOD_P99_MS else Verdict.SLOW
