"""The cards of the benchmarks: a layout, its blank, and a few printed cards, drawn once."""

from omr.layouts import layout_named, made_blank
from omr.printing import CardHolder, print_cards
from omr.reader.blank import render_page
from omr.reader.loading import LoadedPage, load_images
from omr.reader.page import read_page
from omr.reader.reading import PageReading
from omr.rehearsal.rehearsed import PrintedPage, rehearse
from omr.rehearsal.scanner import ScannedCard
from omr.rehearsal.severity import Level, Mode
from omr.rules.card_code import check_digit, serial_of
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR

FINE_DPI = 300
HOLDERS = 5


def invented_holder(place: int) -> CardHolder:
    """Invent a candidate."""
    digits = f"25320100{place:04d}"
    return CardHolder(
        serial=serial_of(1000 + place),
        name="示例考生",
        admission_no=digits + check_digit(digits),
        project="示例项目",
        batch="示例批次",
        room="1",
        seat=str(place + 1),
        paper_type="A",
    )


class CardBench:
    """One card in the hands of a few candidates."""

    def __init__(self, code: str, seed: int) -> None:
        self.seed = seed
        self.layout = layout_named(code)
        self.blank = made_blank(self.layout)
        holders = [invented_holder(place) for place in range(HOLDERS)]
        self.known = {holder.serial: holder.admission_no for holder in holders}
        pdf = print_cards(self.layout, holders, font_regular=FONT_REGULAR, font_bold=FONT_BOLD)
        self.pages = [
            PrintedPage(render_page(pdf, dpi=FINE_DPI, index=place), FINE_DPI, self.layout, holder)
            for place, holder in enumerate(holders)
        ]

    def rehearse(
        self, level: Level, mode: Mode, number: int, *, dpi: int | None = None
    ) -> tuple[ScannedCard, CardHolder]:
        """Fill and take one card."""
        scan, page = rehearse(self.pages, level, mode, seed=self.seed, number=number, dpi=dpi)
        return scan, page.holder

    def read(self, data: bytes) -> PageReading:
        """Read one file of one page."""
        (page,) = load_images(data, "scan.jpg")
        if not isinstance(page, LoadedPage):
            raise TypeError("the benchmark drew a picture that cannot be loaded")
        return read_page(page.image, self.layout, self.blank, known=self.known)
