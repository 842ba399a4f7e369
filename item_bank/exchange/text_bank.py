"""Reads banks written as running text: 1. 题干（ ）。 A. … B. … 答案：B 解析：…

Lines are cut where items begin; ``text_item`` reads each piece. Headings of sections tell types
and points; a list of answers behind the items gives keys by number.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from item_bank.exchange.answer_list import AnswerList, begins_list
from item_bank.exchange.inline_options import split_stem
from item_bank.exchange.limits import MAX_ITEMS
from item_bank.exchange.markdown_lines import is_heading, without_markdown
from item_bank.exchange.pictures import PICTURE_SIGN, Picture
from item_bank.exchange.records import (
    Message,
    ReadFile,
    ReadItem,
    Severity,
    UnreadableFileError,
    warning,
)
from item_bank.exchange.text_decoding import decoded
from item_bank.exchange.text_fields import MARK as FIELD_MARK
from item_bank.exchange.text_fields import answer_places, has_rationale
from item_bank.exchange.text_item import ItemText, read_text_item
from item_bank.exchange.text_sections import (
    Section,
    behind_answers,
    is_chapter,
    section_of,
)

NUMBER = re.compile(
    r"(?<![\d.．A-Za-z])(?:第\s?(\d{1,5})\s?题\s?[.．、:：]?|(\d{1,5})\s?[.．、](?!\d)|(\d{1,5})[)）]"
    r"|[(（【](\d{1,5})[)）】]\s?[.．、]?)"
)
VERDICT_AHEAD = re.compile(
    r"[ \t\u3000]*(?:[(（][ \t\u3000√×✓✗对错正确误A-H]{0,8}[)）][ \t\u3000]*)?"
)
OPTION_LINE = re.compile(r"[ \t\u3000]*[(（]?[A-HＡ-Ｈ]\s?[)）.．、:：\s]")
BEFORE_START = frozenset(" \t\u3000。；;.)）】]√×✓✗对错")
SHOWN_STRAY = 5
LOOKAHEAD = 12  # lines in which an item out of order must show an answer or options
LIST_WITHIN = 5  # lines below its heading in which a list of answers begins


@dataclass(frozen=True)
class Line:
    """A line with its place; pictures stand in its text as signs."""

    place: str
    text: str
    pictures: tuple[Picture, ...] = ()
    findings: tuple[str, ...] = ()
    is_heading: bool = False


@dataclass(frozen=True)
class _Start:
    """A number that may begin an item, its form, and what stands before it but belongs to it."""

    number: int
    form: int
    begins: int
    ends: int
    ahead: str = ""


@dataclass
class _Piece:
    """The lines of one item."""

    number: int | None
    form: int
    section: int
    place: str
    lines: list[Line] = field(default_factory=list)
    has_answer: bool = False
    has_rationale: bool = False

    def add(self, line: Line) -> None:
        if line.text.strip():
            self.lines.append(line)
            self.has_answer = self.has_answer or any(True for _ in answer_places(line.text))
            self.has_rationale = self.has_rationale or has_rationale(line.text)


def read_text(content: bytes) -> ReadFile:
    """Read a plain text file, line by line."""
    lines = [
        Line(f"第 {number} 行", without_markdown(text), is_heading=is_heading(text))
        for number, text in enumerate(decoded(content).split("\n"), 1)
        if text.strip()
    ]
    return read_lines(lines)


def read_lines(lines: Sequence[Line]) -> ReadFile:
    """Read the items of a running text."""
    return _Bank([part for line in lines for part in _single_lines(line)]).read()


class _Bank:
    """Cuts lines into pieces, one for each item."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.lines = lines
        self.is_numbered = any(_first_start(line.text) for line in lines)
        self.sections = [Section()]
        self.pieces: list[_Piece] = []
        self.stray: list[Line] = []
        self.lists: list[AnswerList] = []
        self.is_in_list = False
        self.is_fresh = True  # a heading stood since the last item

    def read(self) -> ReadFile:
        """Cut, then read piece by piece."""
        for place, line in enumerate(self.lines):
            if line.text.strip() and not (self.is_in_list and self._take_answers(line, place)):
                self.is_in_list = False
                self._take(line, place)
        items = tuple(self._item(piece) for piece in self.pieces if self._is_item(piece))
        told = [message for answers in self.lists for message in answers.messages()]
        return ReadFile(items, (*self._stray_messages(), *told))

    @property
    def open(self) -> _Piece | None:
        """Return the piece that a line without a number belongs to."""
        return self.pieces[-1] if self.pieces and not self.is_fresh else None

    def _take(self, line: Line, place: int) -> None:
        section = section_of(line.text)
        rest = behind_answers(line.text)
        if section is not None:
            self.sections.append(section)
            self.is_fresh = True
        elif rest is not None and (begins_list(rest, 2) if rest else self._list_follows(place)):
            since = len(self.lists[-1].sections) if self.lists else 0
            self.lists.append(AnswerList(self.sections, since))
            self.lists[-1].feed(rest, line.place)
            self.is_in_list = self.is_fresh = True
        elif is_chapter(line.text) or (line.is_heading and not _first_start(line.text)):
            self.is_fresh = True
            self.stray.append(line)
        else:
            self._cut(line, place)

    def _list_follows(self, place: int) -> bool:
        for line in self.lines[place + 1 : place + 1 + LIST_WITHIN]:
            if line.text.strip() and section_of(line.text) is None:
                return begins_list(line.text)
        return False

    def _take_answers(self, line: Line, place: int) -> bool:
        """Take a line of a list of answers; False when the list has ended."""
        answers = self.lists[-1]
        section = section_of(line.text)
        if section is not None and self._list_follows(place):
            answers.open_section(section)
            return True
        if section is not None or is_chapter(line.text):
            return False
        if answers.feed(line.text, line.place):
            return True
        if _first_start(line.text) and self._looks_like_item(line.text, place):
            return False
        self.stray.append(line)
        return True

    def _cut(self, line: Line, place: int) -> None:
        """Divide a line where items begin."""
        answers = sorted(answer_places(line.text))
        begins = 0
        for start in _starts(line.text) if self.is_numbered else ():
            is_first = start.begins == 0
            has_answer = bisect_left(answers, begins) < bisect_left(answers, start.begins)
            if (
                self._accepts(start, line, place)
                if is_first
                else self._follows(start, line, has_answer=has_answer)
            ):
                self._add(_part(line, begins, start.begins))
                self._open(line.place, start.number, start.form)
                self.pieces[-1].add(replace(line, text=start.ahead, pictures=()))
                begins = start.ends
        self._add(_part(line, begins, len(line.text)))

    def _accepts(self, start: _Start, line: Line, place: int) -> bool:
        """Tell whether a number at the beginning of a line begins an item."""
        piece = self.open
        if piece is None:
            return True
        if start.form != piece.form:
            return False
        if start.number == (piece.number or 0) + 1 and not piece.has_rationale:
            return True
        return self._looks_like_item(line.text[start.ends :], place)

    def _looks_like_item(self, text: str, place: int) -> bool:
        """Tell an item from a numbered line of an explanation: it has an answer or options."""
        following = [text]
        for line in self.lines[place + 1 : place + 1 + LOOKAHEAD]:
            if _first_start(line.text) or section_of(line.text):
                break
            following.append(line.text)
        found = "\n".join(following)
        return any(True for _ in answer_places(found)) or bool(split_stem(found)[1])

    def _follows(self, start: _Start, line: Line, *, has_answer: bool) -> bool:
        """Tell whether a number within a line begins the next item."""
        piece = self.open
        return (
            piece is not None
            and start.form == piece.form
            and start.number == (piece.number or 0) + 1
            and line.text[start.begins - 1] in BEFORE_START
            and (piece.has_answer or has_answer)
        )

    def _open(self, place: str, number: int | None = None, form: int = 0) -> None:
        if len(self.pieces) >= MAX_ITEMS:
            raise UnreadableFileError(f"试题超过 {MAX_ITEMS} 道。")
        self.pieces.append(_Piece(number, form, len(self.sections) - 1, place))
        self.is_fresh = False

    def _add(self, part: Line) -> None:
        if not part.text.strip():
            return
        if not self.is_numbered and self._begins_unnumbered(part):
            self._open(part.place)
        (self.open.add if self.open else self.stray.append)(part)

    def _begins_unnumbered(self, part: Line) -> bool:
        """Without numbers an item begins behind the answer of the one before."""
        piece = self.open
        is_continued = OPTION_LINE.match(part.text) or FIELD_MARK.match(part.text.lstrip())
        return piece is None or (piece.has_answer and not is_continued)

    def _is_item(self, piece: _Piece) -> bool:
        """Tell items from other lines where nothing is numbered: by an answer or options."""
        text = "\n".join(line.text for line in piece.lines)
        if self.is_numbered or piece.has_answer or split_stem(text)[1]:
            return True
        self.stray += piece.lines
        return False

    def _item(self, piece: _Piece) -> ReadItem:
        told = {(line.place, finding): None for line in piece.lines for finding in line.findings}
        listed = (answers.answer(piece.section, piece.number) for answers in self.lists)
        item = ItemText(
            number=piece.number,
            lines=[(line.place, line.text) for line in piece.lines] or [(piece.place, "")],
            pictures=[picture for line in piece.lines for picture in line.pictures],
            messages=[warning(place, f"{finding}。") for place, finding in told],
        )
        return read_text_item(item, self.sections[piece.section], next(filter(None, listed), None))

    def _stray_messages(self) -> Iterator[Message]:
        """Name the lines of no item, and what was lost with them."""
        told = [line for line in self.stray if line.text.replace(PICTURE_SIGN, "").strip()]
        for line in told[:SHOWN_STRAY]:
            begins = line.text.strip()[:30]
            yield Message(line.place, f"“{begins}”不属于任何试题，没有读取。", Severity.NOTE)
        if len(told) > SHOWN_STRAY:
            left = len(told) - SHOWN_STRAY
            yield Message(
                told[SHOWN_STRAY].place, f"起另有 {left} 行不属于任何试题。", Severity.NOTE
            )
        for line in self.stray:
            if line.pictures:
                yield warning(line.place, "图片不属于任何试题，没有读取。")


def _single_lines(line: Line) -> Iterator[Line]:
    """Divide a paragraph at its line breaks; pictures stay with their signs."""
    begins = 0
    for text in line.text.split("\n"):
        yield _part(line, begins, begins + len(text))
        begins += len(text) + 1


def _part(line: Line, begins: int, ends: int) -> Line:
    text = line.text[begins:ends]
    first = line.text.count(PICTURE_SIGN, 0, begins) if line.pictures else 0
    pictures = line.pictures[first : first + text.count(PICTURE_SIGN)] if line.pictures else ()
    return replace(line, text=text, pictures=pictures)


def _starts(text: str) -> Iterator[_Start]:
    """Yield the numbers that may begin items; one at the very beginning stands at 0."""
    ahead = VERDICT_AHEAD.match(text)
    edge = ahead.end() if ahead else 0
    for found in NUMBER.finditer(text):
        form = next(n for n in range(1, 5) if found[n])
        is_first = found.start() == edge
        yield _Start(
            number=int(found[form]),
            form=form,
            begins=0 if is_first else found.start(),
            ends=found.end(),
            ahead=text[:edge].strip() if is_first else "",
        )


def _first_start(text: str) -> _Start | None:
    return next((start for start in _starts(text[:100]) if start.begins == 0), None)
