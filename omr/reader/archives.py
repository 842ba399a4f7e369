"""ZIP files of scans: lists and opens their members; unpacks nothing to disk."""

import zipfile
import zlib
from pathlib import Path

from omr.rules.reasons import PageReason

ZIP_START = b"PK\x03\x04"
EMPTY_ZIP_START = b"PK\x05\x06"
MOST_MEMBERS = 100_000
MOST_MEMBER_BYTES = 512 * 1024 * 1024
MOST_ARCHIVE_BYTES = 8 * 1024 * 1024 * 1024  # of all members unpacked
MOST_EXPANSION = 200  # times: a scan in a ZIP hardly shrinks, a bomb grows a thousandfold
HIDDEN = ("__MACOSX/", ".")
READ_ERRORS = (
    zipfile.BadZipFile,
    zlib.error,
    OSError,
    EOFError,
    RuntimeError,  # an encrypted member
    NotImplementedError,  # a compression that Python does not know
    ValueError,
)


def is_archive(start: bytes) -> bool:
    """Say whether a file that begins so is a ZIP."""
    return start[:4] in (ZIP_START, EMPTY_ZIP_START)


def members_of(path: Path) -> tuple[str, ...] | PageReason:
    """Return the names of the files in an archive in its order, or why they cannot be had."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        size = path.stat().st_size
    except READ_ERRORS:
        return PageReason.UNREADABLE_FILE
    if _is_bomb(entries, size):
        return PageReason.TOO_LARGE
    names = [entry.filename for entry in entries]
    shown = tuple(name for name in names if not _is_hidden(name))
    if len(shown) > MOST_MEMBERS:
        return PageReason.TOO_LARGE
    return shown or PageReason.NO_PAGES


def read_member(archive: zipfile.ZipFile, name: str) -> bytes | PageReason:
    """Return the bytes of one file of an archive, or why they cannot be had."""
    try:
        entry = archive.getinfo(name)
        expansion = entry.file_size / max(entry.compress_size, 1)
        if entry.file_size > MOST_MEMBER_BYTES or expansion > MOST_EXPANSION:
            return PageReason.TOO_LARGE
        return archive.read(entry)
    except (KeyError, *READ_ERRORS):
        return PageReason.UNREADABLE_FILE


def shown_name(member: str) -> str:
    """Return the name of a member as its packer meant it: old programs write GB 18030 unmarked.

    >>> shown_name("扫描.jpg".encode("gb18030").decode("cp437"))
    '扫描.jpg'
    """
    try:
        return member.encode("cp437").decode("gb18030")
    except UnicodeError:
        return member


def _is_bomb(entries: list[zipfile.ZipInfo], size: int) -> bool:
    """Say whether the members unpack to too much, or overlap so that one part unpacks often."""
    packed = sum(entry.compress_size for entry in entries)
    return packed > size or sum(entry.file_size for entry in entries) > MOST_ARCHIVE_BYTES


def _is_hidden(name: str) -> bool:
    return name.startswith(HIDDEN) or name.rpartition("/")[2].startswith(HIDDEN)
