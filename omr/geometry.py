"""Where every box of a rendered card lies in its image, for other programs."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from omr.reader.blank import drawn_placement
from omr.reader.register import project
from omr.rules.card_layout import CardLayout, Group, GroupKind

MM_PER_INCH = 25.4
PIXEL_DIGITS = 2
KINDS = {GroupKind.NUMBER: "id", GroupKind.TYPE: "mark", GroupKind.PROCTOR: "mark"}


def bubble_geometry(sheets: Sequence[CardLayout], dpi: float) -> list[dict[str, Any]]:
    """Return every box in pixels of the page rendered at ``dpi``; (0, 0) is a pixel's centre.

    ``kind`` is answer for an item, id for a digit of the number, mark for paper type and proctor.
    """
    return [
        entry for sheet in sheets for group in sheet.groups for entry in _boxes(sheet, group, dpi)
    ]


def _boxes(sheet: CardLayout, group: Group, dpi: float) -> list[dict[str, Any]]:
    scale = dpi / MM_PER_INCH
    homography = np.array(drawn_placement(dpi).homography).reshape(3, 3)
    centres = project(homography, np.array([(cell.x_mm, cell.y_mm) for cell in group.cells]))
    return [
        {
            "id": f"{group.group_id}:{cell.value}",
            "group": group.group_id,
            "value": cell.value,
            "cx": round(float(x), PIXEL_DIGITS),
            "cy": round(float(y), PIXEL_DIGITS),
            "w": round(sheet.cell.width_mm * scale, PIXEL_DIGITS),
            "h": round(sheet.cell.height_mm * scale, PIXEL_DIGITS),
            "shape": "rect",
            "kind": KINDS.get(group.kind, "answer"),
            "page": sheet.page,
        }
        for cell, (x, y) in zip(group.cells, centres, strict=True)
    ]
