"""Opens the database of an installation, brought to the newest version."""

import importlib
from pathlib import Path
from typing import Any

from exam_server.config import Settings
from exam_server.table_version import is_current
from registry.database import Database, engine_for, flush_what_was_found
from registry.files import FileStore
from registry.keys import open_key_ring


def open_database(settings: Settings) -> Database:
    """Open engine, keys and files; a new database gets its tables."""
    if settings.database_url.startswith("sqlite:///"):
        path = Path(settings.database_url.removeprefix("sqlite:///"))
        path.parent.mkdir(parents=True, exist_ok=True)
    engine = engine_for(settings.database_url)
    keys = open_key_ring(settings.keys_folder)
    if not is_current(engine):
        migrating: Any = importlib.import_module("exam_server.migrating")  # see ``table_version``
        migrating.upgrade(engine, keys)
    flush_what_was_found(engine)
    return Database(engine, keys, FileStore(settings.files_folder, keys))
