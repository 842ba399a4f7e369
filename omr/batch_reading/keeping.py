"""A page with everything the database keeps of it: reading, image, state of the scanner."""

import cv2

from omr.batch_reading.results import KeptPage
from omr.reader.loading import LoadedPage, LoadFailure
from omr.reader.page_health import health_of
from omr.reader.reading import GrayImage, PageReading

KEPT_QUALITY = 85  # JPEG quality of a page that came as something else


def kept_page(page: LoadedPage | LoadFailure, reading: PageReading) -> KeptPage:
    """Return what is kept of one page of a file: the scanner's own JPEG where there is one."""
    if isinstance(page, LoadFailure):
        return KeptPage(page.name, page.number, reading, None)
    health = health_of(page.image, reading)
    jpeg = page.jpeg or _packed(page.image)
    return KeptPage(page.name, page.number, reading, jpeg, health)


def _packed(image: GrayImage) -> bytes:
    done, encoded = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, KEPT_QUALITY])
    assert done
    return encoded.tobytes()
