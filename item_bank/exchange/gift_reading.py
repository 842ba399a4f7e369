"""Reads GIFT: multiple choice with one or several answers and true/false; the rest is named."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from item_bank.exchange.carried_pictures import no_media, take_bare_text, take_text
from item_bank.exchange.html_text import read_html
from item_bank.exchange.item_draft import DraftOption, ItemDraft
from item_bank.exchange.item_tags import apply_tag
from item_bank.exchange.records import ItemType, ReadFile, ReadItem
from item_bank.exchange.text_decoding import decoded
from item_bank.exchange.weights import is_all_or_nothing
from item_bank.rules.item import BLANK, judgement_options
from item_bank.rules.kinds import RIGHT, WRONG

# Escaped signs wait in the private use area until the structure has been read.
SIGNS = "~=#{}:\\"
HIDDEN = {sign: chr(0xE000 + number) for number, sign in enumerate(SIGNS)}
SHOWN = {hidden: sign for sign, hidden in HIDDEN.items()} | {"\ue010": "\n"}
ESCAPE = re.compile(r"\\([~=#{}:\\n])")
TITLE = re.compile(r"\s*::(.*?)::", re.S)
FORMAT = re.compile(r"\s*\[(html|markdown|plain|moodle)\]", re.I)
WEIGHT = re.compile(r"\s*%(-?\d{1,3}(?:\.\d{1,5})?)%")
VERDICT = re.compile(r"\s*(TRUE|T|FALSE|F)\s*(?:#|$)", re.I)
COMMENT_MARK = re.compile(r"\[(id|tag):([^\]]*)\]")
ANSWER_MARK = re.compile(r"([=~])")
FULL = Decimal(100)
MAX_COMMENT = 5000  # characters of a comment searched for marks


@dataclass(frozen=True)
class _Block:
    """The lines of one question; ``marks`` come from the comments above it."""

    line: int
    text: str
    marks: tuple[tuple[str, str], ...]


def read_gift(content: bytes) -> ReadFile:
    """Read the questions, which blank lines divide."""
    return ReadFile(tuple(_item(block) for block in _blocks(decoded(content))))


def _blocks(text: str) -> Iterator[_Block]:
    lines: list[str] = []
    marks: list[tuple[str, str]] = []
    begins = 0
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        bare = line.strip()
        if bare.startswith("//"):
            marks += COMMENT_MARK.findall(bare[:MAX_COMMENT])
        elif bare.startswith("$CATEGORY:"):
            continue
        elif bare:
            begins = begins or number
            lines.append(line)
        elif lines:
            yield _Block(begins, "\n".join(lines), tuple(marks))
            lines, marks, begins = [], [], 0


def _item(block: _Block) -> ReadItem:
    draft = ItemDraft(f"第 {block.line} 行", original=block.text)
    text = ESCAPE.sub(_hide, block.text)
    title = TITLE.match(text)
    if title:
        draft.identifier = _shown(title[1])
        text = text[title.end() :]
    _apply_marks(draft, block.marks)
    form = FORMAT.match(text)
    is_html = bool(form and form[1].lower() in ("html", "moodle"))
    text = text[form.end() :] if form else text
    opens, closes = text.find("{"), text.rfind("}")
    before = text[: opens if opens >= 0 else None]
    draft.stem = _words(draft, before, is_html=is_html, is_stem=True)
    if opens < 0 and closes < 0:
        return draft.unsupported("没有答案的说明文字")
    if not 0 <= opens < closes or text.count("{") > 1 or text.count("}") > 1:
        return draft.broken("花括号不成对，或一题中有多处答案。")
    after = text[closes + 1 :].strip()
    if after:
        draft.stem = f"{draft.stem}{BLANK}{_words(draft, after, is_html=is_html, is_stem=True)}"
    return _answered(draft, text[opens + 1 : closes], is_html=is_html)


def _apply_marks(draft: ItemDraft, marks: tuple[tuple[str, str], ...]) -> None:
    for kind, value in marks:
        if kind == "id":
            draft.identifier = value.strip()
        else:
            apply_tag(draft, value)


def _answered(draft: ItemDraft, inside: str, *, is_html: bool) -> ReadItem:
    inside, _, general = inside.partition("####")
    draft.rationale = _words(draft, general, is_html=is_html)
    reason = _other_type(inside)
    if reason:
        return draft.unsupported(reason)
    verdict = VERDICT.match(inside)
    if verdict:
        draft.type = ItemType.JUDGE
        draft.options = [DraftOption(o.canonical_id, o.content) for o in judgement_options()]
        draft.key = [RIGHT if verdict[1][0] in "Tt" else WRONG]
        if inside[verdict.end() :].strip(" #\n"):
            draft.note("答对、答错的反馈没有导入。")
        return draft.finish()
    _read_choices(draft, inside, is_html=is_html)
    return draft.finish()


def _other_type(inside: str) -> str:
    bare = inside.strip()
    if not bare:
        return "问答题"
    if bare.startswith("#"):
        return "数值题"
    if VERDICT.match(inside):
        return ""
    if "~" not in inside:
        return "匹配题" if "->" in inside else "填空题"
    return ""


def _read_choices(draft: ItemDraft, inside: str, *, is_html: bool) -> None:
    parts = ANSWER_MARK.split(inside)
    if parts[0].strip():
        draft.fail(f"答案部分有多余文字“{_shown(parts[0])[:30]}”。")
    weights: dict[str, Decimal] = {}
    full = []
    for number, (mark, text) in enumerate(zip(parts[1::2], parts[2::2], strict=True)):
        name = str(number + 1)
        weight = WEIGHT.match(text)
        if weight:
            weights[name] = Decimal(weight[1])
            text = text[weight.end() :]
        elif mark == "=":
            full.append(name)
        words, _, feedback = text.partition("#")
        if feedback.strip():
            draft.note(f"第 {name} 个选项的反馈没有导入。")
        draft.options.append(DraftOption(name, _words(draft, words, is_html=is_html)))
    _read_weights(draft, full, weights)


def _read_weights(draft: ItemDraft, full: list[str], weights: dict[str, Decimal]) -> None:
    """Decide one or several answers; unequal or partial weights are kept."""
    positive = [name for name, weight in weights.items() if weight > 0]
    if draft.is_multiple and not full:
        draft.type = ItemType.MULTIPLE
    if full or ([weights[name] for name in positive] == [FULL] and not draft.is_multiple):
        draft.type = ItemType.SINGLE
        draft.key = full or positive
        if set(positive) - set(draft.key) or any(w < 0 for w in weights.values()):
            draft.weights = {name: w / FULL for name, w in weights.items()}
            draft.weights |= dict.fromkeys(full, Decimal(1))
            draft.warn("单选题有部分得分，已保留权重。")
    elif positive:
        draft.type = ItemType.MULTIPLE
        draft.key = positive
        shares = {o.source_id: weights.get(o.source_id, Decimal(0)) / FULL for o in draft.options}
        if draft.has_partial_credit or not is_all_or_nothing(shares):
            draft.weights = shares
            draft.note("选项有部分得分，已保留权重。")


def _hide(found: re.Match[str]) -> str:
    return "\ue010" if found[1] == "n" else HIDDEN[found[1]]


def _shown(text: str) -> str:
    return "".join(SHOWN.get(sign, sign) for sign in text).strip()


def _words(draft: ItemDraft, text: str, *, is_html: bool, is_stem: bool = False) -> str:
    """Return a text as it is read; what its markup holds beside text is named."""
    shown = _shown(text)
    if not is_html:
        return shown
    found = read_html(shown)
    return take_text(draft, found, no_media) if is_stem else take_bare_text(draft, found)
