"""Pictures found in files: their kind and size told by their bytes, all others refused by name.

Nothing is decoded here, so a small file that unfolds to a vast picture harms nobody.
"""

import re
import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from item_bank.rules.figure import SVG_TYPE, check_svg

MAX_PICTURE_BYTES = 5_000_000
MAX_PICTURE_PIXELS = 40_000_000
MAX_PICTURES = 2_000  # of one file
MAX_DESCRIPTION = 500  # characters
PICTURE_SIGN = "\ufffc"  # stands in a running text where a picture is
PNG, JPEG, GIF = "image/png", "image/jpeg", "image/gif"
OTHER_KINDS = {
    b"\x01\x00\x00\x00": "EMF",
    b"\xd7\xcd\xc6\x9a": "WMF",
    b"II*\x00": "TIFF",
    b"MM\x00*": "TIFF",
    b"BM": "BMP",
    b"RIFF": "WebP",
}
NO_DESCRIPTION = re.compile(
    r"(?:图片?|图像|图形|picture|image|img|figure)?[\s_-]*\d*(?:\.(?:png|jpe?g|gif|bmp|svg|emf|wmf))?"
    r"|[^\n]{0,200}\.(?:png|jpe?g|gif|bmp|svg|emf|wmf)",
    re.I,
)
MADE_BY_PROGRAM = ("描述已自动生成", "description automatically generated")
FRAME_MARKERS = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # SOF of JPEG


@dataclass(frozen=True)
class Picture:
    """A picture of a file under its name there."""

    name: str
    content: bytes
    media_type: str
    description: str = ""


def description_in(text: str) -> str:
    """Return what a person said about a picture; names of files and of programs say nothing.

    >>> [description_in("图片 3"), description_in("valve.png"), description_in("一个阀门")]
    ['', '', '一个阀门']
    """
    told = text.strip()[:MAX_DESCRIPTION]
    if NO_DESCRIPTION.fullmatch(told) or any(mark in told.lower() for mark in MADE_BY_PROGRAM):
        return ""
    return told


def picture_of(name: str, content: bytes, description: str = "") -> Picture | str:
    """Return a picture, or the reason why it is not kept."""
    if len(content) > MAX_PICTURE_BYTES:
        return f"图片 {name} 超过 {MAX_PICTURE_BYTES // 1_000_000} MB，没有读取"
    kind = media_type_of(content)
    if kind is None:
        found = next((k for sign, k in OTHER_KINDS.items() if content.startswith(sign)), "未知")
        return f"图片 {name} 是{found}格式，没有读取；请改用 PNG、JPEG 或 SVG"
    reason = _svg_reason(content) if kind == SVG_TYPE else _size_reason(content, kind)
    if reason:
        return f"图片 {name} 没有读取：{reason}"
    return Picture(name, content, kind, description)


def media_type_of(content: bytes) -> str | None:
    """Return the type by the first bytes; None for what is not taken."""
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if content.startswith(b"\xff\xd8\xff"):
        return JPEG
    if content.startswith((b"GIF87a", b"GIF89a")):
        return GIF
    return SVG_TYPE if b"<svg" in content[:2000] else None


def _svg_reason(content: bytes) -> str:
    return "".join(check_svg(content)[:1]).rstrip("。")


def _size_reason(content: bytes, kind: str) -> str:
    try:
        width, height = SIZES[kind](content)
    except (struct.error, ValueError, IndexError):
        return "文件损坏"
    if width * height > MAX_PICTURE_PIXELS:
        return f"{width} × {height} 像素过大"
    return "" if width and height else "文件损坏"


def _png_size(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from(">II", content, 16)
    return width, height


def _gif_size(content: bytes) -> tuple[int, int]:
    width, height = struct.unpack_from("<HH", content, 6)
    return width, height


def _jpeg_size(content: bytes) -> tuple[int, int]:
    place = 2
    while True:
        mark, marker, length = struct.unpack_from(">BBH", content, place)
        if mark != 0xFF:
            raise ValueError("no marker")
        if marker in FRAME_MARKERS:
            height, width = struct.unpack_from(">HH", content, place + 5)
            return width, height
        if marker == 0xFF:  # filling
            place += 1
            continue
        place += 2 + max(length, 2)


SIZES: Mapping[str, Callable[[bytes], tuple[int, int]]] = {
    PNG: _png_size,
    JPEG: _jpeg_size,
    GIF: _gif_size,
}
