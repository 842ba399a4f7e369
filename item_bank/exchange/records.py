"""What a reader of any format hands over: items with located messages, nothing stored.

An imported item is looser than an item of the bank: it may lack a point, a difficulty or a key.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum, StrEnum
from types import MappingProxyType

NO_WEIGHTS: Mapping[str, Decimal] = MappingProxyType({})
NO_CELLS: Mapping[str, str] = MappingProxyType({})


class ItemType(StrEnum):
    """The three types that can be taken over, and everything else."""

    SINGLE = "single"
    MULTIPLE = "multiple"
    JUDGE = "judge"
    UNSUPPORTED = "unsupported"


TYPE_NAMES: Mapping[ItemType, str] = {
    ItemType.SINGLE: "单选",
    ItemType.MULTIPLE: "多选",
    ItemType.JUDGE: "判断",
}


class Part(StrEnum):
    """The parts of an item that stand in cells of their own, where it comes from a table."""

    STEM = "stem"
    OPTIONS = "options"
    KEY = "key"
    POINT = "point"
    DIFFICULTY = "difficulty"
    POINTS = "points"
    RATIONALE = "rationale"
    SOURCE = "source"


class Status(StrEnum):
    """How an item or a file came through; an item with an error is never taken over."""

    ACCEPTED = "accepted"
    WARNING = "warning"
    ERROR = "error"


class Severity(IntEnum):
    """How much a message weighs; a note leaves the item accepted."""

    NOTE = 0
    WARNING = 1
    ERROR = 2


STATUS_OF = {
    Severity.NOTE: Status.ACCEPTED,
    Severity.WARNING: Status.WARNING,
    Severity.ERROR: Status.ERROR,
}


@dataclass(frozen=True)
class Message:
    """A finding at its place: a line, a cell, an entry of a package."""

    place: str
    text: str
    severity: Severity

    def __str__(self) -> str:
        return f"{self.place}：{self.text}" if self.place else self.text


@dataclass(frozen=True)
class ReadOption:
    """An option under its canonical id; ``source_id`` is what the file called it."""

    id: str
    text: str
    source_id: str | None = None


@dataclass(frozen=True)
class FigureLink:
    """A figure by the name of its file; without ``content`` where a format only names it."""

    file: str
    description: str
    caption: str = ""
    content: bytes = field(default=b"", repr=False)
    media_type: str = ""

    @property
    def file_hash(self) -> str | None:
        """Return the SHA-256 of the content."""
        return hashlib.sha256(self.content).hexdigest() if self.content else None


@dataclass(frozen=True)
class ReadItem:
    """One item as a file states it; ``key`` is None when the file declares none.

    ``locked`` names the options whose place is fixed; ``weights`` keeps partial credit as shares
    of the mark; ``original`` keeps the source of what is not supported; ``cells`` names the cells
    of its parts, those of options by their ids too.
    """

    place: str
    identifier: str
    type: ItemType
    stem: str
    options: tuple[ReadOption, ...]
    key: tuple[str, ...] | None
    points: Decimal | None = None
    point: str | None = None
    difficulty: int | None = None
    rationale: str = ""
    source: str = ""
    locked: tuple[str, ...] = ()
    weights: Mapping[str, Decimal] = field(default_factory=lambda: NO_WEIGHTS)
    figure: FigureLink | None = None
    messages: tuple[Message, ...] = ()
    original: str = ""
    cells: Mapping[str, str] = field(default_factory=lambda: NO_CELLS, repr=False, compare=False)

    def place_of(self, part: str) -> str:
        """Return the cell of a part; the place of the item where it has none."""
        return self.cells.get(part, self.place)

    @property
    def status(self) -> Status:
        """Return the verdict of the gravest message."""
        return STATUS_OF[max((m.severity for m in self.messages), default=Severity.NOTE)]


@dataclass(frozen=True)
class ReadFile:
    """Everything one file gave: items in their order, and messages about the file itself."""

    items: tuple[ReadItem, ...]
    messages: tuple[Message, ...] = ()


class UnreadableFileError(Exception):
    """A file is refused as a whole; the reason is for the person who chose it."""

    def __init__(self, reason: str, place: str = "文件") -> None:
        super().__init__(reason)
        self.reason = reason
        self.place = place


def warning(place: str, text: str) -> Message:
    """Return a message that lets the item through."""
    return Message(place, text, Severity.WARNING)


def error(place: str, text: str) -> Message:
    """Return a message that keeps the item out."""
    return Message(place, text, Severity.ERROR)
