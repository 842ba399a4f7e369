"""Small pictures of single groups, so that a person at the review desk need not see the page."""

import cv2
import numpy as np

from omr.reader.orient import handy
from omr.reader.reading import GrayImage, Placement
from omr.reader.register import to_pixels
from omr.rules.card_layout import CardLayout

PIXELS_PER_MM = 8
MARGIN_MM = (3.0, 2.0)  # about the cells, across and down
QUALITY = 80


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
    cells = layout.group(group_id).cells
    upright = handy(np.ascontiguousarray(np.rot90(image, (360 - turned_deg) // 90 % 4)))
    xs, ys = [cell.x_mm for cell in cells], [cell.y_mm for cell in cells]
    reach_x = layout.cell.width_mm / 2 + margin_mm[0]
    reach_y = layout.cell.height_mm / 2 + margin_mm[1]
    left, right = min(xs) - reach_x, max(xs) + reach_x
    top, bottom = min(ys) - reach_y, max(ys) + reach_y
    corners = np.array([(left, top), (right, top), (right, bottom), (left, bottom)])
    seen = to_pixels(placement, corners, layout).astype(np.float32)
    columns, rows = round((right - left) * PIXELS_PER_MM), round((bottom - top) * PIXELS_PER_MM)
    frame = np.array([(0, 0), (columns, 0), (columns, rows), (0, rows)], np.float32)
    turn = cv2.getPerspectiveTransform(seen, frame)
    picture = cv2.warpPerspective(
        np.ascontiguousarray(upright), turn, (columns, rows), borderValue=255
    )
    _, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    return data.tobytes()
