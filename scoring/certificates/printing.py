"""Draws certificates 专项职业能力证书 as PDF, one A4 landscape page each.

Lengths are millimetres from the bottom left corner of the page.
"""

import io
from collections.abc import Sequence
from typing import Final

import pypdfium2
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.colors import Color, HexColor
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from registry.typeface import register_fonts
from scoring.certificates.ornament import GOLD, RED, draw_border, draw_divider, draw_ground
from scoring.certificates.rules.face import CertificateFace, chinese_date, marks_line
from scoring.typeface import BOLD, REGULAR, fitting_size_pt, width_pt

WIDTH_MM: Final = 297.0
HEIGHT_MM: Final = 210.0
TITLE: Final = "专项职业能力证书"
STATEMENT: Final = "经考核，上述人员的专项职业能力合格，特发此证。"
DEMONSTRATION: Final = "演示"
PHOTO_MM: Final = (25.0, 35.0)  # formats of the certificate photograph, profile 1
QR_MM: Final = 28.0
SEAL_MM: Final = 42.0  # diameter of the seal for assessment
INK: Final = HexColor("#2B2622")
LABEL_INK: Final = HexColor("#7A6A52")
_FORM: Final = "ground"
_MIDDLE_MM: Final = WIDTH_MM / 2
_LEFT_MM: Final = 66.0  # middle of the left column: photograph and code
_FIELD_MM: Final = (107.0, 250.0)  # where field lines begin and end
_LABEL_MM: Final = 30.0
PREVIEW_DPI: Final = 110
POINTS_PER_INCH: Final = 72


def print_certificates(
    faces: Sequence[CertificateFace], *, verify_origin: str = "", demonstration: bool = False
) -> bytes:
    """Draw one page per certificate and return the PDF; the same faces give the same bytes.

    ``verify_origin`` is what a telephone puts before the path of the QR code, such as
    ``https://kaohe.example``. Raises ``ValueError`` without faces.
    """
    if not faces:
        raise ValueError("there is no certificate to print")
    register_fonts()
    stream = io.BytesIO()
    size = (WIDTH_MM * mm, HEIGHT_MM * mm)
    canvas = Canvas(stream, pagesize=size, invariant=1, pageCompression=1)
    canvas.setTitle(TITLE)
    canvas.setAuthor("")
    canvas.setViewerPreference("PrintScaling", "None")
    canvas.beginForm(_FORM)
    draw_ground(canvas, WIDTH_MM, HEIGHT_MM, margin_mm=19)
    draw_border(canvas, WIDTH_MM, HEIGHT_MM, outer_mm=8, band_mm=10)
    _draw_heading(canvas)
    canvas.endForm()
    for face in faces:
        canvas.doForm(_FORM)
        if demonstration:  # below the rest, so that the code stays whole
            _draw_watermark(canvas)
        _draw_face(canvas, face, verify_origin)
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def preview_certificate(face: CertificateFace, *, demonstration: bool = False) -> bytes:
    """Draw one certificate as a PNG for the screen; give it a masked face."""
    document = pypdfium2.PdfDocument(print_certificates([face], demonstration=demonstration))
    try:
        stream = io.BytesIO()
        picture = document[0].render(scale=PREVIEW_DPI / POINTS_PER_INCH).to_pil()
        picture.save(stream, "PNG", optimize=True)
        return stream.getvalue()
    finally:
        document.close()


def _draw_heading(canvas: Canvas) -> None:
    canvas.setFillColor(RED)
    _spaced(canvas, (_MIDDLE_MM, 164), TITLE, size_pt=38, spacing_pt=9)
    draw_divider(canvas, (_MIDDLE_MM, 155), 120)


def _draw_face(canvas: Canvas, face: CertificateFace, verify_origin: str) -> None:
    _draw_photo(canvas, face.photo)
    _draw_code(canvas, verify_origin + face.qr_text)
    _draw_fields(canvas, face)
    _draw_seal_place(canvas, face)
    canvas.setFillColor(LABEL_INK)
    _line(canvas, (_LEFT_MM, 40), f"流水码 {face.blank_serial}", size_pt=9)


def _draw_fields(canvas: Canvas, face: CertificateFace) -> None:
    rows = (
        ("姓名", face.name, 20.0),
        ("性别", face.gender, 14.0),
        ("身份证号", face.id_number, 14.0),
        ("专项职业能力", face.project_name, 18.0),
        ("考核成绩", f"{marks_line(face.marks)}　合格", 14.0),
        ("考核日期", chinese_date(face.assessed_on), 14.0),
        ("证书编号", face.certificate_no, 14.0),
    )
    top_mm, step_mm = 141.0, 10.8
    for index, (label, value, size_pt) in enumerate(rows):
        _draw_field(canvas, top_mm - index * step_mm, label, value, size_pt)
    canvas.setFillColor(INK)
    canvas.setFont(REGULAR, 13)
    canvas.drawString(_FIELD_MM[0] * mm, 65.5 * mm, STATEMENT)


def _draw_field(canvas: Canvas, y_mm: float, label: str, value: str, size_pt: float) -> None:
    start_mm, end_mm = _FIELD_MM
    canvas.setFillColor(LABEL_INK)
    _justified(canvas, (start_mm, y_mm), label, 12, _LABEL_MM - 5)
    canvas.setFillColor(INK)
    room_pt = (end_mm - start_mm - _LABEL_MM - 2) * mm
    fitted_pt = fitting_size_pt(value, BOLD, size_pt, room_pt)
    canvas.setFont(BOLD, fitted_pt)
    canvas.drawString((start_mm + _LABEL_MM + 2) * mm, y_mm * mm, value)
    canvas.setStrokeColor(GOLD)
    canvas.setLineWidth(0.5)
    rule_mm = y_mm - 2.4
    canvas.line((start_mm + _LABEL_MM) * mm, rule_mm * mm, end_mm * mm, rule_mm * mm)


def _draw_photo(canvas: Canvas, photo: bytes | None) -> None:
    width_mm, height_mm = PHOTO_MM
    left_mm, bottom_mm = _LEFT_MM - width_mm / 2, 110.5
    box = (left_mm * mm, bottom_mm * mm, width_mm * mm, height_mm * mm)
    canvas.setStrokeColor(GOLD)
    canvas.setLineWidth(0.6)
    if photo is not None:
        canvas.drawImage(ImageReader(io.BytesIO(photo)), *box)
        canvas.rect(*box, stroke=1, fill=0)
        return
    canvas.setDash(2.4, 2)
    canvas.rect(*box, stroke=1, fill=0)
    canvas.setDash()
    canvas.setFillColor(LABEL_INK)
    _line(canvas, (_LEFT_MM, bottom_mm + 20), "照片", size_pt=11)
    _line(canvas, (_LEFT_MM, bottom_mm + 14), "25 mm × 35 mm", size_pt=7)


def _draw_code(canvas: Canvas, text: str) -> None:
    code = QrCodeWidget(text, barLevel="M", barBorder=0)
    bounds = code.getBounds()
    scale = QR_MM * mm / (bounds[2] - bounds[0])
    drawing = Drawing(QR_MM * mm, QR_MM * mm, transform=[scale, 0, 0, scale, 0, 0])
    drawing.add(code)
    left_mm, bottom_mm = _LEFT_MM - QR_MM / 2, 57.0
    canvas.setFillColor(HexColor("#FFFFFF"))
    canvas.setStrokeColor(GOLD)
    canvas.setLineWidth(0.5)
    quiet_mm = 2.6  # about four modules
    side = (QR_MM + 2 * quiet_mm) * mm
    corner = ((left_mm - quiet_mm) * mm, (bottom_mm - quiet_mm) * mm)
    canvas.rect(*corner, side, side, stroke=1, fill=1)
    renderPDF.draw(drawing, canvas, left_mm * mm, bottom_mm * mm)
    canvas.setFillColor(LABEL_INK)
    _line(canvas, (_LEFT_MM, 48), "扫码验证真伪", size_pt=9)


def _draw_seal_place(canvas: Canvas, face: CertificateFace) -> None:
    centre_mm = (221.0, 41.5)
    canvas.setStrokeColor(Color(0.55, 0.11, 0.11, alpha=0.45))
    canvas.setLineWidth(0.6)
    canvas.setDash(2, 2.4)
    canvas.circle(centre_mm[0] * mm, centre_mm[1] * mm, SEAL_MM / 2 * mm, stroke=1, fill=0)
    canvas.setDash()
    canvas.setFillColor(INK)
    size_pt = fitting_size_pt(face.issuer, BOLD, 13, 62 * mm)
    _line(canvas, (centre_mm[0], 44.5), face.issuer, size_pt=size_pt, font=BOLD)
    _line(canvas, (centre_mm[0], 36.5), chinese_date(face.issued_on), size_pt=13)
    canvas.setFillColor(LABEL_INK)
    _line(canvas, (centre_mm[0], 28), "（考核专用章）", size_pt=8)


def _draw_watermark(canvas: Canvas) -> None:
    canvas.saveState()
    canvas.setFillColor(Color(0.55, 0.11, 0.11, alpha=0.10))
    canvas.translate(_MIDDLE_MM * mm, HEIGHT_MM / 2 * mm)
    canvas.rotate(24)
    canvas.setFont(BOLD, 150)
    canvas.drawCentredString(0, -54, "　".join(DEMONSTRATION))
    canvas.restoreState()


def _line(
    canvas: Canvas, middle: tuple[float, float], text: str, *, size_pt: float, font: str = REGULAR
) -> None:
    canvas.setFont(font, size_pt)
    canvas.drawCentredString(middle[0] * mm, middle[1] * mm, text)


def _spaced(
    canvas: Canvas,
    middle: tuple[float, float],
    text: str,
    *,
    size_pt: float,
    spacing_pt: float,
) -> None:
    width = width_pt(text, BOLD, size_pt) + spacing_pt * (len(text) - 1)
    line = canvas.beginText(middle[0] * mm - width / 2, middle[1] * mm)
    line.setFont(BOLD, size_pt)
    line.setCharSpace(spacing_pt)
    line.textOut(text)
    line.setCharSpace(0)
    canvas.drawText(line)


def _justified(
    canvas: Canvas, start: tuple[float, float], text: str, size_pt: float, width_mm: float
) -> None:
    """Set a label so that its first and last characters stand at the ends, as forms do."""
    canvas.setFont(REGULAR, size_pt)
    last_pt = width_mm * mm - width_pt(text[-1], REGULAR, size_pt)
    gaps = max(len(text) - 1, 1)
    for index, character in enumerate(text):
        canvas.drawString(start[0] * mm + last_pt * index / gaps, start[1] * mm, character)
