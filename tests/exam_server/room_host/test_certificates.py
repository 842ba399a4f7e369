"""The room's own authority: drawn once, for private addresses only, trusted by real TLS."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.verification import PolicyBuilder, Store, VerificationError

from exam_server.room_host.certificates import (
    authority_file,
    open_authority,
    open_server_certificate,
    private_addresses,
    tls_context,
)
from registry.errors import InvalidInputError

NOW = datetime.now(UTC)
HOME = private_addresses(["192.168.7.2"])


def test_the_authority_is_drawn_once_and_its_key_is_for_the_owner_alone(tmp_path: Path) -> None:
    first, again = open_authority(tmp_path, now=NOW), open_authority(tmp_path, now=NOW)
    assert first.fingerprint() == again.fingerprint()
    assert (tmp_path / "room-authority.key").stat().st_mode & 0o077 == 0
    assert (tmp_path / "room-server.key").exists() is False


def test_a_pc_that_trusts_the_authority_trusts_the_server_at_its_address(tmp_path: Path) -> None:
    authority = open_authority(tmp_path, now=NOW)
    served = open_server_certificate(authority, tmp_path, HOME, now=NOW)
    policy = PolicyBuilder().store(Store([authority.certificate])).time(NOW)
    checked = policy.build_server_verifier(x509.IPAddress(ip_address("192.168.7.2")))
    assert checked.verify(served.certificate, [])
    elsewhere = policy.build_server_verifier(x509.IPAddress(ip_address("192.168.7.3")))
    with pytest.raises(VerificationError):
        elsewhere.verify(served.certificate, [])


def test_the_authority_cannot_speak_for_the_world_outside(tmp_path: Path) -> None:
    limits = (
        open_authority(tmp_path, now=NOW)
        .certificate.extensions.get_extension_for_class(x509.NameConstraints)
        .value.permitted_subtrees
    )
    assert limits is not None
    names = {str(name.value) for name in limits}
    assert names == {
        "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16", "127.0.0.0/8",
        "localhost",
        "kaohe.local",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["8.8.8.8", "2001:db8::1", "kaohe.example"])
def test_an_address_that_is_not_private_is_refused(text: str) -> None:
    with pytest.raises(InvalidInputError, match=text):
        private_addresses([text])


def test_the_server_certificate_is_signed_anew_for_another_address_or_when_it_runs_out(
    tmp_path: Path,
) -> None:
    authority = open_authority(tmp_path, now=NOW)
    first = open_server_certificate(authority, tmp_path, HOME, now=NOW)
    same = open_server_certificate(authority, tmp_path, HOME, now=NOW + timedelta(days=300))
    assert same.fingerprint() == first.fingerprint()
    late = open_server_certificate(authority, tmp_path, HOME, now=NOW + timedelta(days=370))
    moved = open_server_certificate(
        authority, tmp_path, private_addresses(["10.1.1.1"]), now=NOW + timedelta(days=370)
    )
    assert len({first.fingerprint(), late.fingerprint(), moved.fingerprint()}) == 3


def test_a_certificate_of_another_authority_is_not_kept(tmp_path: Path) -> None:
    open_server_certificate(open_authority(tmp_path, now=NOW), tmp_path, HOME, now=NOW)
    for file in ("room-authority.key", "room-authority.crt"):
        (tmp_path / file).unlink()
    authority = open_authority(tmp_path, now=NOW)
    served = open_server_certificate(authority, tmp_path, HOME, now=NOW)
    served.certificate.verify_directly_issued_by(authority.certificate)


def test_the_server_refuses_old_tls(tmp_path: Path) -> None:
    open_server_certificate(open_authority(tmp_path, now=NOW), tmp_path, HOME, now=NOW)
    assert tls_context(tmp_path).minimum_version == ssl.TLSVersion.TLSv1_2
    assert b"BEGIN CERTIFICATE" in authority_file(tmp_path).read_bytes()
