"""A file that only takes up room: something to give back when the disk is full (R25)."""

import os
from pathlib import Path

from exam_server.room_host.probes import free_bytes

NAME = "ballast"
SIZE_BYTES = 256 * 1024**2
RED_BELOW_BYTES = 1024**3  # the console turns red
RELEASED_BELOW_BYTES = 64 * 1024**2  # the next answers might not fit


def hold(folder: Path) -> bool:
    """Take up the room unless it is held already or would itself make the disk short."""
    path = folder / NAME
    if path.exists() and path.stat().st_size == SIZE_BYTES:
        return True
    if free_bytes(folder) < RED_BELOW_BYTES + SIZE_BYTES:
        return False
    with path.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, SIZE_BYTES)
    return True


def is_held(folder: Path) -> bool:
    """Say whether there is room to give back."""
    return (folder / NAME).exists()


def release_if_full(folder: Path, *, below_bytes: int = RELEASED_BELOW_BYTES) -> bool:
    """Give the room back when the disk is as good as full; say whether that was done now."""
    path = folder / NAME
    if not path.exists() or free_bytes(folder) >= below_bytes:
        return False
    path.unlink()
    return True
