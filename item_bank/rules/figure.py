"""Which SVG figures may be shown: an allowlist of shapes and attributes, no code, nothing outside.

The list is also what can be printed, so that a figure looks the same on screen and on paper.
"""

import re
from itertools import pairwise
from xml.etree import ElementTree

MAX_FIGURE_BYTES = 200_000
SVG_TYPE = "image/svg+xml"
SVG = "{http://www.w3.org/2000/svg}"
ALLOWED_ELEMENTS = frozenset(
    [
        "svg",
        "g",
        "title",
        "desc",
        "text",
        "line",
        "rect",
        "circle",
        "ellipse",
        "path",
        "polyline",
        "polygon",
    ]
)
ALLOWED_ATTRIBUTES = frozenset(
    [
        "viewBox",
        "width",
        "height",
        "x",
        "y",
        "x1",
        "y1",
        "x2",
        "y2",
        "cx",
        "cy",
        "r",
        "rx",
        "ry",
        "d",
        "points",
        "fill",
        "stroke",
        "stroke-width",
        "stroke-linejoin",
        "stroke-linecap",
        "stroke-dasharray",
        "font-family",
        "font-size",
        "font-weight",
        "text-anchor",
        "role",
        "aria-label",
    ]
)
FORBIDDEN_SOURCE = re.compile(rb"<!DOCTYPE|<!ENTITY|<\?(?!xml\s)", re.I)
NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)"
NUMBERS = re.compile(rf"\s*(?>{NUMBER}[\s,]*)++")  # never tries a number in two ways
ONE_NUMBER = re.compile(NUMBER)
PATH = re.compile(r"[MLHVCZmlhvcz\d\s,.+-]+")
PATH_PART = re.compile(r"[A-Za-z]|[+-]?(?:\d+\.?\d*|\.\d+)")
ARGUMENT_COUNTS = {"M": 2, "L": 2, "H": 1, "V": 1, "C": 6, "Z": 0}
PAINT = re.compile(r"none|#[0-9A-Fa-f]{3}|#[0-9A-Fa-f]{6}")
WORDS = re.compile(r"[\w -]*")
FORMS = {
    "viewBox": NUMBERS,
    "points": NUMBERS,
    "d": PATH,
    "fill": PAINT,
    "stroke": PAINT,
    "stroke-linejoin": WORDS,
    "stroke-linecap": WORDS,
    "stroke-dasharray": re.compile(rf"none|{NUMBERS.pattern}"),
    "font-family": re.compile(r"[\w ,'-]*"),
    "font-weight": WORDS,
    "text-anchor": re.compile("start|middle|end"),
    "role": WORDS,
    "aria-label": re.compile(r"[^<>]*"),
}


def check_svg(content: bytes) -> tuple[str, ...]:
    """Return the reasons, in Chinese, why the figure is refused; none when it is clean."""
    if len(content) > MAX_FIGURE_BYTES:
        return (f"插图超过 {MAX_FIGURE_BYTES // 1000} kB。",)
    if FORBIDDEN_SOURCE.search(content):
        return ("插图含有文档类型、实体或处理指令。",)
    try:
        root = ElementTree.fromstring(content)  # noqa: S314  (entities are refused above)
    except (ElementTree.ParseError, ValueError, LookupError):  # the last: an unknown encoding
        return ("插图不是完好的 SVG。",)
    if root.tag != f"{SVG}svg":
        return ("插图不是 SVG。",)
    reasons = [reason for element in root.iter() for reason in _refusals(element)]
    if not reasons and not _has_view_box(root):
        reasons.append("插图缺少 viewBox。")
    return tuple(dict.fromkeys(reasons))


def numbers_of(text: str) -> list[float]:
    """Return the numbers of an attribute."""
    return [float(part) for part in text.replace(",", " ").split()]


def _has_view_box(root: ElementTree.Element) -> bool:
    try:
        sides = numbers_of(root.get("viewBox", ""))
    except ValueError:
        return False
    return len(sides) == 4 and min(sides[2:]) > 0


def _is_drawable(attribute: str, value: str) -> bool:
    """Say whether every command of a path has its numbers, and every corner both of them."""
    if attribute == "points":
        return len(value.replace(",", " ").split()) % 2 == 0
    if attribute != "d":
        return True
    parts = PATH_PART.findall(value)
    letters = [place for place, part in enumerate(parts) if part.isalpha()]
    if not letters or letters[0] or parts[0] not in "Mm":
        return False
    for start, end in pairwise([*letters, len(parts)]):
        count, given = ARGUMENT_COUNTS[parts[start].upper()], end - start - 1
        if given % count if count else given:
            return False
        if count and not given:
            return False
    return True


def _refusals(element: ElementTree.Element) -> list[str]:
    name = element.tag.removeprefix(SVG)
    if name not in ALLOWED_ELEMENTS:
        return [f"插图含有不允许的元素 {name}。"]
    reasons = []
    for attribute, value in element.attrib.items():
        if attribute not in ALLOWED_ATTRIBUTES:
            reasons.append(f"插图含有不允许的属性 {attribute}。")
        elif not FORMS.get(attribute, ONE_NUMBER).fullmatch(value.strip()) or not _is_drawable(
            attribute, value
        ):
            reasons.append(f"插图的属性 {attribute} 的值不允许。")
    return reasons
