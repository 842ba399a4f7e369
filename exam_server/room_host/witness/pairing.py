"""The file that makes a PC the witness of a room: a certificate to follow with, the keys sealed.

It is carried on a stick. Its holder can follow the room; only two passphrases open the keys, so
only two persons together can make the witness the room's server.
"""

import base64
import json
import ssl
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from exam_server.config import Settings
from exam_server.room_host.certificates import (
    authority_file,
    open_authority,
    open_witness_certificate,
    tls_context,
    witness_file,
)
from exam_server.room_host.copies import sqlite_file
from exam_server.room_host.sealed_keys import open_keys, seal_keys
from registry.errors import InvalidInputError, NotFoundError

SUFFIX = ".kaohe-witness"
FORMAT = 1
PERSONS = 2
OWNER_ONLY = 0o600


@dataclass(frozen=True)
class Pairing:
    """What the witness needs of the room."""

    address: str
    port: int
    authority: str  # PEM
    certificate: str  # PEM
    key: str  # PEM
    sealed_keys: str  # base64
    format: int = FORMAT


def make_pairing(
    keys_folder: Path, place: tuple[str, int], passphrases: Sequence[str], *, now: datetime
) -> Pairing:
    """Make the pairing of a new witness; the one before is refused from then on."""
    passphrase = joined(passphrases)
    authority = open_authority(keys_folder, now=now)  # before the keys are sealed: it is one
    sealed = seal_keys(keys_folder, passphrase)
    made = open_witness_certificate(authority, keys_folder, now=now)
    key = made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return Pairing(
        place[0],
        place[1],
        authority_file(keys_folder).read_text("ascii"),
        made.certificate.public_bytes(Encoding.PEM).decode(),
        key.decode(),
        base64.b64encode(sealed).decode(),
    )


def joined(passphrases: Sequence[str]) -> str:
    """Return the one passphrase that two make; raises for another number or twice the same."""
    if len(passphrases) != PERSONS or len(set(passphrases)) != PERSONS:
        reason = "须由两人各设一个不同的口令，并按同样的先后给出。"
        raise InvalidInputError(field="备机口令", reason=reason)
    return "\n".join(passphrases)


def may_be_followed(settings: Settings) -> None:
    """Raise unless this room has an SQLite file and a witness was paired."""
    sqlite_file(settings)
    if not witness_file(settings.keys_folder).exists():
        raise NotFoundError(what="备机配对（请先运行 kaohe room pair）")


def write_pairing(path: Path, pairing: Pairing) -> None:
    """Write the file for its owner alone."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=OWNER_ONLY)
    path.write_text(json.dumps(asdict(pairing), indent=1), "utf-8")


def read_pairing(path: Path) -> Pairing:
    """Read the file; raises ``InvalidInputError`` for another one."""
    try:
        pairing = Pairing(**json.loads(path.read_text("utf-8")))
    except (OSError, ValueError, TypeError):
        reason = f"{path} 不是备机配对文件，请在考场服务器上运行 kaohe room pair 重新制作。"
        raise InvalidInputError(field="配对文件", reason=reason) from None
    return pairing


def open_sealed_keys(pairing: Pairing, passphrases: Sequence[str], keys_folder: Path) -> None:
    """Put the room's keys in place; two passphrases in the order in which they were set."""
    open_keys(base64.b64decode(pairing.sealed_keys), joined(passphrases), keys_folder)


def server_context(keys_folder: Path) -> ssl.SSLContext:
    """Return the context of a server that wants to see a certificate of the room's authority."""
    context = tls_context(keys_folder)
    context.load_verify_locations(authority_file(keys_folder))
    context.verify_mode = ssl.CERT_REQUIRED
    return context


def is_witness(tls: ssl.SSLSocket, keys_folder: Path) -> bool:
    """Say whether the other side shows the certificate that was paired last."""
    paired = x509.load_pem_x509_certificate(witness_file(keys_folder).read_bytes())
    return tls.getpeercert(binary_form=True) == paired.public_bytes(Encoding.DER)


def witness_context(pairing: Pairing, folder: Path) -> ssl.SSLContext:
    """Return the context of the witness; its certificate is kept in its folder."""
    context = ssl.create_default_context(cadata=pairing.authority)
    path = folder / "witness.pem"
    path.touch(mode=OWNER_ONLY)
    path.write_text(pairing.certificate + pairing.key, "ascii")
    context.load_cert_chain(path)
    return context
