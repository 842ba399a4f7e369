"""Reads Moodle XML: multichoice with one or several answers and truefalse; the rest is named."""

from collections.abc import Iterator
from decimal import Decimal
from urllib.parse import unquote

from lxml import etree

from item_bank.exchange.answer_words import number_in
from item_bank.exchange.carried_pictures import decoded_base64, take_bare_text, take_text
from item_bank.exchange.html_text import HtmlText, read_html
from item_bank.exchange.item_draft import DraftOption, ItemDraft
from item_bank.exchange.item_tags import apply_tag, percent
from item_bank.exchange.records import (
    ItemType,
    Message,
    ReadFile,
    ReadItem,
    Severity,
    UnreadableFileError,
)
from item_bank.exchange.weights import is_all_or_nothing
from item_bank.exchange.xml_tree import inner_text, local_name, xml_root
from item_bank.rules.kinds import RIGHT, WRONG

OTHER_TYPES = {
    "shortanswer": "填空题",
    "numerical": "数值题",
    "essay": "问答题",
    "matching": "匹配题",
    "description": "说明文字",
    "cloze": "完形填空题",
    "calculated": "计算题",
    "calculatedmulti": "计算选择题",
    "ddwtos": "拖放填词题",
    "gapselect": "选词填空题",
    "ordering": "排序题",
}
HTML_FORMATS = frozenset(["html", "moodle_auto_format", ""])
PLUGIN_FILE = "@@PLUGINFILE@@"
BESIDE_TEXT = frozenset(["feedback", "file"])
ON = frozenset(["true", "1"])


def read_moodle(content: bytes) -> ReadFile:
    """Read every question of a quiz file."""
    root = xml_root(content)
    if local_name(root) != "quiz":
        raise UnreadableFileError(f"根元素是 {local_name(root)}，不是 quiz。", "第 1 行")
    return ReadFile(tuple(_items(root)), _category_notes(root))


def _category_notes(root: etree._Element) -> tuple[Message, ...]:
    """Name the categories, which the bank has no place for."""
    names = [_value(category, "text") for category in root.iterfind("question/category")]
    told = "、".join(name[:60] for name in dict.fromkeys(names) if name)
    return (Message("文件", f"分类没有导入：{told[:300]}。", Severity.NOTE),) if told else ()


def _items(root: etree._Element) -> Iterator[ReadItem]:
    for question in root.iterfind("question"):
        kind = question.get("type", "")
        if kind == "category":
            continue
        draft = ItemDraft(f"第 {question.sourceline} 行", original=_source(question))
        draft.identifier = _value(question, "idnumber") or _plain(question.find("name"), draft)
        draft.stem = _stem(question.find("questiontext"), draft)
        if kind == "truefalse":
            yield _true_false(question, draft)
        elif kind == "multichoice":
            yield _choice(question, draft)
        else:
            yield draft.unsupported(f"{OTHER_TYPES.get(kind, '题型')} {kind}".strip())


def _true_false(question: etree._Element, draft: ItemDraft) -> ReadItem:
    draft.type = ItemType.JUDGE
    words = {"true": RIGHT, "false": WRONG}
    for answer in question.iterfind("answer"):
        text = _plain(answer, draft)
        name = words.get(text.strip().lower(), text)
        draft.options.append(DraftOption(name, text))
        if (percent(answer.get("fraction", "")) or 0) > 0:
            draft.key = [*(draft.key or []), name]
    _read_rest(question, draft)
    return draft.finish()


def _choice(question: etree._Element, draft: ItemDraft) -> ReadItem:
    is_single = _value(question, "single").lower() in ON | {""}
    draft.type = ItemType.SINGLE if is_single else ItemType.MULTIPLE
    weights: dict[str, Decimal] = {}
    for number, answer in enumerate(question.iterfind("answer"), start=1):
        name = str(number)
        draft.options.append(DraftOption(name, _plain(answer, draft)))
        weight = percent(answer.get("fraction", "0"))
        if weight is None:
            draft.fail(f"fraction“{answer.get('fraction')}”不是数。", f"第 {answer.sourceline} 行")
        weights[name] = weight or Decimal(0)
    _read_rest(question, draft)
    _read_weights(draft, weights)
    if _value(question, "shuffleanswers").lower() in {"0", "false"}:
        draft.lock_all()
    return draft.finish()


def _read_weights(draft: ItemDraft, weights: dict[str, Decimal]) -> None:
    positive = {name: weight for name, weight in weights.items() if weight > 0}
    if draft.type is ItemType.SINGLE:
        full = [name for name, weight in positive.items() if weight == 1]
        draft.key = full or None
        if set(positive) - set(full) or any(weight < 0 for weight in weights.values()):
            draft.weights = weights
            draft.warn("单选题有部分得分，已保留权重。")
        return
    draft.key = list(positive) or None
    if positive and (draft.has_partial_credit or not is_all_or_nothing(weights)):
        draft.weights = weights
        draft.note("选项有部分得分，已保留权重。")


def _read_rest(question: etree._Element, draft: ItemDraft) -> None:
    points = _value(question, "defaultgrade")
    draft.points = number_in(points)
    if points and draft.points is None:
        draft.fail(f"defaultgrade“{points}”不是数。")
    draft.rationale = _plain(question.find("generalfeedback"), draft)
    for tag in question.iterfind("tags/tag/text"):
        apply_tag(draft, inner_text(tag))
    if any(inner_text(note) for note in question.iterfind("answer/feedback")):
        draft.note("选项的反馈没有导入。")


def _stem(holder: etree._Element | None, draft: ItemDraft) -> str:
    """Return the text of the question, with the files that stand beside it as pictures."""
    if holder is None:
        return ""
    files = {file.get("name", ""): file for file in holder.iterfind("file")}
    used: set[str] = set()

    def media(source: str) -> bytes | None:
        name = unquote(source.removeprefix(PLUGIN_FILE)).lstrip("/").rpartition("/")[2]
        used.add(name)
        return decoded_base64(inner_text(files[name])) if name in files else None

    place = f"第 {holder.sourceline} 行"
    text = take_text(draft, _html(holder), media, place)
    for name in files.keys() - used:
        draft.warn(f"所附文件“{name[:60]}”没有用到，没有导入。", place)
    return text


def _plain(holder: etree._Element | None, draft: ItemDraft) -> str:
    """Return the text of an element that holds <text>, its markup made plain."""
    if holder is None:
        return ""
    place = f"第 {holder.sourceline} 行"
    if holder.find("file") is not None:
        draft.warn("选项或解析所附的文件没有导入。", place)
    return take_bare_text(draft, _html(holder), place)


def _html(holder: etree._Element) -> HtmlText:
    source = _written(holder)
    if holder.get("format", "") not in HTML_FORMATS or local_name(holder) == "name":
        return HtmlText(source)
    return read_html(source)


def _written(holder: etree._Element) -> str:
    """Return what stands in <text>; some writers leave it out, or put markup in as elements."""
    found = holder.find("text")
    outer = holder if found is None else found
    pieces = [outer.text or ""]
    for element in outer:
        if local_name(element) not in BESIDE_TEXT:
            pieces.append(etree.tostring(element, encoding="unicode", with_tail=False))
        pieces.append(element.tail or "")
    return "".join(pieces).strip()


def _source(question: etree._Element) -> str:
    return etree.tostring(question, encoding="unicode", with_tail=False)


def _value(parent: etree._Element, name: str) -> str:
    found = parent.find(name)
    return "" if found is None else inner_text(found)
