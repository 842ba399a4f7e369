"""Reads Aiken: a stem, options A to Z and a line ANSWER."""

import re
from dataclasses import dataclass, field

from item_bank.exchange.answer_words import answer_letters
from item_bank.exchange.item_draft import DraftOption, ItemDraft
from item_bank.exchange.records import ItemType, ReadFile, ReadItem
from item_bank.exchange.text_decoding import decoded

OPTION = re.compile(r"\s*([A-Z])\s*[.)．）、]\s*(.*)")
ANSWER = re.compile(r"\s*ANSWER\s*[:：]\s*(.*)", re.I)


@dataclass
class _Question:
    """The lines gathered so far."""

    line: int = 0
    stem: list[str] = field(default_factory=list)
    options: list[tuple[str, str, int]] = field(default_factory=list)


def read_aiken(content: bytes) -> ReadFile:
    """Read question after question; each ends with its answer."""
    items: list[ReadItem] = []
    open_question = _Question()
    for number, line in enumerate(decoded(content).split("\n"), start=1):
        answer, option = ANSWER.fullmatch(line), OPTION.fullmatch(line)
        if answer:
            items.append(_item(open_question, answer[1], number))
            open_question = _Question()
        elif option and open_question.stem:
            open_question.options.append((option[1], option[2], number))
        elif line.strip():
            if open_question.options:  # a stem after options: the answer was left out
                items.append(_item(open_question, "", number - 1))
                open_question = _Question()
            open_question.line = open_question.line or number
            open_question.stem.append(line.strip())
    if open_question.stem:
        items.append(_item(open_question, "", open_question.line))
    return ReadFile(tuple(items))


def _item(question: _Question, answer: str, answer_line: int) -> ReadItem:
    line = question.line or answer_line
    draft = ItemDraft(f"第 {line} 行", stem="\n".join(question.stem))
    draft.options = [DraftOption(letter, text) for letter, text, _ in question.options]
    for expected, (letter, _, number) in enumerate(question.options):
        if letter != chr(ord("A") + expected):
            draft.fail(f"选项字母 {letter} 不连续。", f"第 {number} 行")
            break
    letters = answer_letters(answer)
    if letters is None and answer.strip():
        draft.fail(f"答案“{answer.strip()}”无法识别。", f"第 {answer_line} 行")
    draft.key = letters
    draft.type = ItemType.MULTIPLE if len(letters or ()) > 1 else ItemType.SINGLE
    return draft.finish()
