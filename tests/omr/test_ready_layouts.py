"""The layouts that come with the system: each can be printed, and read as it was filled."""

import itertools

import numpy as np
import pytest
from support.drawn_cards import FONTS, card_holder

from omr.layouts import layout_codes, made_blank, sheets_of
from omr.printing import print_sheets
from omr.reader.blank import render_page
from omr.reader.loading import decode_gray
from omr.reader.page import read_sheet
from omr.rehearsal.pencil import draw_answers, fill_card
from omr.rehearsal.scanner import scan_card
from omr.rehearsal.severity import LADDER, Level
from omr.rules.card_layout import CardLayout, CardLayoutError
from omr.rules.reasons import PageReason, PageStatus

ITEMS = {"js-zx-a4-1": 90, "kh-16k-80": 80, "kh-a4-100": 100, "kh-a4-150": 150, "kh-a4-200": 200}
EDGE_MM, QUIET_MM, PITCH_MM = 15, 3, (6.0, 5.0)
SHEETS = [sheet for code in ITEMS for sheet in sheets_of(code)]


def by_code(sheet: CardLayout) -> str:
    return sheet.code


def cells(sheet: CardLayout):
    return [cell for group in sheet.groups for cell in group.cells]


def rectangles(sheet: CardLayout):
    """All that is read or looked for: left, top, right, bottom."""
    half_x, half_y = sheet.cell.width_mm / 2, sheet.cell.height_mm / 2
    boxes = [
        (c.x_mm - half_x, c.y_mm - half_y, c.x_mm + half_x, c.y_mm + half_y) for c in cells(sheet)
    ]
    for bar in sheet.timing_bars:
        x, y = bar.width_mm / 2 + 0.5, bar.height_mm / 2 + 0.5
        boxes.append((bar.x_mm - x, bar.y_mm - y, bar.x_mm + x, bar.y_mm + y))
    for marker in sheet.markers:
        reach = marker.size_mm / 2 + QUIET_MM
        boxes.append(
            (marker.x_mm - reach, marker.y_mm - reach, marker.x_mm + reach, marker.y_mm + reach)
        )
    qr, bars = sheet.qr, sheet.barcode
    far = (qr.x_mm + qr.size_mm + QUIET_MM, qr.y_mm + qr.size_mm + QUIET_MM)
    boxes.append((qr.x_mm - QUIET_MM, qr.y_mm - QUIET_MM, *far))
    boxes.append(
        (bars.x_mm - 5, bars.y_mm, bars.x_mm + bars.width_mm + 5, bars.y_mm + bars.height_mm)
    )
    return boxes


def test_layouts_of_the_installation_hold_these_numbers_of_items():
    assert set(layout_codes()) == set(ITEMS)
    for code, count in ITEMS.items():
        items = [g.number for sheet in sheets_of(code) for g in sheet.groups if g.kind.is_item]
        assert items == list(range(1, count + 1))


def test_every_layout_has_its_own_hash():
    hashes = [sheet.layout_hash for sheet in SHEETS]
    assert len(set(hashes)) == len(SHEETS) == len(ITEMS) + 1


@pytest.mark.parametrize("sheet", SHEETS, ids=by_code)
def test_nothing_that_is_read_is_in_the_way_of_anything_else(sheet):
    for one, other in itertools.combinations(rectangles(sheet), 2):
        apart_x = one[2] <= other[0] or other[2] <= one[0]
        apart_y = one[3] <= other[1] or other[3] <= one[1]
        assert apart_x or apart_y, (one, other)
    for one, other in itertools.combinations(cells(sheet), 2):
        across, down = abs(one.x_mm - other.x_mm), abs(one.y_mm - other.y_mm)
        assert across >= PITCH_MM[0] - 1e-9 or down >= PITCH_MM[1] - 1e-9
    for marker in sheet.markers:
        reach = marker.size_mm / 2
        right, bottom = sheet.paper.width_mm - marker.x_mm, sheet.paper.height_mm - marker.y_mm
        assert min(marker.x_mm, marker.y_mm, right, bottom) - reach >= EDGE_MM


@pytest.mark.parametrize("code", [code for code in ITEMS if code != "js-zx-a4-1"])
def test_every_page_of_every_layout_is_read_as_it_was_filled(code):
    sheets = sheets_of(code)
    sides = tuple((sheet, made_blank(sheet)) for sheet in sheets)
    holder = card_holder(3)
    pdf = print_sheets(sheets, [holder], **FONTS)
    for index, sheet in enumerate(sheets):
        rng = np.random.default_rng([index, *code.encode()])
        answers = draw_answers(sheet, rng, number=holder.admission_no)
        image = render_page(pdf, dpi=200, index=index)
        filled = fill_card(image, sheet, answers, dpi=200, severity=LADDER[Level.L1], rng=rng)
        scan = scan_card(filled, severity=LADDER[Level.L1], rng=rng, quarter_turns=2 * index)
        reading = read_sheet(decode_gray(scan.jpeg), sides)
        assert (reading.sheet, reading.serial) == (index + 1, holder.serial)
        assert reading.layout_hash == sheet.layout_hash
        for group, mark in scan.truth.items():
            if not mark.marginal:
                assert set(reading.answers[group]) == set(mark.values), group
        assert len(reading.review) <= 2


def test_page_of_another_card_of_ours_is_the_wrong_layout():
    sheet = sheets_of("kh-a4-100")[0]
    other = sheets_of("kh-a4-150")[0]
    image = render_page(print_sheets([other], [card_holder(1)], **FONTS), dpi=150)
    reading = read_sheet(image, ((sheet, made_blank(sheet)),))
    assert (reading.status, reading.reason) == (PageStatus.REJECTED, PageReason.WRONG_LAYOUT)
    assert reading.answers == {}


@pytest.mark.parametrize("name", ["nix", "nix/nix.toml", "kh-a4-200-2"])
def test_name_that_leads_to_no_first_page_is_refused(name):
    with pytest.raises(CardLayoutError):
        sheets_of(name)
