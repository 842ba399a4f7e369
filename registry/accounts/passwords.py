"""Hashing of passwords with argon2id; slow on purpose, so a server runs it off its main loop."""

import secrets
from functools import lru_cache
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerifyMismatchError

from registry.accounts.rules.password import require_strong_password

TIME_COST: Final = 2
MEMORY_KIB: Final = 19 * 1024
_HASHER: Final = PasswordHasher(
    time_cost=TIME_COST, memory_cost=MEMORY_KIB, parallelism=1, type=Type.ID
)


def hash_password(password: str) -> str:
    """Return the hash of a password that is strong enough, else raise ``WeakPasswordError``."""
    require_strong_password(password)
    return _HASHER.hash(password)


def password_fits(password_hash: str, password: str) -> bool:
    """Say whether the password belongs to the hash; takes about 30 ms of one core."""
    try:
        return _HASHER.verify(password_hash, password)
    except (VerifyMismatchError, InvalidHashError):
        return False


@lru_cache(maxsize=1)
def hash_of_nobody() -> str:
    """Return a hash that no password fits, so that unknown names take as long as known ones."""
    return _HASHER.hash(secrets.token_urlsafe(32))
