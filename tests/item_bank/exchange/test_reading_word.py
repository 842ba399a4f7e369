"""Word documents and plain text as authors write them: running text, tables, pictures, formulas."""

import random
from decimal import Decimal

import pytest
from support.word_files import MACROS, document, paragraph, picture, png, run, table

from item_bank.exchange.importing import read_file
from item_bank.exchange.records import ItemType, Status

OPTIONS = "A. 30 ℃ B．34 ℃ C、38 ℃ D. 44 ℃"
CHOICE = f"1. 适宜水温是（ ）。 {OPTIONS} 答案：C 解析：见教材。"
SVG = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><rect width="9" height="9"/></svg>'
)


def read(*blocks, **parts):
    return read_file("t.docx", document(*blocks, **parts))


def one(*blocks, **parts):
    (item,) = read(*blocks, **parts).items
    return item


def told(item):
    return "\n".join(map(str, item.messages))


def text_items(*lines):
    return read_file("t.txt", "\n".join(lines).encode()).items


def test_an_item_in_one_paragraph():
    item = one(CHOICE)
    assert (item.type, item.key, item.place) == (ItemType.SINGLE, ("c",), "第 1 段")
    assert item.stem == "适宜水温是（ ）。"
    assert [option.text for option in item.options] == ["30 ℃", "34 ℃", "38 ℃", "44 ℃"]
    assert (item.rationale, item.status) == ("见教材。", Status.ACCEPTED)


def test_an_item_over_several_paragraphs():
    item = one(
        "题库",
        "",
        "3．水温是（ ）。",
        "A. 甲",
        "B. 乙",
        "【答案】B",
        "【难度】较易",
        "【解析】因为",
        "所以",
    )
    assert (item.identifier, item.key, item.difficulty) == ("3", ("b",), 2)
    assert item.rationale == "因为\n所以"
    assert item.place == "第 3 段"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("1. 水往低处流。答案:(√)", "right"),
        ("1. 水往低处流。（√）", "right"),
        ("（√）1. 水往低处流。", "right"),
        ("1、水往低处流（ ）。答案：对", "right"),
        ("1. 水往低处流。答案:(×)", "wrong"),
        ("第1题 水往低处流。( × )", "wrong"),
        ("(1) 水往低处流。【答案】错误", "wrong"),
        ("1. 水往低处流。 A. 正确 B. 错误 答案：B", "wrong"),
    ],
)
def test_judgements_as_they_are_written(text, key):
    item = one(text)
    assert (item.type, item.key) == (ItemType.JUDGE, (key,))
    assert item.stem in ("水往低处流。", "水往低处流")


def test_several_items_in_one_paragraph():
    items = read(
        "1. 甲。（√） 2. 乙。答案：×3. 丙是（B）。 A. 子 B. 丑 4. 丁含1.5 g（ ）。A.一 B.二 答案:A"
    ).items
    assert [item.identifier for item in items] == ["1", "2", "3", "4"]
    assert [item.key for item in items] == [("right",), ("wrong",), ("b",), ("a",)]
    assert items[2].stem == "丙是（ ）。"
    assert items[3].stem == "丁含1.5 g（ ）。"


def test_sections_give_types_and_points():
    single, multiple, judge, gap = read(
        "一、单项选择题（每题 2 分，共 40 分）", "1. 甲（ ）。 A. 1 B. 2 答案：A",
        "二、多项选择题", "1. 乙（ ）。 A. 1 B. 2 C. 3 答案：A、C",
        "三、判断题", "1. 丙。 答案：T",
        "四、填空题", "1. 丁____。 答案：水",
    ).items  # fmt: skip
    assert (single.type, single.points, single.messages) == (ItemType.SINGLE, Decimal(2), ())
    assert (multiple.type, multiple.key) == (ItemType.MULTIPLE, ("a", "c"))
    assert (judge.type, judge.key) == (ItemType.JUDGE, ("right",))
    assert (gap.type, gap.status) == (ItemType.UNSUPPORTED, Status.ERROR)
    assert "填空题" in told(gap)


def test_a_section_that_contradicts_the_key_is_an_error_at_its_place():
    item = one("单选题", "1. 甲（ ）。 A. 1 B. 2", "答案：AB")
    assert item.status is Status.ERROR
    assert "只有一个正确选项" in told(item)


def test_letters_in_the_stem_are_no_options():
    item = one("1. 甲站A、B两台设备（ B ）。A.子 B.丑 C.寅")
    assert (item.stem, item.key) == ("甲站A、B两台设备（ ）。", ("b",))
    assert [option.text for option in item.options] == ["子", "丑", "寅"]


def test_a_numbered_explanation_is_not_an_item():
    first, second = read(
        "1. 甲（ ）。 A. 1 B. 2 答案：A 解析：",
        "1. 首先",
        "2. 其次",
        "2. 乙（ ）。",
        "A. 3",
        "B. 4",
        "答案：B",
    ).items
    assert first.rationale == "1. 首先\n2. 其次"
    assert (second.identifier, second.key) == ("2", ("b",))


def test_answers_in_a_list_at_the_end():
    report = read(
        "一、单选题", "1. 甲（ ）。 A. 1 B. 2", "2. 乙（ ）。 A. 1 B. 2", "二、判断题", "1. 丙。",
        "2. 丁。",
        "参考答案", "一、单选题", "1-2 BA", "二、判断题", "1.√ 2.× 9.√",
    )  # fmt: skip
    assert [item.key for item in report.items] == [("b",), ("a",), ("right",), ("wrong",)]
    assert "第 9 题的答案找不到" in str(report.messages[0])


def test_two_answers_that_disagree_are_an_error():
    item = one("1. 甲是（B）。 A. 1 B. 2", "答案：A")
    assert item.status is Status.ERROR
    assert "两处答案不一致" in told(item)


def test_no_key_is_never_guessed():
    item = one("1. 甲是（ ）。 A. 1 B. 2")
    assert (item.key, item.status) == (None, Status.WARNING)


def test_an_answer_that_cannot_be_read_names_its_paragraph():
    item = one("1. 甲是（ ）。", "A. 1", "B. 2", "答案：不详")
    assert item.status is Status.ERROR
    assert "第 4 段" in told(item)


def test_other_parts_by_their_names():
    item = one(
        CHOICE, "鉴定点：B-C-A-007", "难度系数：0.85", "分值：1.5", "固定选项：D", "来源：教材"
    )
    assert (item.point, item.points, item.locked, item.source) == (
        "B-C-A-007",
        Decimal("1.5"),
        ("d",),
        "教材",
    )
    assert item.difficulty is None
    assert "第 3 段：“0.85”像是难度系数" in told(item)


def test_automatic_numbers_and_letters():
    levels = "".join(
        f'<w:lvl w:ilvl="{depth}"><w:start w:val="1"/><w:numFmt w:val="{form}"/>'
        f'<w:lvlText w:val="%{depth + 1}."/></w:lvl>'
        for depth, form in enumerate(["decimal", "upperLetter"])
    )
    numbering = (
        f'<w:abstractNum w:abstractNumId="4">{levels}</w:abstractNum>'
        '<w:num w:numId="7"><w:abstractNumId w:val="4"/></w:num>'
    )

    def listed(text, depth):
        settings = f'<w:numPr><w:ilvl w:val="{depth}"/><w:numId w:val="7"/></w:numPr>'
        return paragraph(text, settings=settings)

    first, second = read(
        listed("甲（ ）。", 0), listed("子", 1), listed("丑", 1), "答案：B",
        listed("乙（ ）。", 0), listed("寅", 1), listed("卯", 1), "答案：A", numbering=numbering,
    ).items  # fmt: skip
    assert (first.identifier, first.key) == ("1", ("b",))
    assert (second.identifier, second.stem, second.key) == ("2", "乙（ ）。", ("a",))
    assert [option.text for option in second.options] == ["寅", "卯"]


def test_deleted_text_does_not_appear():
    deleted = '<w:del w:id="1"><w:r><w:delText>不</w:delText></w:r></w:del>'
    added = f'<w:ins w:id="2">{run("应当")}</w:ins>'
    item = one(paragraph("1. 阀门", deleted, added, "关闭。（√）"))
    assert (item.stem, item.status) == ("阀门应当关闭。", Status.WARNING)
    assert "第 1 段：有修订痕迹" in told(item)


def test_a_deleted_end_of_a_paragraph_joins_two():
    mark = '<w:rPr><w:del w:id="1"/></w:rPr>'
    item = one(paragraph("1. 水往", settings=mark), "低处流。（√）")
    assert item.stem == "水往低处流。"


def test_raised_and_lowered_signs():
    item = one(
        paragraph(
            "1. H",
            run("2", '<w:vertAlign w:val="subscript"/>'),
            "O占70%，10",
            run("-3", '<w:vertAlign w:val="superscript"/>'),
            "。（√）",
        )
    )
    assert item.stem == "H\\(_{2}\\)O占70%，10\\(^{-3}\\)。"


def test_signs_of_symbol_fonts():
    tick = '<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>'
    assert one(paragraph("1. 水往低处流。（", tick, "）")).key == ("right",)
    strange = one(
        paragraph("1. 水往", '<w:r><w:sym w:font="Webdings" w:char="F04A"/></w:r>', "流。（√）")
    )
    assert strange.stem == "水往□流。"
    assert "不认识" in told(strange)


def test_hidden_text_and_objects_are_named():
    embedded = '<w:r><w:object><o:OLEObject xmlns:o="o" ProgID="Equation.DSMT4"/></w:object></w:r>'
    item = one(paragraph("1. 甲", run("秘密", "<w:vanish/>"), embedded, "。（√）"))
    assert item.stem == "甲。"
    assert "隐藏文字" in told(item)
    assert "Equation.DSMT4" in told(item)


def test_a_picture_stays_with_its_item():
    body = paragraph("1. 甲如图。（√）", picture("rId1", "一个阀门"), " 2. 乙。（×）")
    first, second = read(body, media=[("image1.png", png())]).items
    assert (first.figure.description, first.figure.content) == ("一个阀门", png())
    assert (first.figure.media_type, len(first.figure.file_hash)) == ("image/png", 64)
    assert first.status is Status.ACCEPTED
    assert second.figure is None


def test_a_picture_without_a_description_is_a_warning():
    item = one(paragraph("1. 甲如图。（√）", picture("rId1")), media=[("a.svg", SVG)])
    assert (item.figure.media_type, item.status) == ("image/svg+xml", Status.WARNING)
    assert "缺少文字说明" in told(item)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.emf", b"\x01\x00\x00\x00rest", "EMF"),
        ("a.png", png()[:20], "损坏"),
        ("a.png", png()[:16] + b"\0\1\0\0\0\1\0\0" + png()[24:], "像素过大"),
        ("a.svg", b"<svg><script/></svg>", "不是 SVG"),
        ("a.png", b"\x89PNG\r\n\x1a\n" + random.Random(1).randbytes(5_000_001), "超过 5 MB"),
    ],
)
def test_pictures_that_are_not_kept_say_why(name, content, reason):
    item = one(paragraph("1. 甲如图。（√）", picture("rId1", "图")), media=[(name, content)])
    assert (item.figure, item.status) == (None, Status.WARNING)
    assert reason in told(item)


def test_two_pictures_are_too_many():
    body = paragraph("1. 甲。（√）", picture("rId1"), picture("rId2"))
    item = one(body, media=[("a.png", png()), ("b.png", png(3))])
    assert (item.figure, item.status) == (None, Status.WARNING)
    assert "一题只能有一幅" in told(item)


def test_a_bomb_among_the_pictures_refuses_the_file():
    report = read(CHOICE, media=[("a.png", b"x" * 5_000_001)])
    assert "压缩炸弹" in str(report.messages[0])


def test_a_picture_that_is_missing_is_named():
    assert "没有文件" in told(one(paragraph("1. 甲。（√）", picture("rId7"))))


def test_a_table_with_a_header():
    merged = f'<w:tc><w:tcPr><w:vMerge w:val="restart"/></w:tcPr>{paragraph("单选")}</w:tc>'
    below = f"<w:tc><w:tcPr><w:vMerge/></w:tcPr>{paragraph('')}</w:tc>"
    report = read(
        "题库",
        table(
            ["题型", "题干", "选项A", "选项B", "答案"],
            [merged, "甲（ ）。", "1", "2", "A"],
            [below, "乙（ ）。", "3", "4", "C"],
        ),
    )
    good, bad = report.items
    assert (good.type, good.key, good.place) == (ItemType.SINGLE, ("a",), "表 1 第 2 行")
    assert bad.type is ItemType.SINGLE
    assert "表 1 第 3 行第 5 列" in told(bad)


def test_a_table_under_a_section_takes_its_type():
    report = read(
        "二、判断题", table(["题目", "答案"], ["水往低处流。", "√"]), "3. 水往高处流。 答案：×"
    )
    assert [(item.type, item.key) for item in report.items] == [
        ("judge", ("right",)),
        ("judge", ("wrong",)),
    ]


def test_a_small_table_for_each_item():
    first = table(
        ["题型", "多选", "难度", "难"],
        ["题干", "甲（ ）。", "答案", "AC"],
        ["A", "1", "B", "2"],
        ["C", "3", "", ""],
    )
    second = table(["题目", "乙。"], ["答案", "也许"])
    report = read(first, second)
    assert (report.items[0].type, report.items[0].key, report.items[0].difficulty) == (
        "multiple",
        ("a", "c"),
        5,
    )
    assert "表 2 第 2 行第 2 列" in told(report.items[1])


def test_text_inside_a_table_is_read_with_its_rows():
    (item,) = read(table(["1. 水温是（ ）。"], ["A. 甲 B. 乙"], ["答案：B"])).items
    assert (item.key, item.place) == (("b",), "表 1 第 1 行")


def test_a_table_within_an_item_is_named():
    item = one("1. 由下表可知（ ）。", table(["年", "月"], ["1", "2"]), "A. 甲 B. 乙 答案：A")
    assert (item.key, item.status) == (("a",), Status.WARNING)
    assert "表 1 没有读取" in told(item)


def test_lines_that_belong_to_no_item_are_named():
    report = read("某某题库", CHOICE)
    assert "第 1 段：“某某题库”不属于任何试题" in str(report.messages[0])
    assert report.status is Status.ACCEPTED


def test_macros_are_refused():
    report = read_file("t.docm", document(CHOICE, kind=MACROS))
    assert (report.format, report.status) == ("word", Status.ERROR)
    assert "宏" in str(report.messages[0])
    hidden = read_file("t.docx", document(CHOICE, media=[("vbaProject.bin", b"x")]))
    assert "宏" in str(hidden.messages[0])


@pytest.mark.parametrize(
    ("stream", "advice"),
    [("WordDocument", ".docx"), ("EncryptedPackage", "密码"), ("Workbook", ".xlsx")],
)
def test_old_and_locked_files_are_refused_with_advice(stream, advice):
    content = b"\xd0\xcf\x11\xe0" + b"\0" * 600 + stream.encode("utf-16-le")
    assert advice in str(read_file("t.doc", content).messages[0])


def test_entities_and_a_missing_body_are_refused():
    entities = '<!DOCTYPE a [<!ENTITY b "c">]><w:document/>'
    content = document(CHOICE).replace(b"word/document.xml", b"word/documenx.xml")
    assert "没有正文" in str(read_file("t", content).messages[0])
    report = read_file("t", document(CHOICE, settings=""), None)
    assert report.items
    assert "实体" in str(read_file("t", document(CHOICE, media=[("x.xml", entities)])).messages[0])


def test_plain_text_names_its_lines():
    good, bad = text_items(
        "一、单选题", "1. 甲（ ）。 A. 1 B. 2 答案：B", "2. 乙（ ）。 A. 1 B. 2", "答案：F"
    )
    assert (good.place, good.key) == ("第 2 行", ("b",))
    assert "第 4 行：答案“F”中的 F 不在选项之中" in told(bad)


def test_text_without_numbers_is_divided_behind_the_answers():
    report = read_file(
        "t",
        "甲（ ）。\nA. 1\nB. 2\n答案：A\n解析：因为\n\n乙（ ）。\nA. 3\nB. 4\n答案：B".encode(),
        "text",
    )
    assert [(item.key, item.rationale) for item in report.items] == [(("a",), "因为"), (("b",), "")]
