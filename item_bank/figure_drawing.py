"""Draws the figures of items on paper: the SVG subset that ``rules/figure.py`` lets in."""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from math import inf
from xml.etree import ElementTree

from reportlab.lib.colors import HexColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas
from reportlab.pdfgen.pathobject import PDFPathObject
from reportlab.platypus import Flowable, Image

from item_bank.rules.figure import ARGUMENT_COUNTS, PATH_PART, SVG, SVG_TYPE, numbers_of

INHERITED = (
    "fill",
    "stroke",
    "stroke-width",
    "stroke-linejoin",
    "stroke-linecap",
    "stroke-dasharray",
    "font-size",
    "text-anchor",
)
DEFAULTS = {"fill": "#000000", "stroke": "none", "stroke-width": "1", "font-size": "16"}
JOINS = {"miter": 0, "round": 1, "bevel": 2}
CAPS = {"butt": 0, "round": 1, "square": 2}
Style = Mapping[str, str]
Step = tuple[str, tuple[float, ...]]


@dataclass(frozen=True)
class ViewBox:
    """The part of the plane that a figure shows."""

    x: float
    y: float
    width: float
    height: float


class DrawnFigure(Flowable):  # type: ignore[misc]  # reportlab has no types
    """A figure as a block of the page, drawn to a width in points unless that is too high."""

    def __init__(
        self, content: bytes, width_pt: float, font: str, *, highest_pt: float = inf
    ) -> None:
        super().__init__()
        self.root = ElementTree.fromstring(content)  # noqa: S314  (checked when it was loaded)
        self.box = view_box(self.root)
        self.font = font
        self.scale = min(width_pt / self.box.width, highest_pt / self.box.height)
        self.width = self.box.width * self.scale
        self.height = self.box.height * self.scale

    def draw(self) -> None:
        """Draw with y downwards, as SVG counts."""
        canvas = self.canv
        canvas.saveState()
        canvas.translate(0, self.height)
        canvas.scale(self.scale, -self.scale)
        canvas.translate(-self.box.x, -self.box.y)
        _draw_children(canvas, self.root, DEFAULTS, self.font)
        canvas.restoreState()


def figure_block(
    content: bytes, media_type: str, width_pt: float, highest_pt: float, font: str
) -> Flowable:
    """Return a figure of any kind that is let in, within a width and a height."""
    if media_type == SVG_TYPE:
        return DrawnFigure(content, width_pt, font, highest_pt=highest_pt)
    width_px, height_px = ImageReader(io.BytesIO(content)).getSize()
    scale = min(width_pt / width_px, highest_pt / height_px)
    return Image(io.BytesIO(content), width=width_px * scale, height=height_px * scale)


def view_box(root: ElementTree.Element) -> ViewBox:
    """Return the view box of a figure."""
    x, y, width, height = numbers_of(root.attrib["viewBox"])
    return ViewBox(x, y, width, height)


def path_steps(data: str) -> Iterator[Step]:
    """Yield the steps of path data as M, L, C and Z with absolute coordinates.

    Examples
    --------
    >>> [(name, at) for name, at in path_steps("M1 2 h3 V5z")]
    [('M', (1.0, 2.0)), ('L', (4.0, 2.0)), ('L', (4.0, 5.0)), ('Z', ())]
    """
    x = y = start_x = start_y = 0.0
    points: tuple[float, ...]
    for letter, given in _commands(PATH_PART.findall(data)):
        name = letter.upper()
        at_x, at_y = (x, y) if letter.islower() else (0.0, 0.0)
        if name == "Z":
            x, y = start_x, start_y
            yield "Z", ()
            continue
        if name == "H":
            points = (given[0] + at_x, y)
        elif name == "V":
            points = (x, given[0] + at_y)
        else:
            points = tuple(n + (at_y if i % 2 else at_x) for i, n in enumerate(given))
        x, y = points[-2:]
        if name == "M":
            start_x, start_y = x, y
        yield (name if name in "MC" else "L"), points


def _commands(parts: list[str]) -> Iterator[Step]:
    """Yield each command with its numbers, repeated as path data allow."""
    letter, place = "", 0
    while place < len(parts):
        if parts[place].isalpha():
            letter = parts[place]
            place += 1
        count = ARGUMENT_COUNTS[letter.upper()]
        yield letter, tuple(float(part) for part in parts[place : place + count])
        place += count
        if letter in "Mm":  # further pairs are lines
            letter = "L" if letter == "M" else "l"


def _draw_children(canvas: Canvas, parent: ElementTree.Element, style: Style, font: str) -> None:
    inherited = {**style, **{k: v for k, v in parent.attrib.items() if k in INHERITED}}
    for child in parent:
        name = child.tag.removeprefix(SVG)
        if name == "g":
            _draw_children(canvas, child, inherited, font)
        elif name == "text":
            _draw_text(canvas, child, {**inherited, **child.attrib}, font)
        elif name not in {"title", "desc"}:
            _draw_shape(canvas, name, child, {**inherited, **child.attrib})


def _draw_text(canvas: Canvas, element: ElementTree.Element, style: Style, font: str) -> None:
    words = "".join(element.itertext()).strip()
    if style["fill"] == "none":
        return
    canvas.saveState()
    canvas.translate(float(element.get("x", 0)), float(element.get("y", 0)))
    canvas.scale(1, -1)
    canvas.setFont(font, float(style["font-size"]))
    canvas.setFillColor(HexColor(_long_colour(style["fill"])))
    draw = {"middle": canvas.drawCentredString, "end": canvas.drawRightString}
    draw.get(style.get("text-anchor", "start"), canvas.drawString)(0, 0, words)
    canvas.restoreState()


def _draw_shape(canvas: Canvas, name: str, element: ElementTree.Element, style: Style) -> None:
    filled = style["fill"] != "none" and name != "line"
    stroked = style["stroke"] != "none"
    canvas.saveState()
    if filled:
        canvas.setFillColor(HexColor(_long_colour(style["fill"])))
    if stroked:
        canvas.setStrokeColor(HexColor(_long_colour(style["stroke"])))
        canvas.setLineWidth(float(style["stroke-width"]))
        canvas.setLineJoin(JOINS.get(style.get("stroke-linejoin", "miter"), 0))
        canvas.setLineCap(CAPS.get(style.get("stroke-linecap", "butt"), 0))
        dashes = style.get("stroke-dasharray", "none")
        canvas.setDash([] if dashes == "none" else numbers_of(dashes))
    canvas.drawPath(_path(canvas, name, element), stroke=int(stroked), fill=int(filled))
    canvas.restoreState()


def _path(canvas: Canvas, name: str, element: ElementTree.Element) -> PDFPathObject:
    path = canvas.beginPath()

    def at(attribute: str) -> float:
        return float(element.get(attribute, 0))

    if name == "line":
        path.moveTo(at("x1"), at("y1"))
        path.lineTo(at("x2"), at("y2"))
    elif name == "rect":
        radius = at("rx") or at("ry")
        if radius:
            path.roundRect(at("x"), at("y"), at("width"), at("height"), radius)
        else:
            path.rect(at("x"), at("y"), at("width"), at("height"))
    elif name == "circle":
        path.circle(at("cx"), at("cy"), at("r"))
    elif name == "ellipse":
        path.ellipse(at("cx") - at("rx"), at("cy") - at("ry"), 2 * at("rx"), 2 * at("ry"))
    elif name == "path":
        _follow(path, path_steps(element.get("d", "")))
    else:
        _follow(path, _corners(element.get("points", ""), closed=name == "polygon"))
    return path


def _corners(points: str, *, closed: bool) -> Iterator[Step]:
    numbers = numbers_of(points)
    for place in range(0, len(numbers) - 1, 2):
        yield ("L" if place else "M"), (numbers[place], numbers[place + 1])
    if closed:
        yield "Z", ()


def _follow(path: PDFPathObject, steps: Iterator[Step]) -> None:
    draw = {"M": path.moveTo, "L": path.lineTo, "C": path.curveTo, "Z": path.close}
    for name, points in steps:
        draw[name](*points)


def _long_colour(colour: str) -> str:
    """Write #abc as #aabbcc."""
    return "#" + "".join(2 * digit for digit in colour[1:]) if len(colour) == 4 else colour
