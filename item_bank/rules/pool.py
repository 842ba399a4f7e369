"""What paper assembly knows of an item; neither its words nor its key."""

from dataclasses import dataclass

from item_bank.rules.kinds import Importance, ItemKind


@dataclass(frozen=True, slots=True)
class PoolItem:
    """The version in force of a banked item."""

    version_id: int
    code: str
    content_hash: str
    kind: ItemKind
    range_code: str
    point_code: str
    importance: Importance
    difficulty: int
    is_recent: bool = False  # in one of the last papers of the same city
