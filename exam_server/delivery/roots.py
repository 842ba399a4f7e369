"""Signed roots: every minute, and when a room closes, the heads of all its chains are signed.

Whoever rewrites a chain so that it fits again cannot rewrite the roots without the signing key,
which lies outside the database.
"""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_server.delivery.chain import GENESIS, Head, merkle_root, microseconds
from exam_server.delivery.models import Attempt, ChainRoot, SittingRun
from exam_server.delivery.states import LIVE
from exam_server.delivery.writer import Writer
from registry.database import keys_of

EVERY = timedelta(minutes=1)


class MinuteRoots:
    """Signs the running rooms of this process once a minute."""

    def __init__(self, writer: Writer, now: datetime) -> None:
        self._writer = writer
        self._due = now + EVERY

    def tick(self, now: datetime) -> None:
        """Sign when a minute has passed; what fails is tried again at the next tick."""
        if now < self._due:
            return
        self._writer.perform(lambda db: sign_running(db, now=now))
        self._due = now + EVERY


def sign_running(db: Session, *, now: datetime) -> None:
    """Sign the chains of every running room."""
    running = select(SittingRun.sitting_id).where(SittingRun.state.in_(LIVE))
    for sitting_id in db.scalars(running).all():
        sign_room(db, sitting_id, now=now)


def sign_room(db: Session, sitting_id: int, *, now: datetime) -> ChainRoot | None:
    """Return the root of the room's chains: a new one, or the last when nothing has moved."""
    heads = heads_of(db, sitting_id)
    last = last_root(db, sitting_id)
    written = json.dumps(heads, separators=(",", ":"))
    if not heads or (last is not None and last.heads == written):
        return last
    root = ChainRoot(
        sitting_id=sitting_id,
        number=last.number + 1 if last else 1,
        at=now,
        heads=written,
        root=merkle_root(heads),
        previous_root=last.root if last else GENESIS,
    )
    root.signature = keys_of(db).sign(signed_words(root))
    db.add(root)
    db.flush()
    return root


def heads_of(db: Session, sitting_id: int) -> list[Head]:
    """Return the newest links of every attempt of the sitting, under its number in the room."""
    number = func.coalesce(Attempt.number_in_room, Attempt.id)
    chosen = select(
        number, Attempt.head_seq, Attempt.head_hash, Attempt.event_no, Attempt.event_hash
    )
    own = chosen.where(Attempt.sitting_id == sitting_id).order_by(number)
    return [Head(*row) for row in db.execute(own)]


def last_root(db: Session, sitting_id: int) -> ChainRoot | None:
    """Return the newest root of the sitting."""
    chosen = select(ChainRoot).where(ChainRoot.sitting_id == sitting_id)
    return db.scalar(chosen.order_by(ChainRoot.number.desc()).limit(1))


def signed_words(root: ChainRoot) -> bytes:
    """Return the bytes that the signature of a root covers; the root covers the heads."""
    words = {
        "number": root.number,
        "at_us": microseconds(root.at),
        "root": root.root,
        "previous_root": root.previous_root,
    }
    return json.dumps(words, sort_keys=True).encode()


def read_heads(written: str) -> Iterable[Head]:
    """Return the heads that a root was drawn over."""
    return [Head(*entry) for entry in json.loads(written)]
