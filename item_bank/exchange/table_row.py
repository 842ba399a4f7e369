"""Reads one item from its row, or from its rows when each option has one."""

import re
from collections.abc import Callable, Sequence

from item_bank.exchange import answer_words as words
from item_bank.exchange import table_headers as headers
from item_bank.exchange.inline_options import split_stem
from item_bank.exchange.item_draft import DraftOption, ItemDraft
from item_bank.exchange.records import ItemType, ReadItem
from item_bank.exchange.table_headers import Columns
from item_bank.rules.item import POINT_CODE, judgement_options

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

    def item(self) -> ReadItem:
        """Read every column and finish the draft."""
        draft = self.draft
        draft.identifier = self._field(headers.NUMBER)
        draft.stem = self._field(headers.STEM)
        named = self._named_type()
        if named is ItemType.UNSUPPORTED:
            return draft.unsupported(f"题型“{self._field(headers.TYPE) or self.sheet}”")
        self._read_options(named)
        self._read_figures()
        answer = self._field(headers.KEY)
        draft.type = named or self._inferred_type(answer)
        self._read_key(answer)
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
        draft = self.draft
        most = self._field(headers.MOST)
        if most.isdigit():
            return ItemType.SINGLE if most == "1" else ItemType.MULTIPLE
        if not draft.options and words.answer_verdict(answer):
            kind = ItemType.JUDGE
        else:
            right = len(draft.key or ()) or len(words.answer_letters(answer) or ())
            kind = ItemType.MULTIPLE if right > 1 else ItemType.SINGLE
        draft.note("没有写题型，按答案推定。")
        return kind

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
            if ordinal in self.columns.flags:
                flags[letter] = (self.first, self.columns.flags[ordinal])
        self._take_flags({name: self._flag(*where) for name, where in flags.items()})

    def _read_option_rows(self) -> None:
        flags = {}
        option, flag = self.columns.fields[headers.OPTION], self.columns.fields.get(headers.FLAG)
        for number, (row, cells) in enumerate(self.rows):
            text = self._cell((row, cells), option)
            if not text:
                continue
            letter = chr(ord("A") + number) if number < 26 else str(number)
            self.draft.options.append(DraftOption(letter, text))
            if flag is not None:
                flags[letter] = self._flag(row, flag)
        self._take_flags(flags)

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
        self._read_point()
        self._read_difficulty()
        points = self._field(headers.POINTS)
        draft.points = words.number_in(points)
        if points and draft.points is None:
            draft.fail(f"分值“{points}”不是数。", self._at(headers.POINTS))
        for row in self.rows:
            for column in self.columns.pictures:
                if self._cell(row, column):
                    draft.warn("图片或视频没有导入。", self.place(row[0], column))

    def _read_point(self) -> None:
        text = self._field(headers.POINT)
        if text and POINT_CODE.fullmatch(text):
            self.draft.point = text
        elif text:
            told = f"鉴定点“{text}”不是鉴定点编号（如 B-C-A-007），没有采用。"
            self.draft.warn(told, self._at(headers.POINT))

    def _read_difficulty(self) -> None:
        text = self._field(headers.DIFFICULTY)
        if not text:
            return
        if self.columns.difficulty_is_p or words.looks_like_p_value(text):
            asked = f"“{text}”像是难度系数（答对率，越大越易），不换算，请确认难度等级。"
            self.draft.warn(asked, self._at(headers.DIFFICULTY))
            return
        self.draft.difficulty = words.difficulty_named(text)
        if self.draft.difficulty is None:
            self.draft.fail(
                f"不认识难度“{text}”，应为 1 至 5 或易至难。", self._at(headers.DIFFICULTY)
            )

    def _read_key(self, answer: str) -> None:
        draft, where = self.draft, self._at(headers.KEY)
        if draft.type is ItemType.JUDGE:
            self._read_verdict(answer, where)
        elif answer:
            stated = self._stated_key(answer)
            if stated is None:
                draft.fail(f"答案“{answer}”无法识别。", where)
            elif draft.key is not None and set(draft.key) != set(stated):
                draft.fail(f"答案“{answer}”与选项的正确标记不一致。", where)
            else:
                self._check_letters(stated, answer, where)
                draft.key = stated

    def _stated_key(self, answer: str) -> list[str] | None:
        names = {option.source_id for option in self.draft.options}
        letters = words.answer_letters(answer)
        same = [o.source_id for o in self.draft.options if o.text.strip() == answer]
        if len(same) == 1 and not (letters and set(letters) <= names):
            return same
        return letters

    def _check_letters(self, stated: list[str], answer: str, where: str) -> None:
        names = {option.source_id for option in self.draft.options}
        strange = [letter for letter in stated if letter not in names]
        if strange and names:
            self.draft.fail(f"答案“{answer}”中的 {'、'.join(strange)} 不在选项之中。", where)
            stated[:] = [letter for letter in stated if letter in names]

    def _read_verdict(self, answer: str, where: str) -> None:
        """Read √, 对, T and the like; a letter counts only where the options are written."""
        draft = self.draft
        verdict = words.answer_verdict(answer)
        letters = words.answer_letters(answer) or []
        named = next((o for o in draft.options if letters == [o.source_id]), None)
        if named is not None:
            verdict = words.option_verdict(named.text)
        elif draft.key and not answer:
            chosen = next(o for o in draft.options if o.source_id == draft.key[0])
            verdict = words.option_verdict(chosen.text)
        if len(draft.options) != 2 or not all(words.option_verdict(o.text) for o in draft.options):
            if draft.options:
                draft.fail("判断题的选项应为“正确”“错误”。")
            draft.options = []
        if not draft.options or verdict:
            options = judgement_options()
            draft.options = [DraftOption(o.canonical_id, o.content) for o in options]
        draft.key = [verdict] if verdict else None
        if answer and verdict is None:
            draft.fail(f"判断题答案“{answer}”无法识别。", where)

    def _lock(self) -> None:
        if words.answer_verdict(self._field(headers.SHUFFLE)) == "wrong":
            self.draft.lock_all()
        text = self._field(headers.LOCKED)
        names = words.answer_letters(text) or []
        strange = set(names) - {option.source_id for option in self.draft.options}
        if text and (not names or strange):
            self.draft.fail(f"固定选项“{text}”不是选项字母。", self._at(headers.LOCKED))
        for option in self.draft.options:
            option.is_locked |= option.source_id in names
