"""Small facts that a room's server keeps beside its database: last run, last copy."""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from registry.durable import write_durably

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
    told = json.dumps({**asdict(fact), "at": fact.at.isoformat()}, ensure_ascii=False)
    write_durably(path, told.encode())


def _read(path: Path) -> dict[str, str]:
    if not path.exists():
        return {}
    try:
        told: dict[str, str] = json.loads(path.read_text("utf-8"))
    except json.JSONDecodeError:
        return {}
    return told
