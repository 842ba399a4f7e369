"""The printed sheet stands where the layout says, to a fifth of a millimetre."""

import numpy as np
import pypdfium2
import pytest
from support.drawn_cards import FONTS, card_holder, card_layout, drawn_card

from omr.layouts import blank_of_layout, sheets_of
from omr.printing import print_blank, print_cards, print_each
from omr.reader.blank import render_page
from omr.reader.orient import find_markers
from omr.reader.page import read_sheet

DPI = 300
PX_PER_MM = DPI / 25.4
TOLERANCE_MM = 0.2


@pytest.fixture(scope="module")
def sheet():
    return render_page(print_blank(card_layout(), **FONTS), dpi=DPI)


def extent_mm(sheet, x_mm, y_mm, reach_mm, level):
    """Bounds of what is darker than a level about a point: left, top, right, bottom."""
    left, top = round((x_mm - reach_mm[0]) * PX_PER_MM), round((y_mm - reach_mm[1]) * PX_PER_MM)
    right, bottom = round((x_mm + reach_mm[0]) * PX_PER_MM), round((y_mm + reach_mm[1]) * PX_PER_MM)
    rows, columns = np.nonzero(sheet[top:bottom, left:right] < level)
    return (
        (left + columns.min()) / PX_PER_MM,
        (top + rows.min()) / PX_PER_MM,
        (left + columns.max() + 1) / PX_PER_MM,
        (top + rows.max() + 1) / PX_PER_MM,
    )


def test_every_cell_is_printed_at_its_place(sheet):
    shape = card_layout().cell
    for group in card_layout().groups:
        for cell in group.cells:
            left, top, right, bottom = extent_mm(sheet, cell.x_mm, cell.y_mm, (2.6, 1.7), 225)
            assert (left + right) / 2 == pytest.approx(cell.x_mm, abs=TOLERANCE_MM)
            assert (top + bottom) / 2 == pytest.approx(cell.y_mm, abs=TOLERANCE_MM)
            assert right - left == pytest.approx(shape.width_mm, abs=TOLERANCE_MM)
            assert bottom - top == pytest.approx(shape.height_mm, abs=TOLERANCE_MM)


def test_every_timing_bar_is_printed_at_its_place(sheet):
    for bar in card_layout().timing_bars:
        reach = (bar.width_mm / 2 + 0.5, bar.height_mm / 2 + 0.5)
        left, top, right, bottom = extent_mm(sheet, bar.x_mm, bar.y_mm, reach, 128)
        assert (left + right) / 2 == pytest.approx(bar.x_mm, abs=TOLERANCE_MM)
        assert (top + bottom) / 2 == pytest.approx(bar.y_mm, abs=TOLERANCE_MM)
        assert right - left == pytest.approx(bar.width_mm, abs=TOLERANCE_MM)


def test_every_marker_names_its_corner(sheet):
    found = find_markers(sheet, [card_layout()])
    for marker in card_layout().markers:
        centre_mm = (found[marker.marker_id].mean(axis=0) + 0.5) / PX_PER_MM
        assert centre_mm == pytest.approx((marker.x_mm, marker.y_mm), abs=TOLERANCE_MM)


def test_cells_are_light_enough_to_see_pencil_over_them(sheet):
    cell = card_layout().group("q1").cells[0]
    x, y = round(cell.x_mm * PX_PER_MM), round((cell.y_mm - 1.22) * PX_PER_MM)
    darkness = 1 - sheet[y - 2 : y + 3, x - 15 : x + 15].min() / 255
    assert 0.30 <= darkness <= 0.45


def test_one_page_is_printed_per_candidate_and_the_blank_only_once():
    few = print_cards(card_layout(), [card_holder(n) for n in range(1, 3)], **FONTS)
    many = print_cards(card_layout(), [card_holder(n) for n in range(1, 42)], **FONTS)
    document = pypdfium2.PdfDocument(many)
    assert len(document) == 41
    assert (len(many) - len(few)) / 39 < 5_000
    document.close()


def test_particulars_of_the_candidate_are_printed_as_text():
    pdf = print_cards(card_layout(), [card_holder(7, name="示例考生庚")], **FONTS)
    document = pypdfium2.PdfDocument(pdf)
    page = document[0].get_textpage().get_text_bounded()
    for words in ("示例考生庚", "0000 0000 077", "江苏省专项职业能力考核", "注意事项"):
        assert words in page
    document.close()


def test_same_cards_give_the_same_bytes():
    cards = [card_holder(3)]
    assert print_cards(card_layout(), cards, **FONTS) == print_cards(card_layout(), cards, **FONTS)


def test_long_names_stay_in_their_field():
    short, long = drawn_card(card_holder(1, name="例")), drawn_card(card_holder(1, name="例" * 30))
    scale = 200 / 25.4
    beyond = (
        slice(round(52 * scale), round(59 * scale)),
        slice(round(96 * scale), round(184 * scale)),
    )
    assert (short[beyond] == long[beyond]).all()


def test_nothing_is_printed_without_a_candidate():
    with pytest.raises(ValueError, match="no card"):
        print_cards(card_layout(), [], **FONTS)


def test_cards_of_different_kinds_are_printed_in_their_order_each_on_its_own_paper():
    small, double = sheets_of("kh-16k-80"), sheets_of("kh-a4-200")
    holders = [card_holder(number) for number in (1, 2, 3)]
    pdf = print_each(list(zip((double, small, double), holders, strict=True)), **FONTS)
    document = pypdfium2.PdfDocument(pdf)
    wanted = [*double, *small, *double]
    sizes = [tuple(round(side / 72 * 25.4) for side in page.get_size()) for page in document]
    assert sizes == [(sheet.paper.width_mm, sheet.paper.height_mm) for sheet in wanted]
    serials = [holders[place].serial for place in (0, 0, 1, 2, 2)]
    for index, (sheet, serial) in enumerate(zip(wanted, serials, strict=True)):
        image = render_page(pdf, dpi=100, index=index)
        reading = read_sheet(image, ((sheet, blank_of_layout(sheet)),))
        assert (reading.serial, reading.sheet) == (serial, sheet.page)
