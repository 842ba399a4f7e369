"""Whatever is done to a file: no exception escapes, and every finding is located."""

import io
import zipfile
from dataclasses import replace

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl.drawing.image import Image
from support.exchanged_items import invented_items
from support.word_files import document, paragraph, picture, png, table

from item_bank.exchange.exporting import ExportFormat, written
from item_bank.exchange.importing import marked_repeats, read_file
from item_bank.exchange.records import FigureLink, Status
from item_bank.exchange.report_writing import report_json
from item_bank.exchange.sniffing import Format

ITEMS = invented_items(6)
FIGURE = FigureLink("a.png", "一个阀门", "图 1", png(), "image/png")
PICTURED = [replace(item, figure=FIGURE) for item in ITEMS[:2]] + ITEMS[2:]
ARCHIVES = [Format.EXCEL, Format.QTI, Format.WORD]


def book():
    made = openpyxl.load_workbook(io.BytesIO(written(ITEMS, ExportFormat.EXCEL)))
    made.active.add_image(Image(io.BytesIO(png())), "C2")
    made.active.merge_cells("B3:B4")
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


BOOK = book()
TABLE = """题号,题干,题型,选项A,选项B,选项C,答案,难度,分值
1,甲（ ）。,单选,子,丑,寅,B,2,1.5
2,乙。,判断,,,,√,难,1
""".encode()
AIKEN = b"Q1?\nA. one\nB. two\nC. three\nANSWER: B\n\nQ2?\nA) x\nB) y\nANSWER: A\n"
ITEM = b"""<assessmentItem identifier="i">
<responseDeclaration identifier="R" cardinality="single"><correctResponse><value>A</value>
</correctResponse><mapping><mapEntry mapKey="A" mappedValue="1"/></mapping></responseDeclaration>
<itemBody class="kaohe-difficulty-2"><choiceInteraction responseIdentifier="R" maxChoices="1">
<prompt>Q</prompt><simpleChoice identifier="A">x</simpleChoice>
<simpleChoice identifier="B">y</simpleChoice></choiceInteraction></itemBody></assessmentItem>"""
WORD = document(
    "一、单选题（每题 2 分）",
    "1. 水温是（ ）。 A. 30 ℃ B．34 ℃ C、38 ℃ 答案：C 解析：因为",
    paragraph("2. 如图（B）。", picture("rId1", "阀门"), " A. 子 B. 丑 3. 寅（ ）。A.一 B.二"),
    paragraph("4. 占", "<m:oMath><m:f><m:num><m:r><m:t>1</m:t></m:r></m:num>"
              "<m:den><m:r><m:t>2</m:t></m:r></m:den></m:f></m:oMath>", "（ ）。 A. 是 B. 非"),
    table(["题干", "选项A", "选项B", "答案"], ["甲（ ）。", "1", "2", "A"]),
    table(["题目", "乙。"], ["答案", "√"]),
    "参考答案", "1-4 CBAA",
    media=[("image1.png", png())],
    numbering='<w:abstractNum w:abstractNumId="1"/><w:num w:numId="1"/>',
    styles='<w:style w:styleId="H"><w:name w:val="heading 1"/></w:style>',
)  # fmt: skip
TEXT = """一、判断题
1. 甲。（√）2. 乙。答案：×
二、多选题
1. 丙（ ）。
A. 子
B. 丑
【答案】AB【解析】因为【难度】中
参考答案
1-2 AB
""".encode()
SAMPLES = {
    Format.JSONL: written(ITEMS, ExportFormat.JSONL),
    Format.CSV: TABLE,
    Format.EXCEL: BOOK,
    Format.GIFT: written(ITEMS, ExportFormat.GIFT),
    Format.AIKEN: AIKEN,
    Format.MOODLE: written(PICTURED, ExportFormat.MOODLE),
    Format.QTI: written(PICTURED, ExportFormat.QTI3),
    Format.WORD: WORD,
    Format.TEXT: TEXT,
    "item": ITEM,
}
PIECES = [
    *b'\0 { } < > & " % ='.split(),
    *(b"-1", b"1e999", b"NaN", b"null", b"\xff\xfe", b"\xe2\x80\xa8", b"\xf0\x9f\x98\x80"),
    *(b"", b"[" * 40, b"PK\x01\x02", b"<!DOCTYPE a>", b"\n\n"),
]
CUTS = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 12),
        st.one_of(st.sampled_from(PIECES), st.binary(max_size=6)),
    ),
    min_size=1,
    max_size=5,
)


HARM = st.sampled_from(["flip", "flip", "flip", "cut", "twice"])
HARMS = st.lists(st.tuples(HARM, st.floats(0, 1), st.integers(0, 60)), min_size=1, max_size=8)
PARTS = (
    "1.␣|2、|（ ）|（B）|（√）|A.␣|B．|C、|答案：|【答案】|解析：|AB|×|。|\n|一、单选题|甲|10.5"
    "|第3题|␣|二、判断题（每题 2 分）|参考答案\n|1-2 AB|[多选题]|难度：0.8"
)
WORDS = st.sampled_from(PARTS.replace("␣", " ").split("|"))


def mutated(content, cuts):
    for share, length, piece in cuts:
        at = int(share * len(content))
        content = content[:at] + piece + content[at + length :]
    return content


def damaged(content, harms):
    """Flip bits, cut the end off and write chunks twice."""
    for harm, share, length in harms:
        at = int(share * len(content))
        if harm == "flip" and content:
            at = min(at, len(content) - 1)
            content = content[:at] + bytes([content[at] ^ (1 << length % 8)]) + content[at + 1 :]
        elif harm == "cut":
            content = content[:at]
        elif harm == "twice":
            content = content[: at + length * 40] + content[at:]
    return content


def check(report):
    report_json(marked_repeats([report]))
    found = [*report.messages, *(m for item in report.items for m in item.messages)]
    assert all(message.place and message.text for message in found)
    for item in report.items:
        assert item.place
        assert item.messages or item.status is Status.ACCEPTED
        assert set(item.key or ()) <= {option.id for option in item.options}
    assert report.items or report.status is Status.ERROR


@pytest.mark.parametrize("kind", SAMPLES)
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(cuts=CUTS, is_told=st.booleans())
def test_a_mutated_sample_gives_located_findings(kind, cuts, is_told):
    chosen = Format.QTI if kind == "item" else kind
    check(read_file("f", mutated(SAMPLES[kind], cuts), chosen if is_told else None))


@pytest.mark.parametrize("kind", ARCHIVES)
@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(cuts=CUTS, which=st.integers(0, 30))
def test_a_mutated_entry_of_an_archive_gives_located_findings(kind, cuts, which):
    with zipfile.ZipFile(io.BytesIO(SAMPLES[kind])) as archive:
        entries = {name: archive.read(name) for name in archive.namelist()}
    name = sorted(entries)[which % len(entries)]
    entries[name] = mutated(entries[name], cuts)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        for entry, content in entries.items():
            made.writestr(entry, content)
    check(read_file("f", file.getvalue(), kind))


@pytest.mark.parametrize("kind", SAMPLES)
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(harms=HARMS)
def test_a_damaged_file_gives_located_findings(kind, harms):
    chosen = Format.QTI if kind == "item" else kind
    check(read_file("f", damaged(SAMPLES[kind], harms), chosen))


@pytest.mark.parametrize("kind", ARCHIVES)
@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(harms=HARMS, which=st.integers(0, 30), is_missing=st.booleans())
def test_a_damaged_or_missing_entry_gives_located_findings(kind, harms, which, is_missing):
    """The entry keeps its old checksum and compressed form, as after a fault of a disk."""
    content = SAMPLES[kind]
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        entries = sorted(archive.infolist(), key=lambda entry: entry.filename)
        entry = entries[which % len(entries)]
        names = [e.filename for e in entries if e is not entry]
        if is_missing:
            file = io.BytesIO()
            with zipfile.ZipFile(file, "w") as made:
                for name in names:
                    made.writestr(name, archive.read(name))
            check(read_file("f", file.getvalue(), kind))
            return
    begins = entry.header_offset + 30 + len(entry.filename.encode())
    ends = begins + entry.compress_size
    flips = [("flip", share, length) for _, share, length in harms]
    harmed = content[:begins] + damaged(content[begins:ends], flips) + content[ends:]
    check(read_file("f", harmed, kind))


@settings(max_examples=400, deadline=None)
@given(words=st.lists(WORDS, max_size=40), is_word=st.booleans())
def test_any_order_of_the_parts_of_running_text_gives_located_findings(words, is_word):
    text = "".join(words)
    content = document(*text.split("\n")) if is_word else text.encode()
    check(read_file("f", content, Format.WORD if is_word else Format.TEXT))


@pytest.mark.parametrize("chosen", [None, *Format])
@settings(max_examples=60, deadline=None)
@given(content=st.one_of(st.binary(max_size=200), st.text(max_size=200).map(str.encode)))
def test_any_bytes_give_located_findings(chosen, content):
    check(read_file("f", content, chosen))


@pytest.mark.parametrize("chosen", Format)
@pytest.mark.parametrize("kind", SAMPLES)
def test_a_file_read_as_another_format_is_a_located_finding(kind, chosen):
    check(read_file("f", SAMPLES[kind], chosen))
