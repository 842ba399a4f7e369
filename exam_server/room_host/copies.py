"""Copies of a room's store while it runs, and the restore that begins a new generation.

A copy is one tar file: ``manifest.json`` with the hash of every part, its signature, the database,
the sealed files, and on wish the keys under a passphrase. Without that, keys travel apart.
"""

import hashlib
import io
import json
import sqlite3
import tarfile
import tempfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature

from exam_server.config import Settings
from exam_server.delivery.generations import begin_generation
from exam_server.opening import open_database
from exam_server.room_host.record import LastCopy, program_version, write_copy
from exam_server.room_host.sealed_keys import open_keys, seal_keys
from exam_server.room_host.self_test import database_file
from registry.access import SYSTEM
from registry.audit_log import note
from registry.durable import make_folder, move_durably
from registry.errors import AssessmentError, ConflictError, NotFoundError
from registry.keys import KeyRing, key_file, open_key_ring

FORMAT = 1
DATABASE, KEYS, FILES = "kaohe.db", "keys.sealed", "files/"
MANIFEST, SIGNATURE = "manifest.json", "manifest.sig"
SUFFIX = ".kaohe-copy"


class DamagedCopyError(AssessmentError):
    """A part of the copy is not what was signed."""

    code = "damaged_copy"
    text = "备份已损坏或被改动：{place}。请改用另一份备份。"


class NotSqliteError(AssessmentError):
    """Only a room's SQLite file is copied by this program."""

    code = "not_sqlite"
    text = "本命令只备份考场的 SQLite 数据库。PostgreSQL 请用其自带的备份工具。"


@dataclass(frozen=True)
class Restored:
    """What a restore brought back."""

    store: str
    made_at: datetime
    files: int
    kept_aside: Path | None  # the database that was there before


def make_copy(settings: Settings, target: Path, *, passphrase: str, now: datetime) -> LastCopy:
    """Copy the store of a running server into one file; ``target`` may be a folder."""
    source = sqlite_file(settings)
    if not source.exists():
        raise NotFoundError(what=f"数据库 {source}")
    path = target / f"kaohe-{now:%Y%m%d-%H%M%S}{SUFFIX}" if target.is_dir() else target
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".copying-") as name:
        folder = Path(name)
        snapshot = folder / DATABASE
        _snapshot(source, snapshot)
        parts = {DATABASE: snapshot, **_stored_files(settings.files_folder)}
        if passphrase:
            (folder / KEYS).write_bytes(seal_keys(settings.keys_folder, passphrase))
            parts[KEYS] = folder / KEYS
        fresh = folder / "copy"
        _pack(fresh, parts, open_key_ring(settings.keys_folder), now)
        move_durably(fresh, path)
    made = LastCopy(now, str(path), path.stat().st_size)
    write_copy(settings.room_folder, made)
    return made


def restore_copy(
    settings: Settings, source: Path, *, passphrase: str, replace: bool, now: datetime
) -> Restored:
    """Put a copy in the place of the store and begin a new generation of it."""
    path = sqlite_file(settings)
    if path.exists() and not replace:
        raise ConflictError(what="数据库", value=str(path))
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".restoring-") as name:
        folder = Path(name)
        _unpack(source, folder)
        if passphrase and not key_file(settings.keys_folder).exists():
            open_keys(_part(folder, KEYS), passphrase, settings.keys_folder)
        if not key_file(settings.keys_folder).exists():
            raise NotFoundError(what=f"密钥 {key_file(settings.keys_folder)}")
        manifest = _verified(folder, open_key_ring(settings.keys_folder))
        count = _put_files(folder, manifest, settings.files_folder)
        aside = set_aside(path, now)
        move_durably(folder / DATABASE, path)
    return Restored(
        _new_generation(settings, source, now),
        datetime.fromisoformat(manifest["made_at"]),
        count,
        aside,
    )


def sqlite_file(settings: Settings) -> Path:
    """Return the room's database file; raises ``NotSqliteError``."""
    path = database_file(settings)
    if path is None:
        raise NotSqliteError
    return path


def _snapshot(source: Path, target: Path) -> None:
    """Copy one consistent state; the server goes on writing meanwhile."""
    with closing(sqlite3.connect(source)) as running, closing(sqlite3.connect(target)) as copy:
        running.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")


def _stored_files(root: Path) -> dict[str, Path]:
    if not root.exists():
        return {}
    paths = sorted(path for path in root.glob("??/*") if path.is_file())
    return {f"{FILES}{path.relative_to(root)}": path for path in paths}


def _pack(target: Path, parts: Mapping[str, Path], keys: KeyRing, now: datetime) -> None:
    manifest = json.dumps(
        {
            "format": FORMAT,
            "program": program_version(),
            "made_at": now.isoformat(),
            "parts": {name: _digest(path) for name, path in parts.items()},
        },
        sort_keys=True,
    ).encode()
    with tarfile.open(target, mode="w") as archive:
        for name, content in ((MANIFEST, manifest), (SIGNATURE, keys.sign(manifest))):
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
        for name, path in parts.items():
            archive.add(path, arcname=name)


def _unpack(source: Path, folder: Path) -> None:
    try:
        with tarfile.open(source) as archive:
            archive.extractall(folder, filter="data")
    except (tarfile.TarError, OSError) as error:
        raise DamagedCopyError(place=f"{source}（{error}）") from None


def _part(folder: Path, name: str) -> bytes:
    path = folder / name
    if not path.is_file():
        raise DamagedCopyError(place=f"缺少 {name}")
    return path.read_bytes()


def _verified(folder: Path, keys: KeyRing) -> dict[str, Any]:
    """Check signature, every hash and the database; name the first part that does not fit."""
    signed = _part(folder, MANIFEST)
    try:
        keys.signing_key.public_key().verify(_part(folder, SIGNATURE), signed)
    except InvalidSignature:
        raise DamagedCopyError(place=f"{MANIFEST} 的签名与本机密钥不符") from None
    manifest: dict[str, Any] = json.loads(signed)
    for name, digest in manifest["parts"].items():
        if not (folder / name).is_file():
            raise DamagedCopyError(place=f"缺少 {name}")
        if _digest(folder / name) != digest:
            raise DamagedCopyError(place=name)
    with closing(sqlite3.connect(folder / DATABASE)) as copy:
        if copy.execute("PRAGMA integrity_check(1)").fetchone() != ("ok",):
            raise DamagedCopyError(place=f"{DATABASE} 的内部结构")
    return manifest


def _put_files(folder: Path, manifest: Mapping[str, Any], root: Path) -> int:
    names = [name for name in manifest["parts"] if name.startswith(FILES)]
    for name in names:
        target = root / name.removeprefix(FILES)
        make_folder(target.parent)
        if not target.exists():
            move_durably(folder / name, target)
    return len(names)


def set_aside(path: Path, now: datetime) -> Path | None:
    """Keep the database that was there: nothing is ever deleted here."""
    if not path.exists():
        return None
    aside = path.with_name(f"{path.name}.replaced-{now:%Y%m%d-%H%M%S}")
    for tail in ("-wal", "-shm", ""):
        beside = path.with_name(path.name + tail)
        if beside.exists():
            beside.replace(aside.with_name(aside.name + tail))
    return aside


def _new_generation(settings: Settings, source: Path, now: datetime) -> str:
    database = open_database(settings)
    try:
        with database.transaction() as db:
            store = begin_generation(db, now=now)
            detail = {"copy": source.name, "store": store}
            note(db, "restore_store", ("store", store), actor=SYSTEM, now=now, detail=detail)
    finally:
        database.engine.dispose()
    return store


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
