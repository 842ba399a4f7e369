"""Small pictures of single groups, so that a person at the review desk need not see the page."""

from typing import NamedTuple

import cv2
import numpy as np

from omr.reader.orient import handy
from omr.reader.reading import GrayImage, Placement
from omr.reader.register import to_pixels
from omr.rules.card_layout import CardLayout

PIXELS_PER_MM = 8
MARGIN_MM = (3.0, 2.0)  # about the cells, across and down
QUALITY = 80


class Window(NamedTuple):
    """The part of a card about a group, mm from the card's upper left corner."""

    left: float
    top: float
    width: float
    height: float


def window_about(
    layout: CardLayout, group_id: str, margin_mm: tuple[float, float] = MARGIN_MM
) -> Window:
    """Return the window about the cells of a group, with so much card beyond their outlines.

    ``KeyError`` when the layout has no such group.
    """
    cells = layout.group(group_id).cells
    xs, ys = [cell.x_mm for cell in cells], [cell.y_mm for cell in cells]
    reach_x = layout.cell.width_mm / 2 + margin_mm[0]
    reach_y = layout.cell.height_mm / 2 + margin_mm[1]
    left, top = min(xs) - reach_x, min(ys) - reach_y
    return Window(left, top, max(xs) + reach_x - left, max(ys) + reach_y - top)


def group_crop(
    image: GrayImage,
    placement: Placement,
    turned_deg: int,
    layout: CardLayout,
    group_id: str,
    *,
    margin_mm: tuple[float, float] = MARGIN_MM,
) -> bytes:
    """Cut one group out of the page as a straightened JPEG.

    Parameters
    ----------
    image : (H, W) uint8 ndarray
        The page as it was given to ``omr.reader.page.read_page``.
    placement : Placement
        Of the card, from the page's reading.
    turned_deg : int
        From the reading's quality.
    layout : CardLayout
        The card.
    group_id : str
        Raises ``KeyError`` when the layout has no such group.

    Returns
    -------
    bytes
        The picture.
    """
    left, top, width, height = window_about(layout, group_id, margin_mm)
    right, bottom = left + width, top + height
    upright = handy(np.ascontiguousarray(np.rot90(image, (360 - turned_deg) // 90 % 4)))
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    seen = to_pixels(placement, corners, layout).astype(np.float32)
    columns, rows = round(width * PIXELS_PER_MM), round(height * PIXELS_PER_MM)
    frame = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float32)
    turn = cv2.getPerspectiveTransform(seen, frame)
    picture = cv2.warpPerspective(
        np.ascontiguousarray(upright), turn, (columns, rows), borderValue=255
    )
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes()
