"""The items of a card in columns: each type begins a column, columns fill pages."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil, floor

from omr.rules.card_design.design import CardDesign, Section
from omr.rules.card_design.parts import ACCENT, PT_MM, Part, words
from omr.rules.card_layout import Block, GroupKind
from omr.rules.card_print import Words

FIVE = 5  # rows of a column that stand together
GAP_MM = 2.4  # between fives: a timing bar fits
NUMBER_MM = 10.0  # from the left of a column to the centre of its first cell
AFTER_MM = 3.0  # from the centre of the last cell to the next column
EDGE_MM = 0.2  # that the box of the items reaches beyond a last column's AFTER_MM
HEADING_MM = 10.0  # from the top of the items to the centre of the first row
LOOSEST_MM = 6.0  # that columns are spread apart
TITLES = {
    GroupKind.SINGLE: "单项选择题",
    GroupKind.MULTIPLE: "多项选择题",
    GroupKind.JUDGEMENT: "判断题",
}
LETTERS = tuple("ABCDEFGH")
JUDGED = (("right", "wrong"), ("✓", "×"))


@dataclass(frozen=True)
class Area:
    """Where items may stand on a page."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float

    def rows(self, pitch_mm: float) -> int:
        """Return how many rows fit, in whole fives where there are several."""
        left_mm = self.height_mm - HEADING_MM - pitch_mm / 2
        fives = floor((left_mm + pitch_mm + GAP_MM) / (FIVE * pitch_mm + GAP_MM))
        return fives * FIVE if fives else max(floor(left_mm / pitch_mm) + 1, 0)


@dataclass(frozen=True)
class Column:
    """Items of one type below one another; ``leads`` says that its type begins here."""

    section: Section
    first: int
    count: int
    leads: bool
    width_mm: float


@dataclass(frozen=True)
class FilledPage:
    """The columns of one page and the rows of the longest."""

    columns: tuple[Column, ...]
    area: Area

    @property
    def rows(self) -> int:
        """Return the rows of the longest column."""
        return max(column.count for column in self.columns)


def fill_pages(design: CardDesign, areas: Iterator[Area]) -> list[FilledPage]:
    """Set all items into columns, page after page."""
    pages: list[FilledPage] = []
    area, columns, used_mm = next(areas), list[Column](), 0.0
    first = 1
    for section in design.sections:
        left, leads = section.count, True
        while left:
            width_mm = column_width_mm(design, section)
            rows = area.rows(design.row_pitch_mm)
            if rows < 1 or used_mm + width_mm + EDGE_MM > area.width_mm:
                if not columns:
                    return []
                pages.append(FilledPage(tuple(columns), area))
                area, columns, used_mm = next(areas), [], 0.0
                leads = True
                continue
            room = floor((area.width_mm - used_mm - EDGE_MM) / width_mm)
            count = _balanced(left, rows, room)
            columns.append(Column(section, first, count, leads, width_mm))
            used_mm += width_mm
            first, left, leads = first + count, left - count, False
    return [*pages, FilledPage(tuple(columns), area)]


def _balanced(left: int, rows: int, room: int) -> int:
    """Return the rows of the next column: alike where the rest of a section fits the page."""
    columns = ceil(left / rows)
    if columns > room:
        return rows
    return min(rows, left, ceil(left / columns / FIVE) * FIVE)


def column_width_mm(design: CardDesign, section: Section) -> float:
    """Return the width of a column up to the next one."""
    cells = 2 if section.kind is GroupKind.JUDGEMENT else section.options
    heading_mm = 27.0 if section.kind is GroupKind.JUDGEMENT else 0.0
    return max(NUMBER_MM + (cells - 1) * design.option_pitch_mm + AFTER_MM, heading_mm)


def placed_columns(design: CardDesign, page: FilledPage) -> list[Part]:
    """Return the columns of a page as parts, spread over its width."""
    widths = sum(column.width_mm for column in page.columns)
    spare_mm = page.area.width_mm - widths - EDGE_MM
    spread_mm = min(spare_mm / max(len(page.columns) - 1, 1), LOOSEST_MM)
    parts, x_mm = [], page.area.x_mm
    ends = {column.section: column.first + column.count - 1 for column in page.columns}
    for column in page.columns:
        end = ends[column.section]
        parts.append(_part(design, column, end, round(x_mm, 2), page.area.y_mm))
        x_mm += column.width_mm + spread_mm
    return parts


def height_mm(design: CardDesign, rows: int) -> float:
    """Return the height of the items from the top of their box to its foot."""
    gaps = (rows - 1) // FIVE * GAP_MM
    return HEADING_MM + (rows - 1) * design.row_pitch_mm + gaps + design.row_pitch_mm


def _part(design: CardDesign, column: Column, end: int, x_mm: float, y_mm: float) -> Part:
    kind = column.section.kind
    letters = LETTERS[: column.section.options]
    values, labels = JUDGED if kind is GroupKind.JUDGEMENT else (letters, letters)
    block = Block(
        kind=kind,
        prefix="q",
        first=column.first,
        count=column.count,
        values=values,
        labels=labels,
        x_mm=round(x_mm + NUMBER_MM, 2),
        y_mm=round(y_mm + HEADING_MM, 2),
        option_step_mm=(design.option_pitch_mm, 0),
        group_step_mm=(0, design.row_pitch_mm),
        gap_every=FIVE,
        gap_mm=GAP_MM,
        number_dx_mm=-4,
    )
    title, last = TITLES[kind], column.first + column.count - 1
    heading: tuple[Words, ...] = ()
    if column.leads:
        after_mm = x_mm + 4 + len(title) * 8.5 * PT_MM
        heading = (
            words(x_mm + 3, y_mm + 4.1, title, size_pt=8.5, bold=True, ink=ACCENT),
            words(after_mm, y_mm + 4.1, f"{column.first}—{end} 题", size_pt=7, ink=ACCENT),
        )
    return Part(
        f"q{column.first}",
        f"{title} {column.first}—{last}",
        x_mm,
        y_mm,
        column.width_mm,
        height_mm(design, column.count),
        words=heading,
        blocks=(block,),
    )
