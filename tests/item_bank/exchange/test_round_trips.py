"""What is written is read back equal, as far as the format carries it."""

from dataclasses import replace
from decimal import Decimal

import pytest
from support.exchanged_items import invented_items

from item_bank.exchange.exporting import ExportFormat, written
from item_bank.exchange.importing import read_file
from item_bank.exchange.records import ItemType, ReadOption, Severity

ITEMS = invented_items(500)
BUT_EXCEL = [target for target in ExportFormat if target is not ExportFormat.EXCEL]
COMPLETE = [target for target in ExportFormat if target is not ExportFormat.GIFT]


def content(item, **left_out):
    options = tuple(ReadOption(option.id, option.text) for option in item.options)
    return replace(item, place="", messages=(), options=options, weights={}, **left_out)


@pytest.mark.parametrize("target", COMPLETE)
def test_five_hundred_items_come_back_equal(target):
    report = read_file("items", written(ITEMS, target))
    assert [content(item) for item in report.items] == [content(item) for item in ITEMS]


def test_gift_brings_back_everything_but_points():
    report = read_file("items.txt", written(ITEMS, ExportFormat.GIFT))
    expected = [content(item, points=None) for item in ITEMS]
    assert [content(item) for item in report.items] == expected


@pytest.mark.parametrize("target", ExportFormat)
def test_the_format_is_told_by_content_alone(target):
    report = read_file("x", written(ITEMS[:20], target))
    assert report.format == target.value.rstrip("123")
    gravest = [m for i in report.items for m in i.messages if m.severity > Severity.NOTE]
    assert gravest == []


@pytest.mark.parametrize("target", BUT_EXCEL)
def test_partial_credit_comes_back(target):
    """All but a workbook, which has no column for it."""
    halves = {"a": Decimal("0.5"), "b": Decimal("0.5"), "c": Decimal("-0.5"), "d": Decimal(0)}
    unequal = {"a": Decimal("0.75"), "b": Decimal("0.25"), "c": Decimal(-1), "d": Decimal(-1)}
    options = tuple(ReadOption(name, f"选项{name}") for name in "abcd")
    items = [
        replace(
            ITEMS[0], type=ItemType.MULTIPLE, options=options, key=("a", "b"), locked=(), weights=w
        )
        for w in (halves, unequal)
    ]
    read = read_file("items", written(items, target)).items
    assert [dict(item.weights) for item in read] == [halves, unequal]
    assert [item.key for item in read] == [("a", "b"), ("a", "b")]


@pytest.mark.parametrize("target", BUT_EXCEL)
def test_equal_items_give_equal_bytes(target):
    """All but a workbook, whose archive carries the hour."""
    assert written(ITEMS[:20], target) == written(ITEMS[:20], target)
