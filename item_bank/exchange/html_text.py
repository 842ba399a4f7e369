"""HTML of other systems to plain text with formulas, and plain text back to HTML.

Raised and lowered text becomes a formula; pictures come beside the text; media and tables are
named, never dropped unseen.
"""

import html
import re
from dataclasses import dataclass
from html.parser import HTMLParser

BLOCKS = frozenset(["p", "div", "li", "ul", "ol", "tr", "table", "h1", "h2", "h3", "h4", "pre"])
BLOCKS_AND_BREAKS = BLOCKS | {"br", "blockquote", "section", "hr"}
UNSHOWN = frozenset(["script", "style", "head", "template"])
MEDIA = frozenset(["video", "audio", "object", "svg", "embed", "iframe"])
CAPTION = "kaohe-caption"  # class of the paragraph below a figure
FORMULAS = frozenset(["math", "table"])
RAISED = {"sup": "^", "sub": "_"}
MAX_MARKUP = 100_000  # characters; beyond, the item is refused by its length anyway
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


class PlainText(HTMLParser):
    """Gathers the text; ``lost`` names what plain text cannot show."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.images: list[Image] = []
        self.captions: list[str] = []
        self.lost: list[str] = []
        self.hidden = 0
        self.is_in_caption = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open a block, a raised text or something unseen."""
        if tag == "p":
            self.is_in_caption = CAPTION in (dict(attrs).get("class") or "")
        if tag in BLOCKS_AND_BREAKS:
            self.parts.append("\n")
        elif tag in RAISED:
            self.parts.append(rf"\({RAISED[tag]}{{")
        elif tag in UNSHOWN:
            self.hidden += 1
        if tag == "img":
            found = dict(attrs)
            self.images.append(Image(found.get("src") or "", (found.get("alt") or "").strip()))
        elif tag in MEDIA:
            name = dict(attrs).get("alt") or dict(attrs).get("src") or ""
            self.lost.append(f"图片或媒体“{name[:60]}”")
        elif tag in FORMULAS:
            self.lost.append("公式标记" if tag == "math" else "表格")

    def handle_endtag(self, tag: str) -> None:
        """Close what was opened."""
        if tag in BLOCKS:
            self.is_in_caption = False
            self.parts.append("\n")
        elif tag in RAISED:
            self.parts.append(r"}\)")
        elif tag in UNSHOWN:
            self.hidden = max(0, self.hidden - 1)

    def handle_data(self, data: str) -> None:
        """Keep text with its blanks drawn together."""
        if not self.hidden:
            (self.captions if self.is_in_caption else self.parts).append(BLANKS.sub(" ", data))


def read_html(source: str) -> HtmlText:
    """Return the plain text with all that stands beside it."""
    if len(source) > MAX_MARKUP:
        return HtmlText(source[:MAX_MARKUP], lost=(f"超过 {MAX_MARKUP} 字的标记",))
    parser = PlainText()
    try:
        parser.feed(source)
        parser.close()
    except (AssertionError, ValueError):  # the parser of the library on malformed declarations
        return HtmlText(source.strip(), lost=("无法解析的标记",))
    lines = (line.strip(" ") for line in "".join(parser.parts).split("\n"))
    return HtmlText(
        text="\n".join(line for line in lines if line),
        images=tuple(parser.images),
        caption="".join(parser.captions).strip(),
        lost=tuple(parser.lost),
    )


def text_of_html(source: str) -> tuple[str, list[str]]:
    """Return the plain text and the names of what was lost, pictures among it."""
    found = read_html(source)
    return found.text, [*found.lost, *(f"图片“{image.name}”" for image in found.images)]


def html_of_text(text: str) -> str:
    """Return plain text as HTML with line breaks."""
    return html.escape(text, quote=False).replace("\n", "<br/>")


def html_of_figure(source: str, description: str, caption: str) -> str:
    """Return a figure with its caption as HTML."""
    told = html.escape(description)
    below = f'<p class="{CAPTION}">{html_of_text(caption)}</p>' if caption else ""
    return f'<p><img src="{html.escape(source)}" alt="{told}"/></p>{below}'
