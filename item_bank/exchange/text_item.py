"""Reads one item of a running text: stem, options, answer and what else is named."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from item_bank.exchange import table_headers as headers
from item_bank.exchange.answer_words import answer_letters, answer_verdict, type_named
from item_bank.exchange.draft_fields import (
    inferred_type,
    read_key,
    take_difficulty,
    take_locked,
    take_point,
    take_points,
)
from item_bank.exchange.inline_options import BLANK as ANY_BLANK
from item_bank.exchange.inline_options import split_stem
from item_bank.exchange.item_draft import DraftOption, ItemDraft
from item_bank.exchange.pictures import PICTURE_SIGN, Picture
from item_bank.exchange.records import ItemType, Message, ReadItem
from item_bank.exchange.text_fields import (
    LETTERS_IN_BRACKETS,
    VERDICT_IN_BRACKETS,
    Field,
    fields_of,
)
from item_bank.exchange.text_sections import Section
from item_bank.rules.item import BLANK

TAG = re.compile(r"\s{0,8}[\[【(（]\s?([^\[\]【】()（）\s]{1,10}?)\s?[\]】)）]")
POINTS = re.compile(r"[(（]\s?(\d{1,3}(?:\.\d{1,2})?)\s?分\s?[)）]")
SPACE = " \t\u3000\n"
END_SIGNS = "。.．;； \t\u3000\n"


@dataclass(frozen=True)
class ItemText:
    """The lines (place, text) of one item and what was found beside the text."""

    number: int | None
    lines: Sequence[tuple[str, str]]
    pictures: Sequence[Picture] = ()
    messages: Sequence[Message] = ()


class _Reader:
    """Reads one item into its draft."""

    def __init__(self, item: ItemText, section: Section, listed: tuple[str, str] | None) -> None:
        self.item = item
        self.section = section
        self.listed = listed
        self.text = "\n".join(text for _, text in item.lines).replace(PICTURE_SIGN, "")
        lengths = (len(text.replace(PICTURE_SIGN, "")) + 1 for _, text in item.lines)
        self.begins = [0, *accumulate(lengths)]
        self.draft = ItemDraft(item.lines[0][0], original=self.text)
        self.answer, self.answer_place = "", self.draft.place
        self.explained = ""
        self.declared, self.kind = section.type, section.name
        self.fields: Mapping[str, Field] = {}

    def read(self) -> ReadItem:
        draft = self.draft
        draft.identifier = "" if self.item.number is None else str(self.item.number)
        draft.messages += self.item.messages
        draft.pictures += self.item.pictures
        draft.points = self.section.points
        head, found = fields_of(self.text)
        self.fields = self._fields(found)
        self._read_head(head)
        if self.declared is ItemType.UNSUPPORTED:
            return draft.unsupported(f"题型“{self.kind}”")
        self._read_answer()
        draft.type = self.declared or inferred_type(draft, self.answer)
        read_key(draft, self.answer, self.answer_place)
        if draft.type is ItemType.JUDGE:
            draft.stem = _without_last_blank(draft.stem)
        self._read_named()
        return draft.finish()

    def _fields(self, found: Sequence[Field]) -> dict[str, Field]:
        """Take each part once; a second answer means that two items ran together."""
        fields: dict[str, Field] = {}
        strange: dict[str, str] = {}
        explained = [part.value for part in found if part.name == headers.RATIONALE]
        for part in found:
            first = fields.setdefault(part.name, part)
            if part.value != first.value and part.name != headers.RATIONALE:
                strange.setdefault(part.name, self._place(part.start))
        for where in strange.values():
            self.draft.fail("一题中有两处不同的同名内容，可能漏了题号。", where)
        self.explained = "\n".join(filter(None, explained))
        return fields

    def _place(self, start: int) -> str:
        return self.item.lines[bisect_right(self.begins, start) - 1][0]

    def _read_head(self, head: str) -> None:
        """Read the tag of the type, stem and options, and marks at the edges of the stem."""
        draft = self.draft
        tag = TAG.match(head)
        if tag and tag[1].endswith(("题", "选", "选择", "判断")) and type_named(tag[1]):
            self.declared, self.kind = type_named(tag[1]), tag[1]
            head = head[tag.end() :]
        draft.stem, options = split_stem(head)
        draft.options = [DraftOption(letter, text) for letter, text in options]
        marks = _at_edge(POINTS, draft.stem)
        if marks:
            take_points(draft, marks[1], draft.place)
            draft.stem = f"{draft.stem[: marks.start()]}{draft.stem[marks.end() :]}".strip(SPACE)
        named = self.fields.get(headers.TYPE)
        if named is not None and type_named(named.value):
            self.declared, self.kind = type_named(named.value), named.value[:20]

    def _read_answer(self) -> None:
        """Take the named answer; brackets in the stem and the list at the end must agree."""
        field = self.fields.get(headers.KEY)
        if field is not None:
            self.answer_place = self._place(field.start)
            self.answer, _, rest = field.value.partition("\n")
            self.answer = self.answer.strip(END_SIGNS)
            self._read_behind_answer(rest)
        self._agree(self._bracketed(), self.draft.place)
        if self.listed:
            self._agree(*self.listed)

    def _read_behind_answer(self, rest: str) -> None:
        draft = self.draft
        stem, options = split_stem(f"\n{rest}")
        if options and not draft.options:
            draft.options = [DraftOption(letter, text) for letter, text in options]
            rest = stem
        if rest.strip():
            draft.rationale = rest
            draft.warn("答案之后的文字归入解析，请核对。", self.answer_place)

    def _agree(self, other: str, where: str) -> None:
        if not other:
            return
        if not self.answer:
            self.answer, self.answer_place = other, where
        elif _meaning(other) != _meaning(self.answer):
            self.draft.fail(f"两处答案不一致：“{self.answer[:20]}”与“{other}”。", where)

    def _bracketed(self) -> str:
        """Take the answer out of the brackets of the stem."""
        draft = self.draft
        may_be_judged = not draft.options and self.declared in (None, ItemType.JUDGE)
        if may_be_judged:
            return self._verdict()
        first = LETTERS_IN_BRACKETS.match(draft.stem.lstrip(SPACE))
        if first:
            draft.stem = draft.stem.lstrip(SPACE)[first.end() :]
            return first[1]
        found = None if ANY_BLANK.search(draft.stem) else _last(LETTERS_IN_BRACKETS, draft.stem)
        if not found:
            return ""
        draft.stem = f"{draft.stem[: found.start()]}{BLANK}{draft.stem[found.end() :]}"
        return found[1]

    def _verdict(self) -> str:
        stem = self.draft.stem.strip(SPACE)
        found = _at_edge(VERDICT_IN_BRACKETS, stem)
        if found is None:
            return ""
        self.draft.stem = f"{stem[: found.start()]}{stem[found.end() :]}".strip(SPACE)
        return found[1]

    def _read_named(self) -> None:
        draft = self.draft
        for name, take in TAKERS.items():
            field = self.fields.get(name)
            if field is not None:
                take(draft, field.value.strip(END_SIGNS), self._place(field.start))
        level = self.fields.get(headers.DIFFICULTY)
        if level is not None:
            is_p = "系数" in self.text[level.start : level.start + 8]
            where = self._place(level.start)
            take_difficulty(draft, level.value.strip(END_SIGNS), where, is_p=is_p)
        draft.rationale = "\n".join(filter(None, (draft.rationale, self.explained)))
        if headers.SOURCE in self.fields:
            draft.source = self.fields[headers.SOURCE].value


def read_text_item(
    item: ItemText, section: Section, listed: tuple[str, str] | None = None
) -> ReadItem:
    """Read one item; ``listed`` is its answer and place in a list at the end."""
    return _Reader(item, section, listed).read()


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = None
    for found in pattern.finditer(text):  # noqa: B007  (the last one is wanted)
        pass
    return found


def _at_edge(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Find what begins a text, or ends it but for punctuation."""
    last = _last(pattern, text)
    is_at_end = last is not None and not text[last.end() :].strip(END_SIGNS)
    return last if is_at_end else pattern.match(text)


def _meaning(answer: str) -> object:
    return answer_verdict(answer) or sorted(answer_letters(answer) or answer)


def _without_last_blank(stem: str) -> str:
    """Drop the bracket that waits for √ or × behind a statement."""
    found = _at_edge(ANY_BLANK, stem)
    if found is None:
        return stem
    return f"{stem[: found.start()]}{stem[found.end() :]}".strip(SPACE)


TAKERS = {
    headers.POINT: take_point,
    headers.POINTS: take_points,
    headers.LOCKED: take_locked,
}
