"""Tables as training banks write them, in text files and workbooks."""

import io
from decimal import Decimal

import openpyxl
import pytest

from item_bank.exchange.importing import read_file
from item_bank.exchange.records import ItemType, Status

HEADER = "题干,题型,选项A,选项B,选项C,选项D,答案"


def csv_items(*lines, encoding="utf-8"):
    return read_file("t.csv", "\n".join(lines).encode(encoding)).items


def one(*lines):
    (item,) = csv_items(*lines)
    return item


def told(item):
    return "\n".join(map(str, item.messages))


def workbook(*sheets):
    book = openpyxl.Workbook()
    book.remove(book.active)
    for title, rows, merged in sheets:
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(row)
        for cells in merged:
            sheet.merge_cells(cells)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.mark.parametrize("answer", ["ABD", '"A,B,D"', "A、B、D", "ＡＢＤ", "A B D", "a;b;d", "DBA"])
def test_answers_of_a_multiple_item(answer):
    item = one(HEADER, f"多选题（ ）。,多选,甲,乙,丙,丁,{answer}")
    assert (item.type, item.key) == (ItemType.MULTIPLE, ("a", "b", "d"))


@pytest.mark.parametrize("answer", ["√", "对", "正确", "T", "1", "True", "是", "(√)"])
def test_words_for_right(answer):
    item = one("题干,题型,答案", f"水往低处流。,判断题,{answer}")
    assert (item.type, item.key, item.status) == (ItemType.JUDGE, ("right",), Status.ACCEPTED)


@pytest.mark.parametrize("answer", ["×", "错", "错误", "F", "0", "false", "x", "(×)"])
def test_words_for_wrong(answer):
    item = one("题干,题型,答案", f"水往高处流。,判断题,{answer}")
    assert (item.type, item.key) == (ItemType.JUDGE, ("wrong",))


def test_a_judgement_answered_by_letter_reads_the_option_of_that_letter():
    item = one(HEADER, "水往低处流。,判断,错误,正确,,,B")
    assert (item.type, item.key) == (ItemType.JUDGE, ("right",))
    assert [option.id for option in item.options] == ["right", "wrong"]


def test_a_letter_means_nothing_for_a_judgement_without_options():
    item = one("题干,题型,答案", "水往低处流。,判断,A")
    assert (item.key, item.status) == (None, Status.ERROR)


@pytest.mark.parametrize(
    ("word", "level"),
    [("1", 1), ("易", 1), ("较易", 2), ("中", 3), ("中等", 3), ("较难", 4), ("难", 5), ("hard", 5)],
)
def test_words_of_difficulty(word, level):
    item = one("题目,答案,难度", f"水往低处流。,对,{word}")
    assert item.difficulty == level


@pytest.mark.parametrize(("header", "value"), [("难度", "0.85"), ("难度系数", "1")])
def test_a_share_of_right_answers_is_asked_not_converted(header, value):
    item = one(f"题目,答案,{header}", f"水往低处流。,对,{value}")
    assert (item.difficulty, item.status) == (None, Status.WARNING)
    assert "第 2 行 C 列" in told(item)


def test_codes_of_types_are_read_where_the_header_explains_them():
    header = (
        "问题,题型（0单选,1判断,2多选）,人员类型,选项A,选项B,选项C,选项D,答案（英文逗号）".replace(
            "（0单选,1判断,2多选）", "（0单选 1判断 2多选）"
        )
    )
    single, judge, multiple = csv_items(
        header, "甲,0,x,1,2,3,4,B", "乙,1,x,,,,,对", '丙,2,x,1,2,3,4,"A,C"'
    )
    assert [i.type for i in (single, judge, multiple)] == ["single", "judge", "multiple"]
    assert multiple.key == ("a", "c")


def test_codes_nobody_explains_are_told_by_the_answers_and_asked():
    rows = [HEADER, "甲（ ）。,1,1,2,3,4,A", "乙（ ）。,2,1,2,3,4,A"]
    rows += ["丙（ ）。,2,1,2,3,4,ABD", "丁。,3,,,,,√"]
    report = read_file("t", "\n".join(rows).encode())
    assert [item.type for item in report.items] == ["single", "multiple", "multiple", "judge"]
    assert "B 列（B1）：题型代码没有说明，按答案推定1 为单选、2 为多选、3 为判断" in str(
        report.messages[0]
    )
    assert report.status is Status.WARNING


def test_a_code_with_items_of_unlike_types_is_an_error_with_the_cell():
    items = csv_items(HEADER, "甲（ ）。,2,1,2,3,4,A", "乙。,2,,,,,√")
    assert [item.status for item in items] == [Status.ERROR, Status.ERROR]
    assert "（B2）" in str(items[0].messages[0])


def test_a_key_outside_the_options_names_row_and_column():
    item = one("某某题库", HEADER, "甲（ ）。,单选,1,2,3,4,F")
    assert item.status is Status.ERROR
    assert "第 3 行 G 列（G3）" in str(item.messages[0])


def test_a_missing_key_stays_missing():
    item = one(HEADER, "甲（ ）。,单选,1,2,3,4,")
    assert (item.key, item.status) == (None, Status.WARNING)


def test_other_types_are_named():
    item = one(HEADER, "甲____。,填空题,,,,,水")
    assert (item.type, item.status) == (ItemType.UNSUPPORTED, Status.ERROR)


def test_options_inside_the_stem_cell():
    item = one("题目,答案", "适宜水温是（ ）。 A. 30 ℃ B．34 ℃ C、38 ℃ D. 44 ℃,C")
    assert item.stem == "适宜水温是（ ）。"
    assert [option.text for option in item.options] == ["30 ℃", "34 ℃", "38 ℃", "44 ℃"]
    assert (item.key, item.status) == (("c",), Status.WARNING)


def test_wide_layout_with_flags():
    names = [f"选项{n}内容,选项{n}是否正确" for n in "一二三"]
    header = ",".join(["试题类型", "题干", *names])
    item = one(header, "多选题,甲,子,是,丑,否,寅,是")
    assert (item.type, item.key) == (ItemType.MULTIPLE, ("a", "c"))


def test_one_row_per_option_with_merged_cells():
    rows = [
        ["题目序号", "题目类型", "题目内容", "整体解析", "是否正确项", "选项内容"],
        [1, "单选题", "甲是（ ）。", "因为", 0, "子"],
        [None, None, None, None, 1, "丑"],
        [2, "多选题", "乙是（ ）。", "", 1, "寅"],
        [2, "多选题", "乙是（ ）。", "", 1, "卯"],
        [2, "多选题", "乙是（ ）。", "", 0, "辰"],
    ]
    content = workbook(("题库", rows, ["A2:A3", "B2:B3", "C2:C3"]))
    first, second = read_file("t.xlsx", content).items
    assert (first.type, first.key, first.rationale) == (ItemType.SINGLE, ("b",), "因为")
    assert (second.type, second.key, len(second.options)) == (ItemType.MULTIPLE, ("a", "b"), 3)


def test_the_name_of_a_sheet_tells_the_type():
    choice = [["试题", "选项A", "选项B", "答案", "分值"], ["甲（ ）。", "1", "2", "A", 1.5]]
    judge = [["题目（必填）", "正确选项（必填）"], ["水往低处流。", "√"]]
    report = read_file("t.xlsx", workbook(("单选题", choice, []), ("判断题(2)", judge, [])))
    assert [item.type for item in report.items] == ["single", "judge"]
    assert report.items[0].points == Decimal("1.5")
    assert report.items[1].place == "工作表“判断题(2)”第 2 行"


def test_a_merged_type_cell_holds_for_all_its_rows():
    rows = [["题型", "题干", "选项A", "选项B", "答案"]]
    rows += [["多选", "甲（ ）。", "1", "2", "AB"], [None, "乙（ ）。", "3", "4", "A"]]
    report = read_file("t.xlsx", workbook(("题", rows, ["A2:A3"])))
    assert [item.type for item in report.items] == ["multiple", "multiple"]


def test_template_of_tao():
    choices = "choice_1,choice_2,choice_3,choice_1_score,choice_2_score,choice_3_score"
    header = f"name,question,shuffle,language,min_choices,max_choices,{choices},correct_answer"
    item = one(header, 'q1,Which?,1,en,0,0,a,b,c,1,0,1,"choice_1,choice_3"')
    assert (item.type, item.key, item.identifier) == (ItemType.MULTIPLE, ("a", "c"), "q1")


def test_flags_that_contradict_the_key_are_an_error():
    header = "题干,选项A,选项A是否正确,选项B,选项B是否正确,答案"
    item = one(header, "甲,子,是,丑,否,B")
    assert item.status is Status.ERROR


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "gb18030"])
def test_encodings(encoding):
    (item,) = csv_items(HEADER, "甲（ ）。,单选,子,丑,寅,卯,B", encoding=encoding)
    assert (item.stem, item.key) == ("甲（ ）。", ("b",))


def test_a_faulty_row_harms_no_other():
    bad, good = csv_items(HEADER, "甲,单选,1,,3,4,A", "乙,单选,1,2,3,4,A")
    assert (bad.status, good.status) == (Status.ERROR, Status.ACCEPTED)
    assert "选项 B 为空" in str(bad.messages[0])


def test_points_that_are_no_number_name_the_cell():
    item = one("题目,答案,分值", "水往低处流。,对,两")
    assert "C2" in told(item)
    assert item.status is Status.ERROR


def test_names_of_points_are_not_taken_for_codes():
    item = one("题目,答案,知识点名称", "水往低处流。,对,水温控制")
    assert (item.point, item.status) == (None, Status.WARNING)


def test_shares_of_the_mark_by_option():
    header = "题干,题型,选项A,选项B,选项C,答案,选项得分"
    item = one(header, "甲（ ）。,多选,1,2,3,AB,A=0.5；B=0.5；C=-0.25")
    assert item.weights == {"a": Decimal("0.5"), "b": Decimal("0.5"), "c": Decimal("-0.25")}
    wrong = one(header, "甲（ ）。,多选,1,2,3,AB,A=一半")
    assert wrong.status is Status.ERROR
    assert "（G2）" in told(wrong)


@pytest.mark.parametrize(
    "options", ["A.子;B.丑;C.寅", "A、子 | B、丑 | C、寅", '["A. 子", "丑", "寅"]']
)
def test_one_cell_with_all_the_options(options):
    quoted = options.replace('"', '""')
    item = one("题型,题干,选项,答案", f'单选,甲（ ）。,"{quoted}",B')
    assert [option.text for option in item.options] == ["子", "丑", "寅"]
    assert (item.key, item.status) == (("b",), Status.ACCEPTED)


def test_a_column_named_options_is_no_option():
    item = one("题干,options,选项A,选项B,选项X,答案", "甲（ ）。,无,子,丑,,B")
    assert [option.text for option in item.options] == ["子", "丑"]
