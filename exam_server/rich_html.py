"""Shows the texts of items as HTML: marks and tables of the light notation, everything escaped.

Formulas stay between their brackets; the page sets them.
"""

from functools import lru_cache

from flask import Flask
from markupsafe import Markup, escape

from item_bank.rules.rich_text import Paragraph, Runs, Table, read_rich_text, without_marks

BREAK = Markup("<br>")
TEXTS_KEPT = 16_384  # the stems and options of a set of papers that many candidates ask for at once


@lru_cache(TEXTS_KEPT)
def rich(text: str) -> Markup:
    """Return a text as blocks: paragraphs and tables.

    >>> rich("断电后**必须**验电。")
    Markup('<p>断电后<strong>必须</strong>验电。</p>')
    """
    return Markup("").join(_block(block) for block in read_rich_text(text).blocks)


@lru_cache(TEXTS_KEPT)
def rich_line(text: str) -> Markup:
    """Return a text as it stands inside a line, for options; its lines are broken by ``<br>``.

    >>> rich_line("__绝缘__ < 手套")
    Markup('<u>绝缘</u> &lt; 手套')
    """
    return BREAK.join(
        _runs(block.runs) if isinstance(block, Paragraph) else _table(block)
        for block in read_rich_text(text).blocks
    )


def plain(text: str) -> str:
    """Return a text on one line without its marks, for lists."""
    return " ".join(line for line in without_marks(text).split("\n") if line)


def register(app: Flask) -> None:
    """Give the filters to the templates."""
    for function in (rich, rich_line, plain):
        app.jinja_env.filters[function.__name__] = function


def _block(block: Paragraph | Table) -> Markup:
    if isinstance(block, Table):
        return _table(block)
    return Markup("<p>{}</p>").format(_runs(block.runs))


def _table(table: Table) -> Markup:
    head = _row(table.rows[0], Markup('<th scope="col">{}</th>'))
    body = Markup("").join(_row(row, Markup("<td>{}</td>")) for row in table.rows[1:])
    return Markup("<table><thead>{}</thead><tbody>{}</tbody></table>").format(head, body)


def _row(cells: tuple[Runs, ...], cell: Markup) -> Markup:
    return Markup("<tr>{}</tr>").format(Markup("").join(cell.format(_runs(runs)) for runs in cells))


def _runs(runs: Runs) -> Markup:
    shown = Markup("")
    for run in runs:
        words = escape(run.text)
        if run.is_underlined:
            words = Markup("<u>{}</u>").format(words)
        shown += Markup("<strong>{}</strong>").format(words) if run.is_bold else words
    return shown
