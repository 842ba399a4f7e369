"""Draws certificates for the printer: A4 across, the verification address as a QR code."""

import io
from collections.abc import Iterable

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4, landscape
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase.pdfmetrics import getRegisteredFontNames, registerFont
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from registry.fonts_folder import FONT_BOLD, FONT_REGULAR
from scoring.certificates.rules.face import CertificateFace, chinese_date, marks_line

REGULAR, BOLD = "NotoSansSC-Regular", "NotoSansSC-Bold"
WIDTH_PT, HEIGHT_PT = landscape(A4)
QR_SIDE_PT = 34 * mm
PHOTO_PT = (25 * mm, 35 * mm)  # one-inch photograph
LEFT_PT, RIGHT_PT = 40 * mm, 168 * mm
LINE_PT = 12 * mm


def certificates_pdf(faces: Iterable[CertificateFace], public_url: str) -> bytes:
    """Return one page per certificate."""
    for name, path in ((REGULAR, FONT_REGULAR), (BOLD, FONT_BOLD)):
        if name not in getRegisteredFontNames():
            registerFont(TTFont(name, str(path)))
    buffer = io.BytesIO()
    canvas = Canvas(buffer, pagesize=(WIDTH_PT, HEIGHT_PT), invariant=1)
    canvas.setTitle("专项职业能力证书")
    for face in faces:
        _draw(canvas, face, public_url)
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def _draw(canvas: Canvas, face: CertificateFace, public_url: str) -> None:
    canvas.setFont(BOLD, 30)
    canvas.drawCentredString(WIDTH_PT / 2, HEIGHT_PT - 34 * mm, "专项职业能力证书")
    _photograph(canvas, face)
    facts = (
        ("姓名", face.name),
        ("性别", face.gender),
        ("证件号码", face.id_number),
        ("专项职业能力", face.project_name),
        ("考核成绩", marks_line(face.marks)),
        ("考核日期", chinese_date(face.assessed_on)),
        ("证书编号", face.certificate_no),
    )
    for index, (label, value) in enumerate(facts):
        y = HEIGHT_PT - 58 * mm - index * LINE_PT
        canvas.setFont(REGULAR, 13)
        canvas.drawString(LEFT_PT, y, label)
        canvas.setFont(BOLD, 15)
        canvas.drawString(LEFT_PT + 34 * mm, y, value)
    _issuer(canvas, face)
    _code(canvas, public_url + face.qr_text)


def _photograph(canvas: Canvas, face: CertificateFace) -> None:
    width, height = PHOTO_PT
    x, y = WIDTH_PT - 40 * mm - width, HEIGHT_PT - 52 * mm - height
    if face.photo:
        canvas.drawImage(ImageReader(io.BytesIO(face.photo)), x, y, width, height)
    else:
        canvas.setLineWidth(0.4)
        canvas.rect(x, y, width, height)


def _issuer(canvas: Canvas, face: CertificateFace) -> None:
    canvas.setFont(REGULAR, 13)
    canvas.drawString(RIGHT_PT, 52 * mm, f"发证机关：{face.issuer}")
    canvas.drawString(RIGHT_PT, 42 * mm, f"发证日期：{chinese_date(face.issued_on)}")
    canvas.setFont(REGULAR, 9)
    canvas.drawString(LEFT_PT, 14 * mm, f"流水码 {face.blank_serial}")
    canvas.drawRightString(WIDTH_PT - 40 * mm, 14 * mm, "扫描二维码核验证书真伪和状态")


def _code(canvas: Canvas, address: str) -> None:
    code = QrCodeWidget(address, barLevel="M")
    left, bottom, right, top = code.getBounds()
    drawing = Drawing(QR_SIDE_PT, QR_SIDE_PT)
    drawing.transform = (QR_SIDE_PT / (right - left), 0, 0, QR_SIDE_PT / (top - bottom), 0, 0)
    drawing.add(code)
    renderPDF.draw(drawing, canvas, WIDTH_PT - 40 * mm - QR_SIDE_PT, HEIGHT_PT - 132 * mm)
