"""The demonstration item bank of project 60 is complete, balanced and well formed."""

import csv
import json
import re
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

BANK = Path(__file__).resolve().parents[2] / "seeds" / "item_banks" / "60"
BLANK = "（　　）"
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {"line", "rect", "circle", "path", "polyline", "polygon", "text"}

Row = dict[str, Any]


def toml(name: str) -> Row:
    return tomllib.loads((BANK / name).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def elements() -> list[Row]:
    with (BANK / "elements.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture(scope="module")
def items() -> list[Row]:
    lines = (BANK / "items.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def of_kind(items: list[Row], kind: str) -> list[Row]:
    return [item for item in items if item["kind"] == kind]


def normalised(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(char for char in folded if char.isalnum())


def texts_of(item: Row) -> Iterator[str]:
    yield item["stem"]
    yield item["rationale"]
    for option in item.get("options", []):
        yield option["content"]


def quotas(ranges: list[Row], count: int) -> dict[str, int]:
    """Share ``count`` by largest remainder; ties go to the higher weight, then the code."""
    exact = {row["code"]: Decimal(row["weight"]) * count / 100 for row in ranges}
    shares = {code: int(share) for code, share in exact.items()}
    order = sorted(exact, key=lambda code: (shares[code] - exact[code], -exact[code], code))
    for code in order[: count - sum(shares.values())]:
        shares[code] += 1
    return shares


def test_weights_of_children_add_up_to_their_parent(elements: list[Row]) -> None:
    weight = {row["code"]: Decimal(row["weight"]) for row in elements if row["weight"]}
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for code, value in weight.items():
        assert value * 2 == int(value * 2), code
        sums[code.rpartition("-")[0]] += value
    assert sums.pop("") == 100
    assert dict(sums) == {code: weight[code] for code in sums}


def test_twelve_ranges_have_five_points_each(elements: list[Row]) -> None:
    points = [row for row in elements if row["level"] == "4"]
    per_range = Counter(row["code"][:5] for row in points)
    assert set(per_range) == {row["code"] for row in elements if row["level"] == "3"}
    assert sorted(per_range.values()) == [5] * 12


def test_points_are_mostly_core_and_seldom_auxiliary(elements: list[Row]) -> None:
    points = [row for row in elements if row["level"] == "4"]
    importance = Counter(row["importance"] for row in points)
    assert set(importance) == {"X", "Y", "Z"}
    assert importance["X"] >= 0.7 * len(points)
    assert importance["Z"] <= 0.1 * len(points)


def test_only_ranges_carry_weights_and_only_points_importance(elements: list[Row]) -> None:
    for row in elements:
        is_point = row["level"] == "4"
        assert bool(row["importance"]) is is_point, row
        assert bool(row["weight"]) is not is_point, row
        assert row["code"].count("-") + 1 == int(row["level"]), row


@pytest.mark.parametrize("kind", ["single_choice", "multiple_choice", "true_false"])
def test_every_range_holds_its_quota_twice(
    elements: list[Row], items: list[Row], kind: str
) -> None:
    ranges = [row for row in elements if row["level"] == "3"]
    [section] = [row for row in toml("blueprint.toml")["sections"] if row["kind"] == kind]
    held = Counter(item["point"][:5] for item in of_kind(items, kind))
    for code, quota in quotas(ranges, section["item_count"]).items():
        assert held[code] >= max(2 * quota, 1), code


def test_every_point_has_four_items(elements: list[Row], items: list[Row]) -> None:
    held = Counter(item["point"] for item in items)
    points = {row["code"] for row in elements if row["level"] == "4"}
    assert set(held) == points
    assert min(held.values()) >= 4


def test_the_bank_is_large_enough(items: list[Row]) -> None:
    assert len(items) >= 260
    assert sum(item["figure"] is not None for item in items) >= 10
    assert sum(any(r"\(" in text for text in texts_of(item)) for item in items) >= 12


def test_item_codes_are_unique_and_sorted(items: list[Row]) -> None:
    codes = [item["code"] for item in items]
    assert codes == sorted(set(codes))
    assert all(re.fullmatch(r"60-\d{4}", code) for code in codes)


def test_stems_are_unique_after_normalisation(items: list[Row]) -> None:
    seen = Counter(normalised(item["stem"]) for item in items)
    assert [stem for stem, count in seen.items() if count > 1] == []


def test_keys_name_options_of_their_item(items: list[Row]) -> None:
    for item in items:
        if item["kind"] == "true_false":
            assert item["key"] in (["right"], ["wrong"]), item["code"]
            continue
        ids = [option["id"] for option in item["options"]]
        assert ids == list("abcde"[: len(ids)]), item["code"]
        assert item["key"] == sorted(set(item["key"]) & set(ids)), item["code"]


def test_items_have_the_form_of_their_kind(items: list[Row]) -> None:
    for item in items:
        count = len(item.get("options", []))
        if item["kind"] == "true_false":
            assert "options" not in item, item["code"]
            assert item["stem"].endswith("。"), item["code"]
            assert BLANK not in item["stem"], item["code"]
            continue
        assert item["stem"].endswith(BLANK + "。"), item["code"]
        assert item["stem"].count(BLANK) == 1, item["code"]
        if item["kind"] == "single_choice":
            assert (count, len(item["key"])) == (4, 1), item["code"]
        else:
            assert count in (4, 5), item["code"]
            assert 2 <= len(item["key"]) <= 4, item["code"]


def test_options_differ_and_never_sum_up_the_others(items: list[Row]) -> None:
    for item in items:
        contents = [option["content"] for option in item.get("options", [])]
        assert len(set(contents)) == len(contents), item["code"]
        assert not any(re.match("(以上|上述)[各选都均全]", text) for text in contents), item["code"]


def test_formula_delimiters_are_paired(items: list[Row]) -> None:
    for item in items:
        for text in texts_of(item):
            marks = re.findall(r"\\[()]", text)
            assert marks == [r"\(", r"\)"] * (len(marks) // 2), item["code"]


def test_every_item_says_why_and_from_where(items: list[Row]) -> None:
    for item in items:
        assert item["rationale"].endswith("。"), item["code"]
        assert 0 < len(item["source"]) <= 200, item["code"]


def test_key_positions_of_single_choice_are_balanced(items: list[Row]) -> None:
    single = of_kind(items, "single_choice")
    positions = Counter(item["key"][0] for item in single)
    for letter in "abcd":
        assert 0.20 <= positions[letter] / len(single) <= 0.30, positions


def test_keys_of_multiple_choice_vary(items: list[Row]) -> None:
    keys = Counter("".join(item["key"]) for item in of_kind(items, "multiple_choice"))
    assert len(keys) >= 6
    assert {len(key) for key in keys} == {2, 3, 4}


def test_about_half_of_the_statements_are_wrong(items: list[Row]) -> None:
    statements = of_kind(items, "true_false")
    wrong = sum(item["key"] == ["wrong"] for item in statements)
    assert 0.4 <= wrong / len(statements) <= 0.6


def test_difficulty_follows_the_blueprint(items: list[Row]) -> None:
    shares = toml("blueprint.toml")["settings"]["difficulty"]["shares"]
    counts = Counter(item["difficulty"] for item in items)
    for level, share in enumerate(shares, start=1):
        assert abs(counts[level] / len(items) - float(share)) <= 0.06, counts


def test_figures_are_plain_drawings(items: list[Row]) -> None:
    for item in items:
        if item["figure"] is None:
            continue
        assert set(item["figure"]) == {"file", "description", "caption"}, item["code"]
        root = ElementTree.parse(BANK / item["figure"]["file"]).getroot()
        assert root.get("viewBox"), item["code"]
        for node in root.iter():
            assert node.tag.removeprefix(SVG) in SHAPES | {"svg"}, item["code"]
            banned = [name for name in node.attrib if name.startswith("on") or "href" in name]
            assert banned == [], item["code"]
            assert node.get("style") is None, item["code"]


def test_every_figure_belongs_to_an_item(items: list[Row]) -> None:
    drawn = {f"figures/{path.name}" for path in (BANK / "figures").iterdir()}
    assert drawn == {item["figure"]["file"] for item in items if item["figure"]}


def test_blueprint_adds_up_to_a_hundred_points() -> None:
    sections = toml("blueprint.toml")["sections"]
    assert sum(row["item_count"] * Decimal(row["points_each"]) for row in sections) == 100


def test_specification_tasks_add_up_and_agree_with_the_blueprint() -> None:
    specification = toml("specification.toml")
    assert sum(task["weight_percent"] for task in specification["tasks"]) == 100
    minutes = {subject["kind"]: subject["minutes"] for subject in specification["subjects"]}
    assert minutes == {"theory": toml("blueprint.toml")["minutes"], "practical": 60}
    assert toml("practical.toml")["time"]["limit_minutes"] == minutes["practical"]


def test_allotted_marks_of_a_practical_task_add_up_to_its_weight() -> None:
    tasks = toml("practical.toml")["tasks"]
    assert sum(Decimal(task["weight"]) for task in tasks) == 100
    for number, task in enumerate(tasks, start=1):
        assert sum(Decimal(item["allotted"]) for item in task["items"]) == Decimal(task["weight"])
        expected = [f"{number}.{place}" for place in range(1, len(task["items"]) + 1)]
        assert [item["no"] for item in task["items"]] == expected


def test_criteria_never_take_more_than_the_allotted_marks() -> None:
    for task in toml("practical.toml")["tasks"]:
        for item in task["items"]:
            most = sum(Decimal(criterion["max_deduct"]) for criterion in item["criteria"])
            assert most <= Decimal(item["allotted"]), item["no"]
            for criterion in item["criteria"]:
                assert criterion["per"] in ("occurrence", "item", "once")
                assert Decimal(criterion["deduct"]) <= Decimal(criterion["max_deduct"])


def test_vetoes_have_known_effects() -> None:
    effects = {veto["effect"] for veto in toml("practical.toml")["vetoes"]}
    assert effects <= {"zero_item", "zero_task", "fail_subject", "stop"}
