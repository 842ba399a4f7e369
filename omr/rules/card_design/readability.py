"""Whether a card can be read well: what the reader needs, checked in millimetres.

The limits are those at which the project's ladder of damaged cards was read without silent errors
(``docs/algorithms/card-reading.md``): a fault makes cards unreadable, a warning makes them worse.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from omr.rules.card_design.parts import PT_MM
from omr.rules.card_layout import CardLayout, Fiducial
from omr.rules.card_print import Words

MARKER_EDGE_MM, LEAST_MARKER_EDGE_MM = 15.0, 6.0  # from a marker's outer edge to the paper's
MARKER_QUIET_MM = 3.0
CODE_QUIET_MM = 3.0
MODULE_MM, LEAST_MODULE_MM = 1.0, 0.6
OPTION_PITCH_MM, LEAST_OPTION_PITCH_MM = 6.0, 5.4
ROW_PITCH_MM, LEAST_ROW_PITCH_MM = 5.0, 4.0
CELL_DARKNESS, MOST_CELL_DARKNESS = (0.25, 0.50), 0.65  # of outline and letter
SIDE_BARS = 6  # down each long side
BAR_FREE_MM = 0.5
TOUCH_MM = 0.01
MOST_NAMED = 12  # overlaps told one by one
CELL, MARK, WORDS = range(3)


@dataclass(frozen=True)
class Finding:
    """One thing about a page that hinders reading, and where."""

    is_fault: bool
    page: int
    text: str
    x_mm: float
    y_mm: float
    width_mm: float = 0.0
    height_mm: float = 0.0


@dataclass(frozen=True)
class Box:
    """A rectangle on the page with what it is called.

    Words may touch words, and marks marks; a cell touches nothing.
    """

    kind: int
    name: str
    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        """Say whether the two overlap."""
        return (
            self.left < other.right - TOUCH_MM
            and other.left < self.right - TOUCH_MM
            and self.top < other.bottom - TOUCH_MM
            and other.top < self.bottom - TOUCH_MM
        )


def findings_of(layout: CardLayout) -> tuple[Finding, ...]:
    """Return what hinders reading a page, faults first."""
    found = [
        *_markers(layout),
        *_codes(layout),
        *_pitches(layout),
        *_ink(layout),
        *_side_bars(layout),
        *_overlaps(layout),
    ]
    return tuple(sorted(found, key=lambda one: (not one.is_fault, one.y_mm, one.x_mm)))


def _finding(layout: CardLayout, place: Box, text: str, *, is_fault: bool) -> Finding:
    size = (place.right - place.left, place.bottom - place.top)
    return Finding(is_fault, layout.page, text, place.left, place.top, *size)


def _around(
    kind: int, name: str, centre: tuple[float, float], width_mm: float, height_mm: float
) -> Box:
    (x_mm, y_mm), half_x, half_y = centre, width_mm / 2, height_mm / 2
    return Box(kind, name, x_mm - half_x, y_mm - half_y, x_mm + half_x, y_mm + half_y)


def _markers(layout: CardLayout) -> Iterator[Finding]:
    if layout.fiducial is Fiducial.EDGE:
        return
    paper = layout.paper
    for marker in layout.markers:
        box = _around(MARK, "定位标记", (marker.x_mm, marker.y_mm), marker.size_mm, marker.size_mm)
        edge = min(box.left, box.top, paper.width_mm - box.right, paper.height_mm - box.bottom)
        if edge < MARKER_EDGE_MM - TOUCH_MM:
            text = f"定位标记距纸边 {edge:.1f} 毫米，宜不小于 {MARKER_EDGE_MM:g} 毫米"
            yield _finding(layout, box, text, is_fault=edge < LEAST_MARKER_EDGE_MM)


def _codes(layout: CardLayout) -> Iterator[Finding]:
    if layout.qr is None:
        return
    qr = layout.qr
    box = Box(MARK, "二维码", qr.x_mm, qr.y_mm, qr.x_mm + qr.size_mm, qr.y_mm + qr.size_mm)
    if qr.module_mm < MODULE_MM - TOUCH_MM:
        text = f"二维码模块 {qr.module_mm:g} 毫米，宜不小于 {MODULE_MM:g} 毫米"
        yield _finding(layout, box, text, is_fault=qr.module_mm < LEAST_MODULE_MM)
    half_mm = max((marker.size_mm for marker in layout.markers), default=0.0) / 2
    xs = [marker.x_mm + side for marker in layout.markers for side in (-half_mm, half_mm)]
    ys = [marker.y_mm + side for marker in layout.markers for side in (-half_mm, half_mm)]
    if box.left < min(xs) or box.right > max(xs) or box.top < min(ys) or box.bottom > max(ys):
        text = "二维码超出定位标记围成的范围"
        yield _finding(layout, box, text, is_fault=True)


def _pitches(layout: CardLayout) -> Iterator[Finding]:
    for block in layout.blocks:
        across = [step[0] for step in (block.option_step_mm, block.group_step_mm) if step[0]]
        down = [step[1] for step in (block.option_step_mm, block.group_step_mm) if step[1]]
        place = _around(CELL, block.prefix, (block.x_mm, block.y_mm), *_cell_mm(layout))
        several = {
            "across": len(block.values) > 1,
            "down": block.count > 1 or len(block.values) > 1,
        }
        limits = (
            (across, several["across"], "选项间距", OPTION_PITCH_MM, LEAST_OPTION_PITCH_MM),
            (down, several["down"], "行距", ROW_PITCH_MM, LEAST_ROW_PITCH_MM),
        )
        for steps, applies, name, wanted, least in limits:
            pitch = min(steps, default=wanted)
            if applies and pitch < wanted - TOUCH_MM:
                text = f"{name} {pitch:g} 毫米，宜不小于 {wanted:g} 毫米：涂出框外会碰到邻框"
                yield _finding(layout, place, text, is_fault=pitch < least)


def _ink(layout: CardLayout) -> Iterator[Finding]:
    darkness = darkness_of(layout.inks.cell)
    low, high = CELL_DARKNESS
    place = next((_cells(layout)), None)
    if place is not None and not low <= darkness <= high:
        advice = "太深，盖住铅笔痕迹" if darkness > high else "太浅，印不清楚"
        text = f"填涂框颜色深度 {darkness:.0%}，宜在 {low:.0%} 至 {high:.0%} 之间：{advice}"
        yield _finding(layout, place, text, is_fault=darkness > MOST_CELL_DARKNESS)


def darkness_of(ink: str) -> float:
    """Return how dark an ink ``#RRGGBB`` is to a grey scanner, 0 white to 1 black (ITU-R BT.601).

    >>> darkness_of("#FFFFFF"), darkness_of("#000000")
    (0.0, 1.0)
    """
    red, green, blue = (int(ink[at : at + 2], 16) / 255 for at in (1, 3, 5))
    return round(1 - (0.299 * red + 0.587 * green + 0.114 * blue), 4)


def _side_bars(layout: CardLayout) -> Iterator[Finding]:
    if layout.fiducial is not Fiducial.CODED:
        return
    for left in (True, False):
        middle = layout.paper.width_mm / 2
        edge = min(m.x_mm for m in layout.markers) if left else max(m.x_mm for m in layout.markers)
        bars = [bar for bar in layout.timing_bars if abs(bar.x_mm - edge) < middle / 4]
        if len(bars) < SIDE_BARS:
            side = "左" if left else "右"
            text = f"{side}侧同步框 {len(bars)} 个，宜不少于 {SIDE_BARS} 个：纸弯曲时读不准"
            place = _around(MARK, "同步框", (edge, layout.paper.height_mm / 2), 6, 200)
            yield _finding(layout, place, text, is_fault=False)


def _overlaps(layout: CardLayout) -> Iterator[Finding]:
    """Name what lies on what it must not touch: cells on anything, marks on words."""
    boxes = sorted(
        [*_cells(layout), *_marks(layout), *_texts(layout.words)], key=lambda box: box.top
    )
    named = 0
    for place, upper in enumerate(boxes):
        for lower in boxes[place + 1 :]:
            if lower.top >= upper.bottom or named >= MOST_NAMED:
                break
            one, other = sorted((upper, lower), key=lambda box: box.kind)
            may_touch = one.kind == other.kind != CELL
            if not may_touch and one.meets(other):
                named += 1
                text = f"{one.name}与{other.name}重叠"
                yield _finding(layout, one, text, is_fault=True)


def _cell_mm(layout: CardLayout) -> tuple[float, float]:
    return layout.cell.width_mm, layout.cell.height_mm


def _cells(layout: CardLayout) -> Iterator[Box]:
    for group in layout.groups:
        name = f"第 {group.number} 题填涂框" if group.kind.is_item else "填涂框"
        for cell in group.cells:
            yield _around(CELL, name, (cell.x_mm, cell.y_mm), *_cell_mm(layout))


def _marks(layout: CardLayout) -> Iterator[Box]:
    """Yield what is looked for on the page with the space it needs around it."""
    free = 2 * BAR_FREE_MM
    for bar in layout.timing_bars:
        place = (bar.x_mm, bar.y_mm)
        yield _around(MARK, "同步框", place, bar.width_mm + free, bar.height_mm + free)
    if layout.fiducial.needs_print or layout.fiducial is Fiducial.CODED:
        for marker in layout.markers:
            size = marker.size_mm + 2 * MARKER_QUIET_MM
            yield _around(MARK, "定位标记", (marker.x_mm, marker.y_mm), size, size)
    if layout.qr is not None:
        qr, side = layout.qr, layout.qr.size_mm + CODE_QUIET_MM
        yield Box(
            *(MARK, "二维码", qr.x_mm - CODE_QUIET_MM, qr.y_mm - CODE_QUIET_MM),
            *(qr.x_mm + side, qr.y_mm + side),
        )
    if layout.barcode is not None:
        bars = layout.barcode
        left, right = bars.x_mm - CODE_QUIET_MM, bars.x_mm + bars.width_mm + CODE_QUIET_MM
        yield Box(MARK, "条形码", left, bars.y_mm, right, bars.y_mm + bars.height_mm)


def _texts(words: Iterable[Words]) -> Iterator[Box]:
    for one in words:
        height = one.size_pt * PT_MM
        width = sum(0.56 if c.isascii() else 1.0 for c in one.text) * height
        width += one.spacing_pt * PT_MM * (len(one.text) - 1)
        left = one.x_mm - {"left": 0.0, "centre": width / 2, "right": width}[one.align]
        yield Box(WORDS, f"文字“{one.text}”", left, one.y_mm - 0.8 * height, left + width, one.y_mm)
