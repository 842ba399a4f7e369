"""What is written is read back equal, as far as the format carries it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from support.exchanged_items import invented_items
from support.word_files import png

from benchmarks.round_trip import measure
from item_bank.exchange.exporting import ExportFormat, written
from item_bank.exchange.importing import read_file
from item_bank.exchange.records import FigureLink, ItemType, ReadOption, Severity

ITEMS = invented_items(500)
BUT_EXCEL = [target for target in ExportFormat if target is not ExportFormat.EXCEL]
PACKING = [ExportFormat.QTI3, ExportFormat.QTI21, ExportFormat.MOODLE]
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'
)


def content(item, **left_out):
    options = tuple(ReadOption(option.id, option.text) for option in item.options)
    return replace(item, place="", messages=(), options=options, weights={}, **left_out)


@pytest.mark.parametrize("target", ExportFormat)
def test_five_hundred_items_come_back_equal(target):
    report = read_file("items", written(ITEMS, target))
    assert [content(item) for item in report.items] == [content(item) for item in ITEMS]


def test_the_measured_round_trip_of_a_thousand_items_loses_nothing():
    for name, found in measure(1000)["formats"].items():
        assert (found["equal"], found["unequal_by_field"]) == (1000, {}), name
        assert found["figures"] in (None, "64 of 64"), name


@pytest.mark.parametrize("target", ExportFormat)
def test_the_format_is_told_by_content_alone(target):
    report = read_file("x", written(ITEMS[:20], target))
    assert report.format == target.value.rstrip("123")
    gravest = [m for i in report.items for m in i.messages if m.severity > Severity.NOTE]
    assert gravest == []


@pytest.mark.parametrize("target", ExportFormat)
def test_partial_credit_comes_back(target):
    halves = {"a": Decimal("0.5"), "b": Decimal("0.5"), "c": Decimal("-0.5"), "d": Decimal(0)}
    each = {"a": Decimal("0.5"), "b": Decimal("0.5"), "c": Decimal(0), "d": Decimal(0)}
    unequal = {"a": Decimal("0.75"), "b": Decimal("0.25"), "c": Decimal(-1), "d": Decimal(-1)}
    options = tuple(ReadOption(name, f"选项{name}") for name in "abcd")
    items = [
        replace(
            ITEMS[0], type=ItemType.MULTIPLE, options=options, key=("a", "b"), locked=(), weights=w
        )
        for w in (halves, each, unequal)
    ]
    read = read_file("items", written(items, target)).items
    assert [dict(item.weights) for item in read] == [halves, each, unequal]
    assert [item.key for item in read] == [("a", "b")] * 3


@pytest.mark.parametrize("target", BUT_EXCEL)
def test_equal_items_give_equal_bytes(target):
    """All but a workbook, whose archive carries the hour."""
    assert written(ITEMS[:20], target) == written(ITEMS[:20], target)


@pytest.mark.parametrize("target", PACKING)
def test_figures_travel_with_their_items(target):
    figures = [
        FigureLink("a.svg", "一个“阀门” & <管>", "图 1 < 2", SVG, "image/svg+xml"),
        FigureLink("b.png", "一块钢板", "", png(), "image/png"),
        FigureLink("a.svg", "同一个阀门", "", SVG, "image/svg+xml"),
    ]
    items = [replace(item, figure=f) for item, f in zip(ITEMS, figures, strict=False)]
    read = read_file("items", written(items, target)).items
    assert [replace(item.figure, file="") for item in read] == [
        replace(f, file="") for f in figures
    ]
    assert [content(item, figure=None) for item in read] == [content(i, figure=None) for i in items]


def test_a_figure_without_its_file_is_named_by_jsonl_alone():
    items = [replace(ITEMS[0], figure=FigureLink("figures/a.svg", "一个阀门"))]
    (read,) = read_file("items", written(items, ExportFormat.JSONL)).items
    assert (read.figure.file, read.figure.file_hash) == ("figures/a.svg", None)
    (bare,) = read_file("items", written(items, ExportFormat.QTI3)).items
    assert bare.figure is None


@pytest.mark.parametrize("target", [ExportFormat.MOODLE, ExportFormat.GIFT])
def test_marks_beyond_one_become_shares(target):
    weights = {"a": Decimal(2), "b": Decimal(1), "c": Decimal(-1), "d": Decimal(0)}
    options = tuple(ReadOption(name, f"选项{name}") for name in "abcd")
    item = replace(
        ITEMS[0],
        type=ItemType.MULTIPLE,
        options=options,
        key=("a", "b"),
        locked=(),
        weights=weights,
    )
    (read,) = read_file("items", written([item], target)).items
    assert read.weights["a"] == Decimal("0.6666667")
    assert sum(w for w in read.weights.values() if w > 0) == 1


@pytest.mark.parametrize("target", ExportFormat)
def test_blank_lines_come_back(target):
    stems = ["甲\n\n乙", "甲 ____\n\n\n**乙**", "| 甲 | 乙 |\n| 1 | 2 |\n\n丙"]
    items = [replace(ITEMS[0], stem=stem) for stem in stems]
    assert [item.stem for item in read_file("items", written(items, target)).items] == stems


@pytest.mark.parametrize("target", ExportFormat)
def test_twenty_six_options_and_endless_shares_come_back(target):
    names = "abcdefghijklmnopqrstuvwxyz"
    options = tuple(ReadOption(name, f"选项{name}") for name in names)
    weights = dict.fromkeys(names, Decimal(0)) | dict.fromkeys("xyz", 1 / Decimal(3))
    item = replace(
        ITEMS[0],
        type=ItemType.MULTIPLE,
        options=options,
        key=("x", "y", "z"),
        locked=("i", "x"),
        weights=weights,
    )
    (read,) = read_file("items", written([item], target)).items
    assert [option.text for option in read.options] == [option.text for option in options]
    assert (read.key, read.locked) == (("x", "y", "z"), ("i", "x"))
    assert [round(share, 5) for share in read.weights.values()] == [
        round(share, 5) for share in weights.values()
    ]


@pytest.mark.parametrize("target", ExportFormat)
def test_an_item_without_a_key_comes_back_without_one(target):
    options = tuple(ReadOption(name, f"选项{name}") for name in "abcd")
    judged = (ReadOption("right", "正确"), ReadOption("wrong", "错误"))
    shares = {"a": Decimal("0.75"), "b": Decimal("0.25"), "c": Decimal(0), "d": Decimal(0)}
    base = replace(ITEMS[0], options=options, key=None, locked=(), weights={})
    items = [
        replace(base, type=ItemType.SINGLE),
        replace(base, type=ItemType.MULTIPLE),
        replace(base, type=ItemType.JUDGE, options=judged),
        replace(base, type=ItemType.SINGLE, weights=shares),
        replace(base, type=ItemType.MULTIPLE, weights=shares),
        replace(base, type=ItemType.MULTIPLE, key=("b",)),
    ]
    read = read_file("items", written(items, target)).items
    assert [(item.type, item.key) for item in read] == [(item.type, item.key) for item in items]
