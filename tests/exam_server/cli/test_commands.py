"""The command line: seeding twice, the first account, the check of the audit log."""

import shutil

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from exam_server.cli.main import COMMANDS, kaohe
from exam_server.config import read_settings
from exam_server.opening import open_database
from item_bank.models import Element
from registry.accounts.models import Account
from registry.audit_log import AuditEntry
from registry.catalog.models import Project
from registry.organisations.models import Centre


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("KAOHE_HOME", str(tmp_path))
    monkeypatch.delenv("KAOHE_DATABASE_URL", raising=False)
    return tmp_path


@pytest.fixture
def opened(home, migrated_file):
    shutil.copy(migrated_file, home / "kaohe.db")
    database = open_database(read_settings())
    yield database
    database.engine.dispose()


def run(*arguments, **options):
    return CliRunner().invoke(kaohe, list(arguments), **options)


def count(database, table):
    with database.reading() as db:
        return db.scalar(select(func.count()).select_from(table))


def test_every_command_explains_itself_in_chinese():
    for name in COMMANDS:
        shown = run(name, "--help")
        assert shown.exit_code == 0, shown.output
        assert any("一" <= letter <= "鿿" for letter in shown.output)


def test_seeding_loads_the_notice_and_may_be_run_again(opened):
    assert run("seed").exit_code == 0
    assert (count(opened, Project), count(opened, Centre)) == (84, 109)
    elements = count(opened, Element)
    assert elements > 84
    again = run("seed")
    assert again.exit_code == 0, again.output
    assert (count(opened, Project), count(opened, Centre)) == (84, 109)
    assert count(opened, Element) == elements


def test_the_first_account_is_opened_with_a_strong_password(opened):
    words = "Strong-Pass-2026\nStrong-Pass-2026\n"
    arguments = ("accounts", "open", "--login-name", "xitong", "--name", "系统一")
    made = run(*arguments, "--role", "system_administrator", input=words)
    assert made.exit_code == 0, made.output
    with opened.reading() as db:
        account = db.scalars(select(Account)).one()
        assert account.must_change_password
        assert "Strong-Pass-2026" not in account.password_hash


def test_a_weak_password_is_refused_and_nothing_is_opened(opened):
    arguments = ("accounts", "open", "--login-name", "xitong", "--name", "系统一")
    refused = run(*arguments, "--role", "system_administrator", input="weak\nweak\n")
    assert refused.exit_code == 1
    assert "密码" in refused.output
    assert count(opened, Account) == 0


def test_an_untouched_audit_log_is_found_whole(opened):
    run("seed")
    verified = run("audit", "verify")
    assert (verified.exit_code, verified.output) == (0, "审计日志完整。\n")


def test_a_changed_line_of_the_audit_log_is_named(opened):
    words = "Strong-Pass-2026\nStrong-Pass-2026\n"
    for name in ("xitong1", "xitong2", "xitong3"):
        arguments = ("--login-name", name, "--name", name, "--role", "system_administrator")
        assert run("accounts", "open", *arguments, input=words).exit_code == 0
    with opened.transaction() as db:
        db.execute(text("DROP TRIGGER audit_entry_no_update"))
        db.execute(text("UPDATE audit_entry SET actor_name = '无名氏' WHERE id = 2"))
    assert count(opened, AuditEntry) > 2
    verified = run("audit", "verify")
    assert verified.exit_code == 1
    assert "第 2 行" in verified.output


def test_a_rehearsal_does_not_write_into_a_folder_in_use(tmp_path):
    (tmp_path / "kept.txt").write_text("kept")
    refused = run("rehearse", "--out", str(tmp_path))
    assert refused.exit_code == 2
    assert "不是空的" in refused.output
