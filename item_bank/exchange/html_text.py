"""HTML of other systems to plain text with formulas, and plain text back to HTML.

Raised and lowered text becomes a formula; pictures and tables are named, never dropped unseen.
"""

import html
import re
from html.parser import HTMLParser

BLOCKS = frozenset(["p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "pre"])
BLOCKS_AND_BREAKS = BLOCKS | {"br", "blockquote", "section", "hr"}
UNSHOWN = frozenset(["script", "style", "head", "template"])
MEDIA = frozenset(["img", "video", "audio", "object", "svg", "embed", "iframe", "picture"])
FORMULAS = frozenset(["math", "table"])
RAISED = {"sup": "^", "sub": "_"}
MAX_MARKUP = 100_000  # characters; beyond, the item is refused by its length anyway
BLANKS = re.compile(r"[ \t\n\r\f]+")


class PlainText(HTMLParser):
    """Gathers the text; ``lost`` names what plain text cannot show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.lost: list[str] = []
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a block, a raised text or something unseen."""
        if tag in BLOCKS_AND_BREAKS:
            self.parts.append("\n")
        elif tag in RAISED:
            self.parts.append(rf"\({RAISED[tag]}{{")
        elif tag in UNSHOWN:
            self.hidden += 1
        if tag in MEDIA:
            name = dict(attrs).get("alt") or dict(attrs).get("src") or ""
            self.lost.append(f"图片或媒体“{name[:60]}”")
        elif tag in FORMULAS:
            self.lost.append("公式标记" if tag == "math" else "表格")

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        if tag in BLOCKS:
            self.parts.append("\n")
        elif tag in RAISED:
            self.parts.append(r"}\)")
        elif tag in UNSHOWN:
            self.hidden = max(0, self.hidden - 1)

    def handle_data(self, data: str) -> None:
        """Keep text with its blanks drawn together."""
        if not self.hidden:
            self.parts.append(BLANKS.sub(" ", data))


def text_of_html(source: str) -> tuple[str, list[str]]:
    """Return the plain text and the names of what was lost."""
    if len(source) > MAX_MARKUP:
        return source[:MAX_MARKUP], [f"超过 {MAX_MARKUP} 字的标记"]
    parser = PlainText()
    try:
        parser.feed(source)
        parser.close()
    except (AssertionError, ValueError):  # the parser of the library on malformed declarations
        return source.strip(), ["无法解析的标记"]
    lines = (line.strip(" ") for line in "".join(parser.parts).split("\n"))
    return "\n".join(line for line in lines if line), parser.lost


def html_of_text(text: str) -> str:
    """Return plain text as HTML with line breaks."""
    return html.escape(text, quote=False).replace("\n", "<br/>")
