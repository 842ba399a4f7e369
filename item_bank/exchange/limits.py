"""What a file may weigh, and the safe way into archives; nothing is ever unpacked to disk."""

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager

from item_bank.exchange.records import UnreadableFileError

MEGABYTE = 1 << 20
MAX_FILE_BYTES = 32 * MEGABYTE
MAX_UPLOAD_FILES = 20  # sent together
MAX_UPLOAD_BYTES = 64 * MEGABYTE
MAX_ENTRIES = 50_000
MAX_ENTRY_BYTES = 64 * MEGABYTE  # one entry, unpacked
MAX_UNPACKED_BYTES = 192 * MEGABYTE  # all entries together
MAX_RATIO = 100  # unpacked against packed, judged above RATIO_FROM_BYTES
RATIO_FROM_BYTES = MEGABYTE
MAX_ITEMS = 20_000
MAX_ROWS = 50_000
MAX_COLUMNS = 80
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
ARCHIVE_FAULTS = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    EOFError,
    OSError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    IndexError,
    OverflowError,
)


def check_size(content: bytes) -> None:
    """Refuse an empty or oversized file."""
    if not content.strip(b"\0 \r\n\t\xef\xbb\xbf"):
        raise UnreadableFileError("文件是空的。")
    if len(content) > MAX_FILE_BYTES:
        raise UnreadableFileError(f"文件超过 {MAX_FILE_BYTES // MEGABYTE} MB。")


@contextmanager
def opened_archive(content: bytes) -> Iterator[zipfile.ZipFile]:
    """Open an archive whose table of contents has been checked; faults refuse the file."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            _check_entries(archive.infolist())
            yield archive
    except ARCHIVE_FAULTS as fault:
        raise UnreadableFileError("压缩包损坏，无法打开。") from fault


def entry_bytes(archive: zipfile.ZipFile, name: str) -> bytes:
    """Return one entry, never more than its limit."""
    try:
        with archive.open(name) as stream:
            content = stream.read(MAX_ENTRY_BYTES + 1)
    except (*ARCHIVE_FAULTS, KeyError) as fault:
        raise UnreadableFileError("压缩包中的这个文件损坏。", name) from fault
    if len(content) > MAX_ENTRY_BYTES:
        raise UnreadableFileError(f"解压后超过 {MAX_ENTRY_BYTES // MEGABYTE} MB。", name)
    return content


def _check_entries(entries: list[zipfile.ZipInfo]) -> None:
    if len(entries) > MAX_ENTRIES:
        raise UnreadableFileError(f"压缩包内文件超过 {MAX_ENTRIES} 个。")
    if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
        raise UnreadableFileError(f"压缩包解压后超过 {MAX_UNPACKED_BYTES // MEGABYTE} MB。")
    for entry in entries:
        _check_entry(entry)


def _check_entry(entry: zipfile.ZipInfo) -> None:
    name = entry.filename
    parts = re.split(r"[/\\]", name)
    if ".." in parts or name.startswith(("/", "\\")) or re.match(r"[A-Za-z]:", name):
        raise UnreadableFileError("路径指向压缩包之外，已拒绝。", name)
    if stat.S_ISLNK(entry.external_attr >> 16):
        raise UnreadableFileError("压缩包含有链接，已拒绝。", name)
    if entry.flag_bits & 0x1:
        raise UnreadableFileError("压缩包已加密，无法读取。", name)
    if entry.compress_type not in METHODS:
        raise UnreadableFileError("压缩方式不受支持。", name)
    if entry.file_size > MAX_ENTRY_BYTES:
        raise UnreadableFileError(f"解压后超过 {MAX_ENTRY_BYTES // MEGABYTE} MB。", name)
    packed = max(entry.compress_size, 1)
    if entry.file_size > RATIO_FROM_BYTES and entry.file_size / packed > MAX_RATIO:
        raise UnreadableFileError(f"压缩比超过 {MAX_RATIO} 倍，疑为压缩炸弹，已拒绝。", name)
