"""The folder of keys, sealed with a passphrase so that it may travel beside a copy of the store."""

import io
import secrets
import tarfile
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from registry.durable import write_durably
from registry.errors import AssessmentError, InvalidInputError

MAGIC = b"KAOHE-KEYS-1\n"
SALT_BYTES, NONCE_BYTES, KEY_BYTES = 16, 12, 32
WORK, BLOCK, LANES = 2**15, 8, 1  # RFC 7914 names 2**14 for interactive use
SHORTEST_PASSPHRASE = 12


class WrongPassphraseError(AssessmentError):
    """The passphrase does not open the keys."""

    code = "wrong_passphrase"
    text = "口令不对，或备份中的密钥被改动。请核对口令后重试。"


def seal_keys(folder: Path, passphrase: str) -> bytes:
    """Seal every file of the folder; raises ``InvalidInputError`` for a short passphrase."""
    if len(passphrase) < SHORTEST_PASSPHRASE:
        reason = f"至少 {SHORTEST_PASSPHRASE} 个字符。"
        raise InvalidInputError(field="备份口令", reason=reason)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for path in sorted(folder.iterdir()):
            if path.is_file():
                archive.add(path, arcname=path.name)
    salt, nonce = secrets.token_bytes(SALT_BYTES), secrets.token_bytes(NONCE_BYTES)
    sealed = AESGCM(_key(passphrase, salt)).encrypt(nonce, packed.getvalue(), MAGIC)
    return MAGIC + salt + nonce + sealed


def open_keys(sealed: bytes, passphrase: str, folder: Path) -> None:
    """Write the sealed files into the folder, for the owner alone."""
    body = sealed.removeprefix(MAGIC)
    salt, rest = body[:SALT_BYTES], body[SALT_BYTES:]
    nonce, hidden = rest[:NONCE_BYTES], rest[NONCE_BYTES:]
    try:
        packed = AESGCM(_key(passphrase, salt)).decrypt(nonce, hidden, MAGIC)
    except InvalidTag:
        raise WrongPassphraseError from None
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        for member in archive.getmembers():
            content = archive.extractfile(member)
            write_durably(folder / Path(member.name).name, content.read() if content else b"")


def _key(passphrase: str, salt: bytes) -> bytes:
    return Scrypt(salt, KEY_BYTES, WORK, BLOCK, LANES).derive(passphrase.encode())
