"""The demonstration item banks are complete, balanced and well formed."""

import csv
import json
import re
import tomllib
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from exam_server.seeding import specification_text
from registry.catalog.rules.specification import advice_on, check_specification
from scoring.rules.practical_paper import read_practical_paper

BANKS = Path(__file__).resolve().parents[2] / "seeds" / "item_banks"
FOLDERS = sorted(path for path in BANKS.iterdir() if path.name.isdigit())
BLANK = "（　　）"
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = {"line", "rect", "circle", "ellipse", "path", "polyline", "polygon", "text"}
FILES = {
    "README.md",
    "blueprint.toml",
    "elements.csv",
    "figures",
    "items.jsonl",
    "practical.toml",
    "specification.toml",
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """The least a bank must hold."""

    items: int = 250
    figures: int = 6
    formulas: int = 0


SIZES = {"60": Size(items=260, figures=10, formulas=12)}


@dataclass(frozen=True)
class Bank:
    """A bank's folder as read, nothing checked."""

    folder: Path
    elements: list[Row]
    items: list[Row]
    blueprint: Row
    specification: Row
    practical: Row

    @property
    def code(self) -> str:
        return self.folder.name

    @property
    def ranges(self) -> list[Row]:
        return [row for row in self.elements if row["level"] == "3"]

    @property
    def points(self) -> list[Row]:
        return [row for row in self.elements if row["level"] == "4"]

    def of_kind(self, kind: str) -> list[Row]:
        return [item for item in self.items if item["kind"] == kind]


def read(folder: Path) -> Bank:
    with (folder / "elements.csv").open(encoding="utf-8", newline="") as file:
        elements = list(csv.DictReader(file))
    lines = (folder / "items.jsonl").read_text(encoding="utf-8").splitlines()
    terms = (
        tomllib.loads((folder / f"{name}.toml").read_text(encoding="utf-8"))
        for name in ("blueprint", "specification", "practical")
    )
    return Bank(folder, elements, [json.loads(line) for line in lines], *terms)


@pytest.fixture(scope="module", params=FOLDERS, ids=lambda folder: folder.name)
def bank(request: pytest.FixtureRequest) -> Bank:
    return read(request.param)


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


def test_a_bank_holds_every_file(bank: Bank) -> None:
    assert {path.name for path in bank.folder.iterdir()} == FILES


def test_weights_of_children_add_up_to_their_parent(bank: Bank) -> None:
    weight = {row["code"]: Decimal(row["weight"]) for row in bank.elements if row["weight"]}
    sums: defaultdict[str, Decimal] = defaultdict(Decimal)
    for code, value in weight.items():
        assert value * 2 == int(value * 2), code
        sums[code.rpartition("-")[0]] += value
    assert sums.pop("") == 100
    assert dict(sums) == {code: weight[code] for code in sums}


def test_every_range_is_divided_into_points(bank: Bank) -> None:
    per_range = Counter(row["code"][:5] for row in bank.points)
    assert set(per_range) == {row["code"] for row in bank.ranges}
    assert 10 <= len(per_range) <= 14
    assert 55 <= len(bank.points) <= 70
    assert min(per_range.values()) >= 3


def test_points_are_mostly_core_and_seldom_auxiliary(bank: Bank) -> None:
    importance = Counter(row["importance"] for row in bank.points)
    assert set(importance) == {"X", "Y", "Z"}
    assert importance["X"] >= 0.65 * len(bank.points)
    assert importance["Z"] <= 0.1 * len(bank.points)


def test_only_ranges_carry_weights_and_only_points_importance(bank: Bank) -> None:
    for row in bank.elements:
        is_point = row["level"] == "4"
        assert bool(row["importance"]) is is_point, row
        assert bool(row["weight"]) is not is_point, row
        assert row["code"].count("-") + 1 == int(row["level"]), row


def test_every_range_holds_twice_what_a_paper_takes(bank: Bank) -> None:
    for section in bank.blueprint["sections"]:
        held = Counter(item["point"][:5] for item in bank.of_kind(section["kind"]))
        for code, quota in quotas(bank.ranges, section["item_count"]).items():
            assert held[code] >= max(2 * quota, 1), (section["kind"], code)


def test_every_point_has_four_items(bank: Bank) -> None:
    held = Counter(item["point"] for item in bank.items)
    assert set(held) == {row["code"] for row in bank.points}
    assert min(held.values()) >= 4


def test_a_bank_is_large_enough(bank: Bank) -> None:
    size = SIZES.get(bank.code, Size())
    assert len(bank.items) >= size.items
    assert sum(item["figure"] is not None for item in bank.items) >= size.figures
    assert sum(any(r"\(" in text for text in texts_of(i)) for i in bank.items) >= size.formulas


def test_item_codes_are_unique_and_sorted(bank: Bank) -> None:
    codes = [item["code"] for item in bank.items]
    assert codes == sorted(set(codes))
    assert all(re.fullmatch(rf"{bank.code}-\d{{4}}", code) for code in codes)


def test_stems_are_unique_after_normalisation(bank: Bank) -> None:
    seen = Counter(normalised(item["stem"]) for item in bank.items)
    assert [stem for stem, count in seen.items() if count > 1] == []


def test_no_two_banks_share_a_stem() -> None:
    banks_of: defaultdict[str, set[str]] = defaultdict(set)
    for folder in FOLDERS:
        for item in read(folder).items:
            banks_of[normalised(item["stem"])].add(folder.name)
    assert {stem: banks for stem, banks in banks_of.items() if len(banks) > 1} == {}


def test_keys_name_options_of_their_item(bank: Bank) -> None:
    for item in bank.items:
        if item["kind"] == "true_false":
            assert item["key"] in (["right"], ["wrong"]), item["code"]
            continue
        ids = [option["id"] for option in item["options"]]
        assert ids == list("abcde"[: len(ids)]), item["code"]
        assert item["key"] == sorted(set(item["key"]) & set(ids)), item["code"]


def test_items_have_the_form_of_their_kind(bank: Bank) -> None:
    for item in bank.items:
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


def test_options_differ_and_never_sum_up_the_others(bank: Bank) -> None:
    for item in bank.items:
        contents = [option["content"] for option in item.get("options", [])]
        assert len(set(contents)) == len(contents), item["code"]
        assert not any(re.match("(以上|上述)[各选都均全]", text) for text in contents), item["code"]


def test_formula_delimiters_are_paired(bank: Bank) -> None:
    for item in bank.items:
        for text in texts_of(item):
            marks = re.findall(r"\\[()]", text)
            assert marks == [r"\(", r"\)"] * (len(marks) // 2), item["code"]


def test_every_item_says_why_and_from_where(bank: Bank) -> None:
    for item in bank.items:
        assert item["rationale"].endswith("。"), item["code"]
        assert 0 < len(item["source"]) <= 200, item["code"]


def test_key_positions_of_single_choice_are_balanced(bank: Bank) -> None:
    single = bank.of_kind("single_choice")
    positions = Counter(item["key"][0] for item in single)
    for letter in "abcd":
        assert 0.21 <= positions[letter] / len(single) <= 0.29, positions


def test_the_right_option_is_seldom_the_longest(bank: Bank) -> None:
    single = bank.of_kind("single_choice")
    betrayed = 0
    for item in single:
        lengths = {option["id"]: len(option["content"]) for option in item["options"]}
        longest = lengths.pop(item["key"][0])
        betrayed += longest > max(lengths.values())
    assert betrayed <= 0.4 * len(single)


def test_keys_of_multiple_choice_vary(bank: Bank) -> None:
    keys = Counter("".join(item["key"]) for item in bank.of_kind("multiple_choice"))
    most = max(keys.values(), default=0)
    assert most <= 1 + keys.total() / 3, keys
    assert not keys or len({len(key) for key in keys}) > 1


def test_about_half_of_the_statements_are_wrong(bank: Bank) -> None:
    statements = bank.of_kind("true_false")
    wrong = sum(item["key"] == ["wrong"] for item in statements)
    assert 0.4 * len(statements) <= wrong <= 0.6 * len(statements)


def test_difficulty_follows_the_blueprint(bank: Bank) -> None:
    shares = bank.blueprint["settings"]["difficulty"]["shares"]
    counts = Counter(item["difficulty"] for item in bank.items)
    for level, share in enumerate(shares, start=1):
        assert abs(counts[level] / len(bank.items) - float(share)) <= 0.06, counts


def test_figures_are_plain_drawings(bank: Bank) -> None:
    for item in bank.items:
        if item["figure"] is None:
            continue
        assert set(item["figure"]) == {"file", "description", "caption"}, item["code"]
        root = ElementTree.parse(bank.folder / item["figure"]["file"]).getroot()
        assert root.get("viewBox"), item["code"]
        for node in root.iter():
            assert node.tag.removeprefix(SVG) in SHAPES | {"svg"}, item["code"]
            banned = [name for name in node.attrib if name.startswith("on") or "href" in name]
            assert banned == [], item["code"]
            assert node.get("style") is None, item["code"]


def test_every_figure_belongs_to_an_item(bank: Bank) -> None:
    drawn = {f"figures/{path.name}" for path in (bank.folder / "figures").iterdir()}
    assert drawn == {item["figure"]["file"] for item in bank.items if item["figure"]}


def test_blueprint_adds_up_to_a_hundred_points(bank: Bank) -> None:
    sections = bank.blueprint["sections"]
    assert sum(row["item_count"] * Decimal(row["points_each"]) for row in sections) == 100


def test_specification_tasks_add_up_and_agree_with_the_papers(bank: Bank) -> None:
    assert sum(task["weight_percent"] for task in bank.specification["tasks"]) == 100
    minutes = {subject["kind"]: subject["minutes"] for subject in bank.specification["subjects"]}
    limit = bank.practical["time"]["limit_minutes"]
    assert minutes == {"theory": bank.blueprint["minutes"], "practical": limit}


def test_specification_is_complete_and_worded_as_usual(bank: Bank) -> None:
    text = specification_text(bank.specification)
    assert check_specification(text) == ()
    assert [advice for advice in advice_on(text) if advice.place != "definition"] == []


def test_allotted_marks_of_a_practical_task_add_up_to_its_weight(bank: Bank) -> None:
    tasks = bank.practical["tasks"]
    assert sum(Decimal(task["weight"]) for task in tasks) == 100
    for number, task in enumerate(tasks, start=1):
        assert sum(Decimal(item["allotted"]) for item in task["items"]) == Decimal(task["weight"])
        expected = [f"{number}.{place}" for place in range(1, len(task["items"]) + 1)]
        assert [item["no"] for item in task["items"]] == expected


def test_criteria_never_take_more_than_the_allotted_marks(bank: Bank) -> None:
    for task in bank.practical["tasks"]:
        for item in task["items"]:
            most = sum(Decimal(criterion["max_deduct"]) for criterion in item["criteria"])
            assert most <= Decimal(item["allotted"]), item["no"]
            for criterion in item["criteria"]:
                assert criterion["per"] in ("occurrence", "item", "once")
                assert Decimal(criterion["deduct"]) <= Decimal(criterion["max_deduct"])


def test_examiners_can_score_by_the_practical_paper(bank: Bank) -> None:
    paper = read_practical_paper(bank.practical)
    assert 2 <= len(paper.tasks) <= 3
    assert 8 <= len(paper.items) <= 10


def test_vetoes_have_known_effects(bank: Bank) -> None:
    effects = {veto["effect"] for veto in bank.practical["vetoes"]}
    assert effects <= {"zero_item", "zero_task", "fail_subject", "stop"}
