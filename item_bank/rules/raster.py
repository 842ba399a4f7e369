"""Reads PNG and JPEG figures as they are sent: checks them and keeps only what draws the picture.

What a camera or program writes beside the picture (place, author, thumbnail, turning) is dropped,
so that screen and paper show the same. Pixels are not decoded here, but a PNG is inflated within
the bound that its size sets, so that nothing unfolds further than it says.
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

PNG_TYPE, JPEG_TYPE = "image/png", "image/jpeg"
PNG_SIGN, JPEG_SIGN = b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff"
MAX_RASTER_BYTES = 2_000_000
SIDES_PX = range(40, 4001)
MAX_PIXELS = 8_000_000
KEPT_CHUNKS = frozenset((b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND"))
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # by the colour type of a PNG
DEPTHS = frozenset((1, 2, 4, 8))
SOF_READ = frozenset((0xC0, 0xC1, 0xC2))  # baseline, extended, progressive
SOF_OTHER = frozenset(range(0xC3, 0xD0)) - {0xC4, 0xC8, 0xCC}
SOS, EOI = 0xDA, 0xD9
DROPPED_SEGMENTS = frozenset((*range(0xE1, 0xEE), 0xEF, 0xFE))  # all of APP but JFIF and Adobe
BARE_MARKERS = frozenset((0x01, *range(0xD0, 0xD8)))


class RasterError(Exception):
    """The file is no picture that can be shown and printed; the words say why."""


@dataclass(frozen=True)
class Raster:
    """A picture with its size, its bytes reduced to what draws it."""

    media_type: str
    content: bytes
    width_px: int
    height_px: int


def read_raster(content: bytes) -> Raster:
    """Return a PNG or JPEG; raises ``RasterError`` for anything broken, strange or too large."""
    if len(content) > MAX_RASTER_BYTES:
        raise RasterError(f"图片超过 {MAX_RASTER_BYTES // 1_000_000} MB，请缩小后再上传。")
    try:
        if content.startswith(PNG_SIGN):
            raster = _read_png(content)
        elif content.startswith(JPEG_SIGN):
            raster = _read_jpeg(content)
        else:
            raise RasterError("只能上传 SVG、PNG 或 JPEG 图片。")
    except (struct.error, IndexError, zlib.error) as fault:
        raise RasterError("图片不完整或已损坏，请重新导出。") from fault
    return raster


def is_raster(content: bytes) -> bool:
    """Say whether the first bytes are those of a PNG or JPEG."""
    return content.startswith((PNG_SIGN, JPEG_SIGN))


def _read_png(content: bytes) -> Raster:
    kept, packed = [PNG_SIGN], []
    header = b""
    for name, data, whole in _chunks(content):
        header = header or (data if name == b"IHDR" else b"")
        if name == b"IDAT":
            packed.append(data)
        if name in KEPT_CHUNKS:
            kept.append(whole)
    width, height, depth, colour, _, _, interlace = struct.unpack(">IIBBBBB", header)
    if depth not in DEPTHS or colour not in CHANNELS:
        raise RasterError("请把 PNG 存为每通道 8 位后再上传。")
    _require_size(width, height)
    bits = depth * CHANNELS[colour]
    expected = height * (1 + (width * bits + 7) // 8)
    _require_pixels(b"".join(packed), expected, is_exact=not interlace)
    return Raster(PNG_TYPE, b"".join(kept), width, height)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Yield name, data and bytes of every chunk up to the end mark; what follows is left out."""
    place, name = len(PNG_SIGN), b""
    while name != b"IEND":
        (length,) = struct.unpack_from(">I", content, place)
        whole = content[place : place + length + 12]
        name, data = whole[4:8], whole[8:-4]
        (checksum,) = struct.unpack_from(">I", whole, length + 8)
        if zlib.crc32(whole[4:-4]) != checksum:
            raise RasterError("图片不完整或已损坏，请重新导出。")
        yield name, data, whole
        place += length + 12


def _require_pixels(packed: bytes, expected: int, *, is_exact: bool) -> None:
    """Inflate no further than the picture may be, and see that nothing is missing."""
    found = len(zlib.decompressobj().decompress(packed, 2 * expected))
    if found > 2 * expected - 1 or found < expected or (is_exact and found != expected):
        raise RasterError("图片不完整或已损坏，请重新导出。")


def _read_jpeg(content: bytes) -> Raster:
    kept, frame = [content[:2]], b""
    marker, place = 0, 2
    while marker != EOI:
        marker, start, place = _segment(content, place)
        if marker in SOF_OTHER:
            raise RasterError("不支持这种 JPEG，请另存为普通 JPEG 或 PNG。")
        if marker in SOF_READ:
            frame = content[start + 4 : place]
        if marker == SOS:
            place = _end_of_scan(content, place)
        if marker not in DROPPED_SEGMENTS:
            kept.append(content[start:place])
    precision, height, width, components = struct.unpack_from(">BHHB", frame)
    if precision != 8 or components not in (1, 3):
        raise RasterError("请把 JPEG 存为 RGB 或灰度后再上传。")
    _require_size(width, height)
    return Raster(JPEG_TYPE, b"".join(kept), width, height)


def _segment(content: bytes, place: int) -> tuple[int, int, int]:
    """Return marker, start and end of the segment at a place."""
    if content[place] != 0xFF:
        raise RasterError("图片不完整或已损坏，请重新导出。")
    while content[place + 1] == 0xFF:  # fill bytes
        place += 1
    marker = content[place + 1]
    if marker == EOI or marker in BARE_MARKERS:
        return marker, place, place + 2
    (length,) = struct.unpack_from(">H", content, place + 2)
    if length < 2 or place + 2 + length > len(content):
        raise RasterError("图片不完整或已损坏，请重新导出。")
    return marker, place, place + 2 + length


def _end_of_scan(content: bytes, place: int) -> int:
    """Return where the packed pixels end: at a marker that is neither stuffing nor a restart."""
    while True:
        place = content.find(b"\xff", place)
        if place < 0:
            raise IndexError
        following = content[place + 1]
        if following not in (0x00, 0xFF) and following not in BARE_MARKERS:
            return place
        place += 1 if following == 0xFF else 2


def _require_size(width: int, height: int) -> None:
    if width not in SIDES_PX or height not in SIDES_PX or width * height > MAX_PIXELS:
        raise RasterError(
            f"图片为 {width} × {height} 像素；边长应为 {SIDES_PX[0]} 至 {SIDES_PX[-1]} 像素，"
            f"总共不超过 {MAX_PIXELS // 1_000_000} 百万像素。"
        )
