"""The tables that training systems and authors use, each as its template has it."""

import io
import zipfile
from decimal import Decimal

import openpyxl
import pytest
from openpyxl.drawing.image import Image
from support.word_files import png

from item_bank.exchange.importing import read_file
from item_bank.exchange.records import ItemType, Status


def workbook(rows, title="题库", merged=(), pictures=()):
    """Return a workbook; ``pictures`` holds (cell, bytes)."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for cells in merged:
        sheet.merge_cells(cells)
    for cell, content in pictures:
        sheet.add_image(Image(io.BytesIO(content)), cell)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def with_entries(content, **entries):
    """Return an archive with entries added or replaced."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(file, "w") as made:
        for name in old.namelist():
            if name not in entries:
                made.writestr(name, old.read(name))
        for name, text in entries.items():
            made.writestr(name, text)
    return file.getvalue()


def told(item):
    return "\n".join(map(str, item.messages))


PER_OPTION = [
    "题目序号", "题目类型", "题目内容", "整体解析", "题目图片", "题目视频", "所属题库",
    "是否正确项", "选项内容", "选项解析", "选项图片",
]  # fmt: skip


def test_one_row_per_option_with_codes_and_flags():
    rows = [
        PER_OPTION,
        [1, 1, "甲是（ ）。 ", "因为", "", "", "库", 0, "子", "", ""],
        [1, 1, "甲是（ ）。 ", "因为", "", "", "库", 1, "丑 ", "", ""],
        [2, 2, "乙是（ ）。", "", "http://x/a.png", "", "库", 1, "寅", "", ""],
        [2, 2, "乙是（ ）。", "", "", "", "库", 1, "卯", "", "b.png"],
        [2, 2, "乙是（ ）。", "", "", "", "库", 0, "辰", "", ""],
        [3, 3, "丙。", "", "", "", "库", 1, "正确", "", ""],
        [3, 3, "丙。", "", "", "", "库", 0, "错误", "", ""],
    ]
    report = read_file("t", workbook(rows))
    first, second, third = report.items
    assert (first.type, first.key, first.stem) == (ItemType.SINGLE, ("b",), "甲是（ ）。")
    assert first.options[1].text == "丑"
    assert (second.type, second.key) == (ItemType.MULTIPLE, ("a", "b"))
    assert "第 4 行 E 列（E4）：图片或视频没有导入" in told(second)
    assert "（K5）" in told(second)
    assert (third.type, third.key) == (ItemType.JUDGE, ("right",))
    assert "题型代码没有说明" in "\n".join(map(str, report.messages))


def test_a_wide_table_with_flags():
    header = ["试题类型", "题干（唯一）", "解析", "题干图片"]
    for number in "一二三四五六":
        header += [f"选项{number}内容", f"选项{number}是否正确", f"选项{number}图片"]
    rows = [
        header,
        ["单选题", "甲是（ ）。", "因为", "", "子", "否", "", "丑", "是", "", "寅", "", ""],
        ["多选题", "乙是（ ）。", "", "", "子", "√", "", "丑", "×", "", "寅", "√", ""],
        ["判断题", "丙。", "", "", "对", "×", "", "错", "√", ""],
    ]
    first, second, third = read_file("t", workbook(rows)).items
    assert [(i.type, i.key) for i in (first, second, third)] == [
        ("single", ("b",)),
        ("multiple", ("a", "c")),
        ("judge", ("wrong",)),
    ]


@pytest.mark.parametrize(
    ("title", "answer", "kind", "key"),
    [
        ("单选题", "b", "single", ("b",)),
        ("多选题", "a,C", "multiple", ("a", "c")),
        ("判断题", "错", "judge", ("wrong",)),
    ],
)
def test_a_sheet_for_each_type(title, answer, kind, key):
    header = [
        "序号",
        "题目分类",
        "题目难度",
        "所属范围",
        "试题",
        "选项A",
        "选项B",
        "选项C",
        "选项D",
        "答案",
    ]
    header.append("知识点名称")
    options = ["", "", "", ""] if kind == "judge" else ["1", "2", "3", "4"]
    rows = [header, [1, "理论", "较难", "全部", "甲。", *options, answer, "B-C-A-007"]]
    (item,) = read_file("t", workbook(rows, title)).items
    assert (item.type, item.key, item.difficulty, item.point) == (kind, key, 4, "B-C-A-007")


def test_codes_explained_by_the_header_with_commas():
    header = ["问题", "题型（0单选,1判断,2多选）", "人员类型", "选项A", "选项B", "选项C", "选项D"]
    rows = [
        [*header, "答案（英文逗号）"],
        ["甲", 0, "全员", "1", "2", "3", "4", "B"],
        ["乙", 1, "全员", "", "", "", "", "错"],
        ["丙", 2, "全员", "1", "2", "3", "4", "A,C"],
    ]
    report = read_file("t", workbook(rows))
    assert [(i.type, i.key) for i in report.items] == [
        ("single", ("b",)),
        ("judge", ("wrong",)),
        ("multiple", ("a", "c")),
    ]
    assert [m for m in report.messages if "代码" in str(m)] == []


def test_headers_with_remarks_and_stars():
    rows = [
        ["某某公司题库导入模板"],
        ["题目（必填）", "选项A（必填）", "选项B（必填）", "选项C", "正确选项（必填）*", "解析"],
        ["甲（ ）。", "1", "2", "3", "Ｃ", "因为"],
    ]
    (item,) = read_file("t", workbook(rows, "单选题")).items
    assert (item.key, item.rationale, item.place) == (("c",), "因为", "工作表“单选题”第 3 行")


def test_six_options_with_points_and_difficulty():
    header = ["题目内容", "题目类型", "难度", "分值", *(f"选项{x}" for x in "ABCDEF"), "正确答案"]
    rows = [
        [*header, "知识点", "标签", "解析"],
        [
            "甲（ ）。",
            "多选题",
            "困难",
            1.5,
            "1",
            "2",
            "3",
            "4",
            "5",
            "6",
            "A、F",
            "B-C-A-007",
            "x",
            "因为",
        ],
        ["乙（ ）。", "单选题", 0.85, 2, "1", "2", "3", "4", "", "", "D", "", "", ""],
    ]
    report = read_file("t", workbook(rows))
    first, second = report.items
    assert (first.key, first.points, first.difficulty) == (("a", "f"), Decimal("1.5"), 5)
    assert (second.points, second.difficulty, second.status) == (Decimal(2), None, Status.WARNING)
    assert "（C3）" in told(second)
    assert "标签" in str(report.messages[0])


def test_a_table_of_tao():
    header = ["name", "question", "shuffle", "language", "min_choices", "max_choices"]
    header += [f"choice_{n}" for n in (1, 2, 3)] + [f"choice_{n}_score" for n in (1, 2, 3)]
    rows = [
        [*header, "correct_answer", "metadata_level"],
        ["q1", "Which?", 0, "en", 0, 0, "a", "b", "c", 1, 0, 1, "choice_1,choice_3", "x"],
        ["q2", "What?", 1, "en", 1, 1, "a", "b", "c", 0, 1, 0, "choice_2", "x"],
    ]
    first, second = read_file("t", workbook(rows)).items
    assert (first.type, first.key, first.locked) == ("multiple", ("a", "c"), ("a", "b", "c"))
    assert (second.type, second.key, second.locked) == ("single", ("b",), ())


def test_scores_of_tao_are_partial_credit_and_no_flags():
    header = ["name", "question", "max_choices", "correct_answer"]
    header += [f"choice_{n}{end}" for n in (1, 2, 3) for end in ("", "_score")]
    rows = [
        header,
        ["q1", "Which?", 1, "choice_2", "a", 1, "b", 3, "c", 0],
        ["q2", "What?", 1, "", "a", 1, "b", 0, "c", 2],
        ["q3", "Where?", 0, "", "a", 1, "b", 0, "c", 1],
        ["q4", "When?", 1, "choice_2", "a", "x", "b", 1, "c", ""],
    ]
    first, second, third, fourth = read_file("t", workbook(rows)).items
    assert (first.type, first.key, first.weights) == ("single", ("b",), {"a": 1, "b": 3, "c": 0})
    assert (second.key, second.weights) == (("c",), {"a": 1, "b": 0, "c": 2})
    assert (third.type, third.key, third.weights) == ("multiple", ("a", "c"), {})
    assert fourth.status is Status.ERROR
    assert "（F5）" in told(fourth)


def test_options_inside_the_cell_of_the_stem_on_lines_of_their_own():
    rows = [
        ["题目", "答案"],
        ["水温是（ ）。\nA、30 ℃\nB、34 ℃\nC、38 ℃", "C "],
        ["水往低处流。 ", " 对"],
    ]
    choice, judge = read_file("t", workbook(rows)).items
    assert [option.text for option in choice.options] == ["30 ℃", "34 ℃", "38 ℃"]
    assert (choice.key, choice.status) == (("c",), Status.WARNING)
    assert (judge.stem, judge.key) == ("水往低处流。", ("right",))


def test_merged_stems_gather_their_options():
    rows = [
        ["题干", "选项内容", "是否正确"],
        ["甲（ ）。", "子", "是"],
        [None, "丑", ""],
        ["乙（ ）。", "寅", ""],
    ]
    rows.append([None, "卯", "是"])
    report = read_file("t", workbook(rows, merged=["A2:A3", "A4:A5"]))
    assert [(i.stem, i.key) for i in report.items] == [("甲（ ）。", ("a",)), ("乙（ ）。", ("b",))]


def test_a_picture_anchored_to_a_row_becomes_the_figure():
    rows = [["题干", "答案"], ["如图，甲。", "√"], ["乙。", "×"]]
    report = read_file("t", workbook(rows, pictures=[("A2", png())]))
    first, second = report.items
    assert (first.figure.content, first.figure.media_type) == (png(), "image/png")
    assert "缺少文字说明" in told(first)
    assert second.figure is None
    assert report.messages == ()


def test_pictures_of_options_and_of_no_row_are_named():
    rows = [["题干", "选项A", "选项B", "答案"], ["甲（ ）。", "1", "2", "A"]]
    report = read_file("t", workbook(rows, pictures=[("C2", png()), ("A9", png(3))]))
    assert report.items[0].figure is None
    assert "C 列（C2）：选项中的图片" in told(report.items[0])
    assert "第 9 行：图片不在任何试题的行内" in "\n".join(map(str, report.messages))


def test_a_picture_inside_a_cell():
    rows = [["题干", "图片", "答案"], ["如图，甲。", '=DISPIMG("ID_1A",1)', "√"]]
    drawing = (
        '<etc:cellImages xmlns:etc="e" xmlns:xdr="x" xmlns:a="a" xmlns:r="r"><etc:cellImage>'
        '<xdr:pic><xdr:nvPicPr><xdr:cNvPr id="1" name="ID_1A" descr="一个阀门"/></xdr:nvPicPr>'
        '<xdr:blipFill><a:blip r:embed="rId1"/></xdr:blipFill></xdr:pic></etc:cellImage>'
        "</etc:cellImages>"
    )
    relations = '<Relationships><Relationship Id="rId1" Target="media/image1.png"/></Relationships>'
    content = workbook(rows)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    empty = '<c r="B2"><f>DISPIMG("ID_1A",1)</f><v></v></c>'
    kept = '<c r="B2" t="str"><f>DISPIMG("ID_1A",1)</f><v>=DISPIMG("ID_1A",1)</v></c>'
    sheet = sheet.replace(empty, kept)
    made = with_entries(
        content,
        **{
            "xl/worksheets/sheet1.xml": sheet,
            "xl/cellimages.xml": drawing,
            "xl/_rels/cellimages.xml.rels": relations,
            "xl/media/image1.png": png(),
        },
    )
    (item,) = read_file("t", made).items
    assert (item.figure.description, item.figure.content) == ("一个阀门", png())
    assert item.status is Status.ACCEPTED


def test_hidden_sheets_are_named():
    book = openpyxl.Workbook()
    book.active.append(["题干", "答案"])
    book.active.append(["甲。", "√"])
    book.create_sheet("草稿").sheet_state = "hidden"
    file = io.BytesIO()
    book.save(file)
    report = read_file("t", file.getvalue())
    assert [str(m) for m in report.messages] == ["工作表“草稿”：是隐藏的，没有读取。"]


def test_a_workbook_with_macros_is_refused():
    content = with_entries(workbook([["题干", "答案"]]), **{"xl/vbaProject.bin": b"x"})
    report = read_file("t.xlsm", content)
    assert (report.format, report.status) == ("excel", Status.ERROR)
    assert "宏" in str(report.messages[0])
