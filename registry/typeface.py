"""The typefaces of printed papers: rare characters of names come from a second one, none is a box.

What no typeface has is refused in words: a paper with a box in place of a name is worth nothing.
"""

import re
import unicodedata
from collections.abc import Iterator
from functools import cache, cached_property
from itertools import groupby
from pathlib import Path
from typing import Any, Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

from registry.errors import AssessmentError
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR, rare_font_of

REGULAR: Final = FONT_REGULAR.stem
BOLD: Final = FONT_BOLD.stem
OWN: Final = ""  # of the run that the typeface itself can set
FIVE_DIGITS: Final = re.compile("<([0-9A-F]{5})>")
VARIATION_SELECTOR: Final = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
STRIDE: Final = 1 << 20  # more than a typeface has subsets: numbers apart those of the others


class MissingCharacterError(AssessmentError):
    """A paper holds a character that none of the typefaces has."""

    code = "missing_character"
    text = (
        "“{words}”中的“{character}”（U+{number}）没有可打印的字形，未生成文件。"
        "请核对该字是否录错；确为姓名用字的，请联系系统管理员补充字库后再打印。"
    )


class _ReadableFont(TTFont):  # type: ignore[misc]  # reportlab has no types
    """A typeface whose text can be copied and read aloud, rare characters included."""

    def addObjects(self, doc: Any) -> None:  # noqa: N802  (reportlab's name)
        """Add the typeface to the document; reportlab writes five digits where four are read."""
        super().addObjects(doc)
        for name, stream in doc.idToObject.items():
            if name.startswith("toUnicodeCMap:"):
                stream.content = FIVE_DIGITS.sub(_as_pair, stream.content)


def _as_pair(found: re.Match[str]) -> str:
    return f"<{chr(int(found[1], 16)).encode('utf-16-be').hex().upper()}>"


class NameFont(_ReadableFont):
    """A typeface that takes what it lacks from the one for rare characters."""

    def splitString(  # noqa: N802  (reportlab's name)
        self, text: str | bytes, doc: Any, encoding: str = "utf-8"
    ) -> list[tuple[int, bytes]]:
        """Return the text in pieces of one subset each, those of other typefaces included."""
        words = self._visible(text.decode(encoding) if isinstance(text, bytes) else text)
        if self._has_all(words):
            return super().splitString(words, doc)  # type: ignore[no-any-return]
        pieces: list[tuple[int, bytes]] = []
        for name, run in self._runs(words):
            if name == OWN:
                pieces += super().splitString(run, doc)
            else:
                base = STRIDE * (1 + int(name, 16))
                split = _rare(name).splitString(run, doc)
                pieces += [(base + subset, signs) for subset, signs in split]
        return pieces

    def getSubsetInternalName(self, subset: int, doc: Any) -> str:  # noqa: N802
        """Return what the document calls a subset of this typeface or of a rare one."""
        whose, number = divmod(subset, STRIDE)
        if not whose:
            return str(super().getSubsetInternalName(number, doc))
        return str(_rare(f"{whose - 1:05x}").getSubsetInternalName(number, doc))

    def stringWidth(  # noqa: N802
        self, text: str | bytes, size: float, encoding: str = "utf8"
    ) -> float:
        """Return how wide a text is, in points."""
        words = self._visible(text.decode(encoding) if isinstance(text, bytes) else text)
        if self._has_all(words):
            return float(super().stringWidth(words, size))
        return sum(
            float(super(NameFont, self).stringWidth(run, size))
            if name == OWN
            else float(_rare(name).stringWidth(run, size))
            for name, run in self._runs(words)
        )

    def has(self, character: str) -> bool:
        """Say whether a character is drawn, by this typeface or by the one for rare ones."""
        if ord(character) in self._known:
            return True
        path = rare_font_of(character)
        return path.exists() and ord(character) in _rare(path.stem).face.charToGlyph

    def _visible(self, words: str) -> str:
        """Return words without what has no shape; a space of another width becomes a space."""
        if self._has_all(words):
            return words
        return "".join(sign if ord(sign) in self._known else _shape_of(sign) for sign in words)

    def _has_all(self, words: str) -> bool:
        return self._known.issuperset(map(ord, words))

    @cached_property
    def _known(self) -> frozenset[int]:
        return frozenset(self.face.charToGlyph).union(range(0xA1))  # controls draw nothing

    def _runs(self, words: str) -> Iterator[tuple[str, str]]:
        """Yield runs of the text with the rare typeface each is set in."""

        def whose(character: str) -> str:
            if ord(character) in self._known:
                return OWN
            if not self.has(character):
                number = f"{ord(character):04X}"
                raise MissingCharacterError(words=words, character=character, number=number)
            return rare_font_of(character).stem

        for name, run in groupby(words, whose):
            yield name, "".join(run)


def _shape_of(sign: str) -> str:
    if unicodedata.category(sign)[0] == "Z":
        return " "
    is_shapeless = unicodedata.category(sign) == "Cf" or VARIATION_SELECTOR.match(sign)
    return "" if is_shapeless else sign


def spelled(words: str) -> str:
    """Return words that nobody can correct any more, with the numbers of signs that are not drawn.

    Letters stay: one that no typeface has may be of a name, and is refused.

    >>> spelled("他说👍")
    '他说〔U+1F44D〕'
    """
    register_fonts()
    font = pdfmetrics.getFont(REGULAR)
    return "".join(
        sign
        if not _shape_of(sign) or sign.isalpha() or font.has(sign)
        else f"〔U+{ord(sign):04X}〕"
        for sign in words
    )


@cache
def _rare(name: str) -> _ReadableFont:
    font = _ReadableFont(f"RareHan-{name}", str(rare_font_of(chr(int(name, 16)))))
    font.face.name = font.fontName.encode()  # the slices were one typeface and share its name
    return font


def register_fonts(*paths: Path) -> None:
    """Make typefaces known to reportlab, the product's own unless told."""
    for path in paths or (FONT_REGULAR, FONT_BOLD):
        if path.stem not in pdfmetrics.getRegisteredFontNames():
            pdfmetrics.registerFont(NameFont(path.stem, str(path)))
    for family in (REGULAR, BOLD):  # paragraphs look their weights up by family
        pdfmetrics.registerFontFamily(
            family, normal=family, bold=BOLD, italic=family, boldItalic=BOLD
        )
