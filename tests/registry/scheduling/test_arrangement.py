"""Placing candidates: reproducible, complete, without clashes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.scheduling.rules.arrangement import (
    ClashingSittingsError,
    NotEnoughSeatsError,
    Occasion,
    arrange_subject,
    room_counts,
    seat_position,
    shuffled,
)

NINE = datetime(2026, 12, 5, 1, 0, tzinfo=UTC)


def occasion(number: int, capacity: int, *, after_minutes: int = 0, minutes: int = 90) -> Occasion:
    return Occasion(number, capacity, NINE + timedelta(minutes=after_minutes), minutes)


def test_the_same_seed_gives_the_same_order_and_another_seed_another():
    candidates = list(range(1, 31))
    assert shuffled(candidates, 7) == shuffled(reversed_copy(candidates), 7)
    assert shuffled(candidates, 7) != shuffled(candidates, 8)


def reversed_copy(values: list[int]) -> list[int]:
    return list(reversed(values))


def test_the_order_of_a_seed_never_changes_between_releases():
    assert shuffled(range(1, 11), 20261205) == [9, 6, 2, 8, 7, 3, 5, 10, 4, 1]


@given(st.lists(st.integers(), unique=True, max_size=60), st.integers(0, 2**31))
def test_shuffling_keeps_everybody_once(candidates, seed):
    assert sorted(shuffled(candidates, seed)) == sorted(candidates)


def test_the_last_room_is_at_least_one_third_full():
    assert room_counts(61, [30, 30, 30]) == [30, 21, 10]
    assert room_counts(60, [30, 30, 30]) == [30, 30, 0]
    assert room_counts(5, [30, 30]) == [5, 0]


@given(st.integers(0, 200), st.lists(st.integers(1, 40), min_size=1, max_size=6))
def test_rooms_are_filled_within_their_seats(total, capacities):
    counts = room_counts(total, capacities)
    assert sum(counts) == min(total, sum(capacities))
    assert all(0 <= count <= limit for count, limit in zip(counts, capacities, strict=True))


@given(st.integers(1, 60), st.integers(0, 1000))
def test_everybody_gets_one_seat_of_each_subject_and_no_clash(count, seed):
    order = shuffled(range(count), seed)
    theory = [occasion(1, 30), occasion(2, 30)]
    practical = [occasion(3, 30, after_minutes=60), occasion(4, 60, after_minutes=300)]
    taken: dict[int, list[Occasion]] = {candidate: [] for candidate in order}
    for occasions in (theory, practical):
        places = arrange_subject(order, occasions, taken, subject="科目")
        assert sorted(place.candidate_id for place in places) == list(range(count))
        assert len({(place.sitting_id, place.seat_no) for place in places}) == count
        by_id = {entry.sitting_id: entry for entry in occasions}
        for place in places:
            mine = by_id[place.sitting_id]
            assert place.seat_no <= mine.capacity
            assert not any(mine.clashes_with(other) for other in taken[place.candidate_id])
            taken[place.candidate_id].append(mine)


def test_a_chain_of_exchanges_finds_the_only_arrangement():
    early, late = occasion(1, 1), occasion(2, 1, after_minutes=300)
    taken = {10: [], 11: [occasion(9, 5, after_minutes=300)]}
    places = arrange_subject([10, 11], [early, late], taken, subject="理论知识")
    assert {place.candidate_id: place.sitting_id for place in places} == {10: 2, 11: 1}


def test_too_few_seats_are_told_with_both_numbers():
    with pytest.raises(NotEnoughSeatsError, match=r"3名考生.*2个座位"):
        arrange_subject([1, 2, 3], [occasion(1, 2)], {}, subject="理论知识")


def test_sittings_that_only_clash_are_refused():
    taken = {1: [occasion(9, 5)]}
    with pytest.raises(ClashingSittingsError, match="操作技能"):
        arrange_subject([1], [occasion(1, 5, after_minutes=100)], taken, subject="操作技能")
    assert arrange_subject([1], [occasion(1, 5, after_minutes=105)], taken, subject="操作技能")


def test_seats_run_row_by_row_or_in_a_serpentine():
    straight = [seat_position(n, 3, serpentine=False) for n in range(1, 7)]
    winding = [seat_position(n, 3, serpentine=True) for n in range(1, 7)]
    assert straight == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert winding == [(1, 1), (1, 2), (1, 3), (2, 3), (2, 2), (2, 1)]
