"""From an uploaded file to page readings: no database, so that it can run in any process."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from functools import lru_cache

import msgspec

from omr.batch_reading.keeping import kept_page
from omr.batch_reading.results import KeptPage
from omr.layouts import STANDARD, blank_of, layout_named
from omr.reader.crops import group_crop
from omr.reader.loading import LoadFailure, decode_gray, load_images
from omr.reader.page import read_page
from omr.reader.reading import GrayImage, PageReading, Placement, rejected
from omr.rules.card_layout import CardLayout

CONTEXT_MM = (10.0, 7.0)  # shown about a doubtful group: its number and its neighbours
AROUND_MM = (18.0, 18.0)  # shown beside it: the questions before and after
FRAME_MM = (0.8, 0.7)  # from a doubtful group's outlines to the line about it


def read_file(
    data: bytes, name: str, known: Mapping[str, str], *, layout_code: str = STANDARD
) -> Iterator[KeptPage]:
    """Read every page of one uploaded file; a broken page never harms another."""
    layout, blank = layout_named(layout_code), blank_of(layout_code)
    for page in load_images(data, name):
        if isinstance(page, LoadFailure):
            reading = rejected(page.reason)
        else:
            reading = read_page(page.image, layout, blank, known=known)
        yield kept_page(page, reading)


def measures_json(reading: PageReading) -> str:
    """Return all measures of a reading as JSON, so that any mark can be derived again."""
    kept = {
        "reasons": reading.reasons,
        "serial": reading.serial,
        "number": reading.number,
        "confidence": reading.confidence,
        "cells": {
            group: [cell._asdict() for cell in cells] for group, cells in reading.cells.items()
        },
        "quality": reading.quality and asdict(reading.quality),
        "placement": reading.placement and asdict(reading.placement),
    }
    return msgspec.json.encode(kept).decode()


@lru_cache(maxsize=1)
def page_image(jpeg: bytes) -> GrayImage | None:
    """Return a kept page; the review desk asks for four pictures of the same one at once."""
    image = decode_gray(jpeg)
    if image is not None:
        image.setflags(write=False)
    return image


def crop_of(
    jpeg: bytes,
    measures: str,
    group_id: str,
    layout: CardLayout,
    *,
    margin_mm: tuple[float, float] = CONTEXT_MM,
) -> bytes | None:
    """Return one group of a kept page, straightened, with its neighbours, as JPEG."""
    kept = msgspec.json.decode(measures)
    image = page_image(jpeg)
    if image is None or not kept["placement"]:
        return None
    placement = msgspec.convert(kept["placement"], Placement)
    turned_deg = int(kept["quality"]["turned_deg"])
    return group_crop(image, placement, turned_deg, layout, group_id, margin_mm=margin_mm)
