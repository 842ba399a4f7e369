"""Items are judged by form; figures by an allowlist; equal content has an equal hash."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.invented_bank import SVG, item_content

from item_bank.rules.element_table import ElementRow, check_element_table
from item_bank.rules.figure import check_svg
from item_bank.rules.item import Figure, OptionContent, check_item, content_hash, tidy
from item_bank.rules.kinds import ItemKind
from item_bank.rules.review import is_same_person

SINGLE = item_content()
MULTIPLE = item_content(ItemKind.MULTIPLE_CHOICE)
JUDGED = item_content(ItemKind.TRUE_FALSE)


def with_options(item, *contents):
    options = (OptionContent(name, text) for name, text in zip("abcdef", contents, strict=False))
    return replace(item, options=tuple(options))


@pytest.mark.parametrize("item", [SINGLE, MULTIPLE, JUDGED])
def test_a_well_formed_item_passes(item):
    findings = check_item(item)
    assert findings.errors == ()
    assert findings.warnings == ()


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (with_options(SINGLE, "甲", "乙", "丙"), "选项应为 4 个"),
        (with_options(MULTIPLE, *"甲乙丙丁戊己"), "选项应为 4或5 个"),
        (with_options(SINGLE, "甲", "乙", "丙", "甲"), "内容相同"),
        (with_options(SINGLE, "甲", "乙", "丙", " "), "选项 d为空"),
        (replace(SINGLE, key=frozenset("ab")), "有且只有一个正确选项"),
        (replace(SINGLE, key=frozenset("e")), "不在选项之中"),
        (replace(SINGLE, key=frozenset()), "有且只有一个正确选项"),
        (replace(MULTIPLE, key=frozenset("a")), "至少有两个"),
        (replace(JUDGED, key=frozenset("a")), "不在选项之中"),
        (replace(JUDGED, options=SINGLE.options, key=frozenset("a")), "两个选项"),
        (replace(JUDGED, stem="这句话是（ ）。"), "不应有空格括号"),
        (replace(SINGLE, stem="没有空格。"), "有且只有一个“（ ）”"),
        (replace(SINGLE, stem="（ ）和（　　）。"), "现有 2 个"),
        (replace(SINGLE, stem="<b>粗体</b>（ ）。"), "网页标记"),
        (replace(SINGLE, stem=r"公式 \(x（ ）。"), "不成对"),
        (replace(SINGLE, stem="响铃\x07（ ）。"), "控制字符"),
        (replace(SINGLE, rationale=""), "解析为空"),
        (replace(SINGLE, point="A-A-A"), "鉴定点编号"),
        (replace(SINGLE, difficulty=6), "难度"),
        (replace(SINGLE, figure=Figure("0" * 64, "image/svg+xml", " ", "图")), "文字说明"),
    ],
)
def test_each_fault_of_form_is_named(item, said):
    assert any(said in error for error in check_item(item).errors)


def test_a_comparison_is_not_taken_for_markup():
    assert check_item(replace(SINGLE, stem="当 a<b 且 c>d 时，应为（ ）。")).errors == ()


@pytest.mark.parametrize(
    ("item", "said"),
    [
        (with_options(SINGLE, "甲", "乙", "丙", "以上都是"), "以上都是"),
        (with_options(SINGLE, "甲", "乙", "丙", "长" * 30), "长短"),
        (replace(SINGLE, stem="应为（ ）"), "句号"),
        (replace(MULTIPLE, key=frozenset("abcd")), "全部选项都正确"),
    ],
)
def test_bad_style_is_a_warning_only(item, said):
    findings = check_item(item)
    assert findings.errors == ()
    assert any(said in warning for warning in findings.warnings)


def test_an_empty_stem_is_a_fault_and_no_matter_of_style():
    findings = check_item(replace(SINGLE, stem=" "))
    assert "题干为空。" in findings.errors
    assert not any("句号" in warning for warning in findings.warnings)


@pytest.mark.parametrize(
    "change",
    [
        {"stem": "另一题干（ ）。"},
        {"key": frozenset("c")},
        {"difficulty": 4},
        {"point": "A-A-A-002"},
        {"rationale": "另一解析"},
        {"options": SINGLE.options[::-1]},
        {"figure": Figure("0" * 64, "image/svg+xml", "说明", "")},
    ],
)
def test_any_change_of_content_changes_the_hash(change):
    assert content_hash(replace(SINGLE, **change)) != content_hash(SINGLE)


def test_the_order_of_the_key_does_not_change_the_hash():
    assert content_hash(replace(MULTIPLE, key=frozenset("ca"))) == content_hash(MULTIPLE)


@given(st.text())
def test_tidying_twice_changes_nothing_more(text):
    assert tidy(tidy(text)) == tidy(text)


def test_a_plain_figure_passes():
    assert check_svg(SVG.encode()) == ()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("<rect", "<script>alert(1)</script><rect", "不允许的元素 script"),
        ("<rect", "<foreignObject/><rect", "不允许的元素 foreignObject"),
        ("<rect", "<style>*{}</style><rect", "不允许的元素 style"),
        ("<rect", '<image href="x.png"/><rect', "不允许的元素 image"),
        ("<rect", '<rect onload="x()"', "不允许的属性 onload"),
        ("<rect", '<rect OnClick="x()"', "不允许的属性 OnClick"),
        ("<rect", '<rect href="#a"', "href"),
        ("<rect", '<rect style="fill:url(https://x/)"', "不允许的属性 style"),
        ("<rect", '<rect transform="scale(2)"', "不允许的属性 transform"),
        ('fill="none"', 'fill="url(https://x/)"', "属性 fill 的值"),
        ('fill="none"', r'fill="u\72l(x)"', "属性 fill 的值"),
        ('width="8"', 'width="8em"', "属性 width 的值"),
        ("<rect", '<rect xmlns:h="http://www.w3.org/1999/xhtml"/><h:p xmlns:h="u"/><rect', "{u}p"),
        ("<svg", "<!DOCTYPE svg><svg", "文档类型"),
        ("<svg", '<?xml-stylesheet href="x"?><svg', "处理指令"),
        ("</svg>", "", "不是完好的"),
        ('viewBox="0 0 20 10"', "", "viewBox"),
        ("http://www.w3.org/2000/svg", "urn:other", "不是 SVG"),
    ],
)
def test_a_figure_with_code_or_things_from_outside_is_refused(old, new, said):
    assert any(said in reason for reason in check_svg(SVG.replace(old, new, 1).encode()))


def test_an_oversized_figure_is_refused_unread():
    assert "200 kB" in check_svg(b" " * 200_001)[0]


def rows(*, weight="100", importance="X"):
    from decimal import Decimal

    return [
        ElementRow("A", "甲", 1, Decimal(100), None),
        ElementRow("A-A", "乙", 2, Decimal(weight), None),
        ElementRow("A-A-A", "丙", 3, Decimal(weight), None),
        ElementRow("A-A-A-001", "丁", 4, None, importance),
    ]


def test_a_sound_element_table_passes():
    assert check_element_table(rows()) == ()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (rows(weight="90"), "A 的比重为 100，下级之和为 90"),
        (rows(weight="90.25"), "整数或半数"),
        (rows(importance="W"), "重要程度"),
        (rows()[:2] + rows()[3:], "缺少上级 A-A-A"),
        (rows() + rows()[3:], "重复"),
        ([replace(rows()[0], level=2), *rows()[1:]], "与级别 2 不符"),
        ([replace(rows()[0], weight=rows()[0].weight / 2), *rows()[1:]], "一级比重之和"),
    ],
)
def test_each_fault_of_the_element_table_is_named(table, said):
    assert any(said in fault for fault in check_element_table(table))


def test_the_server_itself_is_no_person():
    assert is_same_person(3, 3)
    assert not is_same_person(3, 4)
    assert not is_same_person(None, None)
