"""The witness without a network: what its copy holds, when commits wait, who may promote."""

import random
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from exam_server.config import Settings
from exam_server.room_host.certificates import authority_file
from exam_server.room_host.witness.copy import CopyDiffersError, WitnessCopy, fresh_copy
from exam_server.room_host.witness.following import FOLDER
from exam_server.room_host.witness.log_reader import LogBrokenOffError, LogReader
from exam_server.room_host.witness.pairing import Pairing, make_pairing, open_sealed_keys
from exam_server.room_host.witness.promotion import promote
from exam_server.room_host.witness.status import (
    Mode,
    Standing,
    WitnessStatus,
    read_status,
    write_status,
)
from exam_server.room_host.witness.turnstile import Turnstile
from registry.errors import AssessmentError, InvalidInputError
from registry.keys import open_key_ring
from tests.support.room import home_settings

NOW = datetime(2026, 12, 5, 1, 0, tzinfo=UTC)
TWO = ("first person says this", "second person says that")
NAMES = ("甲", "乙")


@pytest.fixture
def store(tmp_path: Path) -> Path:
    path = tmp_path / "kaohe.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode = WAL")
        db.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, v TEXT)")
    return path


@contextmanager
def writing(path: Path, seed: int) -> Iterator[None]:
    """Commit and roll back transactions of all sizes until left."""
    ends = threading.Event()

    def write() -> None:
        draw = random.Random(seed)
        with closing(sqlite3.connect(path, isolation_level=None, timeout=10)) as db:
            while not ends.wait(0.001):
                db.execute("BEGIN IMMEDIATE")
                for _ in range(draw.randint(1, 20)):
                    db.execute("INSERT INTO t (v) VALUES (?)", ("x" * draw.randint(1, 3000),))
                db.execute("ROLLBACK" if draw.random() < 0.1 else "COMMIT")

    thread = threading.Thread(target=write)
    thread.start()
    try:
        yield
    finally:
        ends.set()
        thread.join()


def ship(reader: LogReader, copy: WitnessCopy, *, turning: bool = False) -> None:
    for piece in reader.turn() if turning else reader.news():
        copy.add_to_log(piece.content, piece.frames, is_first=piece.is_first)


def content(path: Path) -> list[tuple[int, str]]:
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return db.execute("SELECT id, v FROM t ORDER BY id").fetchall()


def begun(reader: LogReader, root: Path) -> WitnessCopy:
    reader.attach()
    copy = fresh_copy(root)
    for part in reader.database():
        copy.add_to_database(part)
    return copy


def test_the_copy_equals_the_store_while_two_write_and_the_log_starts_anew(
    store: Path, tmp_path: Path
) -> None:
    with writing(store, 1), writing(store, 2):
        reader = LogReader(store)
        copy = begun(reader, tmp_path / "witness")
        turns = 0
        while turns < 6:
            ship(reader, copy)
            if reader.frames() > 100:
                ship(reader, copy, turning=True)
                turns += 1
    ship(reader, copy)
    copy.declare_whole()
    copy.fold()
    held, stored = content(copy.database), content(store)
    assert held == stored
    assert len(stored) > 100


def test_a_log_that_another_program_started_anew_is_noticed(store: Path, tmp_path: Path) -> None:
    reader = LogReader(store)
    with closing(sqlite3.connect(store, isolation_level=None)) as db:
        db.execute("INSERT INTO t (v) VALUES ('copied')")
        copy = begun(reader, tmp_path / "witness")
        for _ in range(3):
            reader._holders[0].rollback()  # as if the hold had been lost
            db.execute("INSERT INTO t (v) VALUES ('lost')")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("INSERT INTO t (v) VALUES ('seen')")
        with pytest.raises(LogBrokenOffError):
            ship(reader, copy)


def test_bytes_that_were_altered_on_the_witness_are_noticed(store: Path, tmp_path: Path) -> None:
    reader = LogReader(store)
    copy = begun(reader, tmp_path / "witness")
    with writing(store, 3):
        time.sleep(0.1)
    ship(reader, copy)
    log = Path(f"{copy.database}-wal")
    harmed = bytearray(log.read_bytes())
    harmed[len(harmed) // 2] ^= 1
    log.write_bytes(harmed)
    with pytest.raises(CopyDiffersError):
        copy.fold()


def test_an_unfinished_copy_never_takes_the_place_of_a_whole_one(tmp_path: Path) -> None:
    first = fresh_copy(tmp_path)
    first.add_to_database(b"whole")
    first.declare_whole()
    second = fresh_copy(tmp_path)
    assert first.folder.exists()
    assert second.folder != first.folder
    third = fresh_copy(tmp_path)
    assert not second.folder.exists() or third.folder == second.folder
    third.add_to_database(b"whole")
    third.declare_whole()
    assert [path.name for path in tmp_path.glob("copy-*")] == [third.folder.name]


def test_a_commit_waits_for_the_witness_and_goes_on_alone_when_it_is_slow_or_gone() -> None:
    turnstile = Turnstile(patience_s=0.2)
    assert not turnstile.pass_with_witness()  # nobody is there
    turnstile.open()

    def ship_rounds(count: int) -> None:
        for _ in range(count):
            turnstile.complete(turnstile.next_round(5))

    helper = threading.Thread(target=ship_rounds, args=(2,))
    helper.start()
    assert turnstile.pass_with_witness()
    helper.join()
    assert not turnstile.pass_with_witness()  # too slow
    assert turnstile.is_behind()
    began = time.monotonic()
    assert not turnstile.pass_with_witness()  # the next ones do not wait any more
    assert time.monotonic() - began < 0.15
    turnstile.complete(turnstile.next_round(0))  # it has caught up
    assert not turnstile.is_behind()
    assert turnstile.alone == 3


def test_a_status_that_nobody_renews_counts_as_absent(tmp_path: Path) -> None:
    write_status(tmp_path, WitnessStatus(NOW, Mode.SYNC, Standing.FOLLOWING))
    for after, standing in ((1, Standing.FOLLOWING), (9, Standing.ABSENT)):
        status = read_status(tmp_path, now=NOW + timedelta(seconds=after))
        assert status is not None
        assert status.standing is standing


@pytest.fixture
def pairing(tmp_path: Path) -> Pairing:
    keys = tmp_path / "server" / "keys"
    open_key_ring(keys)
    return make_pairing(keys, ("127.0.0.1", 8444), TWO, now=NOW)


@pytest.fixture
def second_home(tmp_path: Path, store: Path) -> Settings:
    settings = home_settings(tmp_path / "second")
    reader = LogReader(store)
    begun(reader, settings.room_folder / FOLDER).declare_whole()
    reader.detach()
    return settings


@pytest.mark.parametrize(
    ("passphrases", "persons"),
    [
        (TWO[:1], NAMES),
        ((TWO[0], TWO[0]), NAMES),
        (TWO[::-1], NAMES),
        ((TWO[0], "something that is wrong"), NAMES),
        (TWO, ("甲",)),
        (TWO, ("甲", "甲")),
    ],
)
def test_one_person_alone_cannot_promote(
    second_home: Settings, pairing: Pairing, passphrases: tuple[str, ...], persons: tuple[str, ...]
) -> None:
    with pytest.raises(AssessmentError):
        promote(second_home, pairing, passphrases, persons=persons, now=NOW)
    assert not second_home.keys_folder.exists()
    assert not Path(second_home.database_url.removeprefix("sqlite:///")).exists()


def test_a_pairing_needs_two_passphrases(tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError):
        make_pairing(tmp_path, ("127.0.0.1", 8444), TWO[:1], now=NOW)


def test_a_pairing_holds_no_key_in_the_clear(pairing: Pairing, tmp_path: Path) -> None:
    secret = (tmp_path / "server" / "keys" / "room-authority.key").read_text("ascii")
    assert secret not in pairing.sealed_keys
    assert secret not in pairing.key


def test_the_sealed_keys_are_those_the_pcs_trust(pairing: Pairing, tmp_path: Path) -> None:
    open_sealed_keys(pairing, TWO, tmp_path / "opened")
    assert authority_file(tmp_path / "opened").read_text("ascii") == pairing.authority
