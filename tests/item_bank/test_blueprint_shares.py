"""Counts by range follow largest remainder exactly."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from item_bank.rules.blueprint import RangeWeight, SectionTerms, apportion, quotas_of
from item_bank.rules.blueprint_terms import BlueprintTerms, check_blueprint
from item_bank.rules.kinds import ItemKind

INFANT_CARE = {
    "A-A-A": (4, 2),
    "A-A-B": (6, 2),
    "B-A-A": (8, 3),
    "B-A-B": (6, 2),
    "B-A-C": (6, 2),
    "B-B-A": (12, 5),
    "B-B-B": (16, 7),
    "B-B-C": (12, 5),
    "B-C-A": (15, 6),
    "B-D-A": (15, 6),
}


def weights(table):
    return [RangeWeight(code, Decimal(weight)) for code, weight in table.items()]


def test_the_worked_example_is_met_with_its_four_way_tie():
    table = weights({code: weight for code, (weight, _) in INFANT_CARE.items()})
    assert apportion(40, table) == {code: count for code, (_, count) in INFANT_CARE.items()}


def test_a_tie_goes_to_the_higher_weight_and_then_to_the_earlier_code():
    assert apportion(1, weights({"A-A-A": "1.5", "A-A-B": "1.5"})) == {"A-A-A": 1, "A-A-B": 0}
    exact_halves = weights({"A-A-A": 25, "A-A-B": 75})
    assert apportion(2, exact_halves) == {"A-A-A": 0, "A-A-B": 2}


@given(
    st.integers(0, 200),
    st.dictionaries(st.integers(1, 99), st.integers(1, 60), min_size=1, max_size=20),
)
def test_shares_add_up_and_stay_within_one_of_the_exact_share(count, halves):
    table = [RangeWeight(f"R{n:02d}", Decimal(half) / 2) for n, half in halves.items()]
    shares = apportion(count, table)
    total = sum(entry.weight for entry in table)
    assert sum(shares.values()) == count
    for entry in table:
        assert abs(shares[entry.code] - count * entry.weight / total) < 1


@given(st.permutations(list(INFANT_CARE)))
def test_the_order_of_the_table_decides_nothing(codes):
    table = weights({code: INFANT_CARE[code][0] for code in codes})
    assert apportion(40, table) == {code: count for code, (_, count) in INFANT_CARE.items()}


def test_quotas_follow_sections_and_codes_and_leave_out_empty_cells():
    sections = [
        SectionTerms(ItemKind.SINGLE_CHOICE, 3, Decimal(1)),
        SectionTerms(ItemKind.TRUE_FALSE, 1, Decimal(1)),
    ]
    quotas = quotas_of(sections, weights({"B-A-A": 60, "A-A-A": 40}))
    assert [(quota.range_code, quota.kind.value, quota.count) for quota in quotas] == [
        ("A-A-A", "single_choice", 1),
        ("B-A-A", "single_choice", 2),
        ("B-A-A", "true_false", 1),
    ]


@pytest.mark.parametrize(
    ("count", "points", "minutes", "said"),
    [
        (99, "1", 90, "总分应为 100"),
        (100, "1", 20, "考试时间"),
        (0, "1", 90, "题数和每题分值"),
    ],
)
def test_a_blueprint_that_cannot_be_is_refused(count, points, minutes, said):
    section = SectionTerms(ItemKind.SINGLE_CHOICE, count, Decimal(points))
    faults = check_blueprint(BlueprintTerms("T", minutes, (section,)))
    assert any(said in fault for fault in faults)


def test_the_four_usual_blueprints_pass():
    single, multiple, judged = ItemKind.SINGLE_CHOICE, ItemKind.MULTIPLE_CHOICE, ItemKind.TRUE_FALSE
    for terms in (
        ((single, 80, "1"), (judged, 20, "1")),
        ((single, 80, "1"), (multiple, 10, "2")),
        ((single, 60, "1"), (multiple, 10, "2"), (judged, 20, "1")),
        ((single, 40, "1.5"), (judged, 40, "1")),
    ):
        sections = tuple(
            SectionTerms(kind, count, Decimal(points)) for kind, count, points in terms
        )
        assert check_blueprint(BlueprintTerms("T", 90, sections)) == ()
