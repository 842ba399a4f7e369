"""Packages and the key that opens them: AES-256-GCM, two shares, two codes. Pure bytes.

WebCrypto opens a package as it is: after the mark come 12 bytes of nonce, then ciphertext and tag.
The admission number is authenticated, so that no package passes for another candidate's.
"""

import secrets
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from exam_server.delivery.ending import CODE_ALPHABET

MARK = b"KAOHE-PAPER-1\n"  # names the version: a page refuses one it does not know
KEY_BYTES, NONCE_BYTES, SALT_BYTES = 32, 12, 16
WORK, BLOCK, LANES = 2**14, 8, 1  # RFC 7914 for interactive use; a code alone has 80 random bits
CODE_LETTERS, GROUP = 16, 4
MISREAD = str.maketrans("OIL", "011", "- ")


class WrongCodeError(Exception):
    """The code does not open the share."""


@dataclass(frozen=True)
class LockedKey:
    """A fresh key, its shares under two codes, and the codes, which are kept nowhere."""

    key: bytes
    head_share: bytes
    proctor_share: bytes
    head_code: str
    proctor_code: str


def draw_locked_key() -> LockedKey:
    """Draw a key and split it so that either share alone is 256 random bits."""
    key, own = secrets.token_bytes(KEY_BYTES), secrets.token_bytes(KEY_BYTES)
    head_code, proctor_code = _draw_code(), _draw_code()
    return LockedKey(
        key,
        _lock(own, head_code),
        _lock(_xor(key, own), proctor_code),
        head_code,
        proctor_code,
    )


def open_share(locked: bytes, code: str) -> bytes:
    """Open one share; raises ``WrongCodeError``."""
    salt, rest = locked[:SALT_BYTES], locked[SALT_BYTES:]
    box = AESGCM(_stretched(code, salt))
    try:
        return box.decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], MARK)
    except InvalidTag:
        raise WrongCodeError from None


def joined(head_share: bytes, proctor_share: bytes) -> bytes:
    """Put the key together from both opened shares."""
    return _xor(head_share, proctor_share)


def pack(content: bytes, key: bytes, admission_no: str) -> bytes:
    """Encrypt what one candidate will see, under a nonce of its own.

    >>> unpack(pack(b"paper", bytes(32), "26"), bytes(32), "26")
    b'paper'
    """
    nonce = secrets.token_bytes(NONCE_BYTES)
    return MARK + nonce + AESGCM(key).encrypt(nonce, content, admission_no.encode())


def unpack(package: bytes, key: bytes, admission_no: str) -> bytes:
    """Decrypt a package; raises ``InvalidTag`` for anything altered, ``ValueError`` if unknown."""
    if not package.startswith(MARK):
        raise ValueError("not a package of this version")
    body = package[len(MARK) :]
    return AESGCM(key).decrypt(body[:NONCE_BYTES], body[NONCE_BYTES:], admission_no.encode())


def _draw_code() -> str:
    letters = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LETTERS))
    return "-".join(letters[at : at + GROUP] for at in range(0, CODE_LETTERS, GROUP))


def _lock(share: bytes, code: str) -> bytes:
    salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    return salt + nonce + AESGCM(_stretched(code, salt)).encrypt(nonce, share, MARK)


def _stretched(code: str, salt: bytes) -> bytes:
    typed = code.upper().translate(MISREAD)
    return Scrypt(salt, KEY_BYTES, WORK, BLOCK, LANES).derive(typed.encode())


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
