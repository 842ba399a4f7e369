"""From the bytes of a file to grey pages; a page that cannot be had is a value, not an error."""

import ctypes
import io
import mmap
import struct
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import IO, TypeAlias, cast

import cv2
import numpy as np
import pypdfium2
from PIL import Image, UnidentifiedImageError

from omr.reader.orient import LARGE_SIDE_PX
from omr.reader.reading import GrayImage
from omr.rules.reasons import PageReason

cv2.setNumThreads(1)  # processes share the cores, threads only slow each other

PDF_RENDER_DPI = 200
POINTS_PER_INCH = 72
MOST_PIXELS = 80_000_000  # A3 at 600 dpi is 70 million
MOST_PAGES = 5000
HALVED = (
    cv2.IMREAD_GRAYSCALE,
    cv2.IMREAD_REDUCED_GRAYSCALE_2,
    cv2.IMREAD_REDUCED_GRAYSCALE_4,
    cv2.IMREAD_REDUCED_GRAYSCALE_8,
)  # once, twice, three times
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
TAIL_BYTES = 4096  # at the end of a file, in which its end mark is sought
COVER_SHARE = 0.98  # of the page that its only image must fill to be taken as the page


FileBytes: TypeAlias = bytes | mmap.mmap  # a file mapped with ACCESS_COPY costs no memory


@dataclass(frozen=True)
class LoadedPage:
    """A page of a file as a grey image; ``number`` counts from 1.

    ``jpeg`` is the picture as the scanner made it, where it came as a JPEG.
    """

    name: str
    number: int
    image: GrayImage
    jpeg: bytes | None = None


@dataclass(frozen=True)
class LoadFailure:
    """A page, or with ``number`` 0 a whole file, that could not be had."""

    name: str
    number: int
    reason: PageReason


def load_images(
    data: FileBytes, name: str, *, first: int = 1, last: int | None = None
) -> Iterator[LoadedPage | LoadFailure]:
    """Yield the pages of a JPEG, PNG, TIFF or PDF file, or the named failure in a page's place.

    ``first`` and ``last`` count from 1 and choose a part of a file of many pages; without ``last``
    a file is read up to a fixed number of pages.
    """
    tail = data[-TAIL_BYTES:].rstrip(b"\0")[-64:]
    if data[:3] == JPEG_START:
        yield _single(data, name, whole=JPEG_END in tail)
    elif data[:8] == PNG_START:
        yield _single(data, name, whole=PNG_END in tail)
    elif data[:4] in TIFF_STARTS:
        yield from _tiff_pages(data, name, first, last)
    elif PDF_START in data[:PDF_SEARCH_BYTES]:
        yield from _pdf_pages(data, name, first, last)
    else:
        yield LoadFailure(name, 0, PageReason.UNKNOWN_TYPE)


def count_pages(data: FileBytes) -> int:
    """Return how many pages a file claims to have; 1 for whatever cannot be opened."""
    if data[:4] in TIFF_STARTS:
        return _count_frames(data)
    if data[:3] != JPEG_START and PDF_START in data[:PDF_SEARCH_BYTES]:
        try:
            document = _open_pdf(data)
        except pypdfium2.PdfiumError:
            return 1
        pages = len(document)
        document.close()
        return max(1, pages)
    return 1


def _count_frames(data: FileBytes) -> int:
    """Count the frames up to the end or to the first that is damaged, which counts as one."""
    number = 0
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(_as_file(data)) as file:
                while True:
                    file.seek(number)
                    number += 1
    except EOFError:
        return max(1, number)
    except (Image.DecompressionBombError, *PILLOW_ERRORS):
        return number + 1


def _as_file(data: FileBytes) -> IO[bytes]:
    if isinstance(data, bytes):
        return io.BytesIO(data)
    data.seek(0)
    return cast("IO[bytes]", data)


def _open_pdf(data: FileBytes) -> pypdfium2.PdfDocument:
    if isinstance(data, bytes):
        return pypdfium2.PdfDocument(data)
    return pypdfium2.PdfDocument((ctypes.c_char * len(data)).from_buffer(data))


def decode_gray(data: FileBytes) -> GrayImage | None:
    """Decode a JPEG or PNG straight to grey, or return None.

    A JPEG of more resolution than a card needs is decoded at the fraction that ``handy`` would
    halve it to: the rest is not computed first.
    """
    image = _decoded(data)
    return None if isinstance(image, PageReason) else image


def _decoded(data: FileBytes) -> GrayImage | PageReason:
    size = _size_promised(data)
    if size is None:
        return PageReason.UNREADABLE_FILE
    if size[0] * size[1] > MOST_PIXELS:
        return PageReason.TOO_LARGE
    halvings = 0
    while data[:3] == JPEG_START and max(size) >> halvings >= LARGE_SIDE_PX:
        halvings += 1
    try:
        image = cv2.imdecode(np.frombuffer(data, np.uint8), HALVED[min(halvings, len(HALVED) - 1)])
    except cv2.error:
        image = None
    return PageReason.UNREADABLE_FILE if image is None else np.asarray(image, np.uint8)


def _single(data: FileBytes, name: str, *, whole: bool) -> LoadedPage | LoadFailure:
    if not whole:
        return LoadFailure(name, 1, PageReason.TRUNCATED_FILE)
    image = _decoded(data)
    if isinstance(image, PageReason):
        return LoadFailure(name, 1, image)
    return LoadedPage(name, 1, image, bytes(data) if data[:3] == JPEG_START else None)


def _size_promised(data: FileBytes) -> tuple[int, int] | None:
    """Return width and height as the head of the file announces them, before it is decoded."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a damaged tag is no reason to refuse a picture
            with Image.open(_as_file(data)) as image:
                return image.size
    except Image.DecompressionBombError:
        return MOST_PIXELS + 1, 1
    except PILLOW_ERRORS:
        return None


def _tiff_pages(
    data: FileBytes, name: str, first: int, last: int | None
) -> Iterator[LoadedPage | LoadFailure]:
    for number in range(first, (last or MOST_PAGES) + 1):
        page = _tiff_page(data, name, number)
        if page is None:
            return
        yield page
        if isinstance(page, LoadFailure) and page.reason is PageReason.UNREADABLE_FILE:
            return  # what follows hangs on the damaged frame


def _tiff_page(data: FileBytes, name: str, number: int) -> LoadedPage | LoadFailure | None:
    """Return one frame, or None behind the last."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Image.open(_as_file(data)) as file:
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


def _pdf_pages(
    data: FileBytes, name: str, first: int, last: int | None
) -> Iterator[LoadedPage | LoadFailure]:
    try:
        document = _open_pdf(data)
    except pypdfium2.PdfiumError:
        yield LoadFailure(name, 0, PageReason.UNREADABLE_FILE)
        return
    try:
        if len(document) == 0:
            yield LoadFailure(name, 0, PageReason.NO_PAGES)
        for index in range(first - 1, min(len(document), last or MOST_PAGES)):
            yield _pdf_page(document, index, name)
        if last is None and len(document) > MOST_PAGES:
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
        jpeg = _only_jpeg(page, width, height)
        image = None if jpeg is None else decode_gray(jpeg)
        if image is None:
            jpeg = None
            bitmap = page.render(scale=scale, grayscale=True)
            image = np.array(bitmap.to_numpy()).reshape(bitmap.height, bitmap.width)
        page.close()
    except (pypdfium2.PdfiumError, ValueError):
        return LoadFailure(name, number, PageReason.UNREADABLE_FILE)
    return LoadedPage(name, number, np.ascontiguousarray(image), jpeg)


def _only_jpeg(page: pypdfium2.PdfPage, width: float, height: float) -> bytes | None:
    """Return the JPEG of which a scanned page consists, or None when it must be rendered."""
    objects = list(page.get_objects(max_depth=1))
    if len(objects) != 1 or not isinstance(objects[0], pypdfium2.PdfImage):
        return None
    a, b, c, d, _, _ = objects[0].get_matrix().get()
    upright = a > COVER_SHARE * width and d > COVER_SHARE * height and abs(b) + abs(c) < 1
    if not upright or objects[0].get_filters() != ["DCTDecode"]:
        return None
    return bytes(objects[0].get_data(decode_simple=False))
