"""Moodle XML and QTI: keys as declared, everything else by name."""

import io
import zipfile
from decimal import Decimal

import pytest

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
