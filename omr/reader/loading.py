"""From the bytes of a file to grey pages; a page that cannot be had is a value, not an error."""

import io
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import pypdfium2
from PIL import Image, UnidentifiedImageError

from omr.reader.reading import GrayImage
from omr.rules.reasons import PageReason

cv2.setNumThreads(1)  # processes share the cores, threads only slow each other

PDF_RENDER_DPI = 200
POINTS_PER_INCH = 72
MOST_PIXELS = 80_000_000  # A3 at 600 dpi is 70 million
MOST_PAGES = 5000
JPEG_START, JPEG_END = b"\xff\xd8\xff", b"\xff\xd9"
PNG_START, PNG_END = b"\x89PNG\r\n\x1a\n", b"IEND\xaeB\x60\x82"
TIFF_STARTS = (b"II*\x00", b"MM\x00*")
PDF_START = b"%PDF-"
PDF_SEARCH_BYTES = 1024
PILLOW_ERRORS = (
    UnidentifiedImageError,
    OSError,
    ValueError,
    SyntaxError,
    TypeError,
    KeyError,
    IndexError,
    struct.error,
)  # what Pillow raises for damaged files
COVER_SHARE = 0.98  # of the page that its only image must fill to be taken as the page


@dataclass(frozen=True)
class LoadedPage:
    """A page of a file as a grey image; ``number`` counts from 1."""

    name: str
    number: int
    image: GrayImage


@dataclass(frozen=True)
class LoadFailure:
    """A page, or with ``number`` 0 a whole file, that could not be had."""

    name: str
    number: int
    reason: PageReason


def load_images(data: bytes, name: str) -> Iterator[LoadedPage | LoadFailure]:
    """Yield every page of a JPEG, PNG, TIFF or PDF file, or the named failure in its place."""
    if data.startswith(JPEG_START):
        yield _single(data, name, whole=JPEG_END in data.rstrip(b"\0")[-64:])
    elif data.startswith(PNG_START):
        yield _single(data, name, whole=PNG_END in data[-64:])
    elif data.startswith(TIFF_STARTS):
        yield from _tiff_pages(data, name)
    elif PDF_START in data[:PDF_SEARCH_BYTES]:
        yield from _pdf_pages(data, name)
    else:
        yield LoadFailure(name, 0, PageReason.UNKNOWN_TYPE)


def decode_gray(data: bytes) -> GrayImage | None:
    """Decode a JPEG or PNG straight to grey, or return None."""
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_GRAYSCALE)
    except cv2.error:
        return None
    return None if image is None else np.asarray(image, np.uint8)


def _single(data: bytes, name: str, *, whole: bool) -> LoadedPage | LoadFailure:
    if not whole:
        return LoadFailure(name, 1, PageReason.TRUNCATED_FILE)
    pixels = _pixels_promised(data)
    if pixels is None:
        return LoadFailure(name, 1, PageReason.UNREADABLE_FILE)
    if pixels > MOST_PIXELS:
        return LoadFailure(name, 1, PageReason.TOO_LARGE)
    image = decode_gray(data)
    if image is None:
        return LoadFailure(name, 1, PageReason.UNREADABLE_FILE)
    return LoadedPage(name, 1, image)


def _pixels_promised(data: bytes) -> int | None:
    """Return the pixels that the head of the file announces, before anything is decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a damaged tag is no reason to refuse a picture
            with Image.open(io.BytesIO(data)) as image:
                return image.width * image.height
    except Image.DecompressionBombError:
        return MOST_PIXELS + 1
    except PILLOW_ERRORS:
        return None


def _tiff_pages(data: bytes, name: str) -> Iterator[LoadedPage | LoadFailure]:
    for number in range(1, MOST_PAGES + 1):
        page = _tiff_page(data, name, number)
        if page is None:
            return
        yield page
        if isinstance(page, LoadFailure) and page.reason is PageReason.UNREADABLE_FILE:
            return  # what follows hangs on the damaged frame


def _tiff_page(data: bytes, name: str, number: int) -> LoadedPage | LoadFailure | None:
    """Return one frame, or None behind the last."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(io.BytesIO(data)) as file:
                file.seek(number - 1)
                if file.width * file.height > MOST_PIXELS:
                    return LoadFailure(name, number, PageReason.TOO_LARGE)
                return LoadedPage(name, number, np.asarray(file.convert("L"), np.uint8))
    except Image.DecompressionBombError:
        return LoadFailure(name, number, PageReason.TOO_LARGE)
    except EOFError:
        return None if number > 1 else LoadFailure(name, 0, PageReason.NO_PAGES)
    except PILLOW_ERRORS:
        return LoadFailure(name, number, PageReason.UNREADABLE_FILE)


def _pdf_pages(data: bytes, name: str) -> Iterator[LoadedPage | LoadFailure]:
    try:
        document = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError:
        yield LoadFailure(name, 0, PageReason.UNREADABLE_FILE)
        return
    try:
        if len(document) == 0:
            yield LoadFailure(name, 0, PageReason.NO_PAGES)
        for index in range(min(len(document), MOST_PAGES)):
            yield _pdf_page(document, index, name)
        if len(document) > MOST_PAGES:
            yield LoadFailure(name, MOST_PAGES + 1, PageReason.TOO_LARGE)
    finally:
        document.close()


def _pdf_page(document: pypdfium2.PdfDocument, index: int, name: str) -> LoadedPage | LoadFailure:
    number = index + 1
    try:
        page = document[index]
        width, height = page.get_size()
        scale = PDF_RENDER_DPI / POINTS_PER_INCH
        if width * height * scale * scale > MOST_PIXELS:
            return LoadFailure(name, number, PageReason.TOO_LARGE)
        image = _only_image(page, width, height)
        if image is None:
            bitmap = page.render(scale=scale, grayscale=True)
            image = np.array(bitmap.to_numpy()).reshape(bitmap.height, bitmap.width)
        page.close()
    except (pypdfium2.PdfiumError, ValueError):
        return LoadFailure(name, number, PageReason.UNREADABLE_FILE)
    return LoadedPage(name, number, np.ascontiguousarray(image))


def _only_image(page: pypdfium2.PdfPage, width: float, height: float) -> GrayImage | None:
    """Return the JPEG of which a scanned page consists, or None when it must be rendered."""
    objects = list(page.get_objects(max_depth=1))
    if len(objects) != 1 or not isinstance(objects[0], pypdfium2.PdfImage):
        return None
    a, b, c, d, _, _ = objects[0].get_matrix().get()
    upright = a > COVER_SHARE * width and d > COVER_SHARE * height and abs(b) + abs(c) < 1
    if not upright or objects[0].get_filters() != ["DCTDecode"]:
        return None
    data = bytes(objects[0].get_data(decode_simple=False))
    pixels = _pixels_promised(data)
    return decode_gray(data) if pixels is not None and pixels <= MOST_PIXELS else None
