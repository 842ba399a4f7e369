"""A content-addressed store of scans, photographs, figures and attachments, sealed on the disk.

A file's name is the hash of what it says; the key that opens it lies with the others.
"""

import hashlib
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag

from registry.durable import make_folder, write_durably
from registry.errors import NotFoundError
from registry.keys import KeyRing

HASH_LENGTH = 64  # hexadecimal SHA-256


@dataclass(frozen=True)
class FileStore:
    """Files below one folder, two levels deep, never altered once written."""

    root: Path
    keys: KeyRing

    def put(self, content: bytes) -> str:
        """Store the bytes durably and return their SHA-256; storing again changes nothing."""
        digest = hashlib.sha256(content).hexdigest()
        path = self._path(digest)
        if path.exists():
            return digest
        make_folder(path.parent)
        write_durably(path, self.keys.seal_bytes(content, purpose=_purpose(digest)))
        return digest

    def get(self, digest: str) -> bytes:
        """Return the bytes; raises ``NotFoundError`` for an unknown or altered file."""
        path = self._path(digest)
        if not path.exists():
            raise NotFoundError(what="文件")
        stored = path.read_bytes()
        if hashlib.sha256(stored).hexdigest() == digest:
            return stored  # written before files were sealed
        try:
            return self.keys.reveal_bytes(stored, purpose=_purpose(digest))
        except InvalidTag as fault:
            raise NotFoundError(what="完好的文件") from fault

    def remove(self, digest: str) -> None:
        """Forget a file for good; only for one that nothing else can refer to."""
        self._path(digest).unlink(missing_ok=True)

    def _path(self, digest: str) -> Path:
        if len(digest) != HASH_LENGTH or not digest.isalnum():
            raise NotFoundError(what="文件")
        return self.root / digest[:2] / digest[2:]


def _purpose(digest: str) -> str:
    return f"file:{digest}"
