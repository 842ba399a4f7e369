"""The blank card as an image: what every page is compared with. Made once, kept by the caller."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import pypdfium2

from omr.reader.ink import darkness_of, nearest_cells
from omr.reader.reading import FloatArray, GrayImage, Placement, SheetArray
from omr.reader.sample import SampleGrid, cell_centres_mm, sample_cells, sample_grid
from omr.rules.card_layout import CardLayout

MM_PER_INCH = 25.4
POINTS_PER_INCH = 72
BLANK_DPI = 200
SOFTEN_MM = 0.12  # sigma of a good scanner's blur; the print itself is sharper than any scan


@dataclass(frozen=True)
class BlankCard:
    """All that the reader knows of a layout before it sees a page."""

    layout_hash: str
    image: GrayImage
    dpi: float
    centres_mm: FloatArray
    group_of_cell: npt.NDArray[np.intp]
    neighbours: npt.NDArray[np.intp]
    grid: SampleGrid
    darkness: SheetArray


def render_page(pdf: bytes, *, dpi: float, index: int = 0) -> GrayImage:
    """Render one page of a PDF as a grey image; raises ``pypdfium2.PdfiumError`` for bad input."""
    document = pypdfium2.PdfDocument(pdf)
    try:
        bitmap = document[index].render(scale=dpi / POINTS_PER_INCH, grayscale=True)
        return np.array(bitmap.to_numpy(), np.uint8).reshape(bitmap.height, bitmap.width)
    finally:
        document.close()


def drawn_placement(dpi: float) -> Placement:
    """Return the placement of a card that was rendered, not scanned."""
    scale = dpi / MM_PER_INCH
    flat = (0.0,) * 9
    return Placement((scale, 0.0, -0.5, 0.0, scale, -0.5, 0.0, 0.0, 1.0), (flat, flat))


def blank_card(layout: CardLayout, pdf: bytes, *, dpi: float = BLANK_DPI) -> BlankCard:
    """Render the blank card and measure the printed ink of every cell.

    ``pdf`` is what ``omr.printing.print_blank`` drew from the same layout.
    """
    image = render_page(pdf, dpi=dpi)
    sigma = SOFTEN_MM * dpi / MM_PER_INCH
    soft = np.asarray(cv2.GaussianBlur(image, (0, 0), sigma), np.uint8)
    centres = cell_centres_mm(layout)
    grid = sample_grid(layout)
    neighbours = nearest_cells(centres)
    sheet, _ = sample_cells(soft, drawn_placement(dpi), centres, layout, grid)
    darkness, _ = darkness_of(sheet, neighbours, grid)
    sizes = [len(group.cells) for group in layout.groups]
    return BlankCard(
        layout_hash=layout.layout_hash,
        image=image,
        dpi=dpi,
        centres_mm=centres,
        group_of_cell=np.repeat(np.arange(len(sizes)), sizes),
        neighbours=neighbours,
        grid=grid,
        darkness=darkness,
    )
