"""The key of what an exam PC keeps of an attempt, and its copy under the PIN of the seat (R9).

Both are drawn from the keys of the room, so that a restored server gives the same ones again. The
proctor has the PIN on the wall; with it a page opens its own journal while the server is away.
"""

import base64
import hashlib
import secrets

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from registry.keys import KeyRing

KEY_PURPOSE = "attempt.journal"
PIN_PURPOSE = "attempt.pin"
PIN_DIGITS = 8
ROUNDS = 200_000  # of PBKDF2: about 0.1 s on an exam PC, for each guess


def journal_key(keys: KeyRing, attempt_id: int) -> str:
    """Return the 32 bytes under which the PC keeps the attempt, in hexadecimal."""
    return keys.index(str(attempt_id), purpose=KEY_PURPOSE)


def seat_pin(keys: KeyRing, attempt_id: int) -> str:
    """Return what the proctor types to open the attempt's journal without the server."""
    drawn = int(keys.index(str(attempt_id), purpose=PIN_PURPOSE)[:15], 16)
    return f"{drawn % 10**PIN_DIGITS:0{PIN_DIGITS}d}"


def key_copy(keys: KeyRing, attempt_id: int) -> dict[str, str | int]:
    """Return the key encrypted under the PIN, as the page keeps it beside the journal."""
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    pin = seat_pin(keys, attempt_id).encode()
    wrapping = hashlib.pbkdf2_hmac("sha256", pin, salt, ROUNDS)
    box = AESGCM(wrapping).encrypt(nonce, bytes.fromhex(journal_key(keys, attempt_id)), None)
    return {"salt": _text(salt), "rounds": ROUNDS, "iv": _text(nonce), "box": _text(box)}


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
