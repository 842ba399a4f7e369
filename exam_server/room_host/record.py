"""Small facts that a room's server keeps beside its database: last run, last copy."""

import json
import os
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

LAST_RUN, LAST_COPY = "last-run.json", "last-copy.json"


@dataclass(frozen=True)
class LastRun:
    """When a server last ran here, and which version of the program it was."""

    at: datetime
    version: str


@dataclass(frozen=True)
class LastCopy:
    """The newest copy of the store."""

    at: datetime
    path: str
    size_bytes: int


def program_version() -> str:
    """Return the version of this program."""
    return version("kaohe")


def write_run(folder: Path, *, now: datetime) -> None:
    """Note that a server of this version runs now."""
    _write(folder / LAST_RUN, LastRun(now, program_version()))


def write_copy(folder: Path, made: LastCopy) -> None:
    """Note a copy that was made."""
    _write(folder / LAST_COPY, made)


def last_run(folder: Path) -> LastRun | None:
    """Return the last sign of a server, None before the first."""
    told = _read(folder / LAST_RUN)
    return LastRun(datetime.fromisoformat(told["at"]), told["version"]) if told else None


def last_copy(folder: Path) -> LastCopy | None:
    """Return the newest copy, None before the first."""
    told = _read(folder / LAST_COPY)
    if not told:
        return None
    size_bytes = int(told["size_bytes"])
    return LastCopy(datetime.fromisoformat(told["at"]), told["path"], size_bytes)


def _write(path: Path, fact: LastRun | LastCopy) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    with fresh.open("w", encoding="utf-8") as file:
        json.dump({**asdict(fact), "at": fact.at.isoformat()}, file, ensure_ascii=False)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        told: dict[str, str] = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError:
        return {}
    return told
