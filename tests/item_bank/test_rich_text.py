"""The light notation of item texts: read without ever failing, judged, set on paper."""

import io
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.pdfgen.canvas import Canvas
from support.invented_bank import SVG, paper_content

from item_bank.booklet import print_booklet
from item_bank.rich_setting import set_blocks, set_lines
from item_bank.rules.item import ItemContent, OptionContent, check_item
from item_bank.rules.kinds import ItemKind
from item_bank.rules.rich_text import Paragraph, Table, read_rich_text, without_marks
from item_bank.rules.stem_text import plain_texts
from item_bank.text_setting import REGULAR, TextStyle
from registry.typeface import register_fonts

VECTORS = json.loads((Path(__file__).parents[1] / "support/rich_text_vectors.json").read_text())
NOTATION = st.text(alphabet="*_|\\() \n断电ab", max_size=60)
STYLE = TextStyle(REGULAR, 10, 15, hanging_pt=20)
ITEM = ItemContent(
    kind=ItemKind.SINGLE_CHOICE,
    point="A-A-A-001",
    difficulty=2,
    stem="检修前应（ ）。",
    options=tuple(OptionContent(name, f"做法{name}") for name in "abcd"),
    key=frozenset("a"),
    rationale="规程有此规定。",
    source="虚构",
)


def words_of(read):
    rows = ([[block.runs]] if isinstance(block, Paragraph) else block.rows for block in read.blocks)
    return "".join(run.text for block in rows for row in block for cell in row for run in cell)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: repr(vector["text"]))
def test_texts_are_read_as_recorded(vector):
    read = read_rich_text(vector["text"])
    assert [[fault.kind, fault.line] for fault in read.faults] == vector["faults"]
    assert without_marks(vector["text"]) == vector["words"]


@given(NOTATION)
def test_any_text_can_be_read_and_loses_nothing_but_marks_bars_and_blanks(text):
    def squeezed(words):
        return "".join(sign for sign in words if sign not in " \n|")

    read = read_rich_text(text)
    assert squeezed(words_of(read)) == squeezed("".join(map(without_marks, text.split("\n"))))
    for block in read.blocks:
        assert not isinstance(block, Table) or block.rows


@given(st.text())
def test_any_sign_can_be_read(text):
    assert read_rich_text(text).faults == read_rich_text(text).faults


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"stem": "检修前**应（ ）。"}, "题干第 1 行加重号 ** 不成对。"),
        ({"stem": "下表\n|甲|乙|\n|丙|\n应选（ ）。"}, "题干第 3 行的表格格数与表头不同。"),
        ({"stem": "|甲|乙|\n应选（ ）。"}, "题干第 1 行的表格只有一行"),
        ({"stem": "|U| 大于零时应（ ）。"}, "题干第 1 行以 | 开头却不以 | 结尾"),
        ({"rationale": "规程\n__有此规定。"}, "解析第 2 行下划线号 __ 不成对。"),
        ({"rationale": "由\\(U\n\\)可知。"}, "或公式跨行"),
    ],
)
def test_faulty_notation_is_refused_with_its_line(changes, said):
    errors = check_item(replace(ITEM, **changes)).errors
    assert any(error.startswith(said) or said in error for error in errors), errors


def test_an_option_holds_marks_but_no_table():
    marked, table = (OptionContent("d", text) for text in ("__不得__合闸", "|甲|\n|乙|"))
    assert check_item(replace(ITEM, options=(*ITEM.options[:3], marked))).errors == ()
    found = check_item(replace(ITEM, options=(*ITEM.options[:3], table))).errors
    assert found == ("选项 d中不能有表格。",)


def test_style_is_judged_by_words_not_by_marks():
    stem = "检修前应（ ）**。**"
    same = (OptionContent("d", "**做法a**"), *ITEM.options[:3])
    renamed = tuple(replace(o, canonical_id=name) for o, name in zip(same, "abcd", strict=True))
    assert check_item(replace(ITEM, stem=stem)).warnings == ()
    assert check_item(replace(ITEM, options=renamed)).errors == ("有内容相同的选项。",)
    table = "检修前应（ ）。\n|甲|乙|\n|1|2|"
    assert check_item(replace(ITEM, stem=table)).warnings == ()


def test_marks_do_not_hide_a_duplicate():
    assert plain_texts(["断电后**必须**__验电______。"]) == plain_texts(["断电后必须验电。"])


def picture_of(blocks, width_pt=300):
    register_fonts()
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=(width_pt, 200))
    top = 190
    for block in blocks:
        _, height = block.wrapOn(canvas, width_pt, 200)
        top -= height
        block.drawOn(canvas, 0, top)
    canvas.save()
    page = pypdfium2.PdfDocument(stream.getvalue())[0]
    return page.render(scale=4, grayscale=True).to_numpy().squeeze()


def ink(text):
    register_fonts()
    return np.sum(picture_of([set_lines(text, STYLE)]) < 128)


def test_bold_words_have_more_ink_and_underlined_ones_a_line():
    plain, bold, underlined = ink("断电验电"), ink("**断电验电**"), ink("__断电验电__")
    assert plain * 1.05 < bold
    assert plain * 1.02 < underlined


def test_a_table_is_ruled_and_stands_within_the_column():
    register_fonts()
    wide = "|" + "|".join(["很长的一格文字" * 4] * 5) + "|"
    pixels = picture_of(set_blocks(f"{wide}\n{wide}", STYLE, "1．", 300)) < 128
    _, columns = np.nonzero(pixels)
    assert columns.max() <= 300 * 4
    assert (pixels.sum(axis=1) > 250 * 4).sum() >= 3  # rules above, between and below the rows


def test_a_stem_with_a_table_is_printed_with_every_word():
    paper = paper_content(1, 0, 0)
    stem = "按下表选择（ ）。\n| 电压 | 电流 |\n| 220 V | **16 A** |"
    question = replace(paper.questions[0], stem=stem)
    paper = replace(paper, questions=(question,))
    pdf = print_booklet(paper, lambda _: SVG.encode(), paper_mark="试卷 1")
    text = "".join(page.get_textpage().get_text_bounded() for page in pypdfium2.PdfDocument(pdf))
    assert all(word in text for word in ("1．", "按下表选择", "电压", "220 V", "16 A"))
    assert "**" not in text
    assert "|" not in text
