"""Tells the format of a file by its content; the name decides nothing."""

import json
import re
from enum import StrEnum

from item_bank.exchange.answer_words import plain
from item_bank.exchange.csv_reading import delimiter_of
from item_bank.exchange.limits import opened_archive
from item_bank.exchange.markdown_lines import without_markdown
from item_bank.exchange.qti_names import camel_case
from item_bank.exchange.records import UnreadableFileError
from item_bank.exchange.table_headers import columns_of
from item_bank.exchange.text_decoding import decoded

OLD_OFFICE = b"\xd0\xcf\x11\xe0"
OLD_WORD = "WordDocument".encode("utf-16-le")  # streams of the compound file
LOCKED_OFFICE = "EncryptedPackage".encode("utf-16-le")
TEXT_ITEM = re.compile(r"^[ \t\u3000]*[(（]?\d{1,5}[ \t]?[.．、)）]", re.M)
TEXT_ANSWER = re.compile(
    r"答案[】\]]?[ \t]*[:：】\]]|[(（][ \t\u3000]*[A-H√×✓✗对错][ \t\u3000]*[)）]|^[ \t]*参考答案",
    re.M,
)
AIKEN = re.compile(r"^[ \t]*ANSWER[ \t]*[:：]", re.I | re.M)
AIKEN_OPTION = re.compile(r"^[ \t]*A[ \t]*[.)]", re.M)
GIFT = re.compile(r"^\$CATEGORY:|^[ \t]*::[^:\n]+::", re.M)
QTI_ROOTS = frozenset(
    ["assessmentItem", "assessmentTest", "assessmentSection", "assessmentStimulus"]
) | {"assessmentResult", "questestinterop"}
COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.S)
ROOT = re.compile(r"<(?:[\w.-]+:)?([A-Za-z][\w-]*)")
SEEN = 20_000  # characters looked at


class Format(StrEnum):
    """The formats items are read from."""

    QTI = "qti"
    MOODLE = "moodle"
    GIFT = "gift"
    AIKEN = "aiken"
    EXCEL = "excel"
    CSV = "csv"
    WORD = "word"
    TEXT = "text"
    JSONL = "jsonl"


def format_of(content: bytes) -> Format:
    """Return the format; raise ``UnreadableFileError`` for what is none of them."""
    if content.startswith(OLD_OFFICE):
        raise UnreadableFileError(_old_office_reason(content))
    if content.startswith(b"PK"):
        return _archive_format(content)
    text = decoded(content)[:SEEN].lstrip("\ufeff \n\t")
    found = _xml_format(text) if text.startswith("<") else _text_format(text)
    if found is None:
        raise UnreadableFileError("看不出是哪一种题库格式，请指明格式后重试。")
    return found


def _old_office_reason(content: bytes) -> str:
    if OLD_WORD in content:
        return "是旧版 Word 文档（.doc）；请另存为 .docx 后再导入。"
    if LOCKED_OFFICE in content:
        return "是加密的 Office 文件；请取消密码，另存为 .docx 或 .xlsx 后再导入。"
    return "是旧版 Office 文件；请另存为 .xlsx 或 .docx 后再导入。"


def _archive_format(content: bytes) -> Format:
    with opened_archive(content) as archive:
        names = archive.namelist()
    if any(name.startswith("xl/") for name in names):
        return Format.EXCEL
    return Format.WORD if any(name.startswith("word/") for name in names) else Format.QTI


def _xml_format(text: str) -> Format | None:
    root = ROOT.search(re.sub(r"<[?!][^>]*>", "", COMMENT.sub("", text)))
    name = root[1] if root else ""
    if name == "quiz":
        return Format.MOODLE
    is_qti = camel_case(name) in QTI_ROOTS or (name == "manifest" and "imscp" in text)
    return Format.QTI if is_qti else None


def _text_format(text: str) -> Format | None:
    first = text.partition("\n")[0]
    if first.startswith("{") and _is_object(first):
        return Format.JSONL
    delimiter = delimiter_of(text)
    if any(columns_of(line.split(delimiter)).is_usable for line in text.split("\n")[:12]):
        return Format.CSV
    if AIKEN.search(text) and AIKEN_OPTION.search(text):
        return Format.AIKEN
    if GIFT.search(text):
        return Format.GIFT
    bare = "\n".join(map(without_markdown, text.split("\n")))
    if TEXT_ITEM.search(bare) and TEXT_ANSWER.search(bare):
        return Format.TEXT
    opens = text.find("{")
    if 0 < opens < text.rfind("}"):
        return Format.GIFT
    if first.startswith("{"):
        return Format.JSONL
    return Format.CSV if delimiter in first and "题" in plain(first) else None


def _is_object(line: str) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False
