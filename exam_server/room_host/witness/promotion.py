"""Makes the witness the room's server: two persons, a checked copy, the next generation."""

import shutil
import sqlite3
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from exam_server.config import Settings
from exam_server.delivery.generations import begin_generation
from exam_server.delivery.verification import verify
from exam_server.opening import open_database
from exam_server.room_host.certificates import forget_server_certificate
from exam_server.room_host.copies import DamagedCopyError, set_aside, sqlite_file
from exam_server.room_host.witness.copy import DATABASE, FILES, newest_whole
from exam_server.room_host.witness.following import FOLDER
from exam_server.room_host.witness.log_reader import FRAME_HEADER_BYTES, LOG_HEADER_BYTES
from exam_server.room_host.witness.pairing import PERSONS, Pairing, open_sealed_keys
from registry.access import SYSTEM
from registry.audit_log import first_break, note
from registry.durable import move_durably
from registry.errors import ConflictError, InvalidInputError, NotFoundError
from registry.keys import key_file


@dataclass(frozen=True)
class Promoted:
    """What the new server begins with."""

    store: str
    operations: int
    findings: int  # of chains, answers and receipts; each is told by ``kaohe attempts verify``
    dropped_frames: int  # received at the very end, but not all of a commit
    kept_aside: Path | None


def promote(
    settings: Settings,
    pairing: Pairing,
    passphrases: Sequence[str],
    *,
    persons: Sequence[str],
    now: datetime,
) -> Promoted:
    """Put the newest whole copy in the place of this PC's store; the witness must not run."""
    names = [name.strip() for name in persons]
    if len(set(names)) != PERSONS or not all(names):
        raise InvalidInputError(field="启用人", reason="须写明两个不同的人的姓名。")
    source = newest_whole(settings.room_folder / FOLDER)
    if source is None:
        raise NotFoundError(what=f"{settings.room_folder / FOLDER} 中的完整数据")
    dropped = _check(source / DATABASE)
    _open_keys(settings.keys_folder, pairing, passphrases)
    path = sqlite_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = set_aside(path, now)
    _copy(source, path, settings.files_folder)
    return _begin(settings, names, Promoted("", 0, 0, dropped, aside), now)


def _check(database: Path) -> int:
    """Fold the log in and look at every page; return the frames at its end that do not count."""
    log = Path(f"{database}-wal")
    log_bytes = log.stat().st_size if log.exists() else 0
    with closing(sqlite3.connect(database, isolation_level=None)) as db:
        page_bytes: int = db.execute("PRAGMA page_size").fetchone()[0]
        seen: int = db.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1]
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        if db.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            raise DamagedCopyError(place=str(database))
    return max(log_bytes - LOG_HEADER_BYTES, 0) // (FRAME_HEADER_BYTES + page_bytes) - max(seen, 0)


def _open_keys(keys_folder: Path, pairing: Pairing, passphrases: Sequence[str]) -> None:
    """Put the keys in place unless these very keys are there already."""
    keys_folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=keys_folder.parent, prefix=".opening-") as name:
        opened = Path(name)
        open_sealed_keys(pairing, passphrases, opened)
        present = key_file(keys_folder)
        if present.exists() and present.read_bytes() != key_file(opened).read_bytes():
            raise ConflictError(what="密钥", value=str(present))
        shutil.copytree(opened, keys_folder, dirs_exist_ok=True)
    forget_server_certificate(keys_folder)  # the next start signs one of this PC's own


def _copy(source: Path, database: Path, files_folder: Path) -> None:
    """Copy; what was received stays, so that this can be done again."""
    beside = database.with_name(f".promoting-{database.name}")
    shutil.copyfile(source / DATABASE, beside)
    move_durably(beside, database)
    if (source / FILES).exists():
        shutil.copytree(source / FILES, files_folder, dirs_exist_ok=True)


def _begin(settings: Settings, persons: Sequence[str], so_far: Promoted, now: datetime) -> Promoted:
    database = open_database(settings)
    try:
        with database.reading() as db:
            walked = verify(db)
            if first_break(db) is not None:
                raise DamagedCopyError(place="审计日志的链")
        with database.transaction() as db:
            store = begin_generation(db, now=now)
            detail = {"store": store, "persons": list(persons)}
            note(db, "promote_witness", ("store", store), actor=SYSTEM, now=now, detail=detail)
    finally:
        database.engine.dispose()
    return replace(so_far, store=store, operations=walked.ops, findings=len(walked.findings))
