"""Whether there are enough items: two papers by range, type and level, four items by point."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from item_bank.rules.adequacy import (
    COLUMNS,
    Cell,
    NamedElement,
    Supply,
    adequacy_of,
    needs_of,
    split_by_level,
)
from item_bank.rules.blueprint import RangeWeight, SectionTerms, Shares
from item_bank.rules.blueprint_terms import BlueprintTerms
from item_bank.rules.kinds import ItemKind
from tests.item_bank.worked_example import RANGES, SINGLE_ITEMS_OF_T_D
from tests.support.invented_bank import pool_item

T_D = BlueprintTerms(
    "T-D",
    60,
    (
        SectionTerms(ItemKind.SINGLE_CHOICE, 40, Decimal("1.5")),
        SectionTerms(ItemKind.TRUE_FALSE, 40, Decimal(1)),
    ),
)
WEIGHTS = [
    RangeWeight(code, Decimal(weight))
    for code, _name, weight, _ratio in RANGES
    if code.count("-") == 2
]
SHARES = Shares().difficulty


def test_the_worked_example_needs_twice_what_a_paper_takes():
    needs = needs_of([T_D], WEIGHTS)
    for code, count in SINGLE_ITEMS_OF_T_D.items():
        for kind in (ItemKind.SINGLE_CHOICE, ItemKind.TRUE_FALSE):
            assert sum(needs[code, kind, level] for level in range(1, 6)) == 2 * count
        assert (code, ItemKind.MULTIPLE_CHOICE, 3) not in needs


def test_of_several_blueprints_the_hungrier_counts():
    larger = BlueprintTerms("T-L", 60, (SectionTerms(ItemKind.SINGLE_CHOICE, 80, Decimal("1.25")),))
    both = needs_of([T_D, larger], WEIGHTS)
    assert (
        both["B-B-B", ItemKind.SINGLE_CHOICE, 3]
        == needs_of([larger], WEIGHTS)["B-B-B", ItemKind.SINGLE_CHOICE, 3]
    )
    assert both["B-B-B", ItemKind.TRUE_FALSE, 3] > 0


def test_without_weights_or_blueprints_nothing_is_needed():
    assert needs_of([T_D], []) == {}
    assert needs_of([], WEIGHTS) == {}


@given(st.integers(0, 500))
def test_levels_share_out_every_item_close_to_their_share(count):
    found = split_by_level(count, SHARES)
    assert sum(found) == count
    assert all(abs(n - count * share) < 1 for n, share in zip(found, SHARES, strict=True))


def test_cells_say_how_well_they_are_supplied():
    cells = [Cell(0, 0), Cell(5, 0), Cell(4, 4), Cell(3, 4), Cell(0, 4)]
    assert [cell.supply for cell in cells] == [
        Supply.UNASKED,
        Supply.UNASKED,
        Supply.ENOUGH,
        Supply.SHORT,
        Supply.EMPTY,
    ]
    assert [cell.missing for cell in cells] == [0, 0, 0, 1, 4]


def test_items_are_counted_at_their_range_and_at_their_point():
    pool = [pool_item(n, "A-A-A", 1 + n % 2, ItemKind.SINGLE_CHOICE) for n in range(1, 6)]
    (line,) = adequacy_of(
        [NamedElement("A-A-A", "范围")],
        [NamedElement("A-A-A-001", "一"), NamedElement("A-A-A-002", "二")],
        pool,
        {("A-A-A", ItemKind.SINGLE_CHOICE, 1): 3},
    )
    assert line.total == Cell(5, 8)
    assert sum(cell.count for cell in line.cells) == 5
    assert line.cells[COLUMNS.index((ItemKind.SINGLE_CHOICE, 1))].need == 3
    assert [(point.code, point.total.count) for point in line.points] == [
        ("A-A-A-001", 2),
        ("A-A-A-002", 3),
    ]
    assert line.thin_points == ("A-A-A-001", "A-A-A-002")
