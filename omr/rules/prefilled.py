"""Answers that were printed on a card because the server held them, and what a person must see.

A candidate who goes on with a pencil cannot rub out print: a change is a second mark beside it.
Where the card does not say what was saved, a person decides; where nothing was saved, the card.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class SavedAnswer:
    """What the server held for one group of the card when it was printed."""

    values: tuple[str, ...]
    saved_at: datetime


def written(saved: Mapping[str, SavedAnswer]) -> str:
    """Return the answers as canonical JSON."""
    rows = {
        group: {"values": answer.values, "saved_at": answer.saved_at.isoformat()}
        for group, answer in saved.items()
    }
    return json.dumps(rows, sort_keys=True)


def saved_answers(text: str | None) -> dict[str, SavedAnswer]:
    """Read what ``written`` wrote; nothing for a card that was printed empty."""
    told = json.loads(text or "{}")
    return {
        group: SavedAnswer(tuple(answer["values"]), datetime.fromisoformat(answer["saved_at"]))
        for group, answer in told.items()
    }


def differing(saved: Mapping[str, SavedAnswer], read: Mapping[str, Sequence[str]]) -> list[str]:
    """Return the groups that were printed filled and are read as something else.

    ``read`` holds every group of the page; what is printed on another page is not its affair.

    >>> saved = {name: SavedAnswer(("A",), datetime.min) for name in ("q1", "q101")}
    >>> differing(saved, {"q1": ["A"], "q2": ["B"]}), differing(saved, {"q1": ["A", "B"]})
    ([], ['q1'])
    """
    return [
        group
        for group, answer in saved.items()
        if group in read and sorted(read[group]) != sorted(answer.values)
    ]
