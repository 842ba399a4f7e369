"""One remap over all cells: the page as a folded sheet of small equal pictures."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from omr.reader.reading import FloatArray, GrayImage, Placement, SheetArray
from omr.reader.register import to_pixels
from omr.rules.card_layout import CardLayout

STEP_MM = 0.25
COLUMNS, ROWS = 24, 16  # 6.0 x 4.0 mm about each cell
INNER_MARGIN_MM = 0.35  # keeps the printed outline out of the ink of a cell
RING_WIDTH_MM = 0.35  # just outside the outline
SIDE_SAMPLES, SIDE_PARTS = 2, 3  # the outermost samples of a side, and its parts
PAPER_MARGIN_MM = (0.35, 0.55)  # beyond the outline, across and down: where paper is white
JACOBIAN_STEP_MM = 0.5


@dataclass(frozen=True)
class SampleGrid:
    """Which samples of a cell's picture mean what; flat indices into ROWS x COLUMNS."""

    across_mm: SheetArray
    down_mm: SheetArray
    inner: npt.NDArray[np.intp]
    outline: npt.NDArray[np.intp]
    ring: npt.NDArray[np.intp]
    paper: npt.NDArray[np.intp]
    sides: SheetArray  # (ROWS x COLUMNS, 4 x SIDE_PARTS) weights: the mean of each part of a side


def sample_grid(layout: CardLayout) -> SampleGrid:
    """Lay the sampling points about a cell and sort them into inside, outline and paper."""
    across = ((np.arange(COLUMNS) - (COLUMNS - 1) / 2) * STEP_MM).astype(np.float32)
    down = ((np.arange(ROWS) - (ROWS - 1) / 2) * STEP_MM).astype(np.float32)
    x, y = np.meshgrid(np.abs(across), np.abs(down))
    half_x, half_y = layout.cell.width_mm / 2, layout.cell.height_mm / 2
    inner = (x < half_x - INNER_MARGIN_MM) & (y < half_y - INNER_MARGIN_MM)
    inside = (x < half_x + 0.1) & (y < half_y + 0.1)
    near = (x < half_x + RING_WIDTH_MM) & (y < half_y + RING_WIDTH_MM)
    paper = (x > half_x + PAPER_MARGIN_MM[0]) | (y > half_y + PAPER_MARGIN_MM[1])
    return SampleGrid(
        across_mm=across,
        down_mm=down,
        inner=np.flatnonzero(inner),
        outline=np.flatnonzero(inside & ~inner),
        ring=np.flatnonzero(near & ~inside),
        paper=np.flatnonzero(paper),
        sides=_sides(),
    )


def _sides() -> SheetArray:
    """Return the weights of the means along the left, right, upper and lower side."""
    parts = []
    for lines, length in ((np.arange(COLUMNS), ROWS), (np.arange(ROWS), COLUMNS)):
        for line in (lines[:SIDE_SAMPLES], lines[-SIDE_SAMPLES:]):
            for part in np.array_split(np.arange(length), SIDE_PARTS):
                where = np.zeros((ROWS, COLUMNS), np.float32)
                rows, columns = (part, line) if length == ROWS else (line, part)
                where[np.ix_(rows, columns)] = 1.0 / (len(part) * SIDE_SAMPLES)
                parts.append(where.ravel())
    return np.stack(parts, axis=1)


def cell_centres_mm(layout: CardLayout) -> FloatArray:
    """Return the centres of all cells in printed order, (N, 2)."""
    cells = [cell for group in layout.groups for cell in group.cells]
    return np.array([(cell.x_mm, cell.y_mm) for cell in cells], np.float64)


def sample_cells(
    image: GrayImage,
    placement: Placement,
    centres_mm: FloatArray,
    layout: CardLayout,
    grid: SampleGrid,
) -> tuple[SheetArray, npt.NDArray[np.bool_]]:
    """Cut the picture of every cell out of the page.

    Parameters
    ----------
    image : (H, W) uint8 ndarray
        Upright page.
    placement : Placement
        Of the card in it.
    centres_mm : (N, 2) float ndarray
        Centres of the cells on the card.
    layout : CardLayout
        The card.
    grid : SampleGrid
        Of that layout.

    Returns
    -------
    (N, ROWS * COLUMNS) float32 ndarray
        Grey values, 0 black to 255 white.
    (N,) bool ndarray
        Which cells lie wholly inside the image.
    """
    count = len(centres_mm)
    steps = np.array([(0.0, 0.0), (JACOBIAN_STEP_MM, 0.0), (0.0, JACOBIAN_STEP_MM)])
    probes = (centres_mm[None] + steps[:, None]).reshape(-1, 2)
    pixels = to_pixels(placement, probes, layout)
    at = pixels[:count].astype(np.float32)
    along_x = ((pixels[count : 2 * count] - pixels[:count]) / JACOBIAN_STEP_MM).astype(np.float32)
    along_y = ((pixels[2 * count :] - pixels[:count]) / JACOBIAN_STEP_MM).astype(np.float32)
    maps = [
        at[:, axis, None, None]
        + along_y[:, axis, None, None] * grid.down_mm[None, :, None]
        + along_x[:, axis, None, None] * grid.across_mm[None, None, :]
        for axis in (0, 1)
    ]
    height, width = image.shape
    corners_in = [
        (m[:, ::15, ::23] >= 0).all(axis=(1, 2)) & (m[:, ::15, ::23] <= limit - 1).all(axis=(1, 2))
        for m, limit in zip(maps, (width, height), strict=True)
    ]
    across, down = (m.reshape(count, ROWS * COLUMNS) for m in maps)  # a row of the sheet is a cell
    sheet = cv2.remap(image, across, down, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sheet, np.float32), corners_in[0] & corners_in[1]
