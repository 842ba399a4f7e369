"""The guilloche of the certificate: a border of interlaced waves, rosettes, a pale ground.

Lengths are millimetres from the bottom left corner of the page.
"""

from collections.abc import Iterable, Sequence
from math import cos, pi, sin
from typing import Final

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

GOLD: Final = HexColor("#B08D4C")
PALE_GOLD: Final = HexColor("#DCC9A0")
GROUND_LINE: Final = HexColor("#F1E6CF")
GROUND: Final = HexColor("#FFFDF8")
RED: Final = HexColor("#8C1D1D")

_STEP_MM: Final = 0.5
_TURN_STEPS: Final = 360
_BAND_PHASES: Final = 5
_WAVE_MM: Final = 9.0
_GROUND_WAVES: Final = 26

Point = tuple[float, float]


def draw_ground(canvas: Canvas, width_mm: float, height_mm: float, margin_mm: float) -> None:
    """Fill the page with a pale ground of fine waves that hold inside the margin."""
    canvas.setFillColor(GROUND)
    canvas.rect(0, 0, width_mm * mm, height_mm * mm, stroke=0, fill=1)
    canvas.setStrokeColor(GROUND_LINE)
    canvas.setLineWidth(0.3)
    spacing_mm = (height_mm - 2 * margin_mm) / _GROUND_WAVES
    length_mm = width_mm - 2 * margin_mm
    for row in range(_GROUND_WAVES):
        middle_mm = margin_mm + (row + 0.5) * spacing_mm
        for phase in (0.0, pi):
            shift = phase + row * pi / 6
            points = [
                (margin_mm + x, middle_mm + spacing_mm * 0.48 * sin(2 * pi * x / 48 + shift))
                for x in _steps(length_mm)
            ]
            _stroke(canvas, points)


def draw_border(
    canvas: Canvas, width_mm: float, height_mm: float, *, outer_mm: float, band_mm: float
) -> None:
    """Draw the frame: red rules, a band of interlaced gold waves, a rosette in each corner."""
    inner_mm = outer_mm + band_mm
    middle_mm = outer_mm + band_mm / 2
    canvas.setLineWidth(0.35)
    for start, length, is_upright in (
        ((inner_mm, middle_mm), width_mm - 2 * inner_mm, False),
        ((inner_mm, height_mm - middle_mm), width_mm - 2 * inner_mm, False),
        ((middle_mm, inner_mm), height_mm - 2 * inner_mm, True),
        ((width_mm - middle_mm, inner_mm), height_mm - 2 * inner_mm, True),
    ):
        _draw_band(canvas, start, length, band_mm, is_upright=is_upright)
    _draw_rules(canvas, width_mm, height_mm, outer_mm, inner_mm)
    for x_mm in (middle_mm, width_mm - middle_mm):
        for y_mm in (middle_mm, height_mm - middle_mm):
            draw_rosette(canvas, (x_mm, y_mm), band_mm * 0.78)


def draw_rosette(canvas: Canvas, centre: Point, radius_mm: float) -> None:
    """Draw a rosette of turned petals on a small disc of the ground."""
    canvas.setFillColor(GROUND)
    canvas.setStrokeColor(RED)
    canvas.setLineWidth(0.8)
    canvas.circle(centre[0] * mm, centre[1] * mm, radius_mm * mm, stroke=1, fill=1)
    canvas.setLineWidth(0.3)
    canvas.setStrokeColor(GOLD)
    for turn in range(6):
        points = [
            _polar(centre, radius_mm * (0.66 + 0.26 * cos(8 * angle + turn * pi / 3)), angle)
            for angle in (2 * pi * step / _TURN_STEPS for step in range(_TURN_STEPS + 1))
        ]
        _stroke(canvas, points)
    canvas.setStrokeColor(RED)
    for turn in range(2):
        points = [
            _polar(centre, radius_mm * (0.24 + 0.1 * cos(6 * angle + turn * pi)), angle)
            for angle in (2 * pi * step / _TURN_STEPS for step in range(_TURN_STEPS + 1))
        ]
        _stroke(canvas, points)


def draw_divider(canvas: Canvas, centre: Point, length_mm: float) -> None:
    """Draw a thin ornamental rule: two crossing waves that run out to both ends."""
    canvas.setStrokeColor(GOLD)
    canvas.setLineWidth(0.45)
    for sign in (1, -1):
        points = []
        for x in _steps(length_mm):
            share = 2 * x / length_mm - 1
            swing = sign * 1.1 * (1 - share * share) * cos(7 * pi * share / 2)
            points.append((centre[0] - length_mm / 2 + x, centre[1] + swing))
        _stroke(canvas, points)


def _draw_band(
    canvas: Canvas, start: Point, length_mm: float, band_mm: float, *, is_upright: bool
) -> None:
    waves = round(length_mm / _WAVE_MM)
    for index in range(_BAND_PHASES):
        canvas.setStrokeColor(GOLD if index % 2 == 0 else PALE_GOLD)
        for sign in (1, -1):
            along = [
                (t, sign * _swing(t / length_mm, waves, index) * band_mm * 0.36)
                for t in _steps(length_mm)
            ]
            points = [
                (start[0] + off, start[1] + t) if is_upright else (start[0] + t, start[1] + off)
                for t, off in along
            ]
            _stroke(canvas, points)


def _swing(share: float, waves: int, index: int) -> float:
    phase = index * pi / _BAND_PHASES
    carrier = sin(2 * pi * waves * share + phase)
    return carrier * (0.78 + 0.22 * cos(4 * pi * waves * share + phase))


def _draw_rules(
    canvas: Canvas, width_mm: float, height_mm: float, outer_mm: float, inner_mm: float
) -> None:
    for inset_mm, line_pt, colour in (
        (outer_mm, 1.6, RED),
        (outer_mm + 0.9, 0.4, GOLD),
        (inner_mm, 0.8, RED),
        (inner_mm - 0.8, 0.3, GOLD),
    ):
        canvas.setStrokeColor(colour)
        canvas.setLineWidth(line_pt)
        size = ((width_mm - 2 * inset_mm) * mm, (height_mm - 2 * inset_mm) * mm)
        canvas.rect(inset_mm * mm, inset_mm * mm, *size, stroke=1, fill=0)


def _steps(length_mm: float) -> Iterable[float]:
    count = max(2, round(length_mm / _STEP_MM))
    return (length_mm * step / count for step in range(count + 1))


def _polar(centre: Point, radius_mm: float, angle: float) -> Point:
    return (centre[0] + radius_mm * cos(angle), centre[1] + radius_mm * sin(angle))


def _stroke(canvas: Canvas, points: Sequence[Point]) -> None:
    path = canvas.beginPath()
    path.moveTo(points[0][0] * mm, points[0][1] * mm)
    for x_mm, y_mm in points[1:]:
        path.lineTo(x_mm * mm, y_mm * mm)
    canvas.drawPath(path, stroke=1, fill=0)
