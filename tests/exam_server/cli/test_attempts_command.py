"""``kaohe attempts verify``: the words, the file and the exit status; the upgrade of old rows."""

import base64
import json
from pathlib import Path

import pytest
from alembic import command
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import inspect, select

from exam_server.cli.main import kaohe
from exam_server.delivery.models import Attempt, ChainRoot
from exam_server.delivery.verification import verify
from exam_server.migrating import _config, _driver, upgrade
from exam_server.migrations.append_only import protect, unprotect
from registry.database import Database
from tests.support.room import (  # noqa: F401  (fixtures)
    Room,
    database,
    database_url,
    prepared,
    room,
    settings,
)


@pytest.fixture
def sat(
    room: Room,  # noqa: F811
    database_url: str,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Room:
    """Two of three candidates have handed in; the command finds the database of the room."""
    pages = room.working(3)
    for page in pages:
        page.send(page.choose(0), page.choose(1))
    for page in pages[:2]:
        page.hand_in()
    room.clock.advance(seconds=61)
    room.server.room.tick()
    monkeypatch.setenv("KAOHE_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("KAOHE_DATABASE_URL", database_url)
    return room


def run(*arguments: str) -> Result:
    return CliRunner().invoke(kaohe, ["attempts", "verify", *arguments])


def change(database: Database, statement: str) -> None:  # noqa: F811
    with database.engine.begin() as connection:
        unprotect(connection, "answer_op")
        connection.exec_driver_sql(statement)
        protect(connection, "answer_op")


def test_a_whole_room_is_said_to_be_whole(sat: Room, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    told = run("--json", str(out))
    assert told.exit_code == 0, told.output
    assert "已核对 1 场、3 份作答、8 步操作、11 个事件、2 张回执、1 个签名根。" in told.output
    assert told.output.endswith("全部相符。\n")
    written = json.loads(out.read_text())
    assert (written["whole"], written["ops"], written["findings"]) == (True, 8, [])


def test_a_changed_row_is_named_in_words_and_in_the_file(sat: Room, tmp_path: Path) -> None:
    change(sat.database, "UPDATE answer_op SET value = 'o0' WHERE attempt_id = 2 AND seq = 2")
    out = tmp_path / "report.json"
    told = run("--json", str(out), "--sitting", str(sat.sitting_id))
    assert told.exit_code == 1
    place = f"场次 {sat.sitting_id} · 作答 2（准考证号 {sat.numbers[1]}） · 第 2 步：内容被改动"
    assert f"不符：{place}\n" in told.output
    written = json.loads(out.read_text())
    assert not written["whole"]
    first = written["findings"][0]
    assert (first["fault"], first["attempt_id"], first["seq"]) == ("changed", 2, 2)
    assert first["text"] == place


def test_a_sitting_that_does_not_exist_is_a_usage_error(sat: Room) -> None:
    told = run("--sitting", "999")
    assert told.exit_code == 2
    assert "没有编号为 999 的上机场次" in told.output


def test_the_printed_key_verifies_the_receipt_of_a_candidate(sat: Room, tmp_path: Path) -> None:
    out = tmp_path / "report.json"
    run("--json", str(out))
    with sat.database.reading() as db:
        receipt = json.loads(db.scalars(select(Attempt.receipt).order_by(Attempt.id)).first() or "")
    key = Ed25519PublicKey.from_public_bytes(
        bytes.fromhex(json.loads(out.read_text())["public_key"])
    )
    signature = base64.b64decode(receipt.pop("signature"))
    del receipt["code"]
    key.verify(signature, json.dumps(receipt, sort_keys=True).encode())


def before_the_chains(database: Database) -> None:  # noqa: F811
    """Take the tables back to what they were before operations were chained."""
    with database.engine.connect() as connection:
        if connection.dialect.name == "sqlite":  # which rebuilds a table by dropping the old one
            _driver(connection).execute("PRAGMA foreign_keys = OFF")
        with connection.begin():
            command.downgrade(_config(connection), "0007")
            columns = {column["name"] for column in inspect(connection).get_columns("answer_op")}
        if connection.dialect.name == "sqlite":
            _driver(connection).execute("PRAGMA foreign_keys = ON")
    assert "chain_hash" not in columns


def test_rows_of_before_are_chained_and_signed_by_the_upgrade(sat: Room) -> None:
    with sat.database.reading() as db:
        heads = db.execute(select(Attempt.id, Attempt.head_hash).order_by(Attempt.id)).all()
    before_the_chains(sat.database)
    upgrade(sat.database.engine, sat.database.keys)
    with sat.database.reading() as db:
        report = verify(db)
        assert (report.findings, report.attempts, report.receipts, report.roots) == ([], 3, 2, 2)
        after = db.execute(select(Attempt.id, Attempt.head_hash).order_by(Attempt.id)).all()
        assert after == heads
        assert {len(json.loads(heads)) for heads in db.scalars(select(ChainRoot.heads))} == {3}


def test_rows_of_before_that_were_changed_after_the_upgrade_are_found(sat: Room) -> None:
    before_the_chains(sat.database)
    upgrade(sat.database.engine, sat.database.keys)
    change(sat.database, "DELETE FROM answer_op WHERE attempt_id = 1 AND seq = 1")
    told = run()
    assert told.exit_code == 1
    assert "第 1 步：被删除" in told.output
