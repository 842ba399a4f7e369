"""The secrets of one installation: kept as files outside the database.

Personal columns are sealed with SM4-GCM and searched by a keyed index (HMAC-SM3); certificates
and receipts are signed with Ed25519.
"""

import secrets
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from registry.durable import flush_folder, write_durably

SM4_KEY_BYTES = 16  # GB/T 32907
NONCE_BYTES = 12
TAG_BYTES = 16
INDEX_KEY_BYTES = 32
SIGNING_KEY_BYTES = 32


def sm3(data: bytes) -> bytes:
    """Return the SM3 digest (GB/T 32905).

    >>> sm3(b"abc").hex()[:16]
    '66c7f0f462eeedd9'
    """
    digest = hashes.Hash(hashes.SM3())
    digest.update(data)
    return digest.finalize()


def hmac_sm3(key: bytes, data: bytes) -> bytes:
    """Return HMAC with SM3.

    >>> hmac_sm3(b"key", b"abc").hex()[:16]
    '28e63256e7c5a087'
    """
    mac = hmac.HMAC(key, hashes.SM3())
    mac.update(data)
    return mac.finalize()


@dataclass(frozen=True)
class KeyRing:
    """Three keys: sealing, indexing, signing."""

    sealing_key: bytes
    index_key: bytes
    signing_key: Ed25519PrivateKey

    def seal(self, text: str, *, purpose: str) -> bytes:
        """Encrypt a text; ``purpose`` binds the result to its column."""
        return self.seal_bytes(text.encode(), purpose=purpose)

    def reveal(self, sealed: bytes, *, purpose: str) -> str:
        """Decrypt what ``seal`` made; raises ``InvalidTag`` for anything altered."""
        return self.reveal_bytes(sealed, purpose=purpose).decode()

    def seal_bytes(self, content: bytes, *, purpose: str) -> bytes:
        """Encrypt bytes; ``purpose`` binds the result to its place."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        box = Cipher(algorithms.SM4(self.sealing_key), modes.GCM(nonce)).encryptor()
        box.authenticate_additional_data(purpose.encode())
        sealed = box.update(content) + box.finalize()
        return nonce + box.tag + sealed

    def reveal_bytes(self, sealed: bytes, *, purpose: str) -> bytes:
        """Decrypt what ``seal_bytes`` made; raises ``InvalidTag`` for anything altered."""
        nonce = sealed[:NONCE_BYTES]
        tag = sealed[NONCE_BYTES : NONCE_BYTES + TAG_BYTES]
        box = Cipher(algorithms.SM4(self.sealing_key), modes.GCM(nonce, tag)).decryptor()
        box.authenticate_additional_data(purpose.encode())
        return box.update(sealed[NONCE_BYTES + TAG_BYTES :]) + box.finalize()

    def index(self, text: str, *, purpose: str) -> str:
        """Return the keyed index under which a sealed text is found again."""
        return hmac_sm3(self.index_key, f"{purpose}\0{text}".encode()).hex()

    def sign(self, message: bytes) -> bytes:
        """Sign with Ed25519."""
        return self.signing_key.sign(message)

    def verify_key(self) -> bytes:
        """Return the public half of the signing key, 32 bytes."""
        return self.signing_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def new_key_ring() -> KeyRing:
    """Draw fresh keys."""
    return KeyRing(
        secrets.token_bytes(SM4_KEY_BYTES),
        secrets.token_bytes(INDEX_KEY_BYTES),
        Ed25519PrivateKey.generate(),
    )


def key_file(folder: Path) -> Path:
    """Return where the key ring of an installation lies."""
    return folder / "kaohe.keys"


def open_key_ring(folder: Path) -> KeyRing:
    """Read the key ring of an installation; the first opening draws and stores it."""
    path = key_file(folder)
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        _store(new_key_ring(), path)
    raw = path.read_bytes()
    sealing, rest = raw[:SM4_KEY_BYTES], raw[SM4_KEY_BYTES:]
    if len(rest) != INDEX_KEY_BYTES + SIGNING_KEY_BYTES:
        raise ValueError(f"{path}: not a key ring")
    signing = Ed25519PrivateKey.from_private_bytes(rest[INDEX_KEY_BYTES:])
    return KeyRing(sealing, rest[:INDEX_KEY_BYTES], signing)


def _store(ring: KeyRing, path: Path) -> None:
    private = ring.signing_key.private_bytes_raw()
    drawn = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    write_durably(drawn, ring.sealing_key + ring.index_key + private)
    try:
        path.hardlink_to(drawn)  # unlike a move, never over the keys that another process has drawn
    except FileExistsError:
        return
    finally:
        drawn.unlink()
    flush_folder(path.parent)
