"""Files that could do harm are refused with a reason, and harm no other."""

import gc
import io
import struct
import time
import zipfile

import openpyxl
import pytest

from item_bank.exchange import importing, limits
from item_bank.exchange.importing import read_file
from item_bank.exchange.records import Status
from item_bank.exchange.sniffing import Format

ENTITIES = (
    '<!DOCTYPE quiz [<!ENTITY a "x"><!ENTITY f SYSTEM "file:///etc/hostname">]>'
    '<quiz><question type="essay">&f;</question></quiz>'
)


def archive(*entries, method=zipfile.ZIP_DEFLATED):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as made:
        for name, content in entries:
            made.writestr(name, content)
    return file.getvalue()


def reason_of(content, chosen=None):
    report = read_file("f", content, chosen)
    assert report.status is Status.ERROR
    assert report.items == ()
    return str(report.messages[0])


@pytest.mark.parametrize(
    "name", ["../x.xml", "a/../../x.xml", "/x.xml", "C:\\x.xml", "a\\..\\x.xml"]
)
def test_paths_out_of_an_archive(name):
    assert "压缩包之外" in reason_of(archive((name, "<a/>")), Format.QTI)


def test_a_bomb_by_ratio():
    assert "压缩炸弹" in reason_of(archive(("a.xml", b"\0" * (4 << 20))), Format.QTI)


def test_a_bomb_by_total(monkeypatch):
    monkeypatch.setattr(limits, "MAX_UNPACKED_BYTES", 100)
    assert "解压后超过" in reason_of(
        archive(("a.xml", b"x" * 60), ("b.xml", b"y" * 60)), Format.QTI
    )


def test_too_many_entries(monkeypatch):
    monkeypatch.setattr(limits, "MAX_ENTRIES", 3)
    assert "超过 3 个" in reason_of(archive(*((f"{n}.xml", "") for n in range(4))), Format.QTI)


def test_an_entry_that_lies_about_its_size():
    content = bytearray(archive(("imsmanifest.xml", b"<manifest/>" + b" " * 5000)))
    at = content.rindex(b"PK\x01\x02")
    content[at + 24 : at + 28] = struct.pack("<I", 20)
    report = read_file("f", bytes(content), Format.QTI)
    assert report.status is Status.ERROR


def test_links_in_an_archive():
    entry = zipfile.ZipInfo("link.xml")
    entry.external_attr = 0o120777 << 16
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as made:
        made.writestr(entry, "/etc/hostname")
    assert "链接" in reason_of(file.getvalue(), Format.QTI)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_and_document_types(encoding):
    assert "DOCTYPE" in reason_of(ENTITIES.encode(encoding))


def test_a_document_type_hidden_behind_a_comment_and_cdata():
    text = "<!-- <![CDATA[ -->" + ENTITIES.replace("]>", "]><!-- ]]> -->", 1)
    assert "DOCTYPE" in reason_of(text.encode())


def test_entities_inside_a_workbook():
    parts = [("[Content_Types].xml", "<Types/>"), ("xl/workbook.xml", ENTITIES)]
    assert "实体" in reason_of(archive(*parts))


def test_macros():
    parts = [("[Content_Types].xml", "<Types/>"), ("xl/vbaProject.bin", b"x")]
    assert "宏" in reason_of(archive(*parts))
    kind = "application/vnd.ms-excel.sheet.macroEnabled.main+xml"
    assert "宏" in reason_of(archive(("[Content_Types].xml", kind), ("xl/workbook.xml", "<w/>")))


def test_old_and_locked_workbooks():
    assert "xlsx" in reason_of(b"\xd0\xcf\x11\xe0" + b"0" * 600)


def test_a_document_without_its_parts():
    assert "不是 Word 文档" in reason_of(archive(("word/document.xml", "<w/>")))


def test_oversized_and_empty_files(monkeypatch):
    assert "空" in reason_of(b"\xef\xbb\xbf \n")
    monkeypatch.setattr(limits, "MAX_FILE_BYTES", 10)
    assert "超过" in reason_of(b"x" * 11)


def test_too_many_files_and_too_many_bytes_at_once(monkeypatch):
    monkeypatch.setattr(importing, "MAX_UPLOAD_FILES", 2)
    files = [(f"{n}.txt", b"Q {=a ~b}") for n in range(3)]
    statuses = [report.status for report in importing.read_upload(files)]
    assert statuses == [Status.ACCEPTED, Status.ACCEPTED, Status.ERROR]
    monkeypatch.setattr(importing, "MAX_UPLOAD_BYTES", 12)
    reports = importing.read_upload(files[:2])
    assert [report.status for report in reports] == [Status.ACCEPTED, Status.ERROR]
    assert "合计" in str(reports[1].messages[0])


def test_a_sheet_with_a_row_at_the_very_end_is_refused_quickly():
    book = openpyxl.Workbook()
    book.active.append(["题干", "答案"])
    book.active.cell(1_000_000, 1, "末尾")
    file = io.BytesIO()
    book.save(file)
    assert "行" in reason_of(file.getvalue())


def test_deep_nesting_is_a_located_fault():
    assert "XML" in reason_of(b"<quiz>" + b"<a>" * 5000, Format.MOODLE)
    assert "第 1 行" in str(
        read_file("f", b'{"code":' + b"[" * 50_000, Format.JSONL).items[0].messages[0]
    )


SIZE = 250_000  # bytes
OF_ITEM = 10  # the largest text of an item is a tenth of the larger file: 100,000 characters
UNENDED = (b"<!--", b"<!--x>", b"<?", b"</", b"<a ", b"<a b='")
TIMES = 4  # as large once more: a quadratic reader takes 16 times as long, a linear one 4 times
ALLOWED = 2 * TIMES
ROUNDS = 12  # the least of all is taken: others use the machine too


def moodle(text):
    before = b"<quiz><question type='multichoice'><questiontext format='html'><text><![CDATA["
    return before + text + b"]]></text></questiontext></question></quiz>"


def cpu(content, chosen):
    gc.disable()  # it looks through all that other tests have left
    before = time.process_time()
    read_file("f", content, chosen)
    taken = time.process_time() - before
    gc.enable()
    return taken


@pytest.mark.parametrize(
    "made",
    [
        lambda size: b"<![CDATA[" * (size // 9),
        lambda size: b"<quiz>" + b"<![CDATA[" * (size // 9),
        lambda size: b"{" * size,
        lambda size: b"::" * (size // 2),
        lambda size: b"// " + b"[id:" * (size // 4) + b"\n\nQ {=a ~b}",
        lambda size: b"x\n" + b"\n" * size + b"ANSWER: A",
        *(
            lambda size, mark=mark: moodle(mark * (size // OF_ITEM // len(mark)))
            for mark in UNENDED
        ),
        lambda size: moodle(b"<b>\\(<u><span>**" * (size // 250)),
        lambda size: b"(" * size + b",\xe9\xa2\x98\xe5\xb9\xb2",
        lambda size: b"A. " * (size // 3),
        lambda size: b"1. " * (size // 3),
        lambda size: b"1. (A) 2. (\xe2\x88\x9a) " * (size // 16),
        lambda size: "答案：".encode() * (size // 9),
        lambda size: "1.A\n参考答案\n".encode() * (size // 17),
        lambda size: "解析：ab".encode() * (size // 11),
        lambda size: "（".encode() + b" " * size,
        lambda size: b"1-9 " + b"A " * (size // 2),
    ],
    ids=range(16 + len(UNENDED)),
)
def test_patterns_made_to_be_slow_take_no_longer_than_their_size(made):
    small, large = made(SIZE), made(TIMES * SIZE)
    for chosen in (None, *Format):
        once, larger = [cpu(small, chosen)], [cpu(large, chosen)]
        while min(larger) > ALLOWED * min(once) and len(once) < ROUNDS:
            once.append(cpu(small, chosen))
            larger.append(cpu(large, chosen))
        assert min(larger) <= ALLOWED * min(once), chosen
