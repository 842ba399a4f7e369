"""Places candidates in sittings and on seats 考场编排: reproducible from a stored seed."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from registry.errors import AssessmentError

BREAK_MINUTES: Final = 15  # at least, between two sittings of one candidate
LEAST_SHARE: Final = 3  # the last room in use is at least one third full


class NotEnoughSeatsError(AssessmentError):
    """The sittings of a subject hold fewer candidates than there are."""

    code = "not_enough_seats"
    text = "{subject}共有{needed}名考生，各场次只有{seats}个座位。请增加场次或考场后重新编排。"


class ClashingSittingsError(AssessmentError):
    """Somebody would have to be in two sittings at once."""

    code = "clashing_sittings"
    text = "部分考生的{subject}与其他科目时间冲突（间隔须不少于15分钟）。请调整场次时间后重新编排。"


@dataclass(frozen=True)
class Occasion:
    """A sitting as far as the arrangement needs it."""

    sitting_id: int
    capacity: int
    starts_at: datetime
    minutes: int

    def clashes_with(self, other: "Occasion") -> bool:
        """Say whether one candidate cannot attend both."""
        rest = timedelta(minutes=BREAK_MINUTES)
        own_end = self.starts_at + timedelta(minutes=self.minutes) + rest
        other_end = other.starts_at + timedelta(minutes=other.minutes) + rest
        return self.starts_at < other_end and other.starts_at < own_end


@dataclass(frozen=True)
class Place:
    """A seat of a candidate."""

    candidate_id: int
    sitting_id: int
    seat_no: int


def shuffled(candidate_ids: Sequence[int], seed: int) -> list[int]:
    """Return the candidates in an order that the seed alone decides.

    Only ``random()`` is drawn: its sequence is the same in every version of Python.
    """
    generator = random.Random(seed)
    order = sorted(candidate_ids)
    for last in range(len(order) - 1, 0, -1):
        chosen = int(generator.random() * (last + 1))
        order[last], order[chosen] = order[chosen], order[last]
    return order


def room_counts(total: int, capacities: Sequence[int]) -> list[int]:
    """Fill rooms in their order; the last one in use gets a third of its seats if it can.

    >>> room_counts(31, [30, 30, 30])
    [21, 10, 0]
    """
    counts: list[int] = []
    left = total
    for capacity in capacities:
        counts.append(min(left, capacity))
        left -= counts[-1]
    used = [index for index, count in enumerate(counts) if count]
    if len(used) > 1:
        before, last = used[-2:]
        wanted = -(-capacities[last] // LEAST_SHARE)
        moved = min(max(wanted - counts[last], 0), max(counts[before] - wanted, 0))
        counts[before] -= moved
        counts[last] += moved
    return counts


def arrange_subject(
    order: Sequence[int],
    occasions: Sequence[Occasion],
    taken: Mapping[int, Sequence[Occasion]],
    *,
    subject: str,
) -> list[Place]:
    """Place every candidate of the order once, never beside a clashing sitting already taken.

    Rooms are filled in their order; where that clashes, candidates change places along a chain
    of exchanges, so that an arrangement is found whenever there is one.
    """
    seats = sum(occasion.capacity for occasion in occasions)
    if seats < len(order):
        raise NotEnoughSeatsError(subject=subject, needed=len(order), seats=seats)
    allowed = {
        candidate: [
            index
            for index, occasion in enumerate(occasions)
            if not any(occasion.clashes_with(other) for other in taken.get(candidate, ()))
        ]
        for candidate in order
    }
    capacities = [occasion.capacity for occasion in occasions]
    limits = room_counts(len(order), capacities)
    rooms = _fill(order, allowed, limits) or _fill(order, allowed, capacities)
    if rooms is None:
        raise ClashingSittingsError(subject=subject)
    return [
        Place(candidate, occasion.sitting_id, seat_no)
        for occasion, room in zip(occasions, rooms, strict=True)
        for seat_no, candidate in enumerate(room, start=1)
    ]


def seat_position(seat_no: int, column_count: int, *, serpentine: bool) -> tuple[int, int]:
    """Return (row, column) of a seat, both from 1; serpentine rows alternate in direction.

    >>> seat_position(7, 5, serpentine=False), seat_position(7, 5, serpentine=True)
    ((2, 2), (2, 4))
    """
    row, column = divmod(seat_no - 1, column_count)
    if serpentine and row % 2:
        column = column_count - 1 - column
    return row + 1, column + 1


def _fill(
    order: Sequence[int], allowed: Mapping[int, Sequence[int]], limits: Sequence[int]
) -> list[list[int]] | None:
    rooms: list[list[int]] = [[] for _ in limits]
    for candidate in order:
        if not _place(candidate, rooms, allowed, limits, set()):
            return None
    return rooms


def _place(
    candidate: int,
    rooms: list[list[int]],
    allowed: Mapping[int, Sequence[int]],
    limits: Sequence[int],
    tried: set[int],
) -> bool:
    """Give the candidate a seat, moving others along when their rooms are full."""
    for room in allowed[candidate]:
        if len(rooms[room]) < limits[room]:
            rooms[room].append(candidate)
            return True
    for room in allowed[candidate]:
        if room in tried:
            continue
        tried.add(room)
        for index, other in enumerate(rooms[room]):
            if _place(other, rooms, allowed, limits, tried):
                rooms[room][index] = candidate
                return True
    return False
