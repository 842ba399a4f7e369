"""GIFT and Aiken, with their faults on their lines."""

from decimal import Decimal

import pytest

from item_bank.exchange.importing import read_file
from item_bank.exchange.records import ItemType, Status


def items(text):
    return read_file("t.txt", text.encode()).items


def test_a_single_choice_of_gift():
    (item,) = items("::Q1:: 2+2\\=? {\n=4 #yes\n~3\n~5\n####because}\n")
    assert (item.identifier, item.stem, item.rationale) == ("Q1", "2+2=?", "because")
    assert (item.type, item.key) == (ItemType.SINGLE, ("a",))


def test_several_answers_of_gift():
    (item,) = items("Who? {~%50%a ~%-100%b ~%50%c}")
    assert (item.type, item.key, item.weights) == (ItemType.MULTIPLE, ("a", "c"), {})


def test_unequal_weights_survive():
    (item,) = items("Who? {~%75%a ~%0%b ~%25%c}")
    assert item.weights == {"a": Decimal("0.75"), "b": Decimal(0), "c": Decimal("0.25")}


@pytest.mark.parametrize(
    ("word", "key"), [("T", "right"), ("FALSE#no", "wrong"), (" true ", "right")]
)
def test_true_false_of_gift(word, key):
    (item,) = items(f"Sky is blue.{{{word}}}")
    assert (item.type, item.key) == (ItemType.JUDGE, (key,))


def test_a_missing_word_becomes_a_blank():
    (item,) = items("水温是 {=38 ~20} ℃。")
    assert item.stem == "水温是（ ）℃。"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("{=a =b}", "填空题"),
        ("{#3:1}", "数值题"),
        ("{=a -> b =c -> d}", "匹配题"),
        ("{}", "问答题"),
    ],
)
def test_other_types_of_gift_are_named(body, name):
    (item,) = items(f"Q {body}")
    assert (item.type, item.key) == (ItemType.UNSUPPORTED, None)
    assert name in str(item.messages[0])


def test_faults_of_gift_name_their_line():
    good, bad = items("// c\n$CATEGORY: x\n\nA {=a ~b}\n\nB {=a ~b\n")
    assert good.status is Status.ACCEPTED
    assert (bad.status, bad.place) == (Status.ERROR, "第 6 行")


def test_html_of_gift_is_made_plain():
    (item,) = items("[html]<p>H<sub>2</sub>O &amp; x</p>{=a ~b}")
    assert item.stem == "H\\(_{2}\\)O & x"


def test_pictures_and_feedback_of_gift_are_named():
    (item,) = items('[html]<p>看图<img src="a.png" alt="阀门"></p>{T#对#错}')
    told = "\n".join(map(str, item.messages))
    assert "图片“阀门”没有导入" in told
    assert "反馈没有导入" in told
    assert item.key == ("right",)


def test_aiken():
    report = read_file(
        "t",
        "水温是？\nA. 20\nB) 38\nC. 50\nANSWER: B\n\n哪些？\nA. 1\nB. 2\nANSWER: A, B\n".encode(),
    )
    first, second = report.items
    assert (report.format, first.key, second.key) == ("aiken", ("b",), ("a", "b"))
    assert second.type is ItemType.MULTIPLE


def test_an_aiken_question_without_its_answer_does_not_swallow_the_next():
    first, second = read_file("t", b"Q1\nA. 1\nB. 2\n\nQ2\nA. 1\nB. 2\nANSWER: C\n").items
    assert (first.key, first.status) == (None, Status.WARNING)
    assert second.status is Status.ERROR
    assert second.place == "第 5 行"
