"""The file in which a closed sitting travels from its room to the centre.

One line a row, each led by a hash that covers all lines before it, so that the first altered,
removed or inserted line is found by number; the last line signs the whole with the room's key.
"""

import gzip
import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from registry.durable import move_durably
from registry.errors import AssessmentError
from registry.keys import KeyRing

FORMAT = 2  # 2: with the events of attempts
HASH_LETTERS = 64
END = "end"


class AlteredFileError(AssessmentError):
    """The file is not what the room signed."""

    code = "altered_file"
    text = "文件已被改动或损坏：{place}。没有导入任何内容，请向考场重新取得原文件。"


class UnknownRoomError(AssessmentError):
    """The file is signed with a key that this centre does not know."""

    code = "unknown_room"
    text = "文件由未登记的考场密钥 {key} 签名。请与考场核对公钥后，用 --room-key 给出再导入。"


def write_file(path: Path, lines: Iterable[dict[str, Any]], keys: KeyRing) -> str:
    """Write the lines and sign them; return the hash of the whole."""
    running = ""
    fresh = path.with_name(path.name + ".new")
    with (
        fresh.open("wb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", filename="", mtime=0) as file,
    ):
        for line in lines:
            text = _canonical(line)
            running = _next_hash(running, text)
            file.write(f"{running} {text}\n".encode())
        signature = keys.sign(running.encode()).hex()
        file.write(f"{END} {signature}\n".encode())
    move_durably(fresh, path)
    return running


def read_file(path: Path, trusted: Iterable[bytes]) -> tuple[list[dict[str, Any]], str]:
    """Return the lines and their hash; raises ``AlteredFileError`` with the place."""
    lines: list[dict[str, Any]] = []
    running = ""
    signature = None
    for number, text in enumerate(_texts(path), start=1):
        if signature is not None:
            raise AlteredFileError(place=f"第 {number} 行在签名之后")
        head, _space, body = text.partition(" ")
        if head == END:
            signature = body
            continue
        running = _next_hash(running, body)
        if head != running:
            raise AlteredFileError(place=f"第 {number} 行")
        lines.append(json.loads(body))
    if signature is None or not lines:
        raise AlteredFileError(place="缺少末行签名，文件不完整")
    _check_signature(running, signature, str(lines[0].get("room_key", "")), trusted)
    return lines, running


def _check_signature(running: str, signature: str, named: str, trusted: Iterable[bytes]) -> None:
    """Check with the key that the file names, which must be one that is trusted."""
    key = next((key for key in trusted if key.hex() == named), None)
    if key is None:
        raise UnknownRoomError(key=named)
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(bytes.fromhex(signature), running.encode())
    except (InvalidSignature, ValueError):
        raise AlteredFileError(place="末行签名与内容不符") from None


def _texts(path: Path) -> Iterator[str]:
    number = 0
    try:
        with gzip.open(path, "rt", encoding="utf-8", newline="\n") as file:
            for line in file:
                number += 1
                yield line.removesuffix("\n")
    except (OSError, EOFError, UnicodeDecodeError, zlib.error):
        raise AlteredFileError(place=f"第 {number + 1} 行之后无法解压") from None


def _canonical(line: dict[str, Any]) -> str:
    return json.dumps(line, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _next_hash(before: str, text: str) -> str:
    return hashlib.sha256(f"{before}{text}".encode()).hexdigest()
