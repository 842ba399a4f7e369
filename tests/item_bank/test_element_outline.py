"""The element table while it is edited: codes by place, ratios computed, weights that add up."""

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from item_bank.rules.element_outline import (
    DOWN,
    UP,
    WHOLE_TABLE,
    OutlineRow,
    check_outline,
    coded,
    element_rows,
    moved,
    read_weight,
    removed,
    totals_of,
    weight_in_all,
    with_child,
    with_sibling,
)
from item_bank.rules.element_table import check_element_table
from tests.item_bank.worked_example import RANGES, example_outline

EXAMPLE = example_outline()


@st.composite
def outlines(draw):
    """Rows in any legal order of levels, some with present codes and pinned."""
    rows, above = [], 0
    for number in range(draw(st.integers(1, 14))):
        level = draw(st.integers(1, min(above + 1, 4)))
        rows.append(OutlineRow(f"k{number}", level, f"名{number}", "1", "X"))
        above = level
    done, _faults = coded(tuple(rows))
    pinned = draw(st.sets(st.integers(0, len(rows) - 1)))
    return tuple(replace(row, is_pinned=at in pinned) for at, row in enumerate(done))


def place_of(rows, code):
    return next(at for at, row in enumerate(rows) if row.code == code)


def codes(rows):
    return [row.code for row in rows]


def test_the_worked_example_gets_its_codes_and_its_ratios():
    assert check_outline(EXAMPLE) == ()
    rows, faults = coded(EXAMPLE)
    assert faults == ()
    ratios = {row.code: total.ratio for row, total in zip(rows, totals_of(rows), strict=True)}
    for code, _name, _weight, ratio in RANGES:
        assert ratios[code] == ratio, code
    assert [row.code for row in rows if row.level < 4] == [code for code, *_rest in RANGES]
    assert codes(rows)[place_of(rows, "B-B-B") + 1] == "B-B-B-001"
    assert check_element_table(element_rows(rows)) == ()


def test_children_that_do_not_add_up_are_told_at_their_parent_with_the_difference():
    at = next(at for at, row in enumerate(EXAMPLE) if row.name == "膳食与营养")
    rows = (*EXAMPLE[:at], replace(EXAMPLE[at], weight="5.5"), *EXAMPLE[at + 1 :])
    (fault,) = check_outline(rows)
    assert (rows[fault.place].name, fault.column) == ("产褥期护理", "weight")
    assert fault.text == "下级比重之和为 19.5，少 0.5。"


def test_level_one_adds_up_to_a_hundred():
    rows = (OutlineRow("a", 1, "甲", "60"), OutlineRow("b", 1, "乙", "50"))
    (fault,) = check_outline(rows)
    assert (fault.place, "多 10" in fault.text) == (WHOLE_TABLE, True)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        (OutlineRow("x", 1, " ", "100"), "name"),
        (OutlineRow("x", 1, "长" * 81, "100"), "name"),
        (OutlineRow("x", 2, "没有上级", "100"), "level"),
    ],
)
def test_a_fault_of_a_row_names_its_column(row, column):
    assert [fault.column for fault in check_outline((row,))] == [column]


def test_a_point_needs_its_importance_and_a_name_of_its_own():
    at = len(EXAMPLE) - 1
    rows = (*EXAMPLE[:at], replace(EXAMPLE[at], name=EXAMPLE[at - 1].name, importance="W"))
    found = [(fault.place, fault.column) for fault in check_outline(rows)]
    assert sorted(found) == [(at, "importance"), (at, "name")]


def test_an_empty_table_is_refused():
    assert [fault.place for fault in check_outline(())] == [WHOLE_TABLE]


@given(st.integers(0, 300))
def test_a_weight_is_a_whole_or_half_number_up_to_a_hundred(quarters):
    weight = Decimal(quarters) / 4
    taken = read_weight(str(weight))
    assert (taken is not None) == (quarters % 2 == 0 and 0 < weight <= 100)


@given(st.lists(st.integers(1, 100), min_size=1, max_size=6))
def test_halves_add_up_exactly(halves):
    rows = tuple(
        OutlineRow(str(at), 1, f"名{at}", str(Decimal(half) / 2)) for at, half in enumerate(halves)
    )
    assert weight_in_all(rows) == Decimal(sum(halves)) / 2
    assert bool(check_outline(rows)) == (sum(halves) != 200)


@given(outlines())
def test_codes_are_unique_ascending_and_kept_when_nothing_moves(rows):
    done, faults = coded(rows)
    assert faults == ()
    assert codes(done) == codes(rows)
    assert len(set(codes(done))) == len(done)
    assert codes(done) == sorted(codes(done))


@given(outlines(), st.integers(0, 13), st.sampled_from([UP, DOWN]))
def test_after_a_move_pinned_rows_keep_their_codes_or_it_is_a_fault(rows, place, step):
    changed = moved(rows, place % len(rows), step)
    assert sorted(row.key for row in changed) == sorted(row.key for row in rows)
    done, faults = coded(changed)
    before = {row.key: row.code for row in rows if row.is_pinned}
    if not faults:
        assert all(row.code == before.get(row.key, row.code) for row in done)
        assert codes(done) == sorted(set(codes(done)))


@given(outlines(), st.integers(0, 13))
def test_adding_and_removing_gives_the_table_back(rows, place):
    place %= len(rows)
    longer = with_sibling(rows, place, "new")
    added = next(at for at, row in enumerate(longer) if row.key == "new")
    assert longer[added].level == rows[place].level
    assert removed(longer, added) == rows


@given(outlines(), st.integers(0, 13))
def test_moving_up_and_down_again_changes_nothing(rows, place):
    place %= len(rows)
    down = moved(rows, place, DOWN)
    at = next(at for at, row in enumerate(down) if row.key == rows[place].key)
    assert down == rows or moved(down, at, UP) == rows


def test_a_new_point_gets_the_next_number_and_a_gap_stays_a_gap():
    rows, _faults = coded(EXAMPLE)
    at = place_of(rows, "A-A-A")
    longer, faults = coded(with_child(rows, at, "new"))
    assert faults == ()
    assert longer[at + 4].code == "A-A-A-004"
    shorter, _faults = coded(removed(rows, at + 2))
    assert codes(shorter)[at + 1 : at + 3] == ["A-A-A-001", "A-A-A-003"]


def test_moved_points_without_items_are_numbered_anew():
    rows, _faults = coded(EXAMPLE)
    at = place_of(rows, "A-A-A-003")
    name = rows[at].name
    done, faults = coded(moved(rows, at, UP))
    assert faults == ()
    assert (done[at - 1].code, done[at - 1].name) == ("A-A-A-002", name)


def test_a_range_moves_with_all_below_it():
    rows, _faults = coded(EXAMPLE)
    done, _faults = coded(moved(rows, place_of(rows, "B-D"), UP))
    at = place_of(done, "B-C")
    assert [row.name for row in done[at : at + 2]] == ["安全与应急", "意外伤害预防与处理"]
    assert done[at + 2].code == "B-C-A-001"


def test_a_row_with_items_cannot_be_passed_by_another_one_with_items():
    rows, _faults = coded(EXAMPLE)
    at = place_of(rows, "A-A-A-001")
    pinned = tuple(
        replace(row, is_pinned=True) if row.code.startswith("A-A-A-") else row for row in rows
    )
    _done, faults = coded(moved(pinned, at, DOWN))
    assert [fault.column for fault in faults] == ["code"]
    assert "编号不能改变" in faults[0].text


def test_rows_without_items_are_numbered_round_one_with_items():
    rows, _faults = coded(EXAMPLE)
    at = place_of(rows, "A-A-A-003")
    pinned = (*rows[:at], replace(rows[at], is_pinned=True), *rows[at + 1 :])
    done, faults = coded(moved(pinned, at - 2, DOWN))
    assert faults == ()
    assert codes(done)[at - 2 : at + 1] == ["A-A-A-001", "A-A-A-002", "A-A-A-003"]
    assert done[at - 2].name == rows[at - 1].name


def test_there_are_no_more_ranges_than_letters():
    rows = tuple(OutlineRow(str(at), 1, f"名{at}", "1") for at in range(27))
    _done, faults = coded(rows)
    assert [fault.column for fault in faults] == ["code"]
