"""The signed text behind the QR code of a certificate: composing, signing, checking.

The text is ``/verify/<payload>.<signature>``, both base64url without padding; the payload is a
short JSON list so that the code stays coarse enough for a telephone. It holds nothing that the
paper does not show, the name masked.
"""

import base64
import binascii
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

VERIFY_PATH: Final = "/verify/"
TOKEN_MAX: Final = 400
_FORM: Final = 1
_CONTEXT: Final = b"kaohe certificate\0"  # keeps these signatures apart from those of receipts


@dataclass(frozen=True)
class SealedFacts:
    """What the signature covers."""

    certificate_no: str
    masked_name: str
    project_number: int
    issued_on: date
    blank_serial: str


def seal_facts(facts: SealedFacts, sign: Callable[[bytes], bytes]) -> str:
    """Return the text of the QR code."""
    fields = [
        _FORM,
        facts.certificate_no,
        facts.masked_name,
        facts.project_number,
        facts.issued_on.isoformat(),
        facts.blank_serial,
    ]
    payload = json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode()
    return f"{VERIFY_PATH}{_encode(payload)}.{_encode(sign(_CONTEXT + payload))}"


def open_seal(token: str, verify_key: bytes) -> SealedFacts | None:
    """Return what a token says when its signature holds, else None.

    ``token`` is the text of the QR code, with or without what stands before the payload.
    """
    if len(token) > TOKEN_MAX:
        return None
    payload_text, _, signature_text = token.rsplit("/", 1)[-1].partition(".")
    payload, signature = _decode(payload_text), _decode(signature_text)
    if payload is None or signature is None:
        return None
    try:
        Ed25519PublicKey.from_public_bytes(verify_key).verify(signature, _CONTEXT + payload)
    except InvalidSignature:
        return None
    form, certificate_no, masked_name, project_number, issued_on, serial = json.loads(payload)
    if form != _FORM:
        return None
    issued = date.fromisoformat(issued_on)
    return SealedFacts(certificate_no, masked_name, project_number, issued, serial)


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes | None:
    try:
        data = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if _encode(data) == text else None  # one text per value: no loose last bits
