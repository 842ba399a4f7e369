"""Which paper lies at which seat."""

from hypothesis import given
from hypothesis import strategies as st

from item_bank.rules.forms import place_at_seat


@given(st.integers(1, 12), st.integers(1, 12), st.integers(2, 9))
def test_nobody_sits_beside_before_or_behind_the_same_paper(columns, rows, papers):
    at = {
        (row, column): place_at_seat(row * columns + column + 1, columns, papers)
        for row in range(rows)
        for column in range(columns)
    }
    assert set(at.values()) <= set(range(papers))
    for (row, column), place in at.items():
        assert at.get((row, column + 1)) != place
        assert at.get((row + 1, column)) != place


@given(st.integers(1, 12), st.integers(4, 9))
def test_from_four_papers_on_corners_differ_too(columns, papers):
    for seat in range(1, 5 * columns):
        row, column = divmod(seat - 1, columns)
        for step in (-1, 1):
            if 0 <= column + step < columns:
                other = (row + 1) * columns + column + step + 1
                mine = place_at_seat(seat, columns, papers)
                assert place_at_seat(other, columns, papers) != mine
