"""Which SVG figures may be shown: an allowlist of shapes, no code and nothing from outside."""

import re
from xml.etree import ElementTree

MAX_FIGURE_BYTES = 200_000
SVG = "{http://www.w3.org/2000/svg}"
SHAPES = frozenset({"line", "rect", "circle", "ellipse", "path", "polyline", "polygon"})
ALLOWED_ELEMENTS = SHAPES | {"svg", "g", "title", "desc", "text", "tspan"}
FORBIDDEN_SOURCE = re.compile(rb"<!DOCTYPE|<!ENTITY|<\?(?!xml\s)", re.I)
FORBIDDEN_VALUE = re.compile(r"url\s*\(|(javascript|data|https?|file|ftp)\s*:|//|@import|\\", re.I)


def check_svg(content: bytes) -> tuple[str, ...]:
    """Return the reasons, in Chinese, why the figure is refused; none when it is clean."""
    if len(content) > MAX_FIGURE_BYTES:
        return (f"插图超过 {MAX_FIGURE_BYTES // 1000} kB。",)
    if FORBIDDEN_SOURCE.search(content):
        return ("插图含有文档类型、实体或处理指令。",)
    try:
        root = ElementTree.fromstring(content)  # noqa: S314  (entities are refused above)
    except (ElementTree.ParseError, ValueError):
        return ("插图不是完好的 SVG。",)
    if root.tag != f"{SVG}svg":
        return ("插图不是 SVG。",)
    reasons: list[str] = []
    for element in root.iter():
        reasons += _refusals(element)
    if "viewBox" not in root.attrib:
        reasons.append("插图缺少 viewBox。")
    return tuple(dict.fromkeys(reasons))


def _refusals(element: ElementTree.Element) -> list[str]:
    name = element.tag.removeprefix(SVG)
    if name not in ALLOWED_ELEMENTS:
        return [f"插图含有不允许的元素 {name}。"]
    reasons = []
    for attribute, value in element.attrib.items():
        local = attribute.rpartition("}")[2].lower()
        if local.startswith("on"):
            reasons.append(f"插图含有事件属性 {local}。")
        elif local in {"href", "src", "base"} or FORBIDDEN_VALUE.search(value):
            reasons.append(f"插图的属性 {local} 引用了其他内容。")
    return reasons
