"""The disk that forgets: what SQLite has flushed survives every cut, what it has not may go."""

import sqlite3
import subprocess
import sys
from pathlib import Path
from random import Random

import pytest

from exam_server.rehearsal.faults.forgetful_disk import is_possible
from exam_server.rehearsal.faults.unflushed import NOTES, cut_power

pytestmark = pytest.mark.skipif(
    not is_possible(), reason="the file system of this SQLite cannot be replaced"
)
CUTS, ROWS, MANY = 8, 40, 1_000_000
PROGRAM = """
import os, sqlite3, sys
from exam_server.rehearsal.faults.forgetful_disk import ForgetfulDisk
folder, synchronous, first = sys.argv[1], sys.argv[2], int(sys.argv[3])
disk = ForgetfulDisk(lambda: os.path.exists(folder + "/full"))
db = sqlite3.connect(folder + "/store.db", isolation_level=None)
db.execute("PRAGMA journal_mode = WAL")
db.execute(f"PRAGMA synchronous = {synchronous}")
db.execute("PRAGMA wal_autocheckpoint = 20")
db.execute("CREATE TABLE IF NOT EXISTS op (seq INTEGER PRIMARY KEY, body TEXT)")
for seq in range(first, first + int(sys.argv[4])):
    try:
        db.execute("INSERT INTO op VALUES (?, ?)", (seq, "x" * 900))
    except sqlite3.OperationalError as error:
        print(error, flush=True)
        break
    print(seq, flush=True)
os.kill(os.getpid(), 9)
"""


WRITES_WITHOUT_FLUSH = """
import os, sys
from datetime import UTC, datetime
from exam_server.config import read_settings
from exam_server.delivery.models import SignInFailure
from exam_server.opening import open_database
from exam_server.rehearsal.faults.forgetful_disk import ForgetfulDisk
class Disk(ForgetfulDisk):
    dies = False
    def _sync(self, file, flags):
        if self.dies:
            os.kill(os.getpid(), 9)
        return super()._sync(file, flags)
disk = Disk(lambda: False)
database = open_database(read_settings({"KAOHE_HOME": sys.argv[1]}))
for subject in ("flushed", "unflushed"):
    disk.dies = subject == "unflushed"
    with database.transaction() as db:
        db.add(SignInFailure(subject=subject, at=datetime.now(UTC)))
    print(subject, flush=True)
"""
FINDS_IT = """
import os, sys
from sqlalchemy import select
from exam_server.config import read_settings
from exam_server.delivery.models import SignInFailure
from exam_server.opening import open_database
from exam_server.rehearsal.faults.forgetful_disk import ForgetfulDisk
disk = ForgetfulDisk(lambda: False)
database = open_database(read_settings({"KAOHE_HOME": sys.argv[1]}))
with database.reading() as db:
    print(*db.scalars(select(SignInFailure.subject)), sep="\\n", flush=True)
    os.kill(os.getpid(), 9)
"""


def run_and_kill(program: str, home: Path) -> list[str]:
    """Run a program that kills itself; return what it said."""
    done = subprocess.run(
        [sys.executable, "-c", program, str(home)], capture_output=True, text=True, check=False
    )
    assert done.returncode == -9, done.stderr
    return done.stdout.split()


def write_until_killed(folder: Path, first: int, synchronous: str = "FULL") -> list[str]:
    """Commit rows in another process until it is killed; return what it said of each."""
    arguments = [str(folder), synchronous, str(first), str(ROWS)]
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == -9, done.stderr
    return done.stdout.split("\n")[:-1]


def write_until_cut(folder: Path, first: int, draw: Random) -> list[int]:
    """Commit rows in another process and kill it in the middle of one; return what it said."""
    arguments = [str(folder), "FULL", str(first), str(MANY)]
    with subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        told = [int(process.stdout.readline()) for _ in range(draw.randint(1, ROWS))]
        process.kill()
        return told + [int(line) for line in process.stdout if line.endswith("\n")]


def stored(folder: Path) -> list[int]:
    """Open the store as the next start does; return what it holds, nothing when it is damaged."""
    db = sqlite3.connect(folder / "store.db")
    try:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [seq for (seq,) in db.execute("SELECT seq FROM op ORDER BY seq")]
    finally:
        db.close()


def test_what_was_committed_survives_every_cut(tmp_path: Path) -> None:
    draw, told, unflushed, lost = Random(1), [], 0, 0
    for cut in range(CUTS):
        told += write_until_cut(tmp_path, len(told), draw)
        forgotten = cut_power(tmp_path, draw)
        unflushed, lost = unflushed + forgotten.unflushed, lost + forgotten.lost
        kept = stored(tmp_path)
        assert kept[: len(told)] == told == list(range(len(told)))
        assert len(kept) - len(told) <= 1, cut  # the one that was being committed
        told = kept
    print(f"\n{CUTS} cuts: {unflushed} writes were not flushed, {lost} of them lost or torn")


def test_what_a_server_finds_after_a_kill_is_on_the_disk_before_anybody_is_told(
    tmp_path: Path,
) -> None:
    """A commit that was written but not flushed is seen by the next start and acknowledged."""
    told = run_and_kill(WRITES_WITHOUT_FLUSH, tmp_path)
    found = run_and_kill(FINDS_IT, tmp_path)
    assert found == [*told, "unflushed"]
    assert cut_power(tmp_path, Random(5)).lost == 0
    engine = sqlite3.connect(tmp_path / "kaohe.db")
    assert [row[0] for row in engine.execute("SELECT subject FROM sign_in_failure")] == found
    engine.close()


def test_a_store_that_does_not_flush_loses_what_it_has_told(tmp_path: Path) -> None:
    told = [int(seq) for seq in write_until_killed(tmp_path, 0, "OFF")]
    assert (tmp_path / f"store.db-wal{NOTES}").stat().st_size > 0
    cut_power(tmp_path, Random(5))
    try:
        kept = stored(tmp_path)
    except (sqlite3.DatabaseError, AssertionError):
        kept = []  # torn to pieces
    assert set(kept) < set(told)


def test_a_full_disk_refuses_the_commit_and_keeps_what_was_before(tmp_path: Path) -> None:
    told = [int(seq) for seq in write_until_killed(tmp_path, 0)]
    (tmp_path / "full").touch()
    *more, refusal = write_until_killed(tmp_path, ROWS)
    assert refusal == "database or disk is full"
    assert stored(tmp_path) == told + [int(seq) for seq in more]
