"""The room's own certificate authority and the server certificate that it signs.

The authority may speak for private addresses and this computer alone (name constraints), so that
a PC that trusts it can never be shown a forged page of the world outside.
"""

import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from exam_server.room_host.announcing import HOST
from registry.durable import write_durably
from registry.errors import InvalidInputError

# Files in the folder of the keys.
AUTHORITY_NAME, SERVER_NAME, WITNESS_NAME = "room-authority", "room-server", "room-witness"
PRIVATE_NETWORKS = tuple(
    IPv4Network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8")
)
LOCALHOST = "localhost"
NAMES = (LOCALHOST, HOST)  # that a new authority may speak for, beside addresses
AUTHORITY_LIFE = timedelta(days=3650)
SERVER_LIFE = timedelta(days=397)  # the longest that every browser accepts
RENEW_BEFORE = timedelta(days=30)
BACKDATED = timedelta(days=1)  # clocks of old PCs run behind


@dataclass(frozen=True)
class Certified:
    """A certificate with its key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    def fingerprint(self) -> str:
        """Return the SHA-256 fingerprint as certificate windows show it."""
        return self.certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def private_addresses(texts: Sequence[str]) -> tuple[IPv4Address, ...]:
    """Read room addresses; raises ``InvalidInputError`` for one that is not of a private network.

    >>> private_addresses(["192.168.1.10"])
    (IPv4Address('192.168.1.10'),)
    """
    found = []
    for text in texts:
        try:
            address = ip_address(text)
        except ValueError:
            raise InvalidInputError(field="考场地址", reason=f"{text} 不是 IP 地址。") from None
        if not isinstance(address, IPv4Address) or not any(
            address in network for network in PRIVATE_NETWORKS
        ):
            reason = f"{text} 不是内网地址。考场服务器只在考场内网使用，请改用内网 IPv4 地址。"
            raise InvalidInputError(field="考场地址", reason=reason)
        found.append(address)
    return tuple(found)


def open_authority(folder: Path, *, now: datetime) -> Certified:
    """Return the room's authority; it is drawn once and then kept with the keys."""
    kept = _read(folder, AUTHORITY_NAME)
    if kept is not None:
        return kept
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("考场根证书")
    permitted: list[x509.GeneralName] = [x509.IPAddress(network) for network in PRIVATE_NETWORKS]
    builder = (
        _builder(name, name, key, now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(
            x509.NameConstraints([*permitted, *map(x509.DNSName, NAMES)], None), critical=True
        )
    )
    made = Certified(builder.sign(key, hashes.SHA256()), key)
    _store(made, folder, AUTHORITY_NAME)
    return made


def names_of(authority: Certified) -> list[str]:
    """Return the names that an authority may speak for: one of before has not that of the room."""
    limits = authority.certificate.extensions.get_extension_for_class(x509.NameConstraints).value
    permitted = limits.permitted_subtrees or []
    return [name.value for name in permitted if isinstance(name, x509.DNSName)]


def open_server_certificate(
    authority: Certified, folder: Path, addresses: Sequence[IPv4Address], *, now: datetime
) -> Certified:
    """Return the server's certificate, signed anew when it is running out or an address changed."""
    wanted = sorted({*addresses, IPv4Address("127.0.0.1")})
    kept = _read(folder, SERVER_NAME)
    if kept is not None and _still_fits(kept.certificate, authority, wanted, now):
        return kept
    key = ec.generate_private_key(ec.SECP256R1())
    alternatives: list[x509.GeneralName] = [x509.IPAddress(address) for address in wanted]
    issuer = authority.certificate.subject
    builder = (
        _builder(_name("考场服务器"), issuer, key, now, SERVER_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(
            x509.SubjectAlternativeName([*alternatives, *map(x509.DNSName, names_of(authority))]),
            critical=False,
        )
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority.key.public_key()),
            critical=False,
        )
    )
    made = Certified(builder.sign(authority.key, hashes.SHA256()), key)
    _store(made, folder, SERVER_NAME)
    return made


def open_witness_certificate(authority: Certified, folder: Path, *, now: datetime) -> Certified:
    """Sign a certificate with which a PC may follow the room; the one before is void."""
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.certificate.subject
    builder = (
        _builder(_name("考场备机"), issuer, key, now, SERVER_LIFE)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
    )
    made = Certified(builder.sign(authority.key, hashes.SHA256()), key)
    _certificate(folder, WITNESS_NAME).write_bytes(made.certificate.public_bytes(Encoding.PEM))
    return made


def tls_context(folder: Path) -> ssl.SSLContext:
    """Return the context of a server that shows the certificate of that folder."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(_certificate(folder, SERVER_NAME), _key(folder, SERVER_NAME))
    return context


def authority_file(folder: Path) -> Path:
    """Return the certificate that PCs install."""
    return _certificate(folder, AUTHORITY_NAME)


def witness_file(folder: Path) -> Path:
    """Return the certificate of the PC that may follow; its key is with that PC alone."""
    return _certificate(folder, WITNESS_NAME)


def forget_server_certificate(folder: Path) -> None:
    """Remove it: the next start signs one of this PC's own."""
    for path in (_certificate(folder, SERVER_NAME), _key(folder, SERVER_NAME)):
        path.unlink(missing_ok=True)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "专项职业能力考核"),
            x509.NameAttribute(NameOID.COMMON_NAME, common),
        ]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _still_fits(
    certificate: x509.Certificate,
    authority: Certified,
    wanted: Sequence[IPv4Address],
    now: datetime,
) -> bool:
    try:
        certificate.verify_directly_issued_by(authority.certificate)
    except Exception:  # noqa: BLE001  (whatever does not fit is signed anew)
        return False
    names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    held = sorted(IPv4Address(str(a)) for a in names.get_values_for_type(x509.IPAddress))
    is_named = names.get_values_for_type(x509.DNSName) == names_of(authority)
    return (
        is_named and held == list(wanted) and certificate.not_valid_after_utc - now > RENEW_BEFORE
    )


def _certificate(folder: Path, name: str) -> Path:
    return folder / f"{name}.crt"


def _key(folder: Path, name: str) -> Path:
    return folder / f"{name}.key"


def _read(folder: Path, name: str) -> Certified | None:
    certificate, key = _certificate(folder, name), _key(folder, name)
    if not certificate.exists() or not key.exists():
        return None
    private = load_pem_private_key(key.read_bytes(), None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise TypeError(f"{key}: not a key of this program")
    return Certified(x509.load_pem_x509_certificate(certificate.read_bytes()), private)


def _store(made: Certified, folder: Path, name: str) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    private = made.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    write_durably(_key(folder, name), private)
    write_durably(_certificate(folder, name), made.certificate.public_bytes(Encoding.PEM))
