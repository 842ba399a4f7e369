"""Files of scans in the store: cut in pieces, so that neither side holds a file whole."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from registry.files import FileStore

PIECE_BYTES = 8 * 1024 * 1024


@dataclass(frozen=True)
class StoredFile:
    """A file whose every piece is on the disk."""

    name: str
    digest: str
    size_bytes: int
    pieces: tuple[str, ...]


def store_file(files: FileStore, content: IO[bytes], name: str) -> StoredFile:
    """Store a file durably, piece by piece."""
    whole, size, pieces = hashlib.sha256(), 0, []
    while piece := content.read(PIECE_BYTES):
        whole.update(piece)
        size += len(piece)
        pieces.append(files.put(piece))
    return StoredFile(name, whole.hexdigest(), size, tuple(pieces))


def write_out(files: FileStore, pieces: Sequence[str], path: Path) -> None:
    """Put a stored file together again at ``path``."""
    with path.open("wb") as file:
        for piece in pieces:
            file.write(files.get(piece))
