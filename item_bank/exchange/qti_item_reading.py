"""Reads one QTI item, 2.x or 3.0: exactly one choice interaction; everything else is named."""

import copy
import re
from collections.abc import Sequence
from decimal import Decimal

from lxml import etree

from item_bank.exchange.answer_words import number_in
from item_bank.exchange.carried_pictures import Media, no_media, take_bare_text, take_text
from item_bank.exchange.html_text import HtmlText, read_html, text_of_html
from item_bank.exchange.item_draft import DraftOption, ItemDraft
from item_bank.exchange.item_tags import apply_tag
from item_bank.exchange.qti_names import normalise
from item_bank.exchange.records import ItemType, ReadItem
from item_bank.exchange.xml_tree import inner_text

CHOICE = "choiceInteraction"
ITEM = "assessmentItem"
TOOL = "Kaohe"
CLASS_MARK = "kaohe-"
TEMPLATES = ("templateDeclaration", "templateProcessing")
PICTURE_NAME = re.compile(r"\.(png|jpe?g|gif|svg)$", re.I)
ON = frozenset(["true", "1"])
FEEDBACK = ("modalFeedback", "feedbackBlock", "feedbackInline")
ASIDE = ("rubricBlock", "feedbackBlock", "feedbackInline", "stylesheet", "catalogInfo")


def read_qti_item(root: etree._Element, place: str, media: Media = no_media) -> ReadItem:
    """Read an item element; its tree is brought to 2.x names in place.

    ``media`` returns the content of a picture by the address the item gives.
    """
    original = etree.tostring(root, encoding="unicode", with_tail=False)
    normalise(root)
    draft = ItemDraft(place, identifier=root.get("identifier", ""), original=original)
    if root.get("toolName") == TOOL and root.get("label"):
        draft.identifier = root.get("label", "")
    body = root.find("itemBody")
    if body is None:
        return draft.broken("没有 itemBody。")
    interactions = [e for e in body.iter(etree.Element) if str(e.tag).endswith("Interaction")]
    reason = _refusal(root, interactions)
    if reason:
        draft.stem = inner_text(body)[:500]
        return draft.unsupported(reason)
    _name_losses(draft, root, body)
    _read_choice(draft, root, interactions[0])
    if draft.type is ItemType.UNSUPPORTED:
        return draft.unsupported("有顺序要求的作答 cardinality=ordered")
    _read_stem(draft, body, interactions[0], media)
    _read_extras(draft, root, body)
    return draft.finish()


def _refusal(root: etree._Element, interactions: Sequence[etree._Element]) -> str:
    if root.get("adaptive", "").lower() in ON:
        return "自适应试题 adaptive"
    if any(root.find(name) is not None for name in TEMPLATES):
        return "参数化试题 template"
    names = [str(element.tag) for element in interactions]
    if not names:
        return "没有作答部分"
    if len(names) > 1:
        return f"一题中有 {len(names)} 处作答（{'、'.join(dict.fromkeys(names))}）"
    return "" if names[0] == CHOICE else f"作答形式 {names[0]}"


def _name_losses(draft: ItemDraft, root: etree._Element, body: etree._Element) -> None:
    """Name what belongs to the item and has no place in the bank."""
    for link in root.iter("assessmentStimulusRef", "stimulusRef", "include"):
        draft.warn(f"题目引用的材料“{link.get('href', '')[:60]}”没有导入。")
    if body.find(".//printedVariable") is not None:
        draft.warn("题中变量 printedVariable 的值没有导入。")
    blocks = [b for b in body.iter("rubricBlock") if CLASS_MARK not in b.get("class", "")]
    views = {view for block in blocks for view in block.get("view", "candidate").split()}
    if "candidate" in views:
        draft.warn("给考生的说明 rubricBlock 没有导入。")
    elif views:
        draft.note("给其他人员的说明 rubricBlock 没有导入。")
    feedback = [name for name in FEEDBACK if root.find(f".//{name}") is not None]
    if feedback:
        draft.note(f"反馈（{'、'.join(feedback)}）没有导入。")
    if root.find(".//catalogInfo") is not None:
        draft.note("无障碍替代内容 catalogInfo 没有导入。")


def _read_choice(draft: ItemDraft, root: etree._Element, choice: etree._Element) -> None:
    response = choice.get("responseIdentifier", "")
    declared = [e for e in root.iterfind("responseDeclaration") if e.get("identifier") == response]
    cardinality = declared[0].get("cardinality", "") if declared else ""
    if cardinality == "ordered":
        draft.type = ItemType.UNSUPPORTED
        return
    is_single = cardinality == "single" or (not cardinality and choice.get("maxChoices") == "1")
    draft.type = ItemType.SINGLE if is_single else ItemType.MULTIPLE
    for option in choice.iter("simpleChoice"):
        name = option.get("identifier", "")
        is_locked = option.get("fixed", "").lower() in ON
        draft.options.append(DraftOption(name, take_bare_text(draft, _plain(option)), is_locked))
    if choice.get("shuffle", "").lower() not in ON:
        draft.lock_all()
    if declared:
        processing = root.find("responseProcessing")
        template = "" if processing is None else processing.get("template", "")
        is_matched = "match_correct" in template  # marks mapped to options then count nothing
        _read_key(draft, declared[0], is_matched=is_matched)
    else:
        draft.warn(f"没有 responseDeclaration“{response}”。")


def _read_key(draft: ItemDraft, declared: etree._Element, *, is_matched: bool) -> None:
    """Take the correct response, else what is mapped to a positive mark; never guess."""
    correct = [inner_text(value) for value in declared.iterfind("correctResponse/value")]
    weights: dict[str, Decimal] = {}
    for entry in declared.iterfind("mapping/mapEntry"):
        weight = number_in(entry.get("mappedValue", ""))
        if weight is None:
            draft.fail("mapEntry 的 mappedValue 不是数。", f"{draft.place} mapEntry")
        weights[entry.get("mapKey", "")] = weight or Decimal(0)
    positive = [name for name, weight in weights.items() if weight > 0]
    is_partial = len(positive) > 1 or any(weight < 0 for weight in weights.values())
    if is_partial and not is_matched:
        draft.weights = weights
        draft.warn("选项有部分得分，已保留权重。")
    if correct:
        draft.key = [name for name in correct if name] or None
    elif positive:
        best = max(weights.values())
        top = [name for name in positive if weights[name] == best]
        draft.key = top if draft.type is ItemType.SINGLE else positive
        draft.note("没有 correctResponse，标准答案取自得分为正的 mapEntry。")


def _read_stem(
    draft: ItemDraft, body: etree._Element, choice: etree._Element, media: Media
) -> None:
    """Gather what stands before the options, then the prompt, then what stands after."""
    prompt = choice.find("prompt")
    for child in list(choice):
        if child is not prompt:
            choice.remove(child)
    draft.stem = take_text(draft, _plain(body), media)


def _read_extras(draft: ItemDraft, root: etree._Element, body: etree._Element) -> None:
    for word in body.get("class", "").split():
        if word.startswith(CLASS_MARK):
            name, _, value = word.removeprefix(CLASS_MARK).partition("-")
            apply_tag(draft, f"kaohe.{name}={value}")
    for block in body.iter("rubricBlock"):
        if "kaohe-rationale" in block.get("class", ""):
            draft.rationale = text_of_html(_markup(block))[0]
        elif "kaohe-source" in block.get("class", ""):
            draft.source = text_of_html(_markup(block))[0]
    for outcome in root.iterfind("outcomeDeclaration"):
        _read_points(draft, outcome)


def _read_points(draft: ItemDraft, outcome: etree._Element) -> None:
    """Read MAXSCORE, or the normal maximum of SCORE."""
    value = None
    if outcome.get("identifier") == "MAXSCORE":
        value = (
            inner_text(default)
            if (default := outcome.find("defaultValue/value")) is not None
            else None
        )
    elif outcome.get("identifier") == "SCORE" and draft.points is None:
        value = outcome.get("normalMaximum")
    if value:
        draft.points = number_in(value)


def _plain(element: etree._Element) -> HtmlText:
    """Return the text of an element without what is not for the candidate."""
    kept = copy.deepcopy(element)
    for name in ASIDE:
        for aside in list(kept.iter(name)):
            _take_out(aside)
    return read_html(_markup(kept))


def _take_out(element: etree._Element) -> None:
    """Remove an element and keep the text behind it."""
    parent = element.getparent()
    if parent is None:
        return
    tail, before = element.tail or "", element.getprevious()
    if before is not None:
        before.tail = (before.tail or "") + tail
    else:
        parent.text = (parent.text or "") + tail
    parent.remove(element)


def _markup(element: etree._Element) -> str:
    """Write an element as HTML; blocks of QTI break lines as paragraphs do."""
    kept = copy.deepcopy(element)
    kept.tail = None
    for block in kept.iter("prompt", "choiceInteraction", "contentBody", "itemBody"):
        block.tag = "div"
    for picture in list(kept.iter("object")):
        _name_object(picture)
    return etree.tostring(kept, encoding="unicode", method="html")


def _name_object(element: etree._Element) -> None:
    """Turn an object that is a picture into one; its content is the alternative text."""
    source = element.get("data", "")
    if element.get("type", "").startswith("image/") or PICTURE_NAME.search(source):
        told = inner_text(element)
        for inside in list(element):
            element.remove(inside)
        element.text = None
        element.tag = "img"
        element.set("src", source)
        element.set("alt", told)
    else:
        element.set("alt", source)
