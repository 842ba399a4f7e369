"""Fills a rendered card the way people do, and remembers what they meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

import cv2
import numpy as np
import numpy.typing as npt

from omr.reader.reading import FloatArray, GrayImage
from omr.rehearsal.severity import Severity
from omr.rules.card_layout import CardLayout, Cell, CellShape, Group, GroupKind

MM_PER_INCH = 25.4
FINE = 4  # strokes are drawn this much finer, then averaged
MARGIN = 0.9  # about the box, in boxes, that a stroke may reach
STROKE_MM = (0.35, 0.6)  # width of a pencil line
BLANK_ITEMS = 0.03
ERASED_LEFT = (0.06, 0.22)  # of the darkness of the mark that was rubbed out
PLAIN_COVER = 0.15  # share of the box below which a mark is open to doubt
PLAIN_INK = 0.12  # darkness times cover, likewise
PLAIN_CONTRAST = 5.0  # a mark below a fifth of the writer's usual darkness is open to doubt
DARK_GHOST = 0.10  # ink of a rubbed-out mark above which it is open to doubt
STRAY_EDGE_MM = 28.0  # of the sheet, where nobody writes
CELL_REACH_MM = 6.0  # more than half a cell
STRAY_HALF = 0.10  # share of a box that a stray line must cover to leave doubt


class Shape(StrEnum):
    """How a box was marked."""

    SOLID = "solid"
    SCRIBBLE = "scribble"
    TICK = "tick"
    CROSS = "cross"
    BAR = "bar"
    DOT = "dot"


@dataclass(frozen=True)
class TrueMark:
    """What was meant in one group.

    ``marginal``: a careful person could read it either way; it may go to review, never be misread.
    """

    values: tuple[str, ...]
    marginal: bool


@dataclass(frozen=True)
class FilledCard:
    """A card after the candidate; ``weakest`` is the darkness of the lightest mark meant."""

    image: GrayImage
    dpi: float
    truth: dict[str, TrueMark]
    darkness: dict[str, float]


def draw_answers(
    layout: CardLayout, rng: np.random.Generator, *, number: str | None = None
) -> dict[str, tuple[str, ...]]:
    """Invent answers to every item; a ``number`` is filled into the grid as well."""
    answers: dict[str, tuple[str, ...]] = {}
    digits = iter(number or "")
    for group in layout.groups:
        values = [cell.value for cell in group.cells]
        if group.kind is GroupKind.NUMBER:
            digit = next(digits, None)
            answers[group.group_id] = (digit,) if digit is not None else ()
        elif not group.kind.is_item or rng.random() < BLANK_ITEMS:
            answers[group.group_id] = ()
        else:
            most = len(values) if group.kind is GroupKind.MULTIPLE else 1
            count = int(rng.integers(min(2, most), most + 1))
            chosen = sorted(rng.choice(len(values), size=count, replace=False).tolist())
            answers[group.group_id] = tuple(values[index] for index in chosen)
    return answers


def fill_card(
    page: GrayImage,
    layout: CardLayout,
    answers: Mapping[str, tuple[str, ...]],
    *,
    dpi: float,
    severity: Severity,
    rng: np.random.Generator,
) -> FilledCard:
    """Mark the answers on a rendered card.

    Parameters
    ----------
    page : (H, W) uint8 ndarray
        The personalised card, rendered upright at ``dpi``; it is not changed.
    layout : CardLayout
        The card.
    answers : mapping of str to tuple of str
        Values to mark by group; groups that are not named stay empty.
    dpi : float
        Of the rendering.
    severity : Severity
        How carelessly to mark.
    rng : numpy Generator
        Source of all chance.

    Returns
    -------
    FilledCard
        The marked image and what was meant.
    """
    pencil = _Pencil(layout.cell, dpi / MM_PER_INCH, severity, rng)
    light = page.astype(np.float32) / 255.0
    truth: dict[str, TrueMark] = {}
    darkness: dict[str, float] = {}
    for group in layout.groups:
        wanted = answers.get(group.group_id, ())
        inks = [pencil.mark(light, cell) for cell in group.cells if cell.value in wanted]
        ghost = pencil.rub_out(light, group, wanted)
        marginal = ghost > DARK_GHOST or any(pencil.is_doubtful(*ink) for ink in inks)
        truth[group.group_id] = TrueMark(wanted, marginal)
        darkness[group.group_id] = min((ink[0] for ink in inks), default=1.0)
    crossed = _stray_lines(light, layout, pencil)
    for group_id in crossed:
        truth[group_id] = TrueMark(truth[group_id].values, marginal=True)
    image = np.clip(np.rint(light * 255.0), 0, 255).astype(np.uint8)
    return FilledCard(image, dpi, truth, darkness)


class _Pencil:
    """One candidate's hand: a usual darkness, and chance about it."""

    def __init__(
        self, cell: CellShape, px_per_mm: float, severity: Severity, rng: np.random.Generator
    ) -> None:
        self.rng = rng
        self.severity = severity
        self.scale = px_per_mm
        self.size_px = (cell.width_mm * px_per_mm, cell.height_mm * px_per_mm)
        low, high = severity.darkness
        self.usual = float(rng.uniform(low + 0.3 * (high - low), high))

    def mark(self, light: npt.NDArray[np.float32], cell: Cell) -> tuple[float, float]:
        """Mark one box; returns its darkness and the share of the box covered."""
        low, high = self.severity.darkness
        dark = float(np.clip(self.rng.normal(self.usual, (high - low) / 6), low, high))
        cover = self._draw(light, cell, self._shape(), dark)
        return dark, cover

    def rub_out(
        self, light: npt.NDArray[np.float32], group: Group, wanted: tuple[str, ...]
    ) -> float:
        """Perhaps leave what an eraser leaves in another box; returns its ink."""
        others = [cell for cell in group.cells if cell.value not in wanted]
        if not group.kind.is_item or not others or self.rng.random() >= self.severity.erased:
            return 0.0
        cell = others[int(self.rng.integers(len(others)))]
        dark = self.usual * float(self.rng.uniform(*ERASED_LEFT))
        return dark * self._draw(light, cell, Shape.SOLID, dark)

    def is_doubtful(self, dark: float, cover: float) -> bool:
        """Say whether a careful person might hesitate over a mark."""
        ink = dark * cover
        return cover < PLAIN_COVER or ink < max(PLAIN_INK, self.usual / PLAIN_CONTRAST)

    def _shape(self) -> Shape:
        grade = self.severity
        shares = (grade.scribbles, grade.ticks, grade.crosses, grade.bars, grade.dots)
        shapes = (Shape.SCRIBBLE, Shape.TICK, Shape.CROSS, Shape.BAR, Shape.DOT)
        throw = float(self.rng.random())
        for shape, share in zip(shapes, shares, strict=True):
            if throw < share:
                return shape
            throw -= share
        return Shape.SOLID

    def _draw(self, light: npt.NDArray[np.float32], cell: Cell, shape: Shape, dark: float) -> float:
        width, height = self.size_px
        off = self.rng.uniform(-1, 1, 2) * self.severity.off_centre * np.array([width, height])
        centre = np.array([cell.x_mm, cell.y_mm]) * self.scale
        half = np.ceil(np.array([width, height]) * (0.5 + MARGIN / 2)).astype(int)
        left, top = np.floor(centre).astype(int) - half
        fine = np.zeros(((2 * half[1] + 1) * FINE, (2 * half[0] + 1) * FINE), np.uint8)
        middle = (centre + off - (left, top)) * FINE
        cover = float(self.rng.uniform(*self.severity.cover))
        self._strokes(fine, middle, shape, cover)
        mask = cv2.resize(
            fine, (2 * int(half[0]) + 1, 2 * int(half[1]) + 1), interpolation=cv2.INTER_AREA
        )
        grain = np.clip(self.rng.normal(1.0, 0.07, mask.shape), 0.6, 1.25)
        ink = (np.asarray(mask, np.float32) / 255.0 * grain * dark).astype(np.float32)
        rows, columns = mask.shape
        spot = light[top : top + rows, left : left + columns]
        spot *= 1.0 - np.clip(ink[: spot.shape[0], : spot.shape[1]], 0, 0.99)
        return self._share_covered(np.asarray(mask, np.uint8), centre - (left, top))

    def _share_covered(self, mask: npt.NDArray[np.uint8], middle: FloatArray) -> float:
        width, height = self.size_px
        left, top = round(middle[0] - width / 2), round(middle[1] - height / 2)
        box = mask[max(top, 0) : top + round(height), max(left, 0) : left + round(width)]
        return float(box.mean()) / 255.0

    def _strokes(
        self, fine: npt.NDArray[np.uint8], middle: FloatArray, shape: Shape, cover: float
    ) -> None:
        width, height = (side * FINE * cover**0.5 for side in self.size_px)
        pen = max(1, round(self.rng.uniform(*STROKE_MM) * self.scale * FINE))
        if shape is Shape.SOLID:
            corners = np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)]) * (width / 2, height / 2)
            corners = corners + self.rng.normal(0, 0.04, (4, 2)) * (width, height)
            cv2.fillPoly(fine, [np.rint(corners + middle).astype(np.int32)], 255)
        elif shape is Shape.DOT:
            cv2.circle(fine, _whole(middle), max(2, round(0.3 * height)), 255, -1)
        else:
            for path in self._paths(shape, width, height, pen):
                points = np.rint(path + middle).astype(np.int32).reshape(-1, 1, 2)
                cv2.polylines(fine, [points], isClosed=False, color=255, thickness=pen)

    def _paths(self, shape: Shape, width: float, height: float, pen: int) -> list[FloatArray]:
        shake = self.rng.normal(0, 0.05, (8, 2)) * (width, height)
        if shape is Shape.TICK:
            points = np.array([(-0.4, 0.0), (-0.1, 0.45), (0.5, -0.6)]) * (width, height)
            return [points + shake[:3]]
        if shape is Shape.CROSS:
            arms = np.array([(-0.4, -0.5), (0.4, 0.5), (-0.4, 0.5), (0.4, -0.5)]) * (width, height)
            return [arms[:2] + shake[:2], arms[2:] + shake[2:4]]
        if shape is Shape.BAR:
            return [np.array([(-0.5, 0.0), (0.5, 0.0)]) * (width, height) + shake[:2]]
        turns = max(5, round(width / (pen * 0.95)))  # neighbouring strokes all but touch
        x = np.linspace(-width / 2, width / 2, turns) + self.rng.normal(0, pen * 0.1, turns)
        y = np.where(np.arange(turns) % 2, 0.46, -0.46) * height
        return [np.column_stack([x, y + self.rng.normal(0, 0.06 * height, turns)])]


def _whole(point: FloatArray) -> tuple[int, int]:
    return round(float(point[0])), round(float(point[1]))


def _stray_lines(light: npt.NDArray[np.float32], layout: CardLayout, pencil: _Pencil) -> list[str]:
    """Draw lines that mean nothing; returns the groups in which they leave doubt."""
    crossed: list[str] = []
    rng, scale = pencil.rng, pencil.scale
    for _ in range(int(rng.integers(0, pencil.severity.stray_lines + 1))):
        ink = np.zeros(light.shape, np.uint8)
        far = (layout.paper.width_mm - STRAY_EDGE_MM, layout.paper.height_mm - STRAY_EDGE_MM)
        start = rng.uniform((STRAY_EDGE_MM, 2 * STRAY_EDGE_MM), far) * scale
        angle, length = rng.uniform(0, 2 * np.pi), rng.uniform(4, 40) * scale
        end = start + length * np.array([np.cos(angle), np.sin(angle)])
        pen = max(1, round(rng.uniform(0.2, 0.45) * scale))
        cv2.line(ink, _whole(start), _whole(end), 255, pen, cv2.LINE_AA)
        dark = pencil.usual * float(rng.uniform(0.4, 0.9))
        low = np.floor(np.minimum(start, end)).astype(int) - pen - 2
        high = np.ceil(np.maximum(start, end)).astype(int) + pen + 3
        near = (slice(max(low[1], 0), high[1]), slice(max(low[0], 0), high[0]))
        light[near] *= 1.0 - ink[near].astype(np.float32) / 255.0 * dark
        reach = (low / scale - CELL_REACH_MM, high / scale + CELL_REACH_MM)
        crossed += [
            group.group_id
            for group in layout.groups
            if any(
                _is_near(cell, reach) and _covered(ink, cell, pencil) > STRAY_HALF
                for cell in group.cells
            )
        ]
    return crossed


def _is_near(cell: Cell, reach: tuple[FloatArray, FloatArray]) -> bool:
    low, high = reach
    return bool(low[0] <= cell.x_mm <= high[0] and low[1] <= cell.y_mm <= high[1])


def _covered(ink: npt.NDArray[np.uint8], cell: Cell, pencil: _Pencil) -> float:
    width, height = pencil.size_px
    left = round(cell.x_mm * pencil.scale - width / 2)
    top = round(cell.y_mm * pencil.scale - height / 2)
    return float(ink[top : top + round(height), left : left + round(width)].mean()) / 255.0
