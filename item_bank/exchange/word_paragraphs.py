"""Reads what one paragraph of Word says: text, formulas, raised signs and pictures.

A picture stands in the text as one sign (``PICTURE_SIGN``), so that it stays with its item.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from lxml import etree

from item_bank.exchange.pictures import PICTURE_SIGN, Picture
from item_bank.exchange.word_formulas import FormulaReader, attribute, child, latex_of_signs
from item_bank.exchange.xml_tree import local_name

REVISED = "有修订痕迹，已按接受全部修订读取"
WRAPPERS = frozenset([
    "hyperlink", "smartTag", "sdt", "sdtContent", "fldSimple", "customXml", "dir", "bdo",
    "Choice", "ruby", "rubyBase",
])  # fmt: skip
ADDED = frozenset(["ins", "moveTo"])
DELETED = frozenset(["del", "moveFrom"])
SIGNS = {"tab": "\t", "br": "\n", "cr": "\n", "noBreakHyphen": "-", "ptab": "\t"}
RAISED = {"superscript": "^", "subscript": "_"}
SYMBOL_FONTS = {
    "wingdings": {0xFC: "√", 0xFB: "×", 0xFE: "√", 0xFD: "×", 0xA8: "□"},
    "wingdings 2": {0x50: "√", 0x4F: "×", 0x52: "√", 0x51: "×"},
    "symbol": {
        **{0xB4: "×", 0xB8: "÷", 0xB0: "°", 0xB1: "±", 0xA3: "≤", 0xB3: "≥", 0xB9: "≠"},
        **{0xD6: "√", 0xA5: "∞", 0x57: "Ω", 0x6D: "μ", 0x61: "α", 0x62: "β", 0x70: "π"},
        **{0x44: "Δ", 0x6C: "λ", 0x71: "θ", 0x6A: "φ", 0x72: "ρ", 0x68: "η", 0xBB: "≈"},
    },
}
PRIVATE_SHIFT = 0xF000  # where Word keeps signs of symbol fonts
Media = Callable[[str, str], Picture | str]


@dataclass(frozen=True)
class Content:
    """A paragraph as read; ``findings`` say what is not in the text."""

    text: str
    pictures: tuple[Picture, ...] = ()
    findings: tuple[str, ...] = ()


class ParagraphReader:
    """Walks through one paragraph; ``media`` gives a picture by its relation and description."""

    def __init__(self, media: Media) -> None:
        self.media = media
        self.pieces: list[tuple[str, str]] = []  # text, and ^ or _ when raised or lowered
        self.pictures: list[Picture] = []
        self.findings: dict[str, None] = {}
        self.level = ""

    def read(self, paragraph: etree._Element) -> Content:
        """Return the content of a paragraph."""
        self._walk(paragraph)
        return Content(self._text(), tuple(self.pictures), tuple(self.findings))

    def _walk(self, parent: etree._Element) -> None:
        for element in parent.iterchildren(etree.Element):
            name = local_name(element)
            if name in ADDED or name in DELETED:
                self.findings[REVISED] = None
            if name in WRAPPERS or name in ADDED:
                self._walk(element)
            elif name == "t":
                self._add((element.text or "").replace(PICTURE_SIGN, ""))
            elif name in SIGNS:
                self._add(SIGNS[name])
            elif name in HANDLERS:
                HANDLERS[name](self, element)

    def add_run(self, run: etree._Element) -> None:
        """Add what a run says at its level; hidden text is named, not read."""
        settings = child(run, "rPr")
        if _is_on(child(settings, "vanish")) and run.findtext("{*}t"):
            self.findings["隐藏文字没有读取"] = None
            return
        if _is_gap(run, settings):
            self._add("____")
            return
        above = self.level
        self.level = RAISED.get(attribute(child(settings, "vertAlign"), "val"), above)
        self._walk(run)
        self.level = above

    def _add(self, text: str) -> None:
        self.pieces.append((text, self.level))

    def _text(self) -> str:
        made: list[str] = []
        pending, level = "", ""
        for text, mark in [*self.pieces, ("", "")]:
            if mark != level:
                made.append(_levelled(pending, level))
                pending, level = "", mark
            pending += text
        return "".join([*made, pending])

    def add_formula(self, element: etree._Element) -> None:
        """Add a formula between its brackets."""
        reader = FormulaReader()
        latex = reader.latex(element)
        if latex:
            self._add(f"\\({latex}\\)")
        for name in reader.lost:
            self.findings[f"{name}请核对"] = None

    def add_symbol(self, element: etree._Element) -> None:
        """Add a sign of a symbol font; an unknown one becomes a box with a finding."""
        font = attribute(element, "font").lower()
        code = attribute(element, "char")
        try:
            number = int(code, 16) if len(code) <= 6 else 0
        except ValueError:
            number = 0
        known = SYMBOL_FONTS.get(font, {})
        sign = known.get(number - PRIVATE_SHIFT if number >= PRIVATE_SHIFT else number)
        if sign is None:
            self.findings[f"符号字体 {font[:20]} 的字符 {code[:6]} 不认识，以 □ 代替"] = None
        self._add(sign or "□")

    def add_drawing(self, element: etree._Element) -> None:
        """Add the pictures of a drawing; its text boxes are named, not read."""
        if any(local_name(e) == "txbxContent" for e in element.iter(etree.Element)):
            self.findings["文本框中的文字没有读取"] = None
        settings = next((e for e in element.iter(etree.Element) if local_name(e) == "docPr"), None)
        description = attribute(settings, "descr") or attribute(settings, "title")
        found = [e for e in element.iter(etree.Element) if local_name(e) in ("blip", "imagedata")]
        for picture in found:
            told = description or attribute(picture, "title")
            self._add_picture(picture, told)
        if not found:
            self.findings["图形（不是图片）没有读取"] = None

    def _add_picture(self, picture: etree._Element, description: str) -> None:
        wanted = ("embed", "id") if local_name(picture) == "imagedata" else ("embed", "link")
        relation = next((r for name in wanted if (r := attribute(picture, name))), "")
        vector = next((e for e in picture.iter(etree.Element) if local_name(e) == "svgBlip"), None)
        found: Picture | str = ""
        if vector is not None:
            found = self.media(attribute(vector, "embed"), description)
        if not isinstance(found, Picture):
            found = self.media(relation, description)
        if isinstance(found, Picture):
            self.pictures.append(found)
            self._add(PICTURE_SIGN)
        else:
            self.findings[found] = None

    def add_object(self, element: etree._Element) -> None:
        """Name an embedded object."""
        kinds = (attribute(e, "ProgID") for e in element.iter(etree.Element))
        kind = next((k for k in kinds if k), "")
        name = "公式" if kind.startswith("Equation") else "对象"
        self.findings[f"嵌入的{name}（{kind[:30] or '未知'}）没有读取"] = None

    def add_alternate(self, element: etree._Element) -> None:
        """Read the first choice, not what replaces it in old programs."""
        choice = child(element, "Choice")
        chosen = child(element, "Fallback") if choice is None else choice
        if chosen is not None:
            self._walk(chosen)

    def add_field_code(self, element: etree._Element) -> None:
        """Name formulas written as field codes."""
        if (element.text or "").strip().upper().startswith("EQ"):
            self.findings["域代码公式 EQ 没有读取"] = None


def _is_gap(run: etree._Element, settings: etree._Element | None) -> bool:
    """Tell blanks that are underlined: the gap an author leaves in a stem."""
    line = child(settings, "u")
    parts = [e for e in run.iterchildren(etree.Element) if local_name(e) != "rPr"]
    if line is None or attribute(line, "val") == "none" or not parts:
        return False
    if any(local_name(part) not in ("t", "tab") for part in parts):
        return False
    text = "".join(part.text or "" if local_name(part) == "t" else "\t" for part in parts)
    return not text.strip() and ("\t" in text or len(text) > 1)


def _is_on(element: etree._Element | None) -> bool:
    return element is not None and attribute(element, "val", "1") not in ("0", "false", "off")


def _levelled(text: str, level: str) -> str:
    """Write raised or lowered signs as a formula."""
    if not level or not text.strip() or set(text) & {"\\", PICTURE_SIGN, "\n"}:
        return text
    return f"\\({level}{{{latex_of_signs(text.strip())}}}\\)"


Handler = Callable[[ParagraphReader, etree._Element], None]
HANDLERS: Mapping[str, Handler] = {
    "r": ParagraphReader.add_run,
    "oMath": ParagraphReader.add_formula,
    "oMathPara": ParagraphReader.add_formula,
    "sym": ParagraphReader.add_symbol,
    "drawing": ParagraphReader.add_drawing,
    "pict": ParagraphReader.add_drawing,
    "object": ParagraphReader.add_object,
    "AlternateContent": ParagraphReader.add_alternate,
    "instrText": ParagraphReader.add_field_code,
}
