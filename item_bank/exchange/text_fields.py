"""Finds the named parts of an item in running text: 答案：B 解析：… 【难度】易."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from item_bank.exchange import table_headers as headers

WORDS: Mapping[str, tuple[str, ...]] = {
    headers.KEY: ("正确答案", "参考答案", "标准答案", "试题答案", "本题答案", "答案", "answer"),
    headers.RATIONALE: ("答案解析", "试题解析", "题目解析", "解析", "explanation"),
    headers.DIFFICULTY: ("难度等级", "难易程度", "难度系数", "难度"),
    headers.POINT: ("鉴定点编号", "鉴定点", "知识点编号", "知识点", "考点"),
    headers.POINTS: ("分值", "分数"),
    headers.SOURCE: ("来源", "出处"),
    headers.LOCKED: ("固定选项",),
    headers.TYPE: ("试题类型", "题目类型", "题型"),
}
FIELD_OF_WORD = {word: field for field, words in WORDS.items() for word in words}
_NAMES = "|".join(sorted(FIELD_OF_WORD, key=len, reverse=True))
MARK = re.compile(
    rf"[【\[]({_NAMES})[】\]][ \t]*[:：]?|(?<![\u3400-\u9fffA-Za-z])({_NAMES})[ \t]*[:：]", re.I
)
VERDICT = "√×✓✔✗✘对错"
VERDICT_IN_BRACKETS = re.compile(rf"[(（][ \t\u3000]*(正确|错误|[{VERDICT}TF])[ \t\u3000]*[)）]")
LETTERS_IN_BRACKETS = re.compile(
    r"[(（][ \t\u3000]*([A-H](?:[、,， ]?[A-H]){0,7})[ \t\u3000]*[)）]"
)


@dataclass(frozen=True)
class Field:
    """A named part: ``start`` is where its name stands in the text."""

    name: str
    value: str
    start: int


def fields_of(text: str) -> tuple[str, list[Field]]:
    """Return what stands before the first named part, and the parts in their order."""
    marks = list(MARK.finditer(text))
    if not marks:
        return text, []
    ends = [mark.start() for mark in marks[1:]] + [len(text)]
    return text[: marks[0].start()], [
        Field(FIELD_OF_WORD[(m[1] or m[2]).lower()], text[m.end() : end].strip(), m.start())
        for m, end in zip(marks, ends, strict=True)
    ]


def has_rationale(text: str) -> bool:
    """Tell whether an explanation begins in a text."""
    names = (FIELD_OF_WORD[(m[1] or m[2]).lower()] for m in MARK.finditer(text))
    return headers.RATIONALE in names


def answer_places(text: str) -> Iterator[int]:
    """Yield where an answer is given, whether named or in brackets."""
    for mark in MARK.finditer(text):
        if FIELD_OF_WORD[(mark[1] or mark[2]).lower()] == headers.KEY:
            yield mark.start()
    for pattern in (VERDICT_IN_BRACKETS, LETTERS_IN_BRACKETS):
        yield from (found.start() for found in pattern.finditer(text))
