"""From an uploaded file to page readings: no database, so that it can run in any process."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import cv2
import msgspec
import numpy as np

from omr.layouts import STANDARD, blank_of, layout_named
from omr.reader.loading import LoadFailure, decode_gray, load_images
from omr.reader.page import read_page, upright_image
from omr.reader.reading import GrayImage, PageReading, Placement, rejected
from omr.reader.register import to_pixels
from omr.rules.card_layout import CardLayout

KEPT_QUALITY = 85  # JPEG quality of the page image kept with the reading
CROP_MARGIN_MM = 7.0
CROP_PX_PER_MM = 8.0


@dataclass(frozen=True)
class ReadPage:
    """One page of a file: its reading and the image to keep, None when there is none."""

    file_name: str
    page_no: int
    reading: PageReading
    jpeg: bytes | None


def read_file(
    data: bytes, name: str, known: Mapping[str, str], *, layout_code: str = STANDARD
) -> Iterator[ReadPage]:
    """Read every page of one uploaded file; a broken page never harms another."""
    layout, blank = layout_named(layout_code), blank_of(layout_code)
    for page in load_images(data, name):
        if isinstance(page, LoadFailure):
            yield ReadPage(name, page.number, rejected(page.reason), None)
            continue
        reading = read_page(page.image, layout, blank, known=known)
        yield ReadPage(name, page.number, reading, _jpeg(page.image))


def measures_json(reading: PageReading) -> str:
    """Return all measures of a reading as JSON, so that any mark can be derived again."""
    kept = {
        "reasons": reading.reasons,
        "serial": reading.serial,
        "number": reading.number,
        "confidence": reading.confidence,
        "cells": {
            group: [asdict(cell) for cell in cells] for group, cells in reading.cells.items()
        },
        "quality": reading.quality and asdict(reading.quality),
        "placement": reading.placement and asdict(reading.placement),
    }
    return msgspec.json.encode(kept).decode()


def crop_of(jpeg: bytes, measures: str, group_id: str, layout: CardLayout) -> bytes | None:
    """Return one group of a kept page, straightened, with its surroundings, as PNG."""
    kept = msgspec.json.decode(measures)
    image = decode_gray(jpeg)
    if image is None or not kept["placement"]:
        return None
    placement = msgspec.convert(kept["placement"], Placement)
    upright = upright_image(image, int(kept["quality"]["turned_deg"]))
    cells = layout.group(group_id).cells
    left = min(cell.x_mm for cell in cells) - CROP_MARGIN_MM - layout.cell.width_mm
    right = max(cell.x_mm for cell in cells) + CROP_MARGIN_MM
    top = min(cell.y_mm for cell in cells) - CROP_MARGIN_MM
    bottom = max(cell.y_mm for cell in cells) + CROP_MARGIN_MM
    return _cut(upright, placement, layout, (left, top, right, bottom))


def _cut(
    image: GrayImage,
    placement: Placement,
    layout: CardLayout,
    box_mm: tuple[float, float, float, float],
) -> bytes:
    left, top, right, bottom = box_mm
    width = round((right - left) * CROP_PX_PER_MM)
    height = round((bottom - top) * CROP_PX_PER_MM)
    x_mm, y_mm = np.meshgrid(np.linspace(left, right, width), np.linspace(top, bottom, height))
    points = to_pixels(placement, np.stack([x_mm.ravel(), y_mm.ravel()], axis=1), layout)
    maps = points.astype(np.float32).reshape(height, width, 2)
    crop = cv2.remap(image, maps, None, cv2.INTER_LINEAR, borderValue=255)  # type: ignore[call-overload]
    done, encoded = cv2.imencode(".png", crop)
    assert done
    return encoded.tobytes()


def _jpeg(image: GrayImage) -> bytes:
    done, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, KEPT_QUALITY])
    assert done
    return encoded.tobytes()
