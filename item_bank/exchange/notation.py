r"""The light notation of item texts (``**bold**``, ``__underlined__``, tables) to HTML and back.

Texts without marks pass as they are; a text whose notation has faults is written as it stands.
"""

import html
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from item_bank.rules.rich_text import (
    LEAST_ROWS,
    Run,
    Runs,
    Table,
    read_rich_text,
)

MARKED = re.compile(r"\*\*|__|\\[*_|]|^ *\|", re.M)
BLANK_LINES = re.compile(r"(\n{2,})")
TWO_SIGNS = re.compile(r"(?<!\*)\*\*(?!\*)|(?<!_)__(?!_)")
UNDERLINE = ("<u>", "</u>")


@dataclass(frozen=True)
class Piece:
    """A stretch of text set alike."""

    text: str
    is_bold: bool = False
    is_underlined: bool = False


def is_marked(text: str) -> bool:
    """Tell whether a text may hold marks."""
    return bool(MARKED.search(text))


def html_of_notation(text: str, underline: tuple[str, str] = UNDERLINE) -> str:
    """Return a text as HTML that is XML too: lines end with ``<br/>``, tables stand apart.

    >>> html_of_notation("下列**不**正确的是")
    '下列<strong>不</strong>正确的是'
    """
    if not is_marked(text) or read_rich_text(text).faults:
        return _escaped_html(text)
    parts = BLANK_LINES.split(text)  # every second one is a run of line ends
    return "".join(
        "<br/>" * len(part) if number % 2 else _lines(part, underline)
        for number, part in enumerate(parts)
    )


def _lines(text: str, underline: tuple[str, str]) -> str:
    made: list[str] = []
    for block in read_rich_text(text).blocks:
        if isinstance(block, Table):
            made.append(_table(block, underline))
        else:
            made.append(("<br/>" if _follows_line(made) else "") + _runs(block.runs, underline))
    return "".join(made)


def _follows_line(made: Sequence[str]) -> bool:
    return bool(made) and not made[-1].endswith("</table>")


def _escaped_html(text: str) -> str:
    return html.escape(text, quote=False).replace("\n", "<br/>")


def _runs(runs: Runs, underline: tuple[str, str]) -> str:
    return "".join(_run(run, underline) for run in runs)


def _run(run: Run, underline: tuple[str, str]) -> str:
    said = html.escape(run.text, quote=False)
    if run.is_underlined:
        said = f"{underline[0]}{said}{underline[1]}"
    return f"<strong>{said}</strong>" if run.is_bold else said


def _table(table: Table, underline: tuple[str, str]) -> str:
    rows = ("".join(f"<td>{_runs(cell, underline)}</td>" for cell in row) for row in table.rows)
    return f"<table>{''.join(f'<tr>{row}</tr>' for row in rows)}</table>"


def notation_of_line(pieces: Iterable[Piece]) -> str:
    """Return one line in the notation; signs that only look like marks are escaped.

    >>> notation_of_line([Piece("下列"), Piece("不", is_bold=True), Piece("对的 2**3")])
    '下列**不**对的 2\\\\*\\\\*3'
    """
    line = "".join(_written(piece) for piece in _merged(pieces)).strip(" ")
    return f"\\{line}" if line.startswith("|") else line


def notation_of_table(rows: Sequence[Sequence[Sequence[Piece]]]) -> str | None:
    """Return a table in the notation; None for one that has no form in it."""
    lines = [
        [notation_of_line(cell).removeprefix("\\").replace("|", r"\|") for cell in row]
        for row in rows
    ]
    if len(lines) < LEAST_ROWS or len({len(line) for line in lines}) != 1 or not lines[0]:
        return None
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _merged(pieces: Iterable[Piece]) -> list[Piece]:
    merged: list[Piece] = []
    for piece in pieces:
        last = merged[-1] if merged else None
        is_alike = last and (last.is_bold, last.is_underlined) == (
            piece.is_bold,
            piece.is_underlined,
        )
        if last and is_alike:
            merged[-1] = Piece(last.text + piece.text, piece.is_bold, piece.is_underlined)
        elif piece.text:
            merged.append(piece)
    return merged


def _written(piece: Piece) -> str:
    """Put the marks around a piece, its outer blanks outside; blanks alone are a gap to fill."""
    bare = piece.text.strip(" \u00a0")
    if piece.is_underlined and not bare and len(piece.text) > 1:
        return "____"
    text = escaped(bare)
    for mark, is_set in (("__", piece.is_underlined), ("**", piece.is_bold)):
        if is_set and bare:
            text = f"{mark}{_guarded(text, mark[0])}{mark}"
    begins = piece.text[: len(piece.text) - len(piece.text.lstrip(" \u00a0"))] if bare else " "
    ends = piece.text[len(piece.text.rstrip(" \u00a0")) :] if bare else ""
    return f"{begins}{text}{ends}"


def escaped(text: str) -> str:
    """Return a text whose pairs of signs are no marks; formulas stay."""
    made = []
    begins = 0
    while True:
        opens = text.find(r"\(", begins)
        closes = text.find(r"\)", opens + 2) if opens >= 0 else -1
        ends = opens if closes >= 0 else len(text)
        made.append(TWO_SIGNS.sub(_with_backslashes, text[begins:ends]))
        if closes < 0:
            return "".join(made)
        begins = closes + 2
        made.append(text[opens:begins])


def _with_backslashes(found: re.Match[str]) -> str:
    return "".join(f"\\{sign}" for sign in found[0])


def _guarded(text: str, sign: str) -> str:
    """Keep a sign at the edge apart from the mark that follows it."""
    if text.startswith(sign):
        text = f"\\{text}"
    return f"{text[:-1]}\\{sign}" if text.endswith(sign) and text[-2:-1] != "\\" else text
