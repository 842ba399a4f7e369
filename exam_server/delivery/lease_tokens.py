"""The secret token of a lease: says what it claims under a keyed mark (R8).

A server that was restored from a copy may not know a lease; from the token it can tell that it
once gave it, to whom and in which epoch. The database still keeps only the token's hash.

A return pass lets a browser whose cookies died with it back to its own seat: the page keeps it on
disk at once, while a browser writes cookies down up to half a minute later.
"""

import hmac
import secrets
from dataclasses import dataclass

from registry.keys import KeyRing

PURPOSE, RETURN_PURPOSE = "lease", "lease.return"
MARK_LETTERS = 32
ORDER_PURPOSE = "attempt.order"
ORDER_BITS = 31


@dataclass(frozen=True)
class Claim:
    """Whose attempt a token lets its holder write to."""

    attempt_id: int
    admission_id: int
    epoch: int


def new_token(keys: KeyRing, claim: Claim) -> str:
    """Draw a token for a claim."""
    words = f"{claim.attempt_id}.{claim.admission_id}.{claim.epoch}.{secrets.token_urlsafe(24)}"
    return f"{words}.{_mark(keys, words)}"


def read_token(keys: KeyRing, token: str) -> Claim | None:
    """Return the claim of a token that this room's keys have marked, else None."""
    words, _point, mark = token.rpartition(".")
    if not hmac.compare_digest(_mark(keys, words).encode(), mark.encode()):
        return None
    attempt_id, admission_id, epoch, _secret = words.split(".")
    return Claim(int(attempt_id), int(admission_id), int(epoch))


def return_pass(keys: KeyRing, claim: Claim) -> str:
    """Return the pass back to the seat of a claim; the same however often it is asked for."""
    words = f"{claim.attempt_id}.{claim.admission_id}.{claim.epoch}"
    return f"{words}.{_mark(keys, words, RETURN_PURPOSE)}"


def read_return_pass(keys: KeyRing, shown: str) -> Claim | None:
    """Return the claim of a pass that this room's keys have marked, else None."""
    words, _point, mark = shown.rpartition(".")
    if not hmac.compare_digest(_mark(keys, words, RETURN_PURPOSE).encode(), mark.encode()):
        return None
    attempt_id, admission_id, epoch = words.split(".")
    return Claim(int(attempt_id), int(admission_id), int(epoch))


def order_seed(keys: KeyRing, admission_id: int) -> int:
    """Return the seed of a candidate's order, which the keys can always draw again."""
    return int(keys.index(str(admission_id), purpose=ORDER_PURPOSE)[:8], 16) >> (32 - ORDER_BITS)


def _mark(keys: KeyRing, words: str, purpose: str = PURPOSE) -> str:
    return keys.index(words, purpose=purpose)[:MARK_LETTERS]
