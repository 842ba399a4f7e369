"""The card layouts of this installation and what the reader derives from them, made once."""

from functools import cache, lru_cache
from pathlib import Path

from omr.printing import print_blank
from omr.reader.blank import BlankCard, blank_card
from omr.rules.card_layout import CardLayout, CardLayoutError, Sheets, load_layout
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR

LAYOUTS = Path(__file__).parents[1] / "seeds" / "card_layouts"
STANDARD = "js-zx-a4-1"
MOST_SHEETS = 8


@cache
def layout_named(code: str = STANDARD) -> CardLayout:
    """Return the layout of that code; raises ``CardLayoutError`` for faulty data."""
    return load_layout((LAYOUTS / f"{code}.toml").read_text("utf-8"))


@cache
def blank_of(code: str = STANDARD) -> BlankCard:
    """Return the blank card of that layout, rendered and measured."""
    return made_blank(layout_named(code))


@lru_cache(maxsize=2 * MOST_SHEETS)
def blank_of_layout(layout: CardLayout) -> BlankCard:
    """Return the blank card of a layout that may be a designed one."""
    return made_blank(layout)


def made_blank(layout: CardLayout) -> BlankCard:
    """Render and measure the blank card of a layout."""
    return blank_card(layout, print_blank(layout, font_regular=FONT_REGULAR, font_bold=FONT_BOLD))


def sheets_of(name: str) -> Sheets:
    """Return the pages of a card by the code or the file of its first page, in their order.

    Raises ``CardLayoutError`` for faulty data, pages that share markers or items, and names that
    lead nowhere.
    """
    first = _file_of(name, LAYOUTS)
    sheets = [_loaded(first)]
    while sheets[-1].continued and len(sheets) < MOST_SHEETS:
        sheets.append(_loaded(_file_of(sheets[-1].continued, first.parent)))
    _check_sheets(sheets)
    return tuple(sheets)


def layout_codes() -> tuple[str, ...]:
    """Return the codes of all first pages in this installation."""
    files = sorted(LAYOUTS.glob("*.toml"))
    return tuple(file.stem for file in files if _loaded(file).page == 1)


def _file_of(name: str, folder: Path) -> Path:
    if name.endswith(".toml"):
        return Path(name)
    return folder / f"{name.lower()}.toml"


def _loaded(file: Path) -> CardLayout:
    try:
        return load_layout(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise CardLayoutError(field="答题卡版式", reason=f"无法读取 {file.name}") from error


def _check_sheets(sheets: list[CardLayout]) -> None:
    ids = [marker.marker_id for sheet in sheets for marker in sheet.markers]
    groups = [group.group_id for sheet in sheets for group in sheet.groups]
    pages = [sheet.page for sheet in sheets]
    faults = (
        (len(set(ids)) != len(ids), "各页的定位标记编号须互异"),
        (len(set(groups)) != len(groups), "各页的题号须互异"),
        (pages != list(range(1, len(sheets) + 1)), "各页的页码须从 1 起连续"),
    )
    for applies, words in faults:
        if applies:
            raise CardLayoutError(field="答题卡版式", reason=words)
