"""Draws the examples of right and wrong filling that the card shows to candidates."""

from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from omr.rules.card_layout import CardLayout
from omr.rules.card_print import Sample

STROKE_MM = 0.35


def draw_sample(canvas: Canvas, sample: Sample, layout: CardLayout, *, y_pt: float) -> None:
    """Draw one cell and the example in it; ``y_pt`` is the centre counted from the bottom."""
    width, height = layout.cell.width_mm * mm, layout.cell.height_mm * mm
    canvas.saveState()
    canvas.translate(sample.x_mm * mm, y_pt)
    canvas.setStrokeColor(HexColor(layout.inks.cell))
    canvas.setLineWidth(layout.cell.line_mm * mm)
    canvas.rect(-width / 2, -height / 2, width, height, stroke=1, fill=0)
    canvas.setFillColor(HexColor(layout.inks.text))
    canvas.setStrokeColor(HexColor(layout.inks.text))
    canvas.setLineWidth(STROKE_MM * mm)
    _draw_shape(canvas, sample.shape, width, height)
    canvas.restoreState()


def _draw_shape(canvas: Canvas, shape: str, width: float, height: float) -> None:
    if shape == "full":
        canvas.rect(-width / 2, -height / 2, width, height, stroke=0, fill=1)
    elif shape == "half":
        canvas.rect(-width / 2, -height / 2, width / 2, height, stroke=0, fill=1)
    elif shape == "dot":
        canvas.circle(0, 0, height * 0.32, stroke=0, fill=1)
    elif shape == "dash":
        canvas.line(-width * 0.36, 0, width * 0.36, 0)
    elif shape == "cross":
        canvas.line(-width * 0.26, -height * 0.36, width * 0.26, height * 0.36)
        canvas.line(-width * 0.26, height * 0.36, width * 0.26, -height * 0.36)
    elif shape == "tick":
        canvas.line(-width * 0.28, 0, -width * 0.06, -height * 0.34)
        canvas.line(-width * 0.06, -height * 0.34, width * 0.32, height * 0.38)
