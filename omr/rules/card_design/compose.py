"""From the decisions about a card to its sheets: parts, markers, timing bars, codes."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import count

from omr.rules.card_design.columns import (
    FIVE,
    GAP_MM,
    HEADING_MM,
    Area,
    FilledPage,
    fill_pages,
    height_mm,
    placed_columns,
)
from omr.rules.card_design.design import CardDesign
from omr.rules.card_design.head import GRID_GAP_MM, LEFT_MM, head_parts
from omr.rules.card_design.parts import Part, band, outline, slot, words
from omr.rules.card_layout import (
    BarcodeArea,
    BarGrid,
    CardLayout,
    CardLayoutError,
    CellShape,
    Corner,
    Inks,
    Marker,
    Paper,
    QrArea,
    layout_faults,
)
from omr.rules.card_print import Frame, SlotName

CELL = CellShape(width_mm=4.4, height_mm=2.6, line_mm=0.16, letter_pt=6.2)
INKS = Inks(
    cell="#E27B7B",
    line="#E08A86",
    accent="#B3262B",
    band="#FBE9E6",
    text="#1E1E1E",
    solid="#000000",
)
MARKER_MM, MARKER_AT_MM = 10.0, 20.0
CODE_MODULES, QUIET_MM = 25, 4.0
BARCODE_MODULES, BARCODE_MODULE_MM, BARCODE_MM = 112, 0.5, 8.2
FOOT_MM = 39.8  # kept free below the items: barcode, words, markers
BARCODE_TOP_MM = 31.2  # above the lower edge
BAR_STEP_MM = 31.0
FIRST_BAR_MM = 40.0
ABOVE_ITEMS_MM = 4.5
MOST_PAGES = 8


@dataclass(frozen=True)
class DesignedSheet:
    """One page: its layout, and the parts of which it is made for those who move them."""

    layout: CardLayout
    parts: tuple[Part, ...]


def compose(design: CardDesign) -> tuple[DesignedSheet, ...]:
    """Return the pages of a card.

    Raises ``CardLayoutError`` where the items do not fit, or a part was moved out of the frame of
    the markers.
    """
    pages = fill_pages(design, _areas(design))
    if not pages or len(pages) > MOST_PAGES:
        reason = f"题目排不下：一张卡最多 {MOST_PAGES} 页，请减少题数、选项或页首栏目"
        raise CardLayoutError(field="答题卡设计", reason=reason)
    if len(pages) > 1 and not design.is_coded:
        reason = "不印二维码的卡只能有一页：其余各页没有准考证号，不知是谁的"
        raise CardLayoutError(field="答题卡设计", reason=reason)
    sheets = _chained(
        [_sheet(design, page, number, len(pages)) for number, page in enumerate(pages, 1)]
    )
    for sheet in sheets:
        faults = layout_faults(sheet.layout)
        if faults:
            place = f"第 {sheet.layout.page} 页"
            raise CardLayoutError(field="答题卡设计", reason=f"{place}：" + "；".join(faults))
    return sheets


def _chained(sheets: list[DesignedSheet]) -> tuple[DesignedSheet, ...]:
    """Let every page name the hash of the next, so that the first stands for the whole card.

    Two versions of a card may differ on a later page only.
    """
    chain: list[DesignedSheet] = []
    for sheet in reversed(sheets):
        after = chain[-1].layout.layout_hash if chain else ""
        chain.append(replace(sheet, layout=replace(sheet.layout, continued_hash=after)))
    return tuple(reversed(chain))


def sheet_code(design: CardDesign, page: int) -> str:
    """Return the code that a page is known by."""
    return design.code if page == 1 else f"{design.code}-{page}"


def _areas(design: CardDesign) -> Iterator[Area]:
    width_mm, paper_mm = design.paper.size_mm
    for page in count(1):
        head = [part for part in head_parts(design, page) if part.name != "title"]
        bottom = max(part.y_mm + part.height_mm for part in head)
        top = max(bottom, QUIET_MM + 17 + CODE_MODULES * design.module_mm) + ABOVE_ITEMS_MM
        yield Area(LEFT_MM, round(top, 2), width_mm - 2 * LEFT_MM, paper_mm - FOOT_MM - top)


def _sheet(design: CardDesign, page: FilledPage, number: int, pages: int) -> DesignedSheet:
    head = head_parts(design, number)
    items = placed_columns(design, page)
    moves = {shift.part: (shift.dx_mm, shift.dy_mm) for shift in design.shifts}
    parts = tuple(
        part.moved(*moves.get(_moving_name(part, number), (0.0, 0.0))) for part in (*head, *items)
    )
    named = tuple(replace(part, name=_moving_name(part, number)) for part in parts)
    area = page.area
    box_mm = (area.x_mm, area.y_mm, area.width_mm)
    box = (band(*box_mm), outline(*box_mm, round(height_mm(design, page.rows), 2)))
    return DesignedSheet(_layout(design, named, box, page, number, pages), named)


def _moving_name(part: Part, number: int) -> str:
    """Name a part so that it is unique over all pages."""
    return part.name if number == 1 or part.name.startswith("q") else f"{part.name}@{number}"


def _layout(
    design: CardDesign,
    parts: tuple[Part, ...],
    box: tuple[Frame, ...],
    page: FilledPage,
    number: int,
    pages: int,
) -> CardLayout:
    width_mm, paper_mm = design.paper.size_mm
    code = sheet_code(design, number)
    foot = (
        words(30, paper_mm - 20.5, f"第 {number} 页　共 {pages} 页"),
        words(width_mm - 30, paper_mm - 20.5, code, align="right"),
    )
    qr, barcode = _codes(design)
    serials = [slot(SlotName.SERIAL, width_mm / 2, paper_mm - 19.4, 40, size_pt=8, align="centre")]
    if qr is not None:
        centre, below = qr.x_mm + qr.size_mm / 2, qr.y_mm + qr.size_mm + 5.2
        serials.insert(0, slot(SlotName.SERIAL, centre, below, 30, size_pt=8, align="centre"))
    return CardLayout(
        code=code,
        title=f"{design.title}（{design.code}）",
        paper=Paper(width_mm, paper_mm),
        cell=CELL,
        inks=replace(INKS, cell=design.cell_ink),
        markers=_markers(width_mm, paper_mm, number),
        bars=_bars(design, parts, page),
        blocks=tuple(block for part in parts for block in part.blocks),
        frames=(*box, *(frame for part in parts for frame in part.frames)),
        rules=tuple(rule for part in parts for rule in part.rules),
        words=(*(text for part in parts for text in part.words), *foot),
        samples=tuple(sample for part in parts for sample in part.samples),
        slots=(*serials, *(one for part in parts for one in part.slots)),
        qr=qr,
        barcode=barcode,
        page=number,
        continued=sheet_code(design, number + 1).lower() if number < pages else "",
    )


def _codes(design: CardDesign) -> tuple[QrArea | None, BarcodeArea | None]:
    """Return where the codes stand; nowhere on a card that only its number identifies."""
    if not design.is_coded:
        return None, None
    width_mm, paper_mm = design.paper.size_mm
    qr_x_mm = width_mm - 31 - CODE_MODULES * design.module_mm
    barcode_mm = BARCODE_MODULES * BARCODE_MODULE_MM
    return (
        QrArea(qr_x_mm, 17, design.module_mm, CODE_MODULES, QUIET_MM),
        BarcodeArea(
            (width_mm - barcode_mm) / 2,
            paper_mm - BARCODE_TOP_MM,
            BARCODE_MODULE_MM,
            BARCODE_MODULES,
            BARCODE_MM,
        ),
    )


def _markers(width_mm: float, paper_mm: float, number: int) -> tuple[Marker, ...]:
    right, bottom = width_mm - MARKER_AT_MM, paper_mm - MARKER_AT_MM
    places = {
        Corner.TOP_LEFT: (MARKER_AT_MM, MARKER_AT_MM),
        Corner.TOP_RIGHT: (right, MARKER_AT_MM),
        Corner.BOTTOM_RIGHT: (right, bottom),
        Corner.BOTTOM_LEFT: (MARKER_AT_MM, bottom),
    }
    first = 4 * (number - 1)
    return tuple(
        Marker(corner, first + index, x, y, MARKER_MM)
        for index, (corner, (x, y)) in enumerate(places.items())
    )


def _bars(design: CardDesign, parts: tuple[Part, ...], page: FilledPage) -> tuple[BarGrid, ...]:
    width_mm, paper_mm = design.paper.size_mm
    length_mm = paper_mm - 2 * FIRST_BAR_MM
    steps = max(round(length_mm / BAR_STEP_MM), 5)
    down = tuple(round(FIRST_BAR_MM + index * length_mm / steps, 2) for index in range(steps + 1))
    bars = [BarGrid((MARKER_AT_MM, width_mm - MARKER_AT_MM), down, 6.0, 2.4)]
    grid = next((part for part in parts if part.name == "number"), None)
    if grid is not None:
        at = round(grid.x_mm - GRID_GAP_MM / 2, 2)
        ys = tuple(round(grid.y_mm + share * grid.height_mm, 2) for share in (0.12, 0.5, 0.88))
        bars.append(BarGrid((at,), ys, 2.4, 1.8))
    between = _between_columns(design, parts, page)
    return (*bars, between) if between else tuple(bars)


def _between_columns(
    design: CardDesign, parts: tuple[Part, ...], page: FilledPage
) -> BarGrid | None:
    """Return short bars in the gaps between fives, at the left of every column but the first."""
    columns = [part for part in parts if part.name.startswith("q")][1:]
    five_mm = FIVE * design.row_pitch_mm + GAP_MM
    first = page.area.y_mm + HEADING_MM - design.row_pitch_mm / 2 - GAP_MM / 2
    gaps = range(1, (page.rows - 1) // FIVE + 1)
    if not columns or not gaps:
        return None
    xs = tuple(round(column.x_mm + 3.5, 2) for column in columns)
    return BarGrid(xs, tuple(round(first + five * five_mm, 2) for five in gaps), 2.6, 1.8)
