"""Which store of answers is the newer one: a restored copy is the next generation of its store.

A store is named ``s-1a2b3c4d`` and after a restore ``s-1a2b3c4d.29540123``; the number rises with
every restore, so that the server that was replaced can never come back beside the new one (R26).
"""

import secrets
from datetime import datetime

from sqlalchemy.orm import Session

from exam_server.delivery.models import StoreIdentity

STORE_ID = 1
SECONDS_PER_STEP = 60  # two restores of one copy within a minute would share a number


def generation_of(store: str) -> tuple[str, int]:
    """Return the name of the first generation and the number of this one.

    >>> generation_of("s-1a2b3c4d.7")
    ('s-1a2b3c4d', 7)
    """
    name, _point, number = store.partition(".")
    return name, int(number) if number.isdigit() else 0


def is_superseded(own: str, seen: str) -> bool:
    """Say whether a page has already seen a later generation of this very store.

    >>> is_superseded("s-1a2b3c4d", "s-1a2b3c4d.7"), is_superseded("s-1a2b3c4d", "s-0.7")
    (True, False)
    """
    (own_name, own_number), (seen_name, seen_number) = generation_of(own), generation_of(seen)
    return own_name == seen_name and own_number < seen_number


def name_of_store(db: Session) -> str:
    """Return the name of this store, which its first opening draws."""
    identity = db.get(StoreIdentity, STORE_ID)
    if identity is None:
        identity = StoreIdentity(id=STORE_ID, store=f"s-{secrets.token_hex(4)}")
        db.add(identity)
    return identity.store


def begin_generation(db: Session, *, now: datetime) -> str:
    """Make this store the next generation; return its new name."""
    identity = db.get_one(StoreIdentity, STORE_ID)
    name, number = generation_of(identity.store)
    identity.store = f"{name}.{max(number + 1, int(now.timestamp()) // SECONDS_PER_STEP)}"
    return identity.store
