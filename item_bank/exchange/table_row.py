"""Reads one item from its row, or from its rows when each option has one."""

import re
from collections.abc import Callable, Sequence
from decimal import Decimal

from item_bank.exchange import answer_words as words
from item_bank.exchange import table_headers as headers
from item_bank.exchange.draft_fields import (
    apply_scores,
    inferred_type,
    read_key,
    take_difficulty,
    take_locked,
    take_point,
    take_points,
    take_weights,
)
from item_bank.exchange.inline_options import split_cell, split_stem
from item_bank.exchange.item_draft import DraftOption, ItemDraft
from item_bank.exchange.records import ItemType, Part, ReadItem
from item_bank.exchange.table_headers import Columns

Cells = Sequence[tuple[int, Sequence[str]]]
CELL_ERRORS = re.compile(r"#(REF!|N/A|VALUE!|NAME\?|DIV/0!|NULL!|NUM!)")


class RowReader:
    """Fills one draft; ``rows`` are (number, cells), ``place`` names a row or a cell."""

    def __init__(
        self, columns: Columns, rows: Cells, sheet: str, place: Callable[[int, int | None], str]
    ) -> None:
        self.columns = columns
        self.rows = rows
        self.sheet = sheet
        self.first = rows[0][0]
        self.place = place
        self.draft = ItemDraft(place(self.first, None))
        self.scores: dict[str, Decimal] = {}

    def item(self) -> ReadItem:
        """Read every column and finish the draft."""
        draft = self.draft
        draft.cells = {part: self._at(part) for part in Part if part in self.columns.fields}
        draft.identifier = self._field(headers.NUMBER)
        draft.stem = self._field(headers.STEM)
        named = self._named_type()
        if named is ItemType.UNSUPPORTED:
            return draft.unsupported(f"题型“{self._field(headers.TYPE) or self.sheet}”")
        self._read_options(named)
        self._read_figures()
        answer = self._field(headers.KEY)
        draft.type = named or self._inferred_type(answer)
        read_key(draft, answer, self._at(headers.KEY))
        apply_scores(draft, self.scores)
        self._lock()
        return draft.finish()

    def _field(self, kind: str) -> str:
        column = self.columns.fields.get(kind)
        return "" if column is None else self._cell(self.rows[0], column)

    def _cell(self, row: tuple[int, Sequence[str]], column: int) -> str:
        text = row[1][column].strip() if column < len(row[1]) else ""
        if CELL_ERRORS.fullmatch(text):
            self.draft.fail(f"单元格是公式错误“{text}”。", self.place(row[0], column))
            return ""
        return text

    def _at(self, kind: str) -> str:
        return self.place(self.first, self.columns.fields.get(kind))

    def _named_type(self) -> ItemType | None:
        text = self._field(headers.TYPE)
        if not text:
            return words.type_named(self.sheet)
        code = words.plain(text)
        if code.isdigit():
            if code in self.columns.type_codes:
                return self.columns.type_codes[code]
            self.draft.fail(f"题型“{text}”是没有说明的代码，请写题型名称。", self._at(headers.TYPE))
            return None
        found = words.type_named(text)
        if found is None:
            self.draft.fail(f"不认识题型“{text}”。", self._at(headers.TYPE))
        return found

    def _inferred_type(self, answer: str) -> ItemType:
        most = self._field(headers.MOST)
        if most.isdigit():
            return ItemType.SINGLE if most == "1" else ItemType.MULTIPLE
        return inferred_type(self.draft, answer, self.scores)

    def _read_options(self, named: ItemType | None) -> None:
        if self.columns.is_per_option:
            self._read_option_rows()
        else:
            self._read_option_columns()
        draft = self.draft
        if not draft.options and named is not ItemType.JUDGE:
            stem, options = split_stem(draft.stem)
            if options:
                draft.stem = stem
                draft.options = [DraftOption(letter, text) for letter, text in options]
                draft.warn("选项取自题干单元格，请核对。", self._at(headers.STEM))

    def _read_option_columns(self) -> None:
        draft, flags = self.draft, {}
        missing = ""
        for ordinal in sorted(self.columns.options):
            letter = chr(ord("A") + ordinal - 1)
            column = self.columns.options[ordinal]
            text = self._cell(self.rows[0], column)
            if not text:
                missing = missing or letter
                continue
            if missing:
                draft.fail(
                    f"选项 {missing} 为空，其后却有选项 {letter}。", self.place(self.first, column)
                )
                missing = ""
            draft.options.append(DraftOption(letter, text))
            if ordinal in self.columns.scores:
                self._take_score(letter, self.columns.scores[ordinal])
            draft.cells[letter] = self.place(self.first, column)
            draft.cells.setdefault(Part.OPTIONS, draft.cells[letter])
            if ordinal in self.columns.flags:
                flags[letter] = (self.first, self.columns.flags[ordinal])
        self._take_flags({name: self._flag(*where) for name, where in flags.items()})

    def _take_score(self, letter: str, column: int) -> None:
        text = self._cell(self.rows[0], column)
        score = words.number_in(text) if text else None
        if score is not None:
            self.scores[letter] = score
        elif text:
            self.draft.fail(f"得分“{text[:30]}”不是数。", self.place(self.first, column))

    def _read_option_rows(self) -> None:
        if len(self.rows) == 1 and self._read_options_of_cell():
            return
        flags = {}
        option, flag = self.columns.fields[headers.OPTION], self.columns.fields.get(headers.FLAG)
        for number, (row, cells) in enumerate(self.rows):
            text = self._cell((row, cells), option)
            if not text:
                continue
            letter = chr(ord("A") + number) if number < 26 else str(number)
            self.draft.options.append(DraftOption(letter, text))
            self.draft.cells[letter] = self.place(row, option)
            self.draft.cells.setdefault(Part.OPTIONS, self.draft.cells[letter])
            if flag is not None:
                flags[letter] = self._flag(row, flag)
        self._take_flags(flags)

    def _read_options_of_cell(self) -> bool:
        """Read a cell that holds all the options: A. … B. …, or a list of JSON."""
        options = split_cell(self._field(headers.OPTION))
        self.draft.options = [DraftOption(letter, text) for letter, text in options]
        return bool(options)

    def _flag(self, row: int, column: int) -> bool:
        """Read whether an option is right; a blank flag says no."""
        cells = next(cells for number, cells in self.rows if number == row)
        text = self._cell((row, cells), column)
        number = words.number_in(text)
        if not text or number is not None:
            return number is not None and number > 0
        verdict = words.answer_verdict(text)
        if verdict is None:
            self.draft.fail(f"“{text}”看不出是否正确。", self.place(row, column))
        return verdict == "right"

    def _take_flags(self, flags: dict[str, bool]) -> None:
        right = [name for name, is_right in flags.items() if is_right]
        if right:
            self.draft.key = right

    def _read_figures(self) -> None:
        draft = self.draft
        draft.rationale = self._field(headers.RATIONALE)
        draft.source = self._field(headers.SOURCE)
        take_point(draft, self._field(headers.POINT), self._at(headers.POINT))
        level, where = self._field(headers.DIFFICULTY), self._at(headers.DIFFICULTY)
        take_difficulty(draft, level, where, is_p=self.columns.difficulty_is_p)
        take_points(draft, self._field(headers.POINTS), self._at(headers.POINTS))
        for row in self.rows:
            for column in self.columns.pictures:
                if self._cell(row, column):
                    draft.warn("图片或视频没有导入。", self.place(row[0], column))

    def _lock(self) -> None:
        if words.answer_verdict(self._field(headers.SHUFFLE)) == "wrong":
            self.draft.lock_all()
        take_locked(self.draft, self._field(headers.LOCKED), self._at(headers.LOCKED))
        take_weights(self.draft, self._field(headers.WEIGHTS), self._at(headers.WEIGHTS))
