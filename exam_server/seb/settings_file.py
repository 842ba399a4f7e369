"""A settings file of Safe Exam Browser, plain or sealed with a password (RNCryptor 2); pure."""

import gzip
import hmac
import plistlib
import secrets
from typing import Any

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

PLAIN, SEALED = b"plnd", b"pswd"
HEADER = b"\x02\x01"  # version 2, with a password
SALT_BYTES, VECTOR_BYTES, KEY_BYTES, MARK_BYTES = 8, 16, 32, 32
ROUNDS = 10_000
BLOCK_BITS = 128


class UnreadableFileError(ValueError):
    """The file is not a settings file, or the password is another."""


def plain_file(settings: dict[str, Any]) -> bytes:
    """Return the settings as a file that anyone may read."""
    return gzip.compress(PLAIN + gzip.compress(_xml(settings), mtime=0), mtime=0)


def sealed_file(settings: dict[str, Any], password: str) -> bytes:
    """Return the settings as a file that opens with the password."""
    draw = secrets.token_bytes
    salts = (draw(SALT_BYTES), draw(SALT_BYTES), draw(VECTOR_BYTES))
    sealed = seal(gzip.compress(_xml(settings), mtime=0), password, *salts)
    return gzip.compress(SEALED + sealed, mtime=0)


def read_settings_file(content: bytes, password: str = "") -> dict[str, Any]:
    """Return the settings in a file of either kind."""
    body = gzip.decompress(content)
    kind, rest = body[:4], body[4:]
    if kind == SEALED:
        rest = unseal(rest, password)
    elif kind != PLAIN:
        raise UnreadableFileError("not a settings file of a kind that is written here")
    settings: dict[str, Any] = plistlib.loads(gzip.decompress(rest))
    return settings


def seal(
    content: bytes,
    password: str,
    cipher_salt: bytes,
    mark_salt: bytes,
    vector: bytes,
    *,
    header: bytes = HEADER,
) -> bytes:
    """Encrypt and authenticate: header, salts, vector, AES-256-CBC, HMAC over all of it."""
    padder = padding.PKCS7(BLOCK_BITS).padder()
    padded = padder.update(content) + padder.finalize()
    box = Cipher(algorithms.AES(_key(password, cipher_salt)), modes.CBC(vector)).encryptor()
    body = header + cipher_salt + mark_salt + vector + box.update(padded) + box.finalize()
    return body + hmac.digest(_key(password, mark_salt), body, "sha256")


def unseal(sealed: bytes, password: str) -> bytes:
    """Return what ``seal`` sealed; raises ``UnreadableFileError`` for a wrong password."""
    body, mark = sealed[:-MARK_BYTES], sealed[-MARK_BYTES:]
    at = len(HEADER)
    cipher_salt, mark_salt = body[at : at + SALT_BYTES], body[at + SALT_BYTES : at + 2 * SALT_BYTES]
    at += 2 * SALT_BYTES
    vector, hidden = body[at : at + VECTOR_BYTES], body[at + VECTOR_BYTES :]
    if not hmac.compare_digest(hmac.digest(_key(password, mark_salt), body, "sha256"), mark):
        raise UnreadableFileError("wrong password, or the file was altered")
    box = Cipher(algorithms.AES(_key(password, cipher_salt)), modes.CBC(vector)).decryptor()
    unpadder = padding.PKCS7(BLOCK_BITS).unpadder()
    return unpadder.update(box.update(hidden) + box.finalize()) + unpadder.finalize()


def _xml(settings: dict[str, Any]) -> bytes:
    return plistlib.dumps(settings)


def _key(password: str, salt: bytes) -> bytes:
    # The public format fixes SHA-1 and the number of rounds.
    return PBKDF2HMAC(hashes.SHA1(), KEY_BYTES, salt, ROUNDS).derive(password.encode())  # noqa: S303
