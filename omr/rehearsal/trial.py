"""Whether a card is read as it was filled: printed, filled, scanned and read on trial.

What a readability check in millimetres promises, this tries: seeded pencils and scanners of
rising carelessness, the reader of the day, and a count of what went wrong.
"""

from collections.abc import Mapping, Sequence

from omr.layouts import made_blank
from omr.printing import CardHolder, print_sheets
from omr.reader.blank import render_page
from omr.reader.loading import decode_gray
from omr.reader.page import read_sheet
from omr.rehearsal.rehearsed import PrintedPage, rehearse
from omr.rehearsal.severity import Level, Mode
from omr.rehearsal.tally import Tally, compare
from omr.rules.card_code import serial_of
from omr.rules.card_layout import CardLayout, GroupKind
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR

DPI = 200.0
LEVELS = (Level.L1, Level.L2, Level.L3)
PAGES_A_LEVEL = 2  # of every page of the card
NUMBER = "2532010001019325320100010193"  # cut to the digits that the card has


def try_card(sheets: Sequence[CardLayout], *, seed: int) -> Mapping[Level, Tally]:
    """Return, for each level of carelessness, what came of the pages read on trial."""
    holder = _holder(sheets[0])
    pdf = print_sheets(sheets, [holder], font_regular=FONT_REGULAR, font_bold=FONT_BOLD)
    sides = tuple((sheet, made_blank(sheet)) for sheet in sheets)
    pages = [
        PrintedPage(render_page(pdf, dpi=DPI, index=index), DPI, sheet, holder)
        for index, sheet in enumerate(sheets)
    ]
    tallies = {}
    for level in LEVELS:
        tally = Tally()
        for number in range(PAGES_A_LEVEL * len(pages)):
            scan, _ = rehearse(pages, level, Mode.SCAN, seed=seed, number=number)
            image = decode_gray(scan.jpeg)
            assert image is not None  # it was encoded here
            reading = read_sheet(image, sides)
            tally += compare(reading, scan.truth, serial=holder.serial)
        tallies[level] = tally
    return tallies


def _holder(first: CardLayout) -> CardHolder:
    """Return an invented candidate whose number is as long as the card's."""
    digits = sum(group.kind is GroupKind.NUMBER for group in first.groups)
    number = NUMBER[:digits]
    return CardHolder(serial_of(1), "试读", number, "试读用卡", "", "01", "01", "A")
