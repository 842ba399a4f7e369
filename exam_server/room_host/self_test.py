"""The self-test before a room's server starts: every finding names its place and a remedy.

A finding that only makes the room worse can be overruled; damaged data or program files cannot.
"""

import base64
import hashlib
import json
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from cryptography.exceptions import InvalidTag
from sqlalchemy import select

from exam_server.config import Settings
from exam_server.room_host import probes
from exam_server.room_host.record import last_run, program_version
from exam_server.table_version import has_known_version, is_current
from registry.audit_log import first_break
from registry.database import Database, engine_for
from registry.enrolment.models import ID_NUMBER, Candidate
from registry.files import FileStore
from registry.keys import key_file, open_key_ring

STATIC = Path(__file__).parents[1] / "static"
LEAST_FREE_BYTES = 2 * 1024**3
FREE_TO_BE_EASY_BYTES = 5 * 1024**3
SLOWEST_SYNC_MS = 50.0
FULL = "请清理磁盘；考试进行中可以先启动，能看不能存，答案暂存在考生机上"
FILES_PER_SEAT = 4
CLOCK_TOLERANCE = timedelta(seconds=2)
LONG_ASLEEP = timedelta(days=400)  # a clock so far ahead of the last run is more likely wrong
INSTANTS = (
    ("audit_entry", "at", "审计日志"),
    ("answer_op", "received_at", "作答记录"),
    ("room_event", "at", "考场事件"),
)


class Grade(StrEnum):
    """How much a finding weighs."""

    GOOD = "good"
    WARNING = "warning"
    REFUSED = "refused"  # may be overruled by those responsible
    BROKEN = "broken"  # must not be overruled


@dataclass(frozen=True)
class Finding:
    """The outcome of one check: what was looked at, what was seen and what to do."""

    check: str
    grade: Grade
    seen: str
    remedy: str = ""


def self_test(settings: Settings, *, seats: int, now: datetime) -> Iterator[Finding]:
    """Carry out every check in turn; the database is only read."""
    yield from _folders(settings)
    yield _disk(settings)
    yield _sync(settings)
    yield _open_files(seats)
    yield from _browser_files()
    yield _version(settings)
    path = database_file(settings)
    if path is None:
        yield Finding("数据库", Grade.GOOD, "PostgreSQL，由其自身检查")
    elif not path.exists():
        yield Finding("数据库", Grade.WARNING, f"{path} 还不存在，将新建", "请先导入考场数据")
    else:
        yield from _database(settings, path)
    yield _clock(settings, path, now)


def may_start(findings: list[Finding], *, force: bool) -> bool:
    """Say whether the server may start with these findings."""
    grades = {finding.grade for finding in findings}
    if Grade.BROKEN in grades:
        return False
    return force or Grade.REFUSED not in grades


def database_file(settings: Settings) -> Path | None:
    """Return the SQLite file, None for another kind of database."""
    if not settings.database_url.startswith("sqlite:///"):
        return None
    return Path(settings.database_url.removeprefix("sqlite:///"))


def _folders(settings: Settings) -> Iterator[Finding]:
    path = database_file(settings)
    folders = [("密钥", settings.keys_folder), ("文件", settings.files_folder)]
    folders.append(("考场记录", settings.room_folder))
    if path is not None:
        folders.insert(0, ("数据库", path.parent))
    for name, folder in folders:
        if probes.is_writable(folder):
            yield Finding(f"{name}文件夹", Grade.GOOD, f"{folder} 可以写入")
        elif probes.is_full(_existing(folder)):
            yield Finding(f"{name}文件夹", Grade.REFUSED, f"{folder} 所在磁盘已满", FULL)
        else:
            remedy = "请检查该文件夹的权限，并确认磁盘没有只读挂载"
            yield Finding(f"{name}文件夹", Grade.BROKEN, f"{folder} 不能写入", remedy)


def _disk(settings: Settings) -> Finding:
    folder = settings.room_folder
    free = probes.free_bytes(_existing(folder))
    seen = f"{folder} 所在磁盘剩余 {free / 1024**3:.1f} GB"
    if free < LEAST_FREE_BYTES:
        return Finding("磁盘空间", Grade.REFUSED, seen, "至少需要 2 GB，请清理后再启动")
    if free < FREE_TO_BE_EASY_BYTES:
        return Finding("磁盘空间", Grade.WARNING, seen, "建议腾出 5 GB 以上")
    return Finding("磁盘空间", Grade.GOOD, seen)


def _sync(settings: Settings) -> Finding:
    if probes.is_full(_existing(settings.room_folder)):
        return Finding("写盘延迟", Grade.REFUSED, "磁盘已满，无从测量", FULL)
    if not probes.is_writable(settings.room_folder):
        return Finding("写盘延迟", Grade.BROKEN, f"{settings.room_folder} 不能写入", "见上")
    times = probes.sync_times(settings.room_folder)
    seen = f"中位 {times.median_ms:.1f} 毫秒，99% 在 {times.p99_ms:.1f} 毫秒以内"
    if times.p99_ms > SLOWEST_SYNC_MS:
        remedy = "超过 50 毫秒，答案确认会变慢。请关闭其他程序，或换用固态硬盘"
        return Finding("写盘延迟", Grade.REFUSED, seen, remedy)
    return Finding("写盘延迟", Grade.GOOD, seen)


def _open_files(seats: int) -> Finding:
    limit, needed = probes.most_open_files(), FILES_PER_SEAT * seats
    seen = f"可同时打开 {limit} 个，{seats} 个机位需要 {needed} 个"
    if limit < needed:
        remedy = f"请把打开文件数上限（ulimit -Hn）提高到 {needed} 以上"
        return Finding("打开文件数", Grade.REFUSED, seen, remedy)
    return Finding("打开文件数", Grade.GOOD, seen)


def _browser_files() -> Iterator[Finding]:
    damaged = [*_damaged_vendor_files(STATIC / "vendor"), *_damaged_package_files()]
    if damaged:
        seen = f"{damaged[0]} 被改动或缺失" + (f"，共 {len(damaged)} 个" if damaged[1:] else "")
        yield Finding("程序文件", Grade.BROKEN, seen, "请用原安装包重新安装")
    else:
        yield Finding("程序文件", Grade.GOOD, "与发布时一致")


def _damaged_vendor_files(folder: Path) -> Iterator[str]:
    manifest = json.loads((folder / "MANIFEST.json").read_text("utf-8"))
    for package in manifest.values():
        for path, integrity in package["files"].items():
            file = folder / path
            digest = hashlib.sha384(file.read_bytes()).digest() if file.exists() else b""
            if f"sha384-{base64.b64encode(digest).decode()}" != integrity:
                yield f"static/vendor/{path}"


def _damaged_package_files() -> Iterator[str]:
    """Compare with what the installer recorded; a working copy of the source has no record."""
    try:
        recorded = files("kaohe") or []
    except PackageNotFoundError:
        return
    for path in recorded:
        if path.hash is None or not str(path).startswith("exam_server/static/"):
            continue
        file = Path(str(path.locate()))
        digest = hashlib.sha256(file.read_bytes()).digest() if file.exists() else b""
        if base64.urlsafe_b64encode(digest).decode().rstrip("=") != path.hash.value:
            yield str(path)


def _version(settings: Settings) -> Finding:
    before, present = last_run(settings.room_folder), program_version()
    if before is None or _numbers(before.version) <= _numbers(present):
        return Finding("程序版本", Grade.GOOD, present)
    seen = f"{present}，低于本机上次运行的 {before.version}"
    return Finding("程序版本", Grade.REFUSED, seen, "请安装新版程序，不要用旧版打开")


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def _database(settings: Settings, path: Path) -> Iterator[Finding]:
    broken = _damage(path)
    if broken:
        remedy = "请勿使用该文件，从最近的备份恢复（kaohe room restore）"
        yield Finding("数据库完整性", Grade.BROKEN, f"{path}：{broken}", remedy)
        return
    yield Finding("数据库完整性", Grade.GOOD, f"{path} 完整")
    if not key_file(settings.keys_folder).exists():
        remedy = "请把与数据库同时备份的密钥放回该文件夹"
        yield Finding("密钥", Grade.BROKEN, f"{settings.keys_folder} 中没有密钥", remedy)
        return
    engine = engine_for(settings.database_url)
    try:
        keys = open_key_ring(settings.keys_folder)
        database = Database(engine, keys, FileStore(settings.files_folder, keys))
        if not has_known_version(engine):
            remedy = "数据库由更新的程序写过，请安装新版程序"
            yield Finding("数据库版本", Grade.BROKEN, f"{path} 的版本未知", remedy)
            return
        seen = "最新" if is_current(engine) else "较旧，启动时升级"
        yield Finding("数据库版本", Grade.GOOD, seen)
        if is_current(engine):
            yield from _content(database, settings)
    finally:
        engine.dispose()


def _content(database: Database, settings: Settings) -> Iterator[Finding]:
    with database.reading() as db:
        line = first_break(db)
        sealed = db.scalar(select(Candidate.id_number_sealed).limit(1))
    if line is not None:
        place = f"第 {line} 行" if line else "末尾"
        remedy = "请保留现场，联系审计管理员"
        yield Finding("审计日志", Grade.BROKEN, f"在{place}被改动", remedy)
    else:
        yield Finding("审计日志", Grade.GOOD, "前后相连")
    if sealed is None:
        return
    try:
        database.keys.reveal(sealed, purpose=ID_NUMBER)
    except InvalidTag:
        remedy = "请把与数据库同时备份的密钥放回该文件夹"
        seen = f"{settings.keys_folder} 的密钥打不开数据库中的内容"
        yield Finding("密钥", Grade.BROKEN, seen, remedy)
    else:
        yield Finding("密钥", Grade.GOOD, "与数据库相符")


def _damage(path: Path) -> str:
    """Return what SQLite finds wrong, empty for a sound file."""

    def first(statement: str, good: Callable[[list[tuple[object, ...]]], bool]) -> str:
        rows = connection.execute(statement).fetchall()
        return "" if good(rows) else "；".join(str(cell) for cell in rows[0])

    connection = sqlite3.connect(path)
    try:
        wrong = first("PRAGMA integrity_check(1)", lambda rows: rows == [("ok",)])
        return wrong or first("PRAGMA foreign_key_check", lambda rows: not rows)
    except sqlite3.DatabaseError as error:
        return str(error)
    finally:
        connection.close()


def _clock(settings: Settings, path: Path | None, now: datetime) -> Finding:
    newest, where = _newest_instant(settings, path)
    seen = f"本机时间 {now.astimezone():%Y-%m-%d %H:%M:%S}"
    if newest is None:
        return Finding("时钟", Grade.WARNING, seen, "没有可以对照的记录，请与手机时间核对")
    if now < newest - CLOCK_TOLERANCE:
        seen += f"，早于{where}的 {newest.astimezone():%Y-%m-%d %H:%M:%S}"
        remedy = "时钟倒退会让到时交卷出错，请校准后再启动"
        return Finding("时钟", Grade.REFUSED, seen, remedy)
    if now > newest + LONG_ASLEEP:
        remedy = "与上次运行相隔一年以上，请核对日期"
        return Finding("时钟", Grade.WARNING, seen, remedy)
    return Finding("时钟", Grade.GOOD, f"{seen}，晚于{where}的最后记录")


def _newest_instant(settings: Settings, path: Path | None) -> tuple[datetime | None, str]:
    found: list[tuple[datetime, str]] = []
    before = last_run(settings.room_folder)
    if before is not None:
        found.append((before.at, "上次运行"))
    if path is not None and path.exists():
        connection = sqlite3.connect(path)
        try:
            for table, column, name in INSTANTS:
                row = connection.execute(
                    f"SELECT max({column}) FROM {table}"  # noqa: S608  (names of this module)
                ).fetchone()
                if row[0]:
                    found.append((datetime.fromisoformat(row[0]).replace(tzinfo=UTC), name))
        except sqlite3.DatabaseError:  # told by the check of the database
            pass
        finally:
            connection.close()
    return max(found, default=(None, ""))


def _existing(folder: Path) -> Path:
    while not folder.exists():
        folder = folder.parent
    return folder
