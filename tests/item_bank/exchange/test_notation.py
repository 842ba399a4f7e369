"""Bold, underlined text and tables travel as HTML and come back in the notation of the bank."""

from dataclasses import replace

import pytest
from support.exchanged_items import invented_items
from support.word_files import document, paragraph, run

from item_bank.exchange.bank_items import stem_for_bank
from item_bank.exchange.exporting import ExportFormat, written
from item_bank.exchange.html_text import read_html
from item_bank.exchange.importing import read_file
from item_bank.exchange.notation import html_of_notation
from item_bank.rules.kinds import ItemKind
from item_bank.rules.rich_text import read_rich_text

ITEM = invented_items(1)[0]
TEXTS = [
    "下列**不**正确的是（ ）。",
    "**断电**后__不得__合闸（ ）。",
    "**__都__**是（ ）。",
    "由下表可知（ ）。\n| 年 | 值 |\n| 1 | **2** |\n续文。",
    r"乘方\*\*与\_\_线（ ）。",
    r"\(x_{1}**2\)为（ ）。",
    r"\|竖线开头（ ）。",
    "水温____℃，a|b，3*4（ ）。",
    "<b>标记</b>与&amp;**重点**（ ）。",
]


@pytest.mark.parametrize("target", ExportFormat)
@pytest.mark.parametrize("stem", TEXTS)
def test_a_text_with_marks_comes_back_equal(stem, target):
    item = replace(ITEM, stem=stem, rationale="见**第3章**。")
    (read,) = read_file("items", written([item], target), _format(target)).items
    assert (read.stem, read.rationale) == (stem, "见**第3章**。")


def _format(target):
    return target.value.rstrip("123")


def test_other_systems_get_html_not_marks():
    item = replace(ITEM, stem=TEXTS[0])
    for target in (ExportFormat.QTI3, ExportFormat.QTI21, ExportFormat.MOODLE):
        assert b"**" not in written([item], target)
    assert html_of_notation(TEXTS[3]).startswith("由下表可知（ ）。<table><tr><td>年</td>")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("下列<b>不</b>正确", "下列**不**正确"),
        ("下列<strong> 不 </strong>正确", "下列 **不** 正确"),
        ("<u>断电</u>后<b></b>", "__断电__后"),
        ('<span style="text-decoration: underline"><span>甲</span>乙</span>丙', "__甲乙__丙"),
        ("<b>第一行<br/>第二行</b>", "**第一行**\n**第二行**"),
        ("<sup><b>2</b></sup>", r"\(^{2}\)"),
        ("水温是<u>&nbsp;&nbsp;&nbsp;</u>℃", "水温是____℃"),
        ("3**2**1", r"3\*\*2\*\*1"),
        ("<b>*</b>号", r"**\***号"),
        (
            "<table><tr><th>年</th><th>值</th></tr><tr><td>1|2</td><td>3</td></tr></table>",
            "| 年 | 值 |\n| 1\\|2 | 3 |",
        ),
        ("</b></u></td></table>甲", "甲"),
    ],
)
def test_html_of_other_systems(source, text):
    found = read_html(source)
    assert (found.text, found.lost) == (text, ())
    assert not read_rich_text(found.text).faults or "*" in source


@pytest.mark.parametrize(
    "source",
    [
        "<table><tr><td>甲</td><td>乙</td></tr></table>",
        "<table><tr><td colspan='2'>甲</td></tr><tr><td>乙</td><td>丙</td></tr></table>",
        "<table><tr><td>甲<table><tr><td>乙</td></tr></table></td></tr></table>",
        "<table>外<tr><td>甲</td><td>乙</td></tr><tr><td>丙</td><td>丁</td></tr></table>",
    ],
)
def test_tables_without_a_form_in_the_notation_are_named_and_their_text_kept(source):
    found = read_html(source)
    assert "表格" in found.lost
    assert all(word in found.text for word in "甲乙" if word in source)


def test_underlined_blanks_of_a_word_document_are_the_gap():
    gap = run("    ", '<w:u w:val="single"/>')
    body = paragraph("1. 适宜水温是", gap, "℃。 A. 1 B. 2 C. 3 D. 4 答案：A")
    (item,) = read_file("t", document(body)).items
    assert item.stem == "适宜水温是____℃。"
    assert stem_for_bank(item.stem, ItemKind.SINGLE_CHOICE) == "适宜水温是（ ）℃。"


def test_two_low_lines_alone_are_a_gap_and_two_pairs_underline():
    assert stem_for_bank("水温是__℃。", ItemKind.SINGLE_CHOICE) == "水温是（ ）℃。"
    assert stem_for_bank("__不得__合闸（ ）。", ItemKind.SINGLE_CHOICE) == "__不得__合闸（ ）。"
