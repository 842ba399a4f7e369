"""The counts of a room that must tie before it may be closed (考场情况记录单, exam rules)."""

from collections.abc import Iterable
from dataclasses import dataclass

NAMED_AT_MOST = 12


@dataclass(frozen=True)
class Place:
    """What is on record of one candidate of the sitting."""

    seat_no: int
    name: str
    is_present: bool
    is_absent: bool
    has_ended: bool  # the attempt, in whatever way
    is_deferred: bool = False

    @property
    def label(self) -> str:
        """Return seat and name."""
        return f"{self.seat_no:02d} {self.name}"


@dataclass(frozen=True)
class Counts:
    """Expected, present, absent and handed in, with those who keep them from tying."""

    expected: int
    present: int
    absent: int
    handed_in: int
    deferred: int
    unknown: tuple[str, ...]  # neither present nor absent
    working: tuple[str, ...]  # present, not ended

    @property
    def differences(self) -> tuple[str, ...]:
        """Say in words which counts do not tie and whose seats they are; empty when all do."""
        found = []
        if self.working:
            found.append(f"还有 {len(self.working)} 人未交卷：{named(self.working)}")
        if self.unknown:
            count = len(self.unknown)
            found.append(f"还有 {count} 人既未登录也未登记缺考：{named(self.unknown)}")
        return tuple(found)


def count_room(places: Iterable[Place]) -> Counts:
    """Count the candidates of a sitting.

    One who is present counts as present, whatever was recorded before.
    """
    every = sorted(places, key=lambda place: place.seat_no)
    present = [place for place in every if place.is_present]
    missing = [place for place in every if not place.is_present]
    absent = [place for place in missing if place.is_absent]
    return Counts(
        expected=len(every),
        present=len(present),
        absent=len(absent),
        handed_in=sum(place.has_ended for place in present),
        deferred=sum(place.is_deferred for place in missing),
        unknown=tuple(
            place.label for place in missing if not (place.is_absent or place.is_deferred)
        ),
        working=tuple(place.label for place in present if not place.has_ended),
    )


def named(labels: tuple[str, ...]) -> str:
    """Write out who is meant; of many the first ones and how many there are.

    >>> named(("01 甲", "02 乙"))
    '01 甲、02 乙'
    """
    shown = "、".join(labels[:NAMED_AT_MOST])
    return shown if len(labels) <= NAMED_AT_MOST else f"{shown} 等 {len(labels)} 人"
