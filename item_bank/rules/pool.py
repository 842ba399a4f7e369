"""What paper assembly knows of an item; never its words."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from operator import attrgetter

import msgspec

from item_bank.rules.kinds import Importance, ItemKind


@dataclass(frozen=True, slots=True)
class PoolItem:
    """The version in force of a banked item.

    ``range_code`` is what weights are given for; ``point_code`` equals it when the bank knows no
    points below. Options, key and locked options are needed only where the order of options is
    wanted. ``a``, ``b`` and ``c`` are set together once the item has been calibrated.
    """

    version_id: int
    code: str
    content_hash: str
    kind: ItemKind
    range_code: str
    point_code: str
    importance: Importance | None
    difficulty: int
    is_recent: bool = False  # in one of the last papers of the same city
    options: tuple[str, ...] = ()  # canonical ids in stored order
    key: frozenset[str] = frozenset()
    locked: frozenset[str] = frozenset()  # options that keep their place
    enemies: tuple[str, ...] = ()  # groups of which a paper takes at most one item
    uses: int = 0  # papers that hold the item already
    a: float | None = None  # discrimination, logistic without the factor 1.7
    b: float | None = None  # difficulty on the scale of ability
    c: float | None = None  # chance of guessing

    @property
    def has_point(self) -> bool:
        """Say whether the item belongs to a point below its range."""
        return self.point_code != self.range_code


# Everything that a draw depends on, and nothing that only a database knows.
SNAPSHOT = attrgetter(
    *("code", "content_hash", "kind", "range_code", "point_code", "importance", "difficulty"),
    *("is_recent", "options", "key", "locked", "enemies", "uses", "a", "b", "c"),
)


def bank_hash(pool: Iterable[PoolItem]) -> str:
    """Return the SHA-256 of the snapshot that papers are drawn from, whatever its order."""
    rows = sorted(map(SNAPSHOT, pool), key=lambda row: row[0])
    return hashlib.sha256(msgspec.json.encode(rows, order="deterministic")).hexdigest()
