"""What an item 试题 must look like: forms per kind, key within options, canonical hash.

Stems, options and rationales are text in the light notation of ``rich_text.py``, with LaTeX
between ``\\(`` and ``\\)``; escaping for HTML or PDF is done where they are shown. Figures are
judged in ``figure.py``.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from item_bank.rules.kinds import RIGHT, WRONG, ItemKind
from item_bank.rules.rich_text import (
    FaultKind,
    Paragraph,
    RichText,
    Table,
    has_table,
    read_rich_text,
    without_marks,
)

BLANK = "（ ）"
CANONICAL_IDS = ("a", "b", "c", "d", "e", "f")
OPTION_COUNTS = {ItemKind.SINGLE_CHOICE: range(4, 5), ItemKind.MULTIPLE_CHOICE: range(4, 6)}
DIFFICULTIES = range(1, 6)
POINT_CODE = re.compile(r"[A-Z]-[A-Z]-[A-Z]-\d{3}")
CATCH_ALL = re.compile(r"以上(都|均|全|皆)|(都|均)不(对|正确|是)$")
MARKUP = re.compile(
    r"</?(a|b|i|u|p|br|em|hr|sub|sup|div|img|span|font|table|strong|script|style|iframe|svg)"
    r"(\s+[\w-]+\s*=[^<>]*|\s*)/?>",
    re.I,
)
LENGTH_RATIO = 3.0  # the longest option against the shortest, where a style warning begins
MAX_STEM, MAX_OPTION, MAX_RATIONALE, MAX_SOURCE = 1500, 300, 2000, 200  # characters
MAX_OPTION_LINES, MAX_ROWS, MAX_COLUMNS = 5, 20, 8  # what stays whole on a printed page
MAX_DESCRIPTION, MAX_CAPTION = 500, 60
SHORT_OPTION = 6  # characters; shorter options may differ without giving the answer away
NOTATION_FAULTS = {
    FaultKind.UNPAIRED_BOLD: "加重号 ** 不成对",
    FaultKind.UNPAIRED_UNDERLINE: "下划线号 __ 不成对",
    FaultKind.OPEN_ROW: "以 | 开头却不以 | 结尾；不是表格时请写 \\|",
    FaultKind.RAGGED_ROW: "的表格格数与表头不同",
    FaultKind.LONE_ROW: "的表格只有一行；不是表格时请写 \\|",
}
JUDGEMENT_OPTIONS = {RIGHT: "正确", WRONG: "错误"}


@dataclass(frozen=True)
class OptionContent:
    """An option with its canonical id; letters are only how it is shown.

    A locked option keeps its place when the options are shuffled.
    """

    canonical_id: str
    content: str
    is_locked: bool = False


@dataclass(frozen=True)
class Figure:
    """A figure by the hash of its file; the description is read to those who cannot see it."""

    file_hash: str
    media_type: str
    description: str
    caption: str


@dataclass(frozen=True)
class ItemContent:
    """Everything an item says in one version; an empty key is one that is still missing.

    ``points`` and ``weights`` (shares of the mark by option) are what another system said of the
    item; papers take their points from the blueprint.
    """

    kind: ItemKind
    point: str
    difficulty: int
    stem: str
    options: tuple[OptionContent, ...]
    key: frozenset[str]
    rationale: str
    source: str
    figure: Figure | None = None
    points: Decimal | None = None
    weights: tuple[tuple[str, Decimal], ...] = ()


@dataclass(frozen=True)
class ItemFindings:
    """What is wrong with an item, and what is only bad style."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]


def judgement_options() -> tuple[OptionContent, ...]:
    """Return the two options of every true/false item, right first."""
    return tuple(OptionContent(name, words) for name, words in JUDGEMENT_OPTIONS.items())


def tidy(text: str) -> str:
    """Bring a text to the one form in which it is stored: NFC, no stray blanks."""
    lines = (re.sub(r"[ \t\u00a0]+", " ", line).strip() for line in text.splitlines())
    return unicodedata.normalize("NFC", "\n".join(lines)).strip()


def check_item(item: ItemContent) -> ItemFindings:
    """Judge one item; an item with errors never enters the bank."""
    errors = [*_text_errors(item), *_size_errors(item)]
    errors += [*_option_errors(item), *_key_errors(item), *_stem_errors(item)]
    if not POINT_CODE.fullmatch(item.point):
        errors.append(f"鉴定点编号“{item.point}”格式不对，应如 B-C-A-007。")
    if item.difficulty not in DIFFICULTIES:
        errors.append("难度应为 1 至 5。")
    if item.figure is not None and not item.figure.description.strip():
        errors.append("插图缺少文字说明。")
    return ItemFindings(tuple(errors), tuple(_style_warnings(item)))


def content_hash(item: ItemContent) -> str:
    """Return the SHA-256 of the canonical JSON; equal content gives an equal hash anywhere."""
    return sha256_of(document_of(item))


def document_of(item: ItemContent) -> dict[str, object]:
    """Return an item as JSON values; fields that were added later stand there when they are set."""
    figure = item.figure
    fields: dict[str, object] = {
        "kind": item.kind.value,
        "point": item.point,
        "difficulty": item.difficulty,
        "stem": item.stem,
        "options": [[option.canonical_id, option.content] for option in item.options],
        "key": sorted(item.key),
        "rationale": item.rationale,
        "source": item.source,
        "figure": figure
        and [figure.file_hash, figure.media_type, figure.description, figure.caption],
    }
    if locked := [option.canonical_id for option in item.options if option.is_locked]:
        fields["locked"] = locked
    if item.points is not None:
        fields["points"] = str(item.points)
    if item.weights:
        fields["weights"] = [[name, str(weight)] for name, weight in sorted(item.weights)]
    return fields


def item_of_document(fields: Mapping[str, Any]) -> ItemContent:
    """Return the item that ``document_of`` wrote."""
    locked = fields.get("locked", ())
    return ItemContent(
        kind=ItemKind(fields["kind"]),
        point=fields["point"],
        difficulty=fields["difficulty"],
        stem=fields["stem"],
        options=tuple(
            OptionContent(name, text, name in locked) for name, text in fields["options"]
        ),
        key=frozenset(fields["key"]),
        rationale=fields["rationale"],
        source=fields["source"],
        figure=Figure(*fields["figure"]) if fields["figure"] else None,
        points=Decimal(fields["points"]) if "points" in fields else None,
        weights=tuple((name, Decimal(weight)) for name, weight in fields.get("weights", ())),
    )


def sha256_of(value: object) -> str:
    """Return the SHA-256 of a value written as JSON with sorted keys and no blanks."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _text_errors(item: ItemContent) -> list[str]:
    texts = {"题干": item.stem, "解析": item.rationale}
    texts |= {f"选项 {option.canonical_id}": option.content for option in item.options}
    errors = []
    for name, text in texts.items():
        if not text.strip():
            errors.append(f"{name}为空。")
        if MARKUP.search(text):
            errors.append(f"{name}含有网页标记；请只用文字和公式。")
        errors += _notation_errors(name, text)
        if any(unicodedata.category(sign) == "Cc" and sign != "\n" for sign in text):
            errors.append(f"{name}含有控制字符。")
    return errors


def _size_errors(item: ItemContent) -> list[str]:
    figure = item.figure
    texts = [
        ("题干", item.stem, MAX_STEM),
        *((f"选项 {o.canonical_id}", o.content, MAX_OPTION) for o in item.options),
        ("解析", item.rationale, MAX_RATIONALE),
        ("出处", item.source, MAX_SOURCE),
        ("插图说明", figure.description if figure else "", MAX_DESCRIPTION),
        ("插图标题", figure.caption if figure else "", MAX_CAPTION),
    ]
    errors = [f"{name}超过 {most} 字。" for name, text, most in texts if len(text) > most]
    if any(option.content.count("\n") >= MAX_OPTION_LINES for option in item.options):
        errors.append(f"选项超过 {MAX_OPTION_LINES} 行。")
    tables = [block for block in read_rich_text(item.stem).blocks if isinstance(block, Table)]
    if any(len(table.rows) > MAX_ROWS or len(table.rows[0]) > MAX_COLUMNS for table in tables):
        errors.append(f"题干中的表格超过 {MAX_ROWS} 行或 {MAX_COLUMNS} 列。")
    return errors


def _notation_errors(name: str, text: str) -> list[str]:
    read = read_rich_text(text)
    errors = [
        f"{name}第 {fault.line} 行{NOTATION_FAULTS[fault.kind]}。"
        for fault in read.faults
        if fault.kind in NOTATION_FAULTS
    ]
    if len(errors) < len(read.faults) or not _has_paired_formulas(text):
        errors.append(f"{name}中的公式括号 \\( \\) 不成对，或公式跨行。")
    if name.startswith("选项") and has_table(read):
        errors.append(f"{name}中不能有表格。")
    return errors


def _has_paired_formulas(text: str) -> bool:
    inside = False
    for mark in re.findall(r"\\[()]", text):
        if (mark == r"\(") == inside:
            return False
        inside = not inside
    return not inside


def _option_errors(item: ItemContent) -> list[str]:
    ids = [option.canonical_id for option in item.options]
    if item.kind is ItemKind.TRUE_FALSE:
        return [] if ids == [RIGHT, WRONG] else ["判断题只有“正确”“错误”两个选项。"]
    errors = []
    allowed = OPTION_COUNTS[item.kind]
    if len(ids) not in allowed:
        errors.append(f"选项应为 {'或'.join(map(str, allowed))} 个，现有 {len(ids)} 个。")
    if ids != list(CANONICAL_IDS[: len(ids)]):
        errors.append("选项编号应依次为 a、b、c……")
    if len({without_marks(option.content).strip() for option in item.options}) < len(ids):
        errors.append("有内容相同的选项。")
    return errors


def _key_errors(item: ItemContent) -> list[str]:
    errors = []
    if not item.key <= {option.canonical_id for option in item.options}:
        errors.append("标准答案不在选项之中。")
    if item.kind is ItemKind.MULTIPLE_CHOICE:
        if len(item.key) < 2:
            errors.append("多项选择题至少有两个正确选项。")
    elif len(item.key) != 1:
        errors.append("应有且只有一个正确选项。")
    return errors


def _stem_errors(item: ItemContent) -> list[str]:
    blanks = len(re.findall(r"（\s*）", item.stem))
    if item.kind is ItemKind.TRUE_FALSE:
        return ["判断题的题干不应有空格括号。"] if blanks else []
    return [] if blanks == 1 else [f"题干应有且只有一个“{BLANK}”，现有 {blanks} 个。"]


def _style_warnings(item: ItemContent) -> list[str]:
    warnings = []
    if item.stem.strip() and not _last_words(read_rich_text(item.stem)).rstrip().endswith("。"):
        warnings.append("题干应以句号结尾。")
    if item.kind is ItemKind.TRUE_FALSE:
        return warnings
    options = [without_marks(option.content) for option in item.options]
    if any(CATCH_ALL.search(option) for option in options):
        warnings.append("不宜使用“以上都是”“都不对”一类选项。")
    lengths = [len(option) for option in options]
    if max(lengths, default=0) > max(SHORT_OPTION, LENGTH_RATIO * min(lengths, default=0)):
        warnings.append("各选项长短相差较大。")
    if item.kind is ItemKind.MULTIPLE_CHOICE and len(item.key) == len(item.options):
        warnings.append("全部选项都正确，区分作用小。")
    return warnings


def _last_words(stem: RichText) -> str:
    """Return the last line of running text; a table may follow it."""
    lines = [block.runs for block in stem.blocks if isinstance(block, Paragraph)]
    return "".join(run.text for run in lines[-1]) if lines else ""
