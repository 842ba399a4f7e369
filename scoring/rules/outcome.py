"""The verdict of one candidate from the marks of the subjects, and the rounding of marks."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import Final

from registry.catalog.rules.subjects import Subject

PASS_MARK: Final = Decimal(60)  # out of 100, every subject; notice of 18 November 2019, 3 (2) 4
FULL_MARK: Final = Decimal(100)
_HALF: Final = Fraction(1, 2)


class NoSubjectError(ValueError):
    """A verdict was asked for without any subject."""


class MarkOutOfRangeError(ValueError):
    """A mark lies outside 0 to 100."""


@dataclass(frozen=True)
class Outcome:
    """The published marks, the subjects that fall short, and the verdict."""

    marks: Mapping[Subject, Decimal]
    short: frozenset[Subject]
    passed: bool


def publish(mark: Decimal | Fraction) -> Decimal:
    """Round a mark to one decimal, half up, as it is printed and judged.

    >>> publish(Decimal("59.95")), publish(Fraction(185, 3))
    (Decimal('60.0'), Decimal('61.7'))
    """
    exact = Fraction(mark)
    if not 0 <= exact <= Fraction(FULL_MARK):
        raise MarkOutOfRangeError(f"{mark} is not a mark out of {FULL_MARK}")
    return Decimal(floor(exact * 10 + _HALF)).scaleb(-1)


def is_pass(mark: Decimal | Fraction) -> bool:
    """Say whether a mark, as published, reaches the pass mark."""
    return publish(mark) >= PASS_MARK


def decide_outcome(marks: Mapping[Subject, Decimal]) -> Outcome:
    """Merge the subject marks of one candidate, each out of 100, into one verdict.

    Every subject stands alone: no weighting, no compensation. Marks are judged as
    published, so that a printed 60.0 never contradicts its verdict. Raises
    ``NoSubjectError`` for an empty plan, ``MarkOutOfRangeError`` outside 0..100.
    """
    if not marks:
        raise NoSubjectError("a project has at least one subject")
    published = {subject: publish(mark) for subject, mark in marks.items()}
    short = frozenset(s for s, mark in published.items() if mark < PASS_MARK)
    return Outcome(marks=published, short=short, passed=not short)
