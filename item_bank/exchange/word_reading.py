"""Reads items from Word documents: running text, tables with a header, tables of one item."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from item_bank.exchange.pictures import PICTURE_SIGN
from item_bank.exchange.records import Message, ReadFile, ReadItem, warning
from item_bank.exchange.table_headers import columns_of
from item_bank.exchange.table_reading import HEADER_WITHIN, Row, Table, read_table_items
from item_bank.exchange.text_bank import Line, read_lines
from item_bank.exchange.text_fields import answer_places
from item_bank.exchange.text_sections import Section, section_of
from item_bank.exchange.word_document import Paragraph, TextTable, read_document


def read_word(content: bytes) -> ReadFile:
    """Read text and tables in their order; a faulty item harms no other."""
    return _Document(read_document(content)).read()


class _Document:
    """Gathers running text until a table with items ends it."""

    def __init__(self, blocks: Sequence[Paragraph | TextTable]) -> None:
        self.blocks = blocks
        self.lines: list[Line] = []
        self.items: list[ReadItem] = []
        self.messages: list[Message] = []
        self.heading: Line | None = None  # of the section that the next text belongs to

    def read(self) -> ReadFile:
        for block in self.blocks:
            if isinstance(block, TextTable):
                self._take_table(block)
            else:
                line = _line(block, f"第 {block.number} 段")
                self.heading = line if section_of(line.text) else self.heading
                self.lines.append(line)
        self._read_lines()
        return ReadFile(tuple(self.items), tuple(self.messages))

    def _take_table(self, table: TextTable) -> None:
        section = section_of(self.heading.text) if self.heading else None
        found = _item_table(table, section or Section())
        lines = [_line(p, f"表 {table.number} 第 {row} 行") for row, p in _paragraphs(table)]
        if found is not None:
            self._read_lines()
            self._take(read_table_items(found))
            self.lines = [self.heading] if self.heading else []
        elif any(True for line in lines for _ in answer_places(line.text)):
            self.lines += lines
        else:
            self._lose(table)

    def _lose(self, table: TextTable) -> None:
        """Say at the line above that a table is missing from its item."""
        told = f"其后的表 {table.number} 没有读取"
        for number in range(len(self.lines) - 1, -1, -1):
            line = self.lines[number]
            if line.text.strip():
                self.lines[number] = replace(line, findings=(*line.findings, told))
                return
        self.messages.append(warning(f"表 {table.number}", "没有表头，没有读取。"))

    def _read_lines(self) -> None:
        if any(line.text.strip() for line in self.lines if line is not self.heading):
            self._take(read_lines(self.lines))
        self.lines = []

    def _take(self, read: ReadFile) -> None:
        self.items += read.items
        self.messages += read.messages


def _line(paragraph: Paragraph, place: str) -> Line:
    content = paragraph.content
    return Line(place, paragraph.text, content.pictures, content.findings, paragraph.is_heading)


def _paragraphs(table: TextTable) -> Iterator[tuple[int, Paragraph]]:
    for number, row in enumerate(table.rows, start=1):
        for cell in row:
            yield from ((number, paragraph) for paragraph in cell.paragraphs)


def _item_table(table: TextTable, section: Section) -> Table | None:
    """Return the table as one of items, or None when it is something else."""
    rows = list(_rows(table))
    labelled = _labelled(table, rows, section)
    if labelled is not None:
        return labelled
    if any(columns_of(row.cells).is_usable for row in rows[:HEADER_WITHIN]):
        return Table(section.name, tuple(rows), lambda row, column: _place(table, row, column))
    return None


def _rows(table: TextTable) -> Iterator[Row]:
    """Yield the rows as texts; cells under a vertical merge say what the first of them says."""
    above: list[str] = []
    for number, row in enumerate(table.rows, start=1):
        texts = ["\n".join(p.text for p in cell.paragraphs).strip() for cell in row]
        for column, cell in enumerate(row):
            if cell.is_continued and not texts[column] and column < len(above):
                texts[column] = above[column]
        above = texts
        yield Row(
            number=number,
            cells=tuple(text.replace(PICTURE_SIGN, "") for text in texts),
            pictures=tuple(
                (column, picture)
                for column, cell in enumerate(row)
                for p in cell.paragraphs
                for picture in p.content.pictures
            ),
            findings=tuple(
                (column, finding)
                for column, cell in enumerate(row)
                for p in cell.paragraphs
                for finding in p.content.findings
            ),
        )


def _labelled(table: TextTable, rows: Sequence[Row], section: Section) -> Table | None:
    """Return a table that holds one item, a name before each value, as one row."""
    pairs = [
        (row.cells[at], row.cells[at + 1] if at + 1 < len(row.cells) else "", row.number, at + 1)
        for row in rows
        for at in range(0, len(row.cells), 2)
        if row.cells[at].strip() or any(row.cells[at + 1 : at + 2])
    ]
    columns = columns_of([label for label, *_ in pairs])
    if len(rows) < 2 or columns.unknown or not columns.is_usable or not all(p[0] for p in pairs):
        return None
    header = Row(0, tuple(label for label, *_ in pairs))
    found = Row(
        number=1,
        cells=tuple(value for _, value, *_ in pairs),
        pictures=tuple(
            (number, picture)
            for number, (_, _, row_number, at) in enumerate(pairs)
            for row in rows
            for column, picture in row.pictures
            if row.number == row_number and column == at
        ),
    )

    def place(_: int, column: int | None) -> str:
        number, at = pairs[column or 0][2:]
        return _place(table, number, None if column is None else at)

    return Table(section.name, (header, found), place)


def _place(table: TextTable, row: int, column: int | None) -> str:
    cell = "" if column is None else f"第 {column + 1} 列"
    return f"表 {table.number} 第 {row} 行{cell}"
