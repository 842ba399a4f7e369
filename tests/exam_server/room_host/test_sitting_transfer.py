"""A closed sitting travels from the room to the centre: once, unaltered, with the same marks."""

import gzip
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import delete, func, insert, select

from exam_server.cli.main import kaohe
from exam_server.delivery.models import Answer, AnswerOp, Attempt, ChainRoot, RoomEvent, SittingRun
from exam_server.delivery.verification import verify
from exam_server.opening import open_database
from exam_server.room_host.sitting_file import (
    AlteredFileError,
    UnknownRoomError,
    read_file,
    write_file,
)
from exam_server.room_host.sitting_transfer import export_sitting, import_sitting
from proctor.models import PresenceRecord
from registry.audit_log import AuditEntry, first_break
from registry.database import Database
from registry.errors import ConflictError, WrongStateError
from scoring.models import SubjectResult
from tests.support.room import ON_SCREEN, START, Prepared, Room, home_settings

NOW = START + timedelta(hours=3)
COUNTED = (Attempt, AnswerOp, ChainRoot, Answer, RoomEvent, PresenceRecord, SubjectResult)


@pytest.fixture
def closed(room: Room) -> Room:
    """Two worked, one of them handed in; the others were absent."""
    first, second = room.working(2)
    first.send(first.choose(0), first.choose(1, 1), first.op("flag", first.questions()[2]["id"]))
    second.send(second.choose(3))
    room.command(
        "extend", admission=second.admission_id, minutes=5, reason="停电", reviewer="jiankao02"
    )
    first.hand_in()
    second.hand_in()
    room.excuse_others(2)
    room.command("close")
    return room


@pytest.fixture
def file(closed: Room, tmp_path: Path) -> Path:
    path = tmp_path / "sitting.kaohe-sitting"
    with closed.database.transaction() as db:
        export_sitting(db, closed.sitting_id, path, now=NOW)
    return path


@pytest.fixture
def centre(prepared: Prepared, tmp_path: Path) -> Iterator[Database]:
    """The centre as it was before the exam; it holds other attempts' numbers too."""
    home = tmp_path / "centre"
    shutil.copytree(prepared.folder, home)
    database = open_database(home_settings(home))
    yield database
    database.engine.dispose()


def counts(database: Database) -> list[int | None]:
    with database.reading() as db:
        return [db.scalar(select(func.count()).select_from(model)) for model in COUNTED]


def take_over(centre: Database, file: Path, *keys: bytes) -> object:
    with centre.transaction() as db:
        return import_sitting(db, file, room_keys=keys, now=NOW).marked


def marks(database: Database) -> list[tuple[object, ...]]:
    with database.reading() as db:
        found = db.execute(
            select(SubjectResult.enrolment_id, SubjectResult.mark, SubjectResult.flag)
        )
        return sorted(tuple(row) for row in found)


def test_the_centre_holds_every_row_and_comes_to_the_same_marks(
    closed: Room, file: Path, centre: Database
) -> None:
    before = counts(centre)
    assert before == [0] * len(COUNTED)
    take_over(centre, file)
    assert counts(centre) == counts(closed.database)
    assert len(marks(centre)) == ON_SCREEN
    assert marks(centre) == marks(closed.database)
    with centre.reading() as db:
        assert db.scalars(select(SittingRun)).one().state == "closed"
        assert first_break(db) is None


def test_pauses_and_one_who_was_deferred_after_signing_in_travel_too(
    room: Room, centre: Database, tmp_path: Path
) -> None:
    (page,) = room.working()
    room.page(1).sign_in(room.code())
    told = {"reason": "突发疾病", "reviewer": "jiankao02"}
    room.command("defer", admission=room.admissions[1], **told)
    room.command("pause", reason="停电")
    room.clock.advance(minutes=5)
    room.command("resume")
    page.hand_in()
    room.excuse_others(2)
    room.command("close")
    path = tmp_path / "sitting.kaohe-sitting"
    with room.database.transaction() as db:
        export_sitting(db, room.sitting_id, path, now=NOW)
    take_over(centre, path)
    assert marks(centre) == marks(room.database)
    with centre.reading() as db, room.database.reading() as own:
        there, here = (one.scalars(select(SittingRun)).one() for one in (db, own))
        assert there.entry_ends_at == here.entry_ends_at
        assert verify(db).findings == []


def test_chains_receipts_and_roots_of_the_room_are_whole_at_the_centre_under_other_numbers(
    closed: Room, file: Path, centre: Database
) -> None:
    with closed.database.reading() as db:
        absent = dict(db.execute(select(Attempt.__table__)).mappings().first() or {})
    absent |= {"id": 1, "admission_id": closed.admissions[4]}
    with centre.transaction() as db:
        db.execute(insert(Attempt), absent)
    take_over(centre, file)
    with centre.transaction() as db:
        db.execute(delete(Attempt).where(Attempt.id == 1))
        assert db.scalars(select(Attempt.id)).all() == [2, 3]
    with centre.reading() as db:
        report = verify(db)
        assert (report.findings, report.attempts, report.receipts, report.roots) == ([], 2, 2, 1)


def test_the_same_file_again_changes_nothing(file: Path, centre: Database) -> None:
    assert take_over(centre, file) is not None
    before = counts(centre)
    with centre.reading() as db:
        lines = db.scalar(select(func.count()).select_from(AuditEntry))
    assert take_over(centre, file) is None
    assert counts(centre) == before
    with centre.reading() as db:
        assert db.scalar(select(func.count()).select_from(AuditEntry)) == lines


def test_another_file_of_the_same_sitting_is_refused(
    closed: Room, file: Path, centre: Database
) -> None:
    take_over(centre, file)
    other = file.with_name("other")
    with closed.database.transaction() as db:
        export_sitting(db, closed.sitting_id, other, now=NOW + timedelta(hours=1))
    with pytest.raises(ConflictError):
        take_over(centre, other)


def edited(file: Path, edit: object) -> list[str]:
    lines = gzip.decompress(file.read_bytes()).decode().splitlines(keepends=True)
    file.write_bytes(gzip.compress("".join(edit(lines)).encode()))  # type: ignore[operator]
    return lines


def line_of(file: Path, words: str) -> int:
    text = gzip.decompress(file.read_bytes()).decode().splitlines()
    return next(number for number, line in enumerate(text, start=1) if words in line)


@pytest.mark.parametrize("kind", ["changed", "deleted", "inserted", "swapped"])
def test_an_altered_line_is_found_by_its_number(file: Path, centre: Database, kind: str) -> None:
    number = line_of(file, '"table":"answer_op"')

    def edit(lines: list[str]) -> list[str]:
        at = number - 1
        if kind == "changed":
            return [*lines[:at], lines[at].replace('"seq":1', '"seq":9'), *lines[at + 1 :]]
        if kind == "deleted":
            return [*lines[:at], *lines[at + 1 :]]
        if kind == "inserted":
            return [*lines[:at], lines[at - 1], *lines[at:]]
        return [*lines[:at], lines[at + 1], lines[at], *lines[at + 2 :]]

    edited(file, edit)
    with pytest.raises(AlteredFileError, match=f"第 {number} 行"):
        take_over(centre, file)
    assert counts(centre) == [0] * len(COUNTED)


def test_a_cut_file_is_incomplete(file: Path, centre: Database) -> None:
    edited(file, lambda lines: lines[:-1])
    with pytest.raises(AlteredFileError, match="缺少末行签名"):
        take_over(centre, file)
    file.write_bytes(file.read_bytes()[:300])
    with pytest.raises(AlteredFileError, match="无法解压"):
        take_over(centre, file)


def test_a_room_of_other_keys_must_be_named(
    closed: Room, tmp_path: Path, file: Path, prepared: Prepared
) -> None:
    home = tmp_path / "far"
    shutil.copytree(prepared.folder, home)
    ring = (home / "keys" / "kaohe.keys").read_bytes()
    (home / "keys" / "kaohe.keys").write_bytes(ring[:-32] + bytes(32))  # another signing key
    far = open_database(home_settings(home))
    with pytest.raises(UnknownRoomError):
        take_over(far, file)
    take_over(far, file, closed.database.keys.verify_key())
    assert len(marks(far)) == ON_SCREEN
    far.engine.dispose()


def test_a_room_that_is_not_closed_is_not_exported(room: Room, tmp_path: Path) -> None:
    room.working()
    with pytest.raises(WrongStateError), room.database.transaction() as db:
        export_sitting(db, room.sitting_id, tmp_path / "early", now=NOW)
    assert not (tmp_path / "early").exists()


def test_the_commands_tell_what_they_did(
    closed: Room, centre: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = str(tmp_path / "out.kaohe-sitting")

    def run(home: str, *arguments: str) -> str:
        monkeypatch.setenv("KAOHE_HOME", str(tmp_path / home))
        told = CliRunner().invoke(kaohe, ["room", *arguments])
        assert told.exit_code == 0, told.output
        return told.output

    assert "已导出" in run("home", "export", "--sitting", str(closed.sitting_id), "--out", out)
    assert run("home", "key").strip() == closed.database.keys.verify_key().hex()
    assert "评分 2 人，缺考 3 人" in run("centre", "import", out)
    assert "没有改动" in run("centre", "import", out)


def test_answers_that_do_not_fit_their_receipt_are_refused_though_the_file_is_signed(
    closed: Room, file: Path, centre: Database
) -> None:
    keys = closed.database.keys
    lines, _digest = read_file(file, [keys.verify_key()])
    answer = next(line for line in lines if line.get("table") == "answer" and line["row"]["value"])
    answer["row"]["value"] = "zz"
    write_file(file, lines, keys)
    with pytest.raises(AlteredFileError, match="答案与回执不符"):
        take_over(centre, file)
    attempt = next(line for line in lines if line.get("table") == "attempt")
    attempt["row"]["receipt"] = attempt["row"]["receipt"].replace('"answered": ', '"answered": 9')
    write_file(file, lines, keys)
    with pytest.raises(AlteredFileError, match="回执签名"):
        take_over(centre, file)
    assert counts(centre) == [0] * len(COUNTED)
