"""Which column of a table holds what: synonyms of headers, options in their numbered columns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from item_bank.exchange.answer_words import plain, type_codes
from item_bank.exchange.records import ItemType

NUMBER, TYPE, STEM, KEY = "number", "type", "stem", "key"
OPTION, FLAG, RATIONALE, DIFFICULTY = "option", "flag", "rationale", "difficulty"
POINTS, POINT, SOURCE, LOCKED = "points", "point", "source", "locked"
WEIGHTS = "weights"
SHUFFLE, MOST, PICTURE = "shuffle", "max_choices", "picture"

INSTRUCTIONS = "填写说明"  # the sheet of our template that holds no items

SYNONYMS: Mapping[str, tuple[str, ...]] = {
    NUMBER: (
        "题目序号",
        "序号",
        "题号",
        "编号",
        "试题编号",
        "试题编码",
        "题目编号",
        "id",
        "code",
        "identifier",
        "name",
    ),
    TYPE: ("题目类型", "试题类型", "题型", "类型", "type", "kind", "question type"),
    STEM: (
        "题目内容",
        "题干",
        "试题",
        "题目",
        "问题",
        "试题内容",
        "题干内容",
        "试题题干",
        "题目题干",
        "stem",
        "question",
        "question text",
    ),
    KEY: (
        "答案",
        "正确答案",
        "标准答案",
        "正确选项",
        "参考答案",
        "试题答案",
        "题目答案",
        "answer",
        "correct answer",
        "key",
        "correct",
    ),
    OPTION: ("选项内容", "选项", "option", "option text"),
    FLAG: ("是否正确项", "是否正确", "是否为正确项", "正确项", "is correct"),
    RATIONALE: (
        "整体解析",
        "解析",
        "答案解析",
        "试题解析",
        "题目解析",
        "explanation",
        "rationale",
        "feedback",
    ),
    DIFFICULTY: (
        "题目难度",
        "试题难度",
        "难度",
        "难易程度",
        "难易度",
        "难度等级",
        "难度系数",
        "difficulty",
        "level",
    ),
    POINTS: ("分值", "分数", "题目分值", "试题分值", "points", "score", "mark", "marks"),
    POINT: (
        "鉴定点编号",
        "鉴定编号",
        "鉴定点",
        "鉴定点代码",
        "细目编号",
        "知识点",
        "知识点名称",
        "知识点编号",
        "point",
        "element",
    ),
    SOURCE: ("来源", "试题来源", "出处", "依据", "source"),
    LOCKED: ("固定选项", "选项固定", "locked"),
    WEIGHTS: ("选项得分", "选项权重", "weights"),
    SHUFFLE: ("shuffle", "选项乱序"),
    MOST: ("max choices",),
    PICTURE: ("题目图片", "题干图片", "题目视频", "选项图片", "图片", "视频", "image"),
}
FIELD_OF_HEADER = {name: field for field, names in SYNONYMS.items() for name in names}
CHINESE_DIGITS = "一二三四五六七八九十"
NUMERAL = rf"\d{{1,2}}|[{CHINESE_DIGITS}]"
ORDINAL = rf"(?:[a-z]|{NUMERAL})"
OPTION_COLUMN = re.compile(  # each way of writing it has two groups: ordinal and ending
    rf"(?:选项|答案选项)\s*({ORDINAL})(.*)"
    rf"|(?:option|choice)(\s+{ORDINAL}|[a-h]|{NUMERAL})(.*)"  # options is no option S
    rf"|({ORDINAL})\s*选项(.*)"
    r"|([a-h])()"
)
BRACKETS = re.compile(r"\([^()]*\)|\[[^\[\]]*\]|\*")
FLAG_ENDS = ("是否正确", "是否正确项", "正确", "是否为正确项", "correct", "是否答案")
SCORE_ENDS = ("score", "得分", "分值", "分数")
CONTENT_ENDS = ("", "内容", "的内容", "text", "content")
PICTURE_ENDS = ("图片", "image", "图")


@dataclass
class Columns:
    """Column numbers by what they hold; options, flags and scores by their ordinal from 1."""

    fields: dict[str, int] = field(default_factory=dict)
    options: dict[int, int] = field(default_factory=dict)
    flags: dict[int, int] = field(default_factory=dict)
    scores: dict[int, int] = field(default_factory=dict)  # what choosing an option earns
    pictures: list[int] = field(default_factory=list)
    of_option_pictures: list[int] = field(default_factory=list)
    type_codes: dict[str, ItemType] = field(default_factory=dict)
    unknown: list[str] = field(default_factory=list)
    difficulty_is_p: bool = False

    @property
    def is_per_option(self) -> bool:
        """Tell the layout with one row for each option."""
        return OPTION in self.fields and not self.options

    @property
    def of_options(self) -> frozenset[int]:
        """Return the columns that belong to options."""
        own = (self.fields[name] for name in (OPTION, FLAG) if name in self.fields)
        return frozenset(
            [
                *self.options.values(),
                *self.flags.values(),
                *self.scores.values(),
                *self.of_option_pictures,
                *own,
            ]
        )

    @property
    def is_usable(self) -> bool:
        """Tell a header from a title line: a stem and at least one more known column."""
        return STEM in self.fields and len(self.fields) + len(self.options) >= 2


def columns_of(header: Sequence[str]) -> Columns:
    """Read one header line; the first column of a kind wins."""
    columns = Columns()
    for number, text in enumerate(header):
        name = header_name(text)
        if not name:
            continue
        if not _take_option(columns, name, number):
            _take_field(columns, name, text, number)
    return columns


def header_name(text: str) -> str:
    """Bring a header to half width without brackets, stars and marks: 题目（必填）* is 题目."""
    word = BRACKETS.sub("", plain(text)).replace("_", " ")
    return re.sub(r"\s+", " ", word).strip(" :.-")


def _take_field(columns: Columns, name: str, text: str, number: int) -> None:
    kind = FIELD_OF_HEADER.get(name) or FIELD_OF_HEADER.get(name.replace(" ", ""))
    if kind is None:
        columns.unknown.append(text.strip())
    elif kind == PICTURE:
        columns.pictures.append(number)
        if "选项" in name:
            columns.of_option_pictures.append(number)
    elif kind not in columns.fields:
        columns.fields[kind] = number
        if kind == TYPE:
            columns.type_codes = type_codes(text)
        columns.difficulty_is_p |= kind == DIFFICULTY and "系数" in name


def _take_option(columns: Columns, name: str, number: int) -> bool:
    found = OPTION_COLUMN.fullmatch(name)
    if not found:
        return False
    sign, ending = (group for group in found.groups() if group is not None)
    ordinal, ending = _ordinal(sign.strip()), ending.strip(" -x×")
    if ending in CONTENT_ENDS:
        columns.options.setdefault(ordinal, number)
    elif ending in FLAG_ENDS:
        columns.flags.setdefault(ordinal, number)
    elif ending in SCORE_ENDS:
        columns.scores.setdefault(ordinal, number)
    elif ending in PICTURE_ENDS:
        columns.pictures.append(number)
        columns.of_option_pictures.append(number)
    else:
        return False
    return True


def _ordinal(sign: str) -> int:
    if sign in CHINESE_DIGITS:
        return CHINESE_DIGITS.index(sign) + 1
    return int(sign) if sign.isdigit() else ord(sign) - ord("a") + 1
