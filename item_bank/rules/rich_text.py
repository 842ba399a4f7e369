r"""Reads the light notation of item texts: bold, underline, tables; formulas stay as they are.

``**重点**`` is bold, ``__下划线__`` underlined; consecutive lines ``| a | b |`` are a table whose
first row is its head; ``\*``, ``\_`` and ``\|`` are the signs themselves. Inside ``\(`` and ``\)``
nothing is read. Only a run of exactly two signs is a mark, so that ``____`` stays a blank. The
editor reads the same in ``static/js/bank/rich_text.js``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

TOKEN = re.compile(r"\\\([\s\S]+?\\\)|\\[*_|]|\*+|_+|\|")
STRAY_FORMULA = re.compile(r"\\[()]")
BOLD_MARK, UNDERLINE_MARK, BAR = "**", "__", "|"
ESCAPED = {rf"\{sign}": sign for sign in "*_|"}
LEAST_ROWS = 2  # of a table: its head and one row


class FaultKind(StrEnum):
    """What can be wrong with the notation."""

    UNPAIRED_BOLD = "unpaired_bold"
    UNPAIRED_UNDERLINE = "unpaired_underline"
    UNPAIRED_FORMULA = "unpaired_formula"  # or one that runs over a line's end
    OPEN_ROW = "open_row"
    RAGGED_ROW = "ragged_row"
    LONE_ROW = "lone_row"


@dataclass(frozen=True)
class Run:
    """Signs set alike; a formula stands in them with its brackets."""

    text: str
    is_bold: bool = False
    is_underlined: bool = False


Runs = tuple[Run, ...]


@dataclass(frozen=True)
class Paragraph:
    """One line of running text."""

    runs: Runs


@dataclass(frozen=True)
class Table:
    """Rows of cells; the first row is the head."""

    rows: tuple[tuple[Runs, ...], ...]


@dataclass(frozen=True)
class Fault:
    """Something wrong in a line, counted from 1."""

    kind: FaultKind
    line: int


@dataclass(frozen=True)
class RichText:
    """A text as blocks, and what is wrong with its notation; it can be shown all the same."""

    blocks: tuple[Paragraph | Table, ...]
    faults: tuple[Fault, ...]


def read_rich_text(text: str) -> RichText:
    """Read a text; never fails.

    Examples
    --------
    >>> read_rich_text("断电后**必须**验电。").blocks[0].runs[1]
    Run(text='必须', is_bold=True, is_underlined=False)
    >>> [fault.kind.value for fault in read_rich_text("**断电").faults]
    ['unpaired_bold']
    """
    blocks: list[Paragraph | Table] = []
    faults: list[Fault] = []
    rows: list[tuple[Runs, ...]] = []
    first_row = 0
    for number, line in enumerate([*text.split("\n"), ""], start=1):
        reader = _LineReader(line.strip(" "))
        faults += [Fault(kind, number) for kind in reader.faults]
        if reader.is_row:
            first_row = first_row if rows else number
            rows.append(reader.cells)
            continue
        if rows:
            blocks.append(Table(tuple(rows)))
            faults += _table_faults(rows, first_row)
            rows = []
        if reader.line:
            blocks.append(Paragraph(reader.cells[0]))
    return RichText(tuple(blocks), tuple(faults))


def without_marks(text: str) -> str:
    r"""Return what a text says without its marks; formulas and bars of tables stay.

    Examples
    --------
    >>> without_marks(r"**断电**后__不得__合闸（____），3\*\*2")
    '断电后不得合闸（____），3**2'
    """
    return TOKEN.sub(_unmarked, text)


def has_table(text: RichText) -> bool:
    """Say whether a text holds a table."""
    return any(isinstance(block, Table) for block in text.blocks)


class _LineReader:
    """Reads one line into cells; a line that is no row of a table is a single cell."""

    def __init__(self, line: str) -> None:
        self.line = line
        self.faults: list[FaultKind] = []
        tokens = list(_tokens(line))
        bars = [place for place, token in enumerate(tokens) if token == BAR]
        self.is_row = len(bars) > 1 and bars[0] == 0 and bars[-1] == len(tokens) - 1
        if self.is_row:
            self.cells = tuple(
                self._runs(_trimmed(tokens[start + 1 : end])) for start, end in pairwise(bars)
            )
            return
        if line.startswith(BAR):
            self.faults.append(FaultKind.OPEN_ROW)
        self.cells = (self._runs(tokens),)

    def _runs(self, tokens: list[str]) -> Runs:
        runs: list[Run] = []
        is_bold = is_underlined = False
        for token in tokens:
            if token == BOLD_MARK:
                is_bold = not is_bold
            elif token == UNDERLINE_MARK:
                is_underlined = not is_underlined
            else:
                if not token.startswith(r"\(") and STRAY_FORMULA.search(token):
                    self._fault(FaultKind.UNPAIRED_FORMULA)
                _append(runs, Run(ESCAPED.get(token, token), is_bold, is_underlined))
        if is_bold:
            self._fault(FaultKind.UNPAIRED_BOLD)
        if is_underlined:
            self._fault(FaultKind.UNPAIRED_UNDERLINE)
        return tuple(runs)

    def _fault(self, kind: FaultKind) -> None:
        if kind not in self.faults:
            self.faults.append(kind)


def _tokens(line: str) -> Iterator[str]:
    """Cut a line into plain stretches, formulas, escaped signs, marks and bars."""
    start = 0
    for found in TOKEN.finditer(line):
        if found.start() > start:
            yield line[start : found.start()]
        yield found[0]
        start = found.end()
    if start < len(line):
        yield line[start:]


def _trimmed(tokens: list[str]) -> list[str]:
    """Drop the blanks at both ends of a cell."""
    if tokens:
        tokens[0] = tokens[0].lstrip(" ")
        tokens[-1] = tokens[-1].rstrip(" ")
    return [token for token in tokens if token]


def _append(runs: list[Run], run: Run) -> None:
    """Add signs, to the last run when they are set like it."""
    if runs and (runs[-1].is_bold, runs[-1].is_underlined) == (run.is_bold, run.is_underlined):
        run = Run(runs.pop().text + run.text, run.is_bold, run.is_underlined)
    runs.append(run)


def _table_faults(rows: list[tuple[Runs, ...]], first_row: int) -> Iterator[Fault]:
    if len(rows) < LEAST_ROWS:
        yield Fault(FaultKind.LONE_ROW, first_row)
    for number, row in enumerate(rows, start=first_row):
        if len(row) != len(rows[0]):
            yield Fault(FaultKind.RAGGED_ROW, number)


def _unmarked(found: re.Match[str]) -> str:
    token = found[0]
    return "" if token in (BOLD_MARK, UNDERLINE_MARK) else ESCAPED.get(token, token)
