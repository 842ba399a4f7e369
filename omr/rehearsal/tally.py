"""Compares readings with the truth: silent errors, reviews, rejections and wrong persons."""

from collections.abc import Mapping
from dataclasses import dataclass

from omr.reader.reading import PageReading
from omr.rehearsal.pencil import TrueMark
from omr.rules.reasons import PageStatus


@dataclass(frozen=True)
class Tally:
    """Counts over pages and groups; tallies add up."""

    pages: int = 0
    rejected: int = 0
    wrong_serial: int = 0
    clear: int = 0
    clear_silent: int = 0
    clear_reviewed: int = 0
    marginal: int = 0
    marginal_silent: int = 0
    marginal_reviewed: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        names = self.__dataclass_fields__
        return Tally(**{name: getattr(self, name) + getattr(other, name) for name in names})

    @property
    def silent_per_10k(self) -> float:
        """Return wrong answers nobody was asked about, per ten thousand clear groups."""
        return 10_000 * self.clear_silent / self.clear if self.clear else 0.0

    @property
    def review_share(self) -> float:
        """Return the share of clear groups that went to a person."""
        return self.clear_reviewed / self.clear if self.clear else 0.0

    @property
    def silent_bound_per_10k(self) -> float:
        """Return the rate that the count excludes at 95 %: 3/n when nothing went wrong."""
        return 10_000 * max(3.0, self.clear_silent * 2 + 3) / self.clear if self.clear else 10_000.0


def compare(
    reading: PageReading, truth: Mapping[str, TrueMark], *, serial: str | None = None
) -> Tally:
    """Count one page against what was meant; ``serial`` is whose card it is."""
    if reading.status is PageStatus.REJECTED:
        return Tally(pages=1, rejected=1)
    counts = dict.fromkeys(Tally.__dataclass_fields__, 0)
    for key, mark in truth.items():
        kind = "marginal" if mark.marginal else "clear"
        counts[kind] += 1
        if key in reading.review:
            counts[f"{kind}_reviewed"] += 1
        elif set(reading.answers[key]) != set(mark.values):
            counts[f"{kind}_silent"] += 1
    counts["pages"] = 1
    wrong = serial is not None and reading.serial not in (None, serial)
    counts["wrong_serial"] = int(wrong)
    return Tally(**counts)
