"""The self-test: a sound home may start; each kind of damage is named with its place."""

import shutil
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

from exam_server.config import Settings
from exam_server.room_host.record import LAST_RUN, write_run
from exam_server.room_host.self_test import (
    Finding,
    Grade,
    _damaged_vendor_files,
    may_start,
    self_test,
)
from registry.keys import key_file
from tests.support.room import START

NOW = START + timedelta(minutes=1)


def outcome_of(settings: Settings, *, now: datetime = NOW, seats: int = 30) -> list[Finding]:
    return list(self_test(settings, seats=seats, now=now))


def found(findings: list[Finding], check: str) -> Finding:
    return next(finding for finding in findings if finding.check == check)


def test_a_sound_home_may_start(settings: Settings) -> None:
    findings = outcome_of(settings)
    slow = {"写盘延迟", "磁盘空间"}  # as this machine happens to be
    assert {f.grade for f in findings if f.check not in slow} == {Grade.GOOD}
    assert found(findings, "密钥").seen == "与数据库相符"


def test_a_damaged_database_is_named_and_cannot_be_overruled(settings: Settings) -> None:
    path = Path(settings.database_url.removeprefix("sqlite:///"))
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        size = connection.execute("PRAGMA page_size").fetchone()[0]
        page = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = 'account'"
        ).fetchone()[0]
    connection.close()
    content = bytearray(path.read_bytes())
    content[(page - 1) * size : page * size] = b"\x55" * size
    path.write_bytes(bytes(content))
    findings = outcome_of(settings)
    assert found(findings, "数据库完整性").grade is Grade.BROKEN
    assert str(path) in found(findings, "数据库完整性").seen
    assert not may_start(findings, force=True)


def test_a_changed_line_of_the_audit_log_is_located(settings: Settings) -> None:
    with sqlite3.connect(settings.database_url.removeprefix("sqlite:///")) as connection:
        triggers = connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'audit_entry'"
        ).fetchall()
        for (name,) in triggers:
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("UPDATE audit_entry SET actor_name = '某人' WHERE id = 3")
    connection.close()
    finding = found(outcome_of(settings), "审计日志")
    assert (finding.grade, finding.seen) == (Grade.BROKEN, "在第 3 行被改动")


def test_missing_or_foreign_keys_are_told_and_no_new_ones_are_drawn(settings: Settings) -> None:
    path = key_file(settings.keys_folder)
    content = path.read_bytes()
    path.unlink()
    assert "没有密钥" in found(outcome_of(settings), "密钥").seen
    assert not path.exists()
    path.write_bytes(bytes([content[0] ^ 1]) + content[1:])
    assert found(outcome_of(settings), "密钥").grade is Grade.BROKEN


def test_a_clock_behind_the_last_run_is_refused_but_may_be_overruled(settings: Settings) -> None:
    write_run(settings.room_folder, now=NOW)
    findings = outcome_of(settings, now=NOW - timedelta(seconds=3))
    assert found(findings, "时钟").grade is Grade.REFUSED
    assert "上次运行" in found(findings, "时钟").seen
    assert not may_start(findings, force=False)
    assert may_start(findings, force=True)
    assert found(outcome_of(settings, now=NOW + timedelta(hours=1)), "时钟").grade is Grade.GOOD


def test_a_clock_behind_the_newest_row_is_refused(settings: Settings) -> None:
    finding = found(outcome_of(settings, now=datetime(2024, 1, 1, tzinfo=UTC)), "时钟")
    assert finding.grade is Grade.REFUSED
    assert "审计日志" in finding.seen


def test_a_database_of_a_newer_program_is_not_opened(settings: Settings) -> None:
    with sqlite3.connect(settings.database_url.removeprefix("sqlite:///")) as connection:
        connection.execute("UPDATE alembic_version SET version_num = '9999'")
    connection.close()
    assert found(outcome_of(settings), "数据库版本").grade is Grade.BROKEN


def test_an_older_program_than_last_time_is_refused(settings: Settings) -> None:
    settings.room_folder.mkdir()
    told = f'{{"at": "{NOW.isoformat()}", "version": "99.0.0"}}'
    (settings.room_folder / LAST_RUN).write_text(told)
    assert found(outcome_of(settings), "程序版本").grade is Grade.REFUSED


def test_too_few_open_files_for_the_seats_are_told(settings: Settings) -> None:
    finding = found(outcome_of(settings, seats=2**31), "打开文件数")
    assert finding.grade is Grade.REFUSED


def test_a_changed_or_missing_browser_file_is_named(tmp_path: Path) -> None:
    vendor = Path("exam_server/static/vendor")
    copy = tmp_path / "vendor"
    shutil.copytree(vendor, copy)
    assert list(_damaged_vendor_files(copy)) == []
    (copy / "katex/katex.min.js").write_text("changed")
    (copy / "socket.io-client/LICENSE").unlink()
    assert set(_damaged_vendor_files(copy)) == {
        "static/vendor/katex/katex.min.js",
        "static/vendor/socket.io-client/LICENSE",
    }
