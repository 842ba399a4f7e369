"""Hash chains over operations and events of an attempt, one root over the chains of a room (R15).

``link`` covers everything that is stored of an operation or event and the link before it, so that
a row that is changed, taken out, put in or moved no longer fits. All functions are pure.
"""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import msgspec

GENESIS = "0" * 64  # what the first operation of an attempt is linked to
MICROSECOND = timedelta(microseconds=1)
EPOCH_START = datetime(1970, 1, 1, tzinfo=UTC)
LEAF, NODE = b"\x00", b"\x01"  # a leaf can never be passed off as a node


class Link(NamedTuple):
    """What the hash of an operation covers beside the link before it; the order counts."""

    attempt_id: int
    epoch: int
    seq: int
    kind: str
    question_id: str
    value: str
    flagged: bool
    mono_ms: int
    op_hash: str
    received_us: int


class EventLink(NamedTuple):
    """What the hash of an event covers beside the link before it; the order counts."""

    attempt_id: int
    seq: int  # the number of the event
    kind: str
    body: str
    reason: str
    actor: str
    second: str
    at_us: int


class Head(NamedTuple):
    """The newest links of an attempt's chains; roots of before know none of the events."""

    attempt_id: int
    seq: int
    hash: str
    event_no: int | None = None
    event_hash: str = ""


def link(previous: str, op: Link | EventLink) -> str:
    """Return the link that follows ``previous``.

    >>> op = Link(17, 1, 1, "set", "q1", "o2", False, 0, "ab", 0)
    >>> link(GENESIS, op)[:16]
    '17a2919036313c22'
    """
    return hashlib.sha256(previous.encode() + msgspec.json.encode(op)).hexdigest()


def microseconds(instant: datetime) -> int:
    """Return the instant as the chain writes it: whole microseconds since the epoch."""
    return (instant - EPOCH_START) // MICROSECOND


def merkle_root(heads: Iterable[Sequence[object]]) -> str:
    """Return one hash over the heads in their order; a node without a neighbour moves up as it is.

    >>> merkle_root([]) == hashlib.sha256(b"").hexdigest()
    True
    """
    level = [hashlib.sha256(LEAF + msgspec.json.encode(head)).digest() for head in heads]
    while len(level) > 1:
        level = [_pair(level[at : at + 2]) for at in range(0, len(level), 2)]
    return (level[0] if level else hashlib.sha256(b"").digest()).hex()


def _pair(nodes: Sequence[bytes]) -> bytes:
    return hashlib.sha256(NODE + nodes[0] + nodes[1]).digest() if len(nodes) == 2 else nodes[0]
