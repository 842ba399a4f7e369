"""``kaohe bank``: trial import and export on the command line."""

import json

import pytest
from click.testing import CliRunner
from support.exchanged_items import invented_items

from exam_server.cli.bank import command
from item_bank.exchange.exporting import ExportFormat, written


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
