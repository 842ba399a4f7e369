"""HTML of other systems to text in the bank's notation with formulas, and such text to HTML.

Raised and lowered text becomes a formula, bold and underlined text and simple tables keep their
form; pictures come beside the text; media and other tables are named, never dropped unseen.
"""

import html
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

from item_bank.exchange.notation import (
    Piece,
    html_of_notation,
    notation_of_line,
    notation_of_table,
)

BLOCKS = frozenset(["p", "div", "li", "ul", "ol", "h1", "h2", "h3", "h4", "pre"])
BLOCKS_AND_BREAKS = BLOCKS | {"br", "blockquote", "section", "hr"}
UNSHOWN = frozenset(["script", "style", "head", "template", "annotation", "annotation-xml"])
MEDIA = frozenset(["video", "audio", "object", "svg", "embed", "iframe"])
CAPTION = "kaohe-caption"  # class of the paragraph below a figure
BOLD = frozenset(["b", "strong"])
UNDERLINED = frozenset(["u", "ins"])
TABLE_PARTS = frozenset(["table", "tr", "td", "th"])
UNDERLINE_STYLE = re.compile(r"underline")
RAISED = {"sup": "^", "sub": "_"}
MAX_MARKUP = 100_000  # characters; beyond, the item is refused by its length anyway
BLANK_LINE = "\0"  # two breaks in a row, until the lines are joined
BLANKS = re.compile(r"[ \t\n\r\f]+")


@dataclass(frozen=True)
class Image:
    """A picture as HTML names it."""

    source: str
    description: str

    @property
    def name(self) -> str:
        """Return what a person calls it."""
        return (self.description or self.source)[:60]


@dataclass(frozen=True)
class HtmlText:
    """The plain text, its pictures, the caption of a figure, and what was lost."""

    text: str
    images: tuple[Image, ...] = ()
    caption: str = ""
    lost: tuple[str, ...] = ()


Attributes = dict[str, str | None]
Line = list[Piece]


@dataclass
class _Table:
    """A table while it is read; ``is_simple`` while every cell is one of a grid."""

    rows: list[list[Line]] = field(default_factory=list)
    is_simple: bool = True


class PlainText(HTMLParser):
    """Gathers lines of text; ``lost`` names what they cannot show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.lines: list[Line | str] = [[]]  # a string is a table that is finished
        self.images: list[Image] = []
        self.captions: list[str] = []
        self.lost: list[str] = []
        self.hidden = self.bold = self.raised = self.underlined = 0
        self.spans: list[bool] = []  # of each open element that may underline, whether it does
        self.table: _Table | None = None
        self.is_in_caption = False
        self.is_after_break = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a block, a raised text or something unseen."""
        found = dict(attrs)
        if tag == "p":
            self.is_in_caption = CAPTION in (found.get("class") or "")
        self.bold += tag in BOLD
        if tag in UNDERLINED or tag == "span":
            self.spans.append(tag != "span" or _underlines(found))
            self.underlined += self.spans[-1]
        if tag in TABLE_PARTS:
            self._open_table_part(tag, found)
        elif tag in BLOCKS_AND_BREAKS:
            self._break(is_line=tag == "br")
        elif tag in RAISED:
            self.raised += 1
            self._add(rf"\({RAISED[tag]}{{")
        elif tag in UNSHOWN:
            self.hidden += 1
        else:
            self._open_media(tag, found)

    def _open_media(self, tag: str, found: Attributes) -> None:
        if tag == "img":
            self.images.append(Image(found.get("src") or "", (found.get("alt") or "").strip()))
        elif tag in MEDIA:
            name = found.get("alt") or found.get("src") or ""
            self.lost.append(f"图片或媒体“{name[:60]}”")
        elif tag == "math":
            self.lost.append("公式标记")

    def _open_table_part(self, tag: str, found: Attributes) -> None:
        if tag == "table":
            if self.table is None:
                self.table = _Table()
                self.lines.append([])
            else:
                self.table.is_simple = False
        elif self.table is None:
            self._break()
        elif tag == "tr":
            self.table.rows.append([])
        else:
            spans = {found.get("colspan") or "1", found.get("rowspan") or "1"}
            self.table.is_simple &= spans == {"1"}
            if not self.table.rows:
                self.table.rows.append([])
            self.table.rows[-1].append([])

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        self.bold -= tag in BOLD and self.bold > 0
        if (tag in UNDERLINED or tag == "span") and self.spans:
            self.underlined -= self.spans.pop()
        if tag == "table" and self.table is not None:
            self._close_table(self.table)
        elif tag in BLOCKS:
            self.is_in_caption = False
            self._break()
        elif tag in RAISED:
            self._add(r"}\)")
            self.raised = max(0, self.raised - 1)
        elif tag in UNSHOWN:
            self.hidden = max(0, self.hidden - 1)

    def _close_table(self, table: _Table) -> None:
        """Write a simple table; the cells of another become lines of text."""
        self.table = None
        made = notation_of_table(table.rows) if table.is_simple else None
        if made is not None:
            self.lines.append(made)
        else:
            self.lost.append("表格")
            self.lines += [cell for row in table.rows for cell in row]
        self.lines.append([])

    def handle_data(self, data: str) -> None:
        """Keep text with its blanks drawn together."""
        if self.hidden:
            return
        text = BLANKS.sub(" ", data)
        if self.is_in_caption:
            self.captions.append(text)
        else:
            self._add(text)

    def _add(self, text: str) -> None:
        self.is_after_break &= not text.strip()
        is_plain = self.raised > 0  # nothing inside a formula is a mark
        piece = Piece(text, self.bold > 0 and not is_plain, self.underlined > 0 and not is_plain)
        if self.table is not None:
            if self.table.rows and self.table.rows[-1]:
                self.table.rows[-1][-1].append(piece)
            elif text.strip():
                self.table.rows.append([[piece]])  # text beside the cells: no simple table
            return
        line = self.lines[-1]
        assert isinstance(line, list)
        line.append(piece)

    def _break(self, *, is_line: bool = False) -> None:
        if self.table is None:
            if is_line and self.is_after_break:
                self.lines.append(BLANK_LINE)
            self.lines.append([])
            self.is_after_break = is_line
        elif self.table.rows and self.table.rows[-1] and self.table.rows[-1][-1]:
            self.table.rows[-1][-1].append(Piece(" "))

    def text(self) -> str:
        """Return the lines in the notation of the bank."""
        if self.table is not None:
            self._close_table(self.table)
        written = (s if isinstance(s, str) else notation_of_line(s) for s in self.lines)
        return "\n".join(line for line in written if line).replace(BLANK_LINE, "").strip("\n")


def _underlines(found: Attributes) -> bool:
    told = f"{found.get('style') or ''} {found.get('class') or ''}"
    return bool(UNDERLINE_STYLE.search(told))


def read_html(source: str) -> HtmlText:
    """Return the plain text with all that stands beside it."""
    if len(source) > MAX_MARKUP:
        return HtmlText(source[:MAX_MARKUP], lost=(f"超过 {MAX_MARKUP} 字的标记",))
    parser = PlainText()
    try:
        parser.feed(_with_ends(source))
        parser.close()
    except (AssertionError, ValueError):  # the parser of the library on malformed declarations
        return HtmlText(source.strip(), lost=("无法解析的标记",))
    return HtmlText(
        text=parser.text(),
        images=tuple(parser.images),
        caption="".join(parser.captions).strip(),
        lost=tuple(parser.lost),
    )


def _with_ends(source: str) -> str:
    """Return the same HTML in which what begins and never ends is plain text.

    The parser of the library takes it for text too, but looks at each beginning to the end of all.
    """
    for beginning, ending in (("<!--", "-->"), ("<![CDATA[", "]]>"), ("<", ">")):
        end = source.rfind(ending) + 1
        source = source[:end] + source[end:].replace(beginning, "&lt;" + beginning[1:])
    return source


def text_of_html(source: str) -> tuple[str, list[str]]:
    """Return the plain text and the names of what was lost, pictures among it."""
    found = read_html(source)
    return found.text, [*found.lost, *(f"图片“{image.name}”" for image in found.images)]


def html_of_text(text: str) -> str:
    """Return a text of the bank as HTML with line breaks."""
    return html_of_notation(text)


def html_of_figure(source: str, description: str, caption: str) -> str:
    """Return a figure with its caption as HTML."""
    told = html.escape(description)
    below = f'<p class="{CAPTION}">{html_of_text(caption)}</p>' if caption else ""
    return f'<p><img src="{html.escape(source)}" alt="{told}"/></p>{below}'
