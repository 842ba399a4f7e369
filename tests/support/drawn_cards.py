"""Answer cards drawn, filled and scanned for tests; every card is invented and seeded."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np

from omr.printing import CardHolder, print_blank, print_cards
from omr.reader.blank import BlankCard, blank_card, render_page
from omr.reader.loading import LoadedPage, load_images
from omr.reader.page import read_page
from omr.reader.reading import GrayImage, PageReading
from omr.rehearsal.pencil import FilledCard, draw_answers, fill_card
from omr.rehearsal.rehearsed import PrintedPage, rehearse
from omr.rehearsal.scanner import ScannedCard, encode_jpeg
from omr.rehearsal.severity import LADDER, Level, Mode
from omr.rehearsal.tally import Tally, compare
from omr.rules.card_code import check_digit, serial_of
from omr.rules.card_layout import CardLayout, load_layout
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR

LAYOUT_FILE = Path(__file__).parents[2] / "seeds" / "card_layouts" / "js-zx-a4-1.toml"
FONTS = {"font_regular": FONT_REGULAR, "font_bold": FONT_BOLD}
DRAWN_DPI = 200
FINE_DPI = 300


@cache
def card_layout() -> CardLayout:
    return load_layout(LAYOUT_FILE.read_text(encoding="utf-8"))


@cache
def blank() -> BlankCard:
    layout = card_layout()
    return blank_card(layout, print_blank(layout, **FONTS))


def card_holder(number: int = 1, **changed: str) -> CardHolder:
    digits = f"25320100{number:04d}"
    particulars = {
        "serial": serial_of(number),
        "name": "示例考生",
        "admission_no": digits + check_digit(digits),
        "project": "示例专项职业能力考核",
        "batch": "示例批次",
        "room": "1",
        "seat": str(number),
        "paper_type": "A",
    }
    return CardHolder(**{**particulars, **changed})


def drawn_card(holder: CardHolder, *, dpi: int = DRAWN_DPI) -> GrayImage:
    """Render the printed card of one person as a clean image."""
    return render_page(print_cards(card_layout(), [holder], **FONTS), dpi=dpi)


@cache
def _clean_card(number: int, dpi: int) -> GrayImage:
    image = drawn_card(card_holder(number), dpi=dpi)
    image.setflags(write=False)
    return image


def clean_card(number: int = 1, *, dpi: int = DRAWN_DPI) -> GrayImage:
    return _clean_card(number, dpi)


def filled_card(
    answers: Mapping[str, tuple[str, ...]],
    *,
    number: int = 1,
    level: Level = Level.L0,
    seed: int = 1,
    dpi: int = DRAWN_DPI,
    page: GrayImage | None = None,
) -> FilledCard:
    rng = np.random.default_rng([seed, number])
    page = clean_card(number, dpi=dpi) if page is None else page
    return fill_card(page, card_layout(), answers, dpi=dpi, severity=LADDER[level], rng=rng)


def some_answers(seed: int = 1) -> dict[str, tuple[str, ...]]:
    return draw_answers(card_layout(), np.random.default_rng(seed))


def encoded(image: GrayImage, quality: int = 90) -> bytes:
    return encode_jpeg(image, quality)


def read(image: GrayImage, known: Mapping[str, str] | None = None) -> PageReading:
    return read_page(image, card_layout(), blank(), known=known)


@cache
def _printed_pages() -> tuple[PrintedPage, ...]:
    return tuple(
        PrintedPage(clean_card(n, dpi=FINE_DPI), FINE_DPI, card_layout(), card_holder(n))
        for n in range(1, 5)
    )


def rehearsed(level: Level, seed: int, mode: Mode = Mode.SCAN) -> tuple[ScannedCard, str]:
    """Fill and take one card at a level; returns the picture and the serial of the card."""
    scan, page = rehearse(_printed_pages(), level, mode, seed=1, number=seed)
    return scan, page.holder.serial


def read_scan(data: bytes, known: Mapping[str, str] | None = None) -> PageReading:
    (page,) = load_images(data, "scan.jpg")
    assert isinstance(page, LoadedPage)
    return read(page.image, known)


def tally_of(level: Level, pages: int, mode: Mode = Mode.SCAN) -> Tally:
    total = Tally()
    for seed in range(pages):
        scan, serial = rehearsed(level, seed, mode)
        total += compare(read_scan(scan.jpeg), scan.truth, serial=serial)
    return total


def hidden_codes(
    image: GrayImage, layout: CardLayout | None = None, *, dpi: int = DRAWN_DPI
) -> GrayImage:
    """Paint over both codes of a card, as a sticker would."""
    printed, changed = layout or card_layout(), image.copy()
    assert printed.qr is not None
    assert printed.barcode is not None
    for area, width_mm, height_mm in (
        (printed.qr, printed.qr.size_mm, printed.qr.size_mm),
        (printed.barcode, printed.barcode.width_mm, printed.barcode.height_mm),
    ):
        left, top, right, below = (
            round(at_mm * dpi / 25.4)
            for at_mm in (
                area.x_mm - 1,
                area.y_mm - 1,
                area.x_mm + width_mm + 1,
                area.y_mm + height_mm + 1,
            )
        )
        changed[top:below, left:right] = 255
    return changed
