"""The card layouts of this installation and what the reader derives from them, made once."""

from functools import cache
from pathlib import Path

from omr.printing import print_blank
from omr.reader.blank import BlankCard, blank_card
from omr.rules.card_layout import CardLayout, load_layout
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR

LAYOUTS = Path(__file__).parents[1] / "seeds" / "card_layouts"
STANDARD = "js-zx-a4-1"


@cache
def layout_named(code: str = STANDARD) -> CardLayout:
    """Return the layout of that code; raises ``CardLayoutError`` for faulty data."""
    return load_layout((LAYOUTS / f"{code}.toml").read_text("utf-8"))


@cache
def blank_of(code: str = STANDARD) -> BlankCard:
    """Return the blank card of that layout, rendered and measured."""
    layout = layout_named(code)
    return blank_card(layout, print_blank(layout, font_regular=FONT_REGULAR, font_bold=FONT_BOLD))
