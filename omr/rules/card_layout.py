"""The answer card as data: every mark, cell and word in millimetres.

One layout is the single source for the printed sheet, the blank image, the reader and the
designer. This module loads and checks it; drawing is in ``omr.printing``.
"""

import hashlib
import json
import tomllib
from dataclasses import MISSING, asdict, dataclass, fields
from enum import StrEnum
from functools import cached_property
from typing import TypeAlias

import msgspec

from omr.rules.card_print import Frame, Rule, Sample, Slot, Words
from registry.errors import InvalidInputError

ABSENT_GROUP, MISCONDUCT_GROUP = "absent", "misconduct"  # the proctor's boxes 缺考 and 违纪
HASH_DIGITS = 12  # of the SHA-256; what fits beside the serial in a QR code of version 2


class CardLayoutError(InvalidInputError):
    """The text of a layout cannot be used."""

    code = "card_layout"


class Corner(StrEnum):
    """Where on the upright card a coded marker stands."""

    TOP_LEFT = "top_left"
    TOP_RIGHT = "top_right"
    BOTTOM_RIGHT = "bottom_right"
    BOTTOM_LEFT = "bottom_left"


class Fiducial(StrEnum):
    """By what a card is found in its picture."""

    CODED = "coded"  # ArUco marks, which name their corner
    SQUARE = "square"  # black blocks
    DISC = "disc"
    EDGE = "edge"  # the corners of the paper itself

    @property
    def needs_print(self) -> bool:
        """Say whether only the card's print tells which way it lies."""
        return self is not Fiducial.CODED


class GroupKind(StrEnum):
    """What a group of cells asks for; decides how its marks are judged."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    JUDGEMENT = "judgement"
    NUMBER = "number"
    TYPE = "type"
    PROCTOR = "proctor"

    @property
    def is_item(self) -> bool:
        """Say whether the group answers an item of the paper."""
        return self in (GroupKind.SINGLE, GroupKind.MULTIPLE, GroupKind.JUDGEMENT)


@dataclass(frozen=True)
class Paper:
    """The sheet."""

    width_mm: float
    height_mm: float


@dataclass(frozen=True)
class CellShape:
    """The box a candidate fills."""

    width_mm: float
    height_mm: float
    line_mm: float
    letter_pt: float


@dataclass(frozen=True)
class Inks:
    """Printing colours as ``#RRGGBB``."""

    cell: str
    line: str
    accent: str
    band: str
    text: str
    solid: str


@dataclass(frozen=True)
class Marker:
    """A corner mark, by its centre; ``marker_id`` is the ArUco number (4x4) of a coded one."""

    corner: Corner
    marker_id: int
    x_mm: float
    y_mm: float
    size_mm: float


@dataclass(frozen=True)
class BarGrid:
    """Timing bars of one size at every crossing of ``xs_mm`` and ``ys_mm``, by their centres."""

    xs_mm: tuple[float, ...]
    ys_mm: tuple[float, ...]
    width_mm: float
    height_mm: float


@dataclass(frozen=True)
class QrArea:
    """The QR code without its quiet zone, by its top left corner."""

    x_mm: float
    y_mm: float
    module_mm: float
    modules: int
    quiet_mm: float

    @property
    def size_mm(self) -> float:
        """Return the side of the code."""
        return self.module_mm * self.modules


@dataclass(frozen=True)
class BarcodeArea:
    """The Code 128 without its quiet zones, by its top left corner."""

    x_mm: float
    y_mm: float
    module_mm: float
    modules: int
    height_mm: float

    @property
    def width_mm(self) -> float:
        """Return the width from the first bar to the last."""
        return self.module_mm * self.modules


@dataclass(frozen=True)
class Block:
    """Groups of cells in a regular order, by the centre of the first cell.

    ``first`` = 0 means one group that is called by its prefix alone.
    """

    kind: GroupKind
    prefix: str
    first: int
    count: int
    values: tuple[str, ...]
    labels: tuple[str, ...]
    x_mm: float
    y_mm: float
    option_step_mm: tuple[float, float]
    group_step_mm: tuple[float, float]
    gap_every: int
    gap_mm: float
    number_dx_mm: float


@dataclass(frozen=True)
class Cell:
    """One box that may be filled, by its centre."""

    value: str
    label: str
    x_mm: float
    y_mm: float


@dataclass(frozen=True)
class Group:
    """The cells that together give one answer, in printed order."""

    group_id: str
    kind: GroupKind
    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Bar:
    """One timing bar, by its centre."""

    x_mm: float
    y_mm: float
    width_mm: float
    height_mm: float


@dataclass(frozen=True)
class CardLayout:
    """One page of a card, complete.

    A card of several pages names the next page's code in ``continued``; a designed one also its
    hash, so that the hash of the first page stands for the whole card. A card of another house may
    have plain marks and no codes.
    """

    code: str
    title: str
    paper: Paper
    cell: CellShape
    inks: Inks
    markers: tuple[Marker, ...]
    bars: tuple[BarGrid, ...]
    blocks: tuple[Block, ...]
    frames: tuple[Frame, ...]
    rules: tuple[Rule, ...]
    words: tuple[Words, ...]
    samples: tuple[Sample, ...]
    slots: tuple[Slot, ...]
    qr: QrArea | None = None
    barcode: BarcodeArea | None = None
    fiducial: Fiducial = Fiducial.CODED
    page: int = 1
    continued: str = ""
    continued_hash: str = ""

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Return all groups in printed order; every walk over cells follows this order."""
        return tuple(group for block in self.blocks for group in _groups_of(block))

    @property
    def is_coded(self) -> bool:
        """Say whether a code on the page tells whose card it is; else only the filled number."""
        return self.qr is not None or self.barcode is not None

    @cached_property
    def timing_bars(self) -> tuple[Bar, ...]:
        """Return every timing bar."""
        return tuple(
            Bar(x, y, grid.width_mm, grid.height_mm)
            for grid in self.bars
            for x in grid.xs_mm
            for y in grid.ys_mm
        )

    @cached_property
    def layout_hash(self) -> str:
        """Return the first twelve hex digits of the SHA-256 of the canonical text."""
        return hashlib.sha256(canonical_json(self).encode()).hexdigest()[:HASH_DIGITS]

    def group(self, group_id: str) -> Group:
        """Return the group of that id; raises ``KeyError`` when there is none."""
        return self._by_id[group_id]

    @cached_property
    def _by_id(self) -> dict[str, Group]:
        return {group.group_id: group for group in self.groups}


Sheets: TypeAlias = tuple[CardLayout, ...]
"""One card: its pages 卡页 in their order; the first names it."""


def groups_on(sheets: Sheets) -> tuple[Group, ...]:
    """Return the groups of all pages of a card in printed order."""
    return tuple(group for sheet in sheets for group in sheet.groups)


def load_layout(text: str) -> CardLayout:
    """Read a layout from TOML and check it; raises ``CardLayoutError``."""
    try:
        layout = msgspec.convert(tomllib.loads(text), CardLayout)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError) as error:
        raise CardLayoutError(field="答题卡版式", reason=str(error)) from error
    faults = layout_faults(layout)
    if faults:
        raise CardLayoutError(field="答题卡版式", reason="；".join(faults))
    return layout


def canonical_json(layout: CardLayout) -> str:
    """Return the layout as JSON with sorted keys and no spaces: equal layouts, equal text.

    What stands at its default is left out, so that a new field changes no hash in print.
    """
    table = {
        item.name: value
        for item, value in ((item, asdict(layout)[item.name]) for item in fields(layout))
        if item.default is MISSING or value != item.default
    }
    return json.dumps(table, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def layout_from_json(text: str) -> CardLayout:
    """Read back what ``canonical_json`` wrote; raises ``CardLayoutError``."""
    try:
        return msgspec.json.decode(text, type=CardLayout)
    except msgspec.DecodeError as error:
        raise CardLayoutError(field="答题卡版式", reason=str(error)) from error


def layout_faults(layout: CardLayout) -> tuple[str, ...]:
    """Return what makes a layout unreadable, in words; empty when nothing does."""
    ids = {marker.marker_id for marker in layout.markers}
    corners = {marker.corner for marker in layout.markers}
    known_inks = {"none", *asdict(layout.inks)}
    used_inks = {f.line_ink for f in layout.frames} | {f.fill_ink for f in layout.frames}
    used_inks |= {r.ink for r in layout.rules} | {w.ink for w in layout.words}
    checks = (
        (
            len(layout.markers) != len(Corner) or len(ids) != len(Corner),
            "定位标记须恰好四个且编号互异",
        ),
        (len(corners) != len(Corner), "定位标记须分别位于四角"),
        (any(len(b.values) != len(b.labels) for b in layout.blocks), "选项与印刷字符数量不一致"),
        (any(b.gap_every < 1 or b.count < 1 for b in layout.blocks), "题组的数量与间隔须为正整数"),
        (not used_inks <= known_inks, "使用了未定义的颜色"),
    )
    faults = tuple(words for applies, words in checks if applies)
    return faults or _group_faults(layout)


def _group_faults(layout: CardLayout) -> tuple[str, ...]:
    names = [group.group_id for group in layout.groups]
    if len(set(names)) != len(names):
        return ("题号重复",)
    return () if _lies_in_frame(layout) else ("填涂框超出定位标记围成的范围",)


def _lies_in_frame(layout: CardLayout) -> bool:
    xs = [marker.x_mm for marker in layout.markers]
    ys = [marker.y_mm for marker in layout.markers]
    half_width, half_height = layout.cell.width_mm / 2, layout.cell.height_mm / 2
    return all(
        min(xs) <= cell.x_mm - half_width
        and cell.x_mm + half_width <= max(xs)
        and min(ys) <= cell.y_mm - half_height
        and cell.y_mm + half_height <= max(ys)
        for group in layout.groups
        for cell in group.cells
    )


def _groups_of(block: Block) -> list[Group]:
    groups = []
    for index in range(block.count):
        gap_mm = block.gap_mm * (index // block.gap_every)
        left = block.x_mm + index * block.group_step_mm[0]
        top = block.y_mm + index * block.group_step_mm[1] + gap_mm
        cells = tuple(
            Cell(
                value,
                label,
                round(left + place * block.option_step_mm[0], 3),
                round(top + place * block.option_step_mm[1], 3),
            )
            for place, (value, label) in enumerate(zip(block.values, block.labels, strict=True))
        )
        number = block.first + index if block.first else 0
        name = f"{block.prefix}{number}" if number else block.prefix
        groups.append(Group(name, block.kind, number, cells))
    return groups
