"""Settings of one installation, read once from the environment.

Every setting is listed in docs/operations.md.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """Where things are kept and how the server presents itself."""

    database_url: str
    keys_folder: Path
    files_folder: Path
    room_folder: Path  # what a room's own server notes: last run, last copy
    public_url: str  # in front of /verify/… in the QR code of certificates
    secure_cookies: bool
    demonstration: bool
    unlock_minutes: int = 15  # before the start, from when two persons may unlock the papers
    readers: int = 1  # processes that read scans; 0 leaves it to ``kaohe worker``
    own_websocket: bool = True  # False: the driver that comes with the library


def read_settings(environment: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings; everything has a default below the folder ``KAOHE_HOME``."""
    home = Path(environment.get("KAOHE_HOME", "var")).absolute()
    return Settings(
        database_url=environment.get("KAOHE_DATABASE_URL", f"sqlite:///{home / 'kaohe.db'}"),
        keys_folder=Path(environment.get("KAOHE_KEYS", home / "keys")),
        files_folder=Path(environment.get("KAOHE_FILES", home / "files")),
        room_folder=Path(environment.get("KAOHE_ROOM", home / "room")),
        public_url=environment.get("KAOHE_PUBLIC_URL", "http://localhost:5000").rstrip("/"),
        secure_cookies=environment.get("KAOHE_SECURE_COOKIES", "0") == "1",
        demonstration=environment.get("KAOHE_DEMONSTRATION", "0") == "1",
        unlock_minutes=int(environment.get("KAOHE_UNLOCK_MINUTES", "15")),
        readers=int(environment.get("KAOHE_READERS", str(max(1, (os.cpu_count() or 1) - 1)))),
        own_websocket=environment.get("KAOHE_OWN_WEBSOCKET", "1") == "1",
    )
