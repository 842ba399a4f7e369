"""Moodle XML and QTI: keys as declared, everything else by name."""

import base64
import io
import zipfile
from decimal import Decimal

import pytest
from support.word_files import png

from item_bank.exchange.importing import read_file
from item_bank.exchange.records import ItemType, Status

MOODLE = """<?xml version="1.0"?><quiz>
<question type="category"><category><text>x</text></category></question>
<question type="multichoice"><name><text>N</text></name><questiontext format="html">
 <text><![CDATA[<p>甲 <img src="a.png" alt="图"/></p>]]></text></questiontext>
 <defaultgrade>2.0000000</defaultgrade><single>{single}</single>
 <answer fraction="{a}"><text>子</text></answer><answer fraction="{b}"><text>丑</text></answer>
 <answer fraction="0"><text>寅</text></answer></question>
<question type="truefalse"><questiontext><text>乙</text></questiontext>
 <answer fraction="0"><text>true</text></answer>
 <answer fraction="100"><text>false</text></answer></question>
<question type="cloze"><questiontext><text>丙</text></questiontext></question></quiz>"""

KEY = "<correctResponse><value>B</value></correctResponse>"
CHOICE = """<choiceInteraction responseIdentifier="R" shuffle="true" maxChoices="1">
<prompt>问？</prompt><simpleChoice identifier="A">甲</simpleChoice>
<simpleChoice identifier="B" fixed="true">乙</simpleChoice>
<simpleChoice identifier="C">丙</simpleChoice></choiceInteraction>"""
PNG64 = base64.b64encode(png()).decode()
DATA = f"data:image/png;base64,{PNG64}"
OTHER = f"data:image/png;base64,{base64.b64encode(png(3)).decode()}"
CP = "http://www.imsglobal.org/xsd/imscp_v1p1"


def qti(key=KEY, body=CHOICE, cardinality="single", extra="", adaptive="false"):
    return f"""<assessmentItem xmlns="http://www.imsglobal.org/xsd/imsqti_v2p1" identifier="i1"
adaptive="{adaptive}"><responseDeclaration identifier="R" cardinality="{cardinality}"
baseType="identifier">{key}</responseDeclaration>{extra}
<itemBody><p>情境。</p>{body}</itemBody></assessmentItem>"""


def one(text):
    (item,) = read_file("t.xml", text.encode()).items
    return item


def package(**files):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file.getvalue()


def manifest(*hrefs):
    listed = "".join(f'<resource type="imsqti_item_xmlv2p1" href="{h}"/>' for h in hrefs)
    return f'<manifest xmlns="{CP}"><resources>{listed}</resources></manifest>'


def test_moodle_questions():
    report = read_file("t", MOODLE.format(single="true", a="0", b="100").encode())
    choice, judge, cloze = report.items
    assert (choice.type, choice.key, choice.points) == (ItemType.SINGLE, ("b",), Decimal(2))
    assert "图片" in str(choice.messages[0])
    assert (judge.type, judge.key) == (ItemType.JUDGE, ("wrong",))
    assert (cloze.type, cloze.place) == (ItemType.UNSUPPORTED, "第 11 行")
    assert "cloze" in str(cloze.messages[0])


def test_several_answers_of_moodle():
    item = read_file("t", MOODLE.format(single="false", a="50", b="50").encode()).items[0]
    assert (item.type, item.key) == (ItemType.MULTIPLE, ("a", "b"))


def test_a_qti_item():
    item = one(qti())
    assert (item.type, item.key, item.locked) == (ItemType.SINGLE, ("b",), ("b",))
    assert item.stem == "情境。\n问？"
    assert [o.source_id for o in item.options] == ["A", "B", "C"]


def test_names_of_qti_3_are_the_same_item():
    text = """<qti-assessment-item xmlns="http://www.imsglobal.org/xsd/imsqtiasi_v3p0"
identifier="i"><qti-response-declaration identifier="R" cardinality="multiple">
<qti-correct-response>
<qti-value>A</qti-value><qti-value>C</qti-value></qti-correct-response></qti-response-declaration>
<qti-item-body><qti-choice-interaction response-identifier="R" max-choices="0">
<qti-prompt>Q</qti-prompt><qti-simple-choice identifier="A">1</qti-simple-choice>
<qti-simple-choice identifier="B">2</qti-simple-choice>
<qti-simple-choice identifier="C">3</qti-simple-choice></qti-choice-interaction>
</qti-item-body></qti-assessment-item>"""
    item = one(text)
    assert (item.type, item.key, item.stem) == (ItemType.MULTIPLE, ("a", "c"), "Q")


def test_the_key_is_mapped_where_no_correct_response_is_declared():
    marks = {"A": "1", "C": "0.5", "B": "0"}
    mapped = [f'<mapEntry mapKey="{k}" mappedValue="{v}"/>' for k, v in marks.items()]
    entries = f"<mapping>{''.join(mapped)}</mapping>"
    item = one(qti(entries, cardinality="multiple"))
    assert item.key == ("a", "c")
    assert item.weights == {"a": Decimal(1), "b": Decimal(0), "c": Decimal("0.5")}


def test_no_key_is_never_guessed():
    item = one(qti(key=""))
    assert (item.key, item.status) == (None, Status.WARNING)


def test_two_options_of_right_and_wrong_are_a_judgement():
    body = CHOICE.replace('<simpleChoice identifier="C">丙</simpleChoice>', "")
    item = one(qti(body=body.replace("甲", "True").replace("乙", "False")))
    assert (item.type, item.key) == (ItemType.JUDGE, ("wrong",))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (qti(body=CHOICE + CHOICE), "2 处作答"),
        (qti(body='<textEntryInteraction responseIdentifier="R"/>'), "textEntryInteraction"),
        (qti(extra='<templateDeclaration identifier="T"/>'), "template"),
        (qti(adaptive="true"), "adaptive"),
        (qti(body="<p>x</p>"), "没有作答"),
        (qti(cardinality="ordered"), "ordered"),
    ],
)
def test_what_is_not_taken_over_says_why(text, reason):
    item = one(text)
    assert (item.type, item.status, item.key) == (ItemType.UNSUPPORTED, Status.ERROR, None)
    assert reason in str(item.messages[-1])


def test_one_broken_entry_of_a_package_harms_no_other():
    content = package(**{
        "root/imsmanifest.xml": manifest("a%26b.xml", "bad.xml", "gone.xml"),
        "root/a&b.xml": qti(), "root/bad.xml": "<assessmentItem>\n<x></assessmentItem>",
        "root/extra.xml": qti(), "__MACOSX/root/._a.xml": "x",
    })  # fmt: skip
    report = read_file("t.zip", content)
    good, bad, extra = report.items
    assert (good.status, bad.status, extra.status) == ("accepted", "error", "accepted")
    assert bad.place == "root/bad.xml 第 2 行"
    told = "\n".join(map(str, report.messages))
    assert "gone.xml" in told
    assert "root/extra.xml" in told


def test_a_package_without_manifest_is_still_read():
    report = read_file("t.zip", package(**{"q.xml": qti()}))
    assert (len(report.items), report.status) == (1, Status.WARNING)


def test_gb18030_xml():
    text = '<?xml version="1.0" encoding="gb2312"?>' + MOODLE[21:].format(single="true", a=100, b=0)
    assert read_file("t", text.encode("gb18030")).items[1].stem == "乙"


@pytest.mark.parametrize("version", ["v2p0", "v2p1", "v2p2", "asi_v3p0"])
def test_every_version_of_qti_is_the_same_item(version):
    item = one(qti().replace("imsqti_v2p1", f"imsqti{'' if version[0] == 'a' else '_'}{version}"))
    assert (item.type, item.key, item.locked, item.status) == ("single", ("b",), ("b",), "accepted")


def test_marks_of_options_count_nothing_where_the_key_is_matched():
    entries = '<mapEntry mapKey="A" mappedValue="1"/><mapEntry mapKey="B" mappedValue="1"/>'
    key = KEY.replace("B</value>", "B</value><value>A</value>") + f"<mapping>{entries}</mapping>"
    matched = qti(key, cardinality="multiple").replace(
        "</assessmentItem>", '<responseProcessing template="x/match_correct"/></assessmentItem>'
    )
    assert one(matched).weights == {}
    assert one(qti(key, cardinality="multiple")).weights == {"a": Decimal(1), "b": Decimal(1)}


def test_what_is_not_taken_over_keeps_its_source():
    item = one(qti(body='<textEntryInteraction responseIdentifier="R"/>'))
    assert "<textEntryInteraction" in item.original
    cloze = read_file("t", MOODLE.format(single="true", a="0", b="100").encode()).items[2]
    assert cloze.original.startswith('<question type="cloze">')


def test_a_picture_of_a_package_becomes_the_figure():
    pictured = qti(body='<p><img src="../img/a%20b.png" alt="一个阀门"/></p>' + CHOICE)
    data = qti(body=f'<p><object data="{DATA}" type="image/png">一块钢板</object></p>' + CHOICE)
    lost = qti(body='<p><img src="http://x.example/c.png" alt="远处"/></p>' + CHOICE)
    content = package(**{
        "imsmanifest.xml": manifest("items/a.xml", "items/b.xml", "items/c.xml"),
        "items/a.xml": pictured, "items/b.xml": data, "items/c.xml": lost, "img/a b.png": png(),
    })  # fmt: skip
    first, second, third = read_file("t.zip", content).items
    assert (first.figure.description, first.figure.content) == ("一个阀门", png())
    assert (first.figure.file, first.stem, first.status) == (
        "a%20b.png",
        "情境。\n问？",
        "accepted",
    )
    assert (second.figure.description, second.figure.content) == ("一块钢板", png())
    assert (third.figure, third.status) == (None, Status.WARNING)
    assert "图片“远处”没有导入" in str(third.messages[0])


def test_pictures_of_options_and_second_pictures_are_named():
    body = CHOICE.replace("甲", f'<img src="{DATA}" alt="子"/>')
    assert "选项或解析中的图片“子”" in str(one(qti(body=body)).messages[0])
    two = f'<p><img src="{DATA}" alt="子"/><img src="{OTHER}" alt="丑"/></p>'
    item = one(qti(body=two + CHOICE))
    assert (item.figure, item.status) == (None, Status.WARNING)


def test_sections_of_a_test_are_named():
    test = """<assessmentTest identifier="t" title="期末卷"><testPart identifier="p">
    <assessmentSection identifier="s1" title="单选"><selection select="2"/>
    <assessmentItemRef identifier="a" href="a.xml"/><assessmentItemRef identifier="b" href="b.xml"/>
    <assessmentItemRef identifier="c" href="c.xml"/></assessmentSection></testPart>
    </assessmentTest>"""
    report = read_file("t.zip", package(**{"test.xml": test, "a.xml": qti()}))
    told = "\n".join(map(str, report.messages))
    assert "测试卷“期末卷”，部分：“单选”（3 题，选 2 题）" in told


def test_files_beside_a_moodle_question():
    file = f'<file name="阀 门.png" path="/" encoding="base64">{PNG64}</file>'
    text = MOODLE.format(single="true", a="100", b="0")
    shown = text.replace(
        'src="a.png" alt="图"', 'src="@@PLUGINFILE@@/%E9%98%80%20%E9%97%A8.png" alt="一个阀门"'
    )
    item = read_file(
        "t", shown.replace("</text></questiontext>", f"</text>{file}</questiontext>", 1).encode()
    ).items[0]
    assert (item.figure.description, item.figure.content, item.status) == (
        "一个阀门",
        png(),
        "accepted",
    )
    unused = text.replace("</text></questiontext>", f"</text>{file}</questiontext>", 1)
    assert "没有用到" in str(read_file("t", unused.encode()).items[0].messages[-1])


def test_what_belongs_to_an_item_of_qti_and_is_not_kept_is_named():
    choice = CHOICE.replace("甲", '甲<feedbackInline identifier="A">不对</feedbackInline>')
    body = choice + "<p>上式 <printedVariable identifier='V'/></p>"
    beside = '<assessmentStimulusRef identifier="s" href="shared/图纸.xml"/>'
    item = one(qti(body=body, extra=beside))
    told = "\n".join(map(str, item.messages))
    assert "材料“shared/图纸.xml”没有导入" in told
    assert "printedVariable" in told
    assert "反馈（feedbackInline）没有导入" in told
    assert item.options[0].text == "甲"


def test_feedback_alone_leaves_an_item_of_qti_accepted():
    after = '<modalFeedback outcomeIdentifier="F" identifier="f" showHide="show">对</modalFeedback>'
    item = one(qti(extra=after))
    assert item.status is Status.ACCEPTED
    assert "modalFeedback" in str(item.messages[0])


@pytest.mark.parametrize(
    ("view", "status"), [("candidate scorer", "warning"), ("scorer", "accepted")]
)
def test_rubrics_of_qti_are_named_by_their_readers(view, status):
    item = one(qti(body=f'<rubricBlock view="{view}"><p>说明</p></rubricBlock>' + CHOICE))
    assert item.status == status
    assert "rubricBlock" in str(item.messages[0])
    assert "说明" not in item.stem


def test_truth_values_of_qti_in_capitals():
    text = qti().replace('"true"', '"TRUE"')
    assert one(text).locked == one(qti()).locked == ("b",)


OLD_QTI = """<?xml version="1.0"?>
<!-- made by <another> system -->
<questestinterop><assessment ident="a"><section ident="s">
<item ident="q1"><presentation><material><mattext>一</mattext></material></presentation></item>
<item ident="q2"/></section></assessment></questestinterop>"""


def test_every_item_of_qti_1_is_named():
    report = read_file("t.xml", OLD_QTI.encode())
    first, second = report.items
    assert (report.format, report.status) == ("qti", Status.ERROR)
    assert (first.identifier, first.stem, first.place) == ("q1", "一", "第 4 行")
    assert (second.identifier, second.type) == ("q2", ItemType.UNSUPPORTED)
    assert "QTI 1.x" in str(second.messages[0])
    packed = read_file("t.zip", package(**{"a.xml.qti": OLD_QTI, "imsmanifest.xml": manifest()}))
    assert [item.place for item in packed.items] == ["a.xml.qti 第 4 行", "a.xml.qti 第 5 行"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ('<assessmentTest identifier="t" title="期末卷"/>', "测试卷“期末卷”"),
        ('<qti-assessment-test identifier="t" title="期末卷"/>', "测试卷“期末卷”"),
        ('<manifest xmlns="http://www.imsglobal.org/xsd/imscp_v1p1"/>', "清单"),
        ('<qti-assessment-stimulus identifier="s"/>', "共用的材料"),
    ],
)
def test_parts_of_a_package_given_alone_are_named(text, reason):
    report = read_file("t.xml", text.encode())
    assert (report.format, report.items, report.status) == ("qti", (), Status.ERROR)
    assert reason in str(report.messages[0])
    assert "整个压缩包" in str(report.messages[0])


def test_moodle_answers_without_text_elements():
    text = """<quiz>
<question type="category"><category><text>$course$/甲</text></category></question>
<question type="truefalse"><questiontext format="html"><text><p>天是蓝的。</p><p>对吗？</p></text>
</questiontext><answer fraction="100"><p>true</p><feedback><text>好</text></feedback></answer>
<answer fraction="0"><p>false</p></answer></question></quiz>"""
    report = read_file("t.xml", text.encode())
    (item,) = report.items
    assert (item.type, item.key, item.stem) == (ItemType.JUDGE, ("right",), "天是蓝的。\n对吗？")
    assert "分类没有导入：$course$/甲" in str(report.messages[0])
    assert report.status is Status.ACCEPTED


def test_annotations_of_formulas_are_no_text():
    body = CHOICE.replace(
        "甲",
        "<math><semantics><mn>5</mn><annotation>$5$</annotation></semantics></math>",
    )
    item = one(qti(body=body))
    assert item.options[0].text == "5"
    assert "公式标记没有导入" in str(item.messages[0])
