"""Formulas of Word (OMML) as LaTeX: the common subset; what lies beyond it is named.

The subset is what a screen and a printed booklet can both show: fractions, raised and lowered
signs, roots, sums and integrals, brackets, functions, accents. Matrices are written all the same,
with a remark, because a booklet cannot set them.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping

from lxml import etree

from item_bank.exchange.xml_tree import local_name


def name_of_greek(sign: str) -> str:
    """Return alpha for α, Omega for Ω."""
    name = unicodedata.name(sign).rpartition(" ")[2].replace("LAMDA", "LAMBDA")
    return name.capitalize() if sign.isupper() else name.lower()


GREEK = "αβγδεζηθικλμνξπρστυφχψωΓΔΘΛΞΠΣΥΦΨΩ"
SIGNS = {
    **{sign: name_of_greek(sign) for sign in GREEK},
    **{"ϕ": "phi", "ϵ": "epsilon", "ϑ": "vartheta", "µ": "mu", "∂": "partial", "∇": "nabla"},
    **{"×": "times", "÷": "div", "±": "pm", "∓": "mp", "·": "cdot", "⋅": "cdot", "∙": "cdot"},
    **{"≤": "le", "≥": "ge", "≠": "ne", "≈": "approx", "≡": "equiv", "∝": "propto", "∞": "infty"},
    **{"→": "to", "⇒": "Rightarrow", "↔": "leftrightarrow", "∥": "parallel", "⊥": "perp"},
    **{"∠": "angle", "△": "triangle", "∈": "in", "∉": "notin", "⊂": "subset", "∪": "cup"},
    **{"∩": "cap", "∅": "varnothing", "…": "ldots", "⋯": "cdots", "~": "sim", "∼": "sim"},
    **{"\\": "backslash", "^": "wedge", "∑": "sum", "∏": "prod", "∫": "int", "∬": "iint"},
    **{"∮": "oint", "⋃": "bigcup", "⋂": "bigcap", "‖": "Vert"},
}  # fmt: skip
ESCAPED = frozenset("{}%#$&_")
PLAIN = {"−": "-", "\u2061": "", "\u2062": "", "\u200b": "", "\u00a0": " ", "°": r"^{\circ}"}
FUNCTIONS = frozenset([
    "sin", "cos", "tan", "cot", "sec", "csc", "arcsin", "arccos", "arctan", "sinh", "cosh",
    "tanh", "ln", "log", "lg", "lim", "max", "min", "exp", "det",
])  # fmt: skip
ACCENTS = {
    **{"\u0302": "hat", "^": "hat", "\u0305": "overline", "\u0304": "bar", "¯": "bar"},
    **{"\u20d7": "vec", "→": "vec", "\u0307": "dot", "\u0308": "ddot", "\u0303": "tilde"},
}
GROUPS = {"⏞": "overbrace", "⏟": "underbrace"}
BRACKETS = {"": ".", "{": r"\{", "}": r"\}", "‖": r"\|", "⌊": r"\lfloor", "⌋": r"\rfloor"}
TALL = re.compile(r"\\(frac|sum|int|prod|sqrt|begin|left)")
COMMAND_END = re.compile(r"\\[A-Za-z]+$")
NEW_LINE = r" \\ "
CHINESE = re.compile("[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]+")
DELETED = frozenset(["del", "moveFrom"])
Made = Callable[["FormulaReader", etree._Element], str]


def latex_of_signs(text: str) -> str:
    r"""Return signs of a formula as LaTeX.

    >>> latex_of_signs("αx≤50%")
    '\\alpha x\\le 50\\%'
    """
    return joined(_latex_of_sign(sign) for sign in text)


def joined(parts: Iterable[str]) -> str:
    """Join pieces of LaTeX; a letter or digit behind a command keeps its distance."""
    made = ""
    for part in parts:
        if part and (part[0].isalnum()) and COMMAND_END.search(made[-20:]):
            made += " "
        made += part
    return made


def attribute(element: etree._Element | None, name: str, default: str = "") -> str:
    """Return an attribute by its name in whatever namespace."""
    if element is None:
        return default
    found = (v for k, v in element.attrib.items() if str(k).rpartition("}")[2] == name)
    return str(next(found, default))


def child(element: etree._Element | None, *path: str) -> etree._Element | None:
    """Return the first descendant along these local names."""
    for name in path:
        if element is None:
            return None
        element = next(
            (e for e in element.iterchildren(etree.Element) if local_name(e) == name), None
        )
    return element


def _latex_of_sign(sign: str) -> str:
    if sign in ESCAPED:
        return f"\\{sign}"
    return f"\\{SIGNS[sign]}" if sign in SIGNS else PLAIN.get(sign, sign)


class FormulaReader:
    """Reads one formula; ``lost`` names what the subset does not hold."""

    def __init__(self) -> None:
        self.lost: dict[str, None] = {}

    def latex(self, formula: etree._Element) -> str:
        """Return the LaTeX of a formula without its brackets."""
        return self.inside(formula).strip()

    def inside(self, element: etree._Element | None) -> str:
        """Return the LaTeX of everything inside an element."""
        if element is None:
            return ""
        return joined(self._made(part) for part in element.iterchildren(etree.Element))

    def part(self, element: etree._Element, name: str) -> str:
        """Return the LaTeX of one named part."""
        return self.inside(child(element, name)).strip()

    def _made(self, element: etree._Element) -> str:
        name = local_name(element)
        if name in DELETED or name.endswith("Pr"):
            return ""
        made = MAKERS.get(name)
        if made is not None:
            return made(self, element)
        if name not in WRAPPERS:
            self.lost[f"公式中的 {name[:20]}"] = None
        return self.inside(element)


def _run(_: FormulaReader, run: etree._Element) -> str:
    texts = (e.text or "" for e in run.iterchildren(etree.Element) if local_name(e) == "t")
    text = "".join(texts)
    settings = child(run, "rPr")
    if text.strip() in FUNCTIONS:
        return f"\\{text.strip()}"
    if child(settings, "nor") is not None:
        return f"\\text{{{_text(text)}}}" if text.strip() else " "
    pieces = CHINESE.sub(lambda found: f"\0{found[0]}\0", text.replace("\0", "")).split("\0")
    made = joined(
        f"\\text{{{piece}}}" if number % 2 else latex_of_signs(piece)
        for number, piece in enumerate(pieces)
    )
    is_upright = attribute(child(settings, "sty"), "val") == "p"
    is_word = is_upright and len(text) > 1 and text.isascii() and text.isalpha()
    return f"\\mathrm{{{made}}}" if is_word else made


def _text(text: str) -> str:
    return "".join(f"\\{s}" if s in ESCAPED else PLAIN.get(s, s) for s in text if s not in "\\^~")


def _grouped(text: str) -> str:
    is_atom = len(text) == 1 or re.fullmatch(r"\\[A-Za-z]+", text)
    return text if is_atom else f"{{{text}}}"


def _fraction(reader: FormulaReader, element: etree._Element) -> str:
    above, below = reader.part(element, "num"), reader.part(element, "den")
    kind = attribute(child(element, "fPr", "type"), "val")
    if kind in ("lin", "skw"):
        return f"{_grouped(above)}/{_grouped(below)}"
    if kind == "noBar":
        reader.lost["公式中的二项式"] = None
        return f"\\binom{{{above}}}{{{below}}}"
    return f"\\frac{{{above}}}{{{below}}}"


def _scripts(reader: FormulaReader, element: etree._Element) -> str:
    base = _grouped(reader.part(element, "e"))
    return base + _limits(reader, element)


def _limits(reader: FormulaReader, element: etree._Element) -> str:
    below, above = reader.part(element, "sub"), reader.part(element, "sup")
    return (f"_{{{below}}}" if below else "") + (f"^{{{above}}}" if above else "")


def _scripts_before(reader: FormulaReader, element: etree._Element) -> str:
    return f"{{}}{_limits(reader, element)}{_grouped(reader.part(element, 'e'))}"


def _root(reader: FormulaReader, element: etree._Element) -> str:
    degree = reader.part(element, "deg")
    return f"\\sqrt{f'[{{{degree}}}]' if degree else ''}{{{reader.part(element, 'e')}}}"


def _sum(reader: FormulaReader, element: etree._Element) -> str:
    sign = attribute(child(element, "naryPr", "chr"), "val", "∫")
    if sign not in SIGNS:
        reader.lost[f"公式中的运算符 {sign[:4]}"] = None
    operator = latex_of_signs(sign) + _limits(reader, element)
    return joined([operator, reader.part(element, "e")])


def _brackets(reader: FormulaReader, element: etree._Element) -> str:
    settings = child(element, "dPr")
    opens = attribute(child(settings, "begChr"), "val", "(")
    closes = attribute(child(settings, "endChr"), "val", ")")
    comma = latex_of_signs(attribute(child(settings, "sepChr"), "val", "|"))
    parts = [e for e in element.iterchildren(etree.Element) if local_name(e) == "e"]
    inside = comma.join(reader.inside(part).strip() for part in parts)
    left, right = BRACKETS.get(opens, opens), BRACKETS.get(closes, closes)
    if TALL.search(inside) or "" in (opens, closes):
        return f"\\left{left} {inside}\\right{right}"
    return joined([left, inside, right])


def _function(reader: FormulaReader, element: etree._Element) -> str:
    name = reader.part(element, "fName")
    return joined([name, reader.part(element, "e")])


def _limit_below(reader: FormulaReader, element: etree._Element) -> str:
    base, limit = reader.part(element, "e"), reader.part(element, "lim")
    if base.removeprefix("\\") in FUNCTIONS:
        return f"{base}_{{{limit}}}"
    return f"\\underset{{{limit}}}{{{base}}}"


def _limit_above(reader: FormulaReader, element: etree._Element) -> str:
    return f"\\overset{{{reader.part(element, 'lim')}}}{{{reader.part(element, 'e')}}}"


def _bar(reader: FormulaReader, element: etree._Element) -> str:
    is_above = attribute(child(element, "barPr", "pos"), "val", "bot") == "top"
    return f"\\{'overline' if is_above else 'underline'}{{{reader.part(element, 'e')}}}"


def _accent(reader: FormulaReader, element: etree._Element) -> str:
    return _over(
        reader, element, attribute(child(element, "accPr", "chr"), "val", "\u0302"), ACCENTS
    )


def _group(reader: FormulaReader, element: etree._Element) -> str:
    return _over(
        reader, element, attribute(child(element, "groupChrPr", "chr"), "val", "⏟"), GROUPS
    )


def _over(
    reader: FormulaReader, element: etree._Element, sign: str, names: Mapping[str, str]
) -> str:
    inside = reader.part(element, "e")
    if sign not in names:
        reader.lost[f"公式中的符号 {sign[:4]}"] = None
        return inside
    return f"\\{names[sign]}{{{inside}}}"


def _matrix(reader: FormulaReader, element: etree._Element) -> str:
    reader.lost["公式中的矩阵（纸质试卷不能排版）"] = None
    rows = [e for e in element.iterchildren(etree.Element) if local_name(e) == "mr"]
    lines = (" & ".join(reader.inside(cell).strip() for cell in row) for row in rows)
    return f"\\begin{{matrix}}{NEW_LINE.join(lines)}\\end{{matrix}}"


def _lines(reader: FormulaReader, element: etree._Element) -> str:
    reader.lost["公式中的多行算式（纸质试卷不能排版）"] = None
    lines = [e for e in element.iterchildren(etree.Element) if local_name(e) == "e"]
    texts = (reader.inside(line).replace(r"\&", "").strip() for line in lines)
    return f"\\begin{{matrix}}{NEW_LINE.join(texts)}\\end{{matrix}}"


WRAPPERS = frozenset([
    "oMath", "oMathPara", "e", "num", "den", "sub", "sup", "deg", "lim", "fName", "box", "ins",
    "moveTo", "mr", "sdt", "sdtContent", "hyperlink",
])  # fmt: skip
MAKERS: Mapping[str, Made] = {
    "r": _run,
    "f": _fraction,
    "sSup": _scripts,
    "sSub": _scripts,
    "sSubSup": _scripts,
    "sPre": _scripts_before,
    "rad": _root,
    "nary": _sum,
    "d": _brackets,
    "func": _function,
    "limLow": _limit_below,
    "limUpp": _limit_above,
    "bar": _bar,
    "acc": _accent,
    "groupChr": _group,
    "m": _matrix,
    "eqArr": _lines,
}
