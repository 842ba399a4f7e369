"""How the witness is doing, in one small file that pages and the timekeeper read."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path

STATUS = "witness.json"
STALE = timedelta(seconds=5)


class Mode(StrEnum):
    """Whether an acknowledgement waits for the witness."""

    ASYNC = "async"
    SYNC = "sync"


class Standing(StrEnum):
    """Where the witness stands."""

    ABSENT = "absent"
    COPYING = "copying"
    FOLLOWING = "following"
    BEHIND = "behind"  # it follows, but acknowledgements do not wait for it any more


@dataclass(frozen=True)
class WitnessStatus:
    """What the process that ships to the witness last said."""

    at: datetime
    mode: Mode
    standing: Standing
    lag_s: float = 0.0
    alone: int = 0  # acknowledgements of a ``sync`` room that the witness did not wait for


def write_status(folder: Path, status: WitnessStatus) -> None:
    """Put it in place of the one before; it need not survive a power cut."""
    fresh = (folder / STATUS).with_suffix(".new")
    fresh.write_text(json.dumps({**asdict(status), "at": status.at.isoformat()}), "utf-8")
    fresh.replace(folder / STATUS)


def forget_status(folder: Path) -> None:
    """Say that this room has no witness."""
    (folder / STATUS).unlink(missing_ok=True)


def read_status(folder: Path, *, now: datetime) -> WitnessStatus | None:
    """Return how the witness is doing, None for a room without; silence counts as absence."""
    try:
        told = json.loads((folder / STATUS).read_text("utf-8"))
    except (FileNotFoundError, json.JSONDecodeError):
        return None
    at = datetime.fromisoformat(told["at"])
    standing = Standing(told["standing"]) if now - at < STALE else Standing.ABSENT
    return WitnessStatus(at, Mode(told["mode"]), standing, told["lag_s"], told["alone"])
