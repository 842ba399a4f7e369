"""What is measured of the computer: free disk, how long a write takes to be on disk, files open."""

import os
import resource
import shutil
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PROBE_BYTES = 4_096


@dataclass(frozen=True)
class SyncTimes:
    """Milliseconds from a write until it was on the disk."""

    median_ms: float
    p99_ms: float


def sync_times(folder: Path, times: int = 100) -> SyncTimes:
    """Write and fsync a few kilobytes again and again in the folder."""
    spent = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(times):
            file.write(os.urandom(PROBE_BYTES))
            file.flush()
            from_s = time.perf_counter()
            os.fsync(file.fileno())
            spent.append((time.perf_counter() - from_s) * 1000)
    spent.sort()
    return SyncTimes(spent[len(spent) // 2], spent[len(spent) * 99 // 100 - 1])


def free_bytes(folder: Path) -> int:
    """Return how much the disk of the folder can still take."""
    return shutil.disk_usage(folder).free


def is_full(folder: Path) -> bool:
    """Say whether the disk of the folder takes nothing any more."""
    return free_bytes(folder) < PROBE_BYTES


def most_open_files() -> int:
    """Return how many files and sockets this process may have open at once."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return hard if hard != resource.RLIM_INFINITY else 2**31


def is_writable(folder: Path) -> bool:
    """Say whether a file can be made and removed there."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            file.write(b"probe")
            file.flush()
    except OSError:
        return False
    return True
