"""Reads items from a table, whatever file it came in: one row per item or one row per option."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from item_bank.exchange import table_headers as headers
from item_bank.exchange.answer_words import plain
from item_bank.exchange.pictures import Picture
from item_bank.exchange.records import (
    TYPE_NAMES,
    ItemType,
    Message,
    ReadFile,
    ReadItem,
    Severity,
    error,
    warning,
)
from item_bank.exchange.table_headers import Columns, columns_of
from item_bank.exchange.table_row import RowReader

HEADER_WITHIN = 12  # rows searched for the header; titles and notes may stand above it


@dataclass(frozen=True)
class Row:
    """A row under its number in the file; pictures and findings stand with their columns."""

    number: int
    cells: tuple[str, ...]
    pictures: tuple[tuple[int, Picture], ...] = ()
    findings: tuple[tuple[int, str], ...] = ()

    @property
    def is_blank(self) -> bool:
        """Tell a row without any text."""
        return not any(cell.strip() for cell in self.cells)


@dataclass(frozen=True)
class Table:
    """A sheet, or a whole text file, whose ``name`` is then empty; ``name`` may tell the type.

    ``place_of`` names rows and cells of tables that stand in no spreadsheet.
    """

    name: str
    rows: tuple[Row, ...]
    place_of: Callable[[int, int | None], str] | None = None

    def place(self, row: int, column: int | None = None) -> str:
        """Name a row or a cell the way a spreadsheet shows it."""
        if self.place_of is not None:
            return self.place_of(row, column)
        sheet = f"工作表“{self.name}”" if self.name else ""
        if column is None:
            return f"{sheet}第 {row} 行"
        return f"{sheet}第 {row} 行 {column_letters(column)} 列（{column_letters(column)}{row}）"


def column_letters(column: int) -> str:
    """Return A for 0, Z for 25, AA for 26.

    >>> [column_letters(n) for n in (0, 25, 26, 701, 702)]
    ['A', 'Z', 'AA', 'ZZ', 'AAA']
    """
    letters = ""
    number = column + 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


def read_table_items(table: Table) -> ReadFile:
    """Find the header, then read the rows below it."""
    header, columns = _header(table)
    if header is None:
        if all(row.is_blank for row in table.rows):
            return ReadFile(())
        wanted = "找不到表头：需要“题干”（或“题目”“试题内容”等）和“答案”“选项A”等列。"
        return ReadFile((), (error(table.place(table.rows[0].number), wanted),))
    below = [row for row in table.rows if row.number > header.number]
    rows = [row for row in below if not row.is_blank]
    groups = list(_grouped(rows, columns)) if columns.is_per_option else [(row,) for row in rows]
    columns, told = _with_codes(table, header, columns, groups)
    messages = (*_column_messages(table, header, columns), *told, *_lost_pictures(table, below))
    return ReadFile(tuple(_item(table, columns, group) for group in groups), messages)


def _with_codes(
    table: Table, header: Row, columns: Columns, groups: Sequence[tuple[Row, ...]]
) -> tuple[Columns, tuple[Message, ...]]:
    """Tell what codes of types mean that the header does not explain: by the answers under them.

    A code whose items are partly judged and partly chosen stays unexplained.
    """
    column = columns.fields.get(headers.TYPE)
    if column is None:
        return columns, ()
    others = {name: at for name, at in columns.fields.items() if name != headers.TYPE}
    neutral = replace(columns, fields=others)
    found: dict[str, set[ItemType]] = {}
    for group in groups:
        code = plain(group[0].cells[column]) if column < len(group[0].cells) else ""
        if code.isdigit() and code not in columns.type_codes:
            found.setdefault(code, set()).add(_item(table, neutral, group).type)
    meant = {code: kind for code in found if (kind := _meant(found[code])) is not None}
    if not meant:
        return columns, ()
    words = "、".join(f"{code} 为{TYPE_NAMES[kind]}" for code, kind in sorted(meant.items()))
    told = warning(
        table.place(header.number, column), f"题型代码没有说明，按答案推定{words}，请核对。"
    )
    return replace(columns, type_codes={**columns.type_codes, **meant}), (told,)


def _meant(found: set[ItemType]) -> ItemType | None:
    if found & {ItemType.JUDGE, ItemType.UNSUPPORTED}:
        return ItemType.JUDGE if found == {ItemType.JUDGE} else None
    return ItemType.MULTIPLE if ItemType.MULTIPLE in found else ItemType.SINGLE


def _lost_pictures(table: Table, rows: Sequence[Row]) -> Iterator[Message]:
    for row in rows:
        if row.is_blank and (row.pictures or row.findings):
            yield warning(table.place(row.number), "图片不在任何试题的行内，没有读取。")


def _header(table: Table) -> tuple[Row | None, Columns]:
    for row in table.rows[:HEADER_WITHIN]:
        columns = columns_of(row.cells)
        if columns.is_usable:
            return row, columns
    return None, Columns()


def _column_messages(table: Table, header: Row, columns: Columns) -> tuple[Message, ...]:
    place = table.place(header.number)
    found = []
    if columns.unknown:
        names = "、".join(columns.unknown[:10])
        found.append(Message(place, f"以下列没有读取：{names}。", Severity.NOTE))
    has_marks = columns.flags or columns.scores or columns.is_per_option
    if headers.KEY not in columns.fields and not has_marks:
        found.append(warning(place, "没有答案列。"))
    return tuple(found)


def _grouped(rows: Sequence[Row], columns: Columns) -> Iterator[tuple[Row, ...]]:
    """Gather the rows of one item: the same number or stem as above, or neither."""
    group: list[Row] = []
    marks = [columns.fields[f] for f in (headers.NUMBER, headers.STEM) if f in columns.fields]
    for row in rows:
        signs = [row.cells[c].strip() if c < len(row.cells) else "" for c in marks]
        first = [group[0].cells[c].strip() for c in marks] if group else []
        if (group and any(s and s != f for s, f in zip(signs[:1], first[:1], strict=True))) or (
            group and not signs[0] and any(s and s != f for s, f in zip(signs, first, strict=True))
        ):
            yield tuple(group)
            group = []
        group.append(replace(row, cells=row.cells + ("",) * (max(marks) + 1 - len(row.cells))))
    if group:
        yield tuple(group)


def _item(table: Table, columns: Columns, group: tuple[Row, ...]) -> ReadItem:
    cells = [(row.number, row.cells) for row in group]
    reader = RowReader(columns, cells, table.name, table.place)
    for row in group:
        for column, picture in row.pictures:
            if column in columns.of_options:
                told = f"选项中的图片 {picture.name} 没有读取：选项不能有图。"
                reader.draft.warn(told, table.place(row.number, column))
            else:
                reader.draft.pictures.append(picture)
        for column, finding in row.findings:
            reader.draft.warn(f"{finding}。", table.place(row.number, column))
    return reader.item()
