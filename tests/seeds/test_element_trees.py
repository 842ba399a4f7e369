"""Every project has a full bank or the first two levels of its table of elements."""

import csv
from collections import Counter
from pathlib import Path

import pytest

from item_bank.exchange.element_trees import read_element_trees
from item_bank.rules.element_table import ElementRow

SEEDS = Path(__file__).resolve().parents[2] / "seeds"
TREES = read_element_trees((SEEDS / "element_trees" / "trees.csv").read_text("utf-8"))
BANKS = {int(path.name) for path in (SEEDS / "item_banks").iterdir() if path.name.isdigit()}


def below(rows: tuple[ElementRow, ...], parent: str) -> list[ElementRow]:
    return [row for row in rows if row.parent_code == parent]


@pytest.fixture(params=TREES, ids=str)
def tree(request: pytest.FixtureRequest) -> tuple[ElementRow, ...]:
    return TREES[request.param]


def test_every_project_of_the_catalog_has_a_tree_or_a_bank() -> None:
    with (SEEDS / "catalog" / "projects.csv").open(encoding="utf-8", newline="") as file:
        numbers = {int(row["no"]) for row in csv.DictReader(file)}
    assert len(numbers) == 84
    assert TREES.keys() | BANKS == numbers
    assert TREES.keys().isdisjoint(BANKS)


def test_weights_are_whole_and_children_add_up_to_their_parent(
    tree: tuple[ElementRow, ...],
) -> None:
    weight = {row.code: row.weight or 0 for row in tree}
    assert all(value > 0 and value == int(value) for value in weight.values())
    assert weight["A"] + weight["B"] == 100
    for parent in "AB":
        assert sum(row.weight or 0 for row in below(tree, parent)) == weight[parent]


def test_ranges_are_two_or_three_of_basics_and_three_to_six_of_the_trade(
    tree: tuple[ElementRow, ...],
) -> None:
    assert [(row.code, row.name) for row in tree if row.level == 1] == [
        ("A", "基本要求"),
        ("B", "相关知识要求"),
    ]
    assert 2 <= len(below(tree, "A")) <= 3
    assert 3 <= len(below(tree, "B")) <= 6
    assert {row.level for row in tree} == {1, 2}


def test_codes_run_in_order_without_gaps(tree: tuple[ElementRow, ...]) -> None:
    for parent in "AB":
        codes = [row.code for row in below(tree, parent)]
        assert codes == [f"{parent}-{letter}" for letter in "ABCDEF"[: len(codes)]]


def test_names_within_a_project_differ(tree: tuple[ElementRow, ...]) -> None:
    names = [row.name for row in tree]
    assert len(set(names)) == len(names)


def test_no_range_of_a_trade_is_repeated_for_another() -> None:
    trades = Counter(row.name for rows in TREES.values() for row in below(rows, "B"))
    assert {name: count for name, count in trades.items() if count > 1} == {}


def test_no_two_projects_have_the_same_basics() -> None:
    basics = Counter(tuple(row.name for row in below(rows, "A")) for rows in TREES.values())
    assert {names: count for names, count in basics.items() if count > 1} == {}
