"""Draws answer cards as PDF from their layout; knows millimetres, not pixels."""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
import zxingcpp
from reportlab.graphics.barcode.code128 import Code128
from reportlab.lib.colors import HexColor
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfgen.canvas import Canvas

from omr.printed_samples import draw_sample
from omr.rules.card_code import CardCode, qr_text
from omr.rules.card_layout import (
    BarcodeArea,
    Block,
    CardLayout,
    Cell,
    Fiducial,
    Group,
    Marker,
    QrArea,
    Sheets,
)
from omr.rules.card_print import Frame, Rule, Slot, SlotName
from registry.typeface import register_fonts

BLANK_FORM = "blank_card"
MARKER_CELLS = 6  # ArUco 4x4 with its black border
CAP_SHARE = 0.36  # half the height of a capital, in type sizes: centres letters in their cells
NUMBER_PT = 8.0
SHRINK_STEP_PT = 0.25
SMALLEST_PT = 5.0
PRINTED_MARK = "#404040"  # as dark as a firm pencil: black would make pencil look faint


@dataclass(frozen=True)
class CardHolder:
    """What is printed for one candidate; empty texts leave their place open."""

    serial: str
    name: str
    admission_no: str
    project: str
    batch: str
    room: str
    seat: str
    paper_type: str
    filled: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # cells printed as marks


@dataclass(frozen=True)
class _Fonts:
    regular: str
    bold: str

    def pick(self, *, bold: bool) -> str:
        return self.bold if bold else self.regular


class _Sheet:
    """A canvas that takes millimetres from the top left corner."""

    def __init__(self, canvas: Canvas, layout: CardLayout, fonts: _Fonts) -> None:
        self.canvas = canvas
        self.layout = layout
        self.fonts = fonts

    def y(self, y_mm: float) -> float:
        return float((self.layout.paper.height_mm - y_mm) * mm)

    def ink(self, name: str) -> HexColor:
        return HexColor(getattr(self.layout.inks, name))

    def box(self, x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> None:
        """Fill a rectangle by its top left corner in the current colour."""
        self.canvas.rect(
            x_mm * mm, self.y(y_mm + height_mm), width_mm * mm, height_mm * mm, stroke=0, fill=1
        )

    def text(
        self, x_mm: float, y_mm: float, words: str, *, font: str, size_pt: float, align: str
    ) -> None:
        """Set a line of text by its baseline in the current colour."""
        draw = {
            "left": self.canvas.drawString,
            "centre": self.canvas.drawCentredString,
            "right": self.canvas.drawRightString,
        }[align]
        self.canvas.setFont(font, size_pt)
        draw(x_mm * mm, self.y(y_mm), words)


def print_cards(
    layout: CardLayout,
    cards: Sequence[CardHolder],
    *,
    font_regular: Path,
    font_bold: Path,
    title: str = "",
) -> bytes:
    """Draw one page per candidate, the blank card drawn once; returns the PDF.

    The same cards give the same bytes. Raises ``ValueError`` without cards.
    """
    return print_each(
        [((layout,), card) for card in cards],
        font_regular=font_regular,
        font_bold=font_bold,
        title=title,
    )


def print_sheets(
    layouts: Sequence[CardLayout],
    cards: Sequence[CardHolder],
    *,
    font_regular: Path,
    font_bold: Path,
    title: str = "",
) -> bytes:
    """Draw all pages of a card for every candidate; see ``print_cards``."""
    return print_each(
        [(tuple(layouts), card) for card in cards],
        font_regular=font_regular,
        font_bold=font_bold,
        title=title,
    )


def print_each(
    cards: Sequence[tuple[Sheets, CardHolder]],
    *,
    font_regular: Path,
    font_bold: Path,
    title: str = "",
) -> bytes:
    """Draw all pages of every candidate's own card; see ``print_cards``."""
    if not cards:
        raise ValueError("there is no card to print")
    fonts = _register(font_regular, font_bold)
    stream = io.BytesIO()
    first = cards[0][0][0]
    canvas = _canvas(stream, first, title or first.title)
    blanks: dict[str, _Sheet] = {}
    for sheets, card in cards:
        for layout in sheets:
            name = _form_name(layout)
            canvas.setPageSize(_size_pt(layout))
            if name not in blanks:
                blanks[name] = _Sheet(canvas, layout, fonts)
                canvas.beginForm(name)
                _draw_blank(blanks[name])
                canvas.endForm()
            canvas.doForm(name)
            _draw_particulars(blanks[name], card)
            canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _form_name(layout: CardLayout) -> str:
    return f"{BLANK_FORM}_{layout.layout_hash}"


def print_blank(*layouts: CardLayout, font_regular: Path, font_bold: Path) -> bytes:
    """Draw the card without any candidate: what the reader compares every page with."""
    stream = io.BytesIO()
    canvas = _canvas(stream, layouts[0], layouts[0].title)
    for layout in layouts:
        canvas.setPageSize(_size_pt(layout))
        _draw_blank(_Sheet(canvas, layout, _register(font_regular, font_bold)))
        canvas.showPage()
    canvas.save()
    return stream.getvalue()


def _canvas(stream: io.BytesIO, layout: CardLayout, title: str) -> Canvas:
    canvas = Canvas(stream, pagesize=_size_pt(layout), invariant=1, pageCompression=1)
    canvas.setTitle(title)
    canvas.setAuthor("")
    canvas.setViewerPreference("PrintScaling", "None")
    return canvas


def _size_pt(layout: CardLayout) -> tuple[float, float]:
    return float(layout.paper.width_mm * mm), float(layout.paper.height_mm * mm)


def _register(regular: Path, bold: Path) -> _Fonts:
    register_fonts(regular, bold)
    return _Fonts(regular.stem, bold.stem)


def _draw_blank(sheet: _Sheet) -> None:
    layout, canvas = sheet.layout, sheet.canvas
    for frame in layout.frames:
        _draw_frame(sheet, frame)
    for rule in layout.rules:
        _draw_rule(sheet, rule)
    _draw_words(sheet)
    for block in layout.blocks:
        _draw_numbers(sheet, block)
    for group in layout.groups:
        _draw_cells(sheet, group)
    for sample in layout.samples:
        draw_sample(canvas, sample, layout, y_pt=sheet.y(sample.y_mm))
    canvas.setFillColor(sheet.ink("solid"))
    for bar in layout.timing_bars:
        left, top = bar.x_mm - bar.width_mm / 2, bar.y_mm - bar.height_mm / 2
        sheet.box(left, top, bar.width_mm, bar.height_mm)
    for marker in layout.markers:
        _draw_marker(sheet, marker)


def _draw_frame(sheet: _Sheet, frame: Frame) -> None:
    canvas = sheet.canvas
    has_line, has_fill = frame.line_mm > 0, frame.fill_ink != "none"
    if has_line:
        canvas.setStrokeColor(sheet.ink(frame.line_ink))
        canvas.setLineWidth(frame.line_mm * mm)
    if has_fill:
        canvas.setFillColor(sheet.ink(frame.fill_ink))
    left, bottom = frame.x_mm * mm, sheet.y(frame.y_mm + frame.height_mm)
    size = (frame.width_mm * mm, frame.height_mm * mm)
    if frame.radius_mm > 0:
        radius = frame.radius_mm * mm
        canvas.roundRect(left, bottom, *size, radius, stroke=int(has_line), fill=int(has_fill))
    else:
        canvas.rect(left, bottom, *size, stroke=int(has_line), fill=int(has_fill))


def _draw_rule(sheet: _Sheet, rule: Rule) -> None:
    sheet.canvas.setStrokeColor(sheet.ink(rule.ink))
    sheet.canvas.setLineWidth(rule.line_mm * mm)
    ends = (rule.x1_mm * mm, sheet.y(rule.y1_mm), rule.x2_mm * mm, sheet.y(rule.y2_mm))
    sheet.canvas.line(*ends)


def _draw_words(sheet: _Sheet) -> None:
    for words in sheet.layout.words:
        font = sheet.fonts.pick(bold=words.bold)
        extra = words.spacing_pt * (len(words.text) - 1)
        width = pdfmetrics.stringWidth(words.text, font, words.size_pt) + extra
        shift = {"left": 0.0, "centre": width / 2, "right": width}[words.align]
        sheet.canvas.setFillColor(sheet.ink(words.ink))
        line = sheet.canvas.beginText(words.x_mm * mm - shift, sheet.y(words.y_mm))
        line.setFont(font, words.size_pt)
        line.setCharSpace(words.spacing_pt)
        line.textOut(words.text)
        line.setCharSpace(0)
        sheet.canvas.drawText(line)


def _draw_numbers(sheet: _Sheet, block: Block) -> None:
    if block.number_dx_mm == 0:
        return
    sheet.canvas.setFillColor(sheet.ink("text"))
    wanted = {f"{block.prefix}{block.first + index}" for index in range(block.count)}
    for group in sheet.layout.groups:
        if group.group_id in wanted:
            first = group.cells[0]
            x_mm, y_mm = first.x_mm + block.number_dx_mm, first.y_mm + NUMBER_PT * CAP_SHARE / mm
            font = sheet.fonts.regular
            words = str(group.number)
            sheet.text(x_mm, y_mm, words, font=font, size_pt=NUMBER_PT, align="right")


def _draw_cells(sheet: _Sheet, group: Group) -> None:
    canvas, shape = sheet.canvas, sheet.layout.cell
    canvas.setStrokeColor(sheet.ink("cell"))
    canvas.setFillColor(sheet.ink("cell"))
    canvas.setLineWidth(shape.line_mm * mm)
    inner_width, inner_height = shape.width_mm - shape.line_mm, shape.height_mm - shape.line_mm
    drop_mm = shape.letter_pt * CAP_SHARE / mm
    for cell in group.cells:
        left, bottom = cell.x_mm - inner_width / 2, cell.y_mm + inner_height / 2
        size = (inner_width * mm, inner_height * mm)
        canvas.rect(left * mm, sheet.y(bottom), *size, stroke=1, fill=0)
        place = (cell.x_mm, cell.y_mm + drop_mm)
        font = sheet.fonts.regular
        sheet.text(*place, cell.label, font=font, size_pt=shape.letter_pt, align="centre")


def _draw_marker(sheet: _Sheet, marker: Marker) -> None:
    left, top = marker.x_mm - marker.size_mm / 2, marker.y_mm - marker.size_mm / 2
    sheet.canvas.setFillColor(sheet.ink("solid"))
    if sheet.layout.fiducial is Fiducial.CODED:
        _draw_coded_marker(sheet, marker)
    elif sheet.layout.fiducial is Fiducial.SQUARE:
        sheet.box(left, top, marker.size_mm, marker.size_mm)
    elif sheet.layout.fiducial is Fiducial.DISC:
        place = (marker.x_mm * mm, sheet.y(marker.y_mm), marker.size_mm / 2 * mm)
        sheet.canvas.circle(*place, stroke=0, fill=1)


def _draw_coded_marker(sheet: _Sheet, marker: Marker) -> None:
    dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_50)
    bits = np.asarray(cv2.aruco.generateImageMarker(dictionary, marker.marker_id, MARKER_CELLS))
    left, top = marker.x_mm - marker.size_mm / 2, marker.y_mm - marker.size_mm / 2
    step = marker.size_mm / MARKER_CELLS
    sheet.canvas.setFillColor(sheet.ink("solid"))
    sheet.box(left, top, marker.size_mm, marker.size_mm)
    sheet.canvas.setFillColor(HexColor("#FFFFFF"))
    for row, column in np.argwhere(bits > 0):
        sheet.box(left + int(column) * step, top + int(row) * step, step, step)


def _draw_particulars(sheet: _Sheet, card: CardHolder) -> None:
    layout = sheet.layout
    sheet.canvas.setFillColor(sheet.ink("solid"))
    for slot in layout.slots:
        _draw_slot(sheet, slot, getattr(card, slot.name.value))
    code = CardCode(serial=card.serial, page=layout.page, layout_hash=layout.layout_hash)
    if layout.qr is not None:
        _draw_qr(sheet, layout.qr, qr_text(code))
    if layout.barcode is not None:
        _draw_barcode(sheet, layout.barcode, card.serial)
    sheet.canvas.setFillColor(HexColor(PRINTED_MARK))
    for group in layout.groups:
        for cell in group.cells:
            if cell.value in card.filled.get(group.group_id, ()):
                _fill_cell(sheet, cell)


def _fill_cell(sheet: _Sheet, cell: Cell) -> None:
    """Print a mark as a pencil makes it, so that it is read like one."""
    shape = sheet.layout.cell
    left, top = cell.x_mm - shape.width_mm / 2, cell.y_mm - shape.height_mm / 2
    sheet.box(left, top, shape.width_mm, shape.height_mm)


def _draw_barcode(sheet: _Sheet, area: BarcodeArea, serial: str) -> None:
    barcode = Code128(serial, barWidth=area.module_mm * mm, barHeight=area.height_mm * mm, quiet=0)
    barcode.drawOn(sheet.canvas, area.x_mm * mm, sheet.y(area.y_mm + area.height_mm))


def _draw_slot(sheet: _Sheet, slot: Slot, value: str) -> None:
    font = sheet.fonts.pick(bold=slot.bold)
    if slot.step_mm > 0:
        for index, character in enumerate(value):
            place = (slot.x_mm + index * slot.step_mm, slot.y_mm)
            sheet.text(*place, character, font=font, size_pt=slot.size_pt, align="centre")
        return
    shown = _spaced(value) if slot.name is SlotName.SERIAL else value
    size_pt = slot.size_pt
    room_pt = slot.width_mm * mm
    while size_pt > SMALLEST_PT and pdfmetrics.stringWidth(shown, font, size_pt) > room_pt:
        size_pt -= SHRINK_STEP_PT
    sheet.text(slot.x_mm, slot.y_mm, shown, font=font, size_pt=size_pt, align=slot.align)


def _spaced(serial: str) -> str:
    """Write a serial the way people read it aloud: ``0000 0000 077``."""
    return " ".join(serial[start : start + 4] for start in range(0, len(serial), 4))


def _draw_qr(sheet: _Sheet, area: QrArea, text: str) -> None:
    code = zxingcpp.create_barcode(text, zxingcpp.BarcodeFormat.QRCode, ec_level="M")
    modules = np.asarray(code.to_image(scale=1, add_quiet_zones=False))
    if modules.shape != (area.modules, area.modules):
        raise ValueError(f"the QR code has {modules.shape[0]} modules, not {area.modules}")
    step = area.module_mm
    for row in range(area.modules):
        dark = np.flatnonzero(modules[row] < 128)
        for run in np.split(dark, np.flatnonzero(np.diff(dark) > 1) + 1):
            if run.size:
                left = area.x_mm + int(run[0]) * step
                sheet.box(left, area.y_mm + row * step, run.size * step, step)
