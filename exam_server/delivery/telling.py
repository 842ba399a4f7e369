"""How the room reaches the pages that are open; the sockets fill it in."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


def _silent(_target: int, _payload: dict[str, Any]) -> None:
    """Tell nobody: before the sockets are attached."""


@dataclass
class Telling:
    """By the id of a sitting or of an attempt, with what is told."""

    wall: Callable[[int, dict[str, Any]], None] = _silent
    attempt: Callable[[int, dict[str, Any]], None] = _silent
    sitting: Callable[[int, dict[str, Any]], None] = _silent
