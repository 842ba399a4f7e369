"""The scanned page with what was read drawn on it, for the desk and for appeals."""

from collections.abc import Collection, Mapping

import cv2
import msgspec
import numpy as np
import numpy.typing as npt

from omr.reader.orient import handy
from omr.reader.reading import GrayImage, Placement
from omr.reader.register import to_pixels
from omr.rules.card_layout import CardLayout
from omr.scans import page_image

PIXELS_PER_MM = 6
QUALITY = 85
READ = (60, 140, 0)  # colours as blue, green, red
DECIDED = (0, 110, 235)
OPEN = (40, 40, 210)
LINE_PX, BOLD_PX = 2, 4
OPEN_REACH_MM = 1.2  # about the cells of a group that waits for a person


def annotated_page(
    jpeg: bytes,
    measures: str,
    layout: CardLayout,
    *,
    answers: Mapping[str, Collection[str]],
    decided: Collection[str] = (),
    waiting: Collection[str] = (),
) -> bytes | None:
    """Draw the marks that count on the straightened page.

    Parameters
    ----------
    jpeg : bytes
        The page as it was scanned.
    measures : str
        JSON of the reading (``omr.scans.measures_json``).
    layout : CardLayout
        The card.
    answers : mapping
        Values that count, by group.
    decided, waiting : collections of str
        Groups a person has decided, and groups that still wait for one.

    Returns
    -------
    bytes or None
        JPEG at 6 pixels a millimetre; None for a page that was never found to be a card.
    """
    kept = msgspec.json.decode(measures)
    image = page_image(jpeg)
    if image is None or not kept["placement"]:
        return None
    placement = msgspec.convert(kept["placement"], Placement)
    turned_deg = int(kept["quality"]["turned_deg"])
    upright = handy(np.ascontiguousarray(np.rot90(image, (360 - turned_deg) // 90 % 4)))
    grey = _straight(upright, placement, layout)
    page = np.asarray(cv2.cvtColor(grey, cv2.COLOR_GRAY2BGR), np.uint8)
    for group in layout.groups:
        colour = DECIDED if group.group_id in decided else READ
        for cell in group.cells:
            if cell.value in answers.get(group.group_id, ()):
                _frame(page, [(cell.x_mm, cell.y_mm)], layout, 0.4, colour, BOLD_PX)
        if group.group_id in waiting:
            places = [(cell.x_mm, cell.y_mm) for cell in group.cells]
            _frame(page, places, layout, OPEN_REACH_MM, OPEN, LINE_PX)
    _, data = cv2.imencode(".jpg", page, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes()


def _straight(upright: GrayImage, placement: Placement, layout: CardLayout) -> GrayImage:
    """Lay the page out as it was printed; a bend of the paper stays, at most a few tenths."""
    width, height = layout.paper.width_mm, layout.paper.height_mm
    corners = np.array([(0.0, 0.0), (width, 0.0), (width, height), (0.0, height)])
    seen = to_pixels(placement, corners, layout).astype(np.float32)
    size = round(width * PIXELS_PER_MM), round(height * PIXELS_PER_MM)
    frame = np.array([(0, 0), (size[0], 0), size, (0, size[1])], np.float32)
    turn = cv2.getPerspectiveTransform(seen, frame)
    straight = cv2.warpPerspective(np.ascontiguousarray(upright), turn, size, borderValue=255)
    return np.asarray(straight, np.uint8)


def _frame(
    page: npt.NDArray[np.uint8],
    places_mm: list[tuple[float, float]],
    layout: CardLayout,
    reach_mm: float,
    colour: tuple[int, int, int],
    line_px: int,
) -> None:
    """Draw a rectangle about cells."""
    reach = (layout.cell.width_mm / 2 + reach_mm, layout.cell.height_mm / 2 + reach_mm)
    xs, ys = zip(*places_mm, strict=True)
    first = (min(xs) - reach[0], min(ys) - reach[1])
    last = (max(xs) + reach[0], max(ys) + reach[1])
    corners = [tuple(round(part * PIXELS_PER_MM) for part in corner) for corner in (first, last)]
    cv2.rectangle(page, corners[0], corners[1], colour, line_px)
