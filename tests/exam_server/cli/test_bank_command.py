"""``kaohe bank``: trial import and export on the command line."""

import json
import shutil
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner
from sqlalchemy import select
from support.exchanged_items import invented_items
from support.factories import load_office_data, make_account
from support.invented_bank import SVG, write_bank

from exam_server.cli.bank import command
from exam_server.config import read_settings
from exam_server.opening import open_database
from item_bank.actions import load_bank
from item_bank.exchange.bank_folder import read_bank
from item_bank.exchange.exporting import ExportFormat, written
from item_bank.exchange.importing import read_file
from registry.access import SYSTEM, Role
from registry.accounts.queries import actor_of
from registry.audit_log import AuditEntry


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "items.jsonl"
    path.write_bytes(written(invented_items(5), ExportFormat.JSONL))
    return path


def run(*words):
    return CliRunner().invoke(command, [str(word) for word in words])


def test_import_without_a_trial_is_refused(source):
    done = run("import", source)
    assert done.exit_code == 2
    assert "--dry-run" in done.output


def test_a_missing_and_a_broken_file_harm_no_other(source, tmp_path):
    broken, out = tmp_path / "broken.xlsx", tmp_path / "out.json"
    broken.write_bytes(b"PK\x03\x04 nothing")
    done = run("import", tmp_path / "none", broken, source, "--dry-run", "--json", out)
    assert done.exit_code == 0
    report = json.loads(out.read_bytes())
    assert [file["status"] for file in report["files"]] == ["error", "error", "accepted"]
    assert len(report["items"]) == 5


@pytest.mark.parametrize("target", ExportFormat)
def test_what_is_exported_can_be_read_again(source, tmp_path, target):
    made, out = tmp_path / "made", tmp_path / "out.json"
    done = run("export", "--from", source, "--format", target.value, "--out", made)
    assert done.exit_code == 0
    run("import", made, "--dry-run", "--json", out)
    assert json.loads(out.read_bytes())["files"][0]["counts"]["accepted"] == 5


def test_a_faulty_source_is_not_exported(source, tmp_path):
    source.write_text(source.read_text("utf-8") + "{}\n", "utf-8")
    made = tmp_path / "made"
    done = run("export", "--from", source, "--format", "gift", "--out", made)
    assert done.exit_code == 1
    assert not made.exists()


def test_source_and_project_exclude_one_another(source, tmp_path):
    for given in ([], ["--from", source, "--project", "60"]):
        done = run("export", *given, "--format", "gift", "--out", tmp_path / "made")
        assert done.exit_code == 2
        assert "二者择一" in done.output


@pytest.fixture
def home(tmp_path, monkeypatch, migrated_file):
    """An installation with an invented bank of project 1."""
    monkeypatch.setenv("KAOHE_HOME", str(tmp_path))
    monkeypatch.delenv("KAOHE_DATABASE_URL", raising=False)
    shutil.copy(migrated_file, tmp_path / "kaohe.db")
    database = open_database(read_settings())
    now = datetime(2026, 12, 5, 1, 0, tzinfo=UTC)
    with database.transaction() as db:
        load_office_data(db, now=now)
        reviewer = actor_of(make_account(db, Role.BANK_MANAGER, now=now))
        bank = read_bank(write_bank(tmp_path / "bank"))
        load_bank(db, 1, bank, actor=SYSTEM, reviewer=reviewer, now=now)
    yield database
    database.engine.dispose()


def test_a_project_is_exported_with_its_figures_and_goes_on_record(home, tmp_path):
    made = tmp_path / "out" / "items.jsonl"
    made.parent.mkdir()
    done = run("export", "--project", 1, "--format", "jsonl", "--out", made)
    assert (done.exit_code, done.stderr) == (0, "")
    lines = [json.loads(line) for line in made.read_text("utf-8").splitlines()]
    (figure,) = [line["figure"]["file"] for line in lines if "figure" in line]
    assert (made.parent / figure).read_text("utf-8") == SVG
    again = run("export", "--from", made, "--format", "qti3", "--out", tmp_path / "made.zip")
    assert (again.exit_code, again.stderr) == (0, "")
    read = read_file("made.zip", (tmp_path / "made.zip").read_bytes()).items
    assert [item.figure.content.decode() for item in read if item.figure] == [SVG]
    with home.reading() as db:
        entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "export_bank")).one()
    assert entry.actor_name == "系统"
    assert json.loads(entry.detail)["items"] == len(lines)


def test_an_export_without_figures_says_so(home, tmp_path):
    done = run("export", "--project", 1, "--format", "excel", "--out", tmp_path / "made.xlsx")
    assert done.exit_code == 0
    assert "1 题的插图没有写出" in done.stderr


def test_an_unknown_or_empty_project_leaves_no_file_and_no_record(home, tmp_path):
    for number in ("2", "99"):
        done = run("export", "--project", number, "--format", "gift", "--out", tmp_path / "made")
        assert done.exit_code == 1
    assert list(tmp_path.glob("made*")) == []
    with home.reading() as db:
        assert not db.scalars(select(AuditEntry).where(AuditEntry.action == "export_bank")).all()
