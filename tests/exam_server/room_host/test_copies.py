"""Copies and restores on real files: sealed keys, damage found and named, nothing overwritten."""

import shutil
import tarfile
from datetime import timedelta
from pathlib import Path

import pytest

from exam_server.config import Settings
from exam_server.delivery.generations import generation_of
from exam_server.delivery.models import StoreIdentity
from exam_server.opening import open_database
from exam_server.room_host.copies import DamagedCopyError, make_copy, restore_copy
from exam_server.room_host.lock import ServerRunsError, sole_server
from exam_server.room_host.record import last_copy
from exam_server.room_host.sealed_keys import WrongPassphraseError
from registry.audit_log import first_break
from registry.errors import ConflictError, InvalidInputError, NotFoundError
from tests.support.room import START, Room, home_settings

PASSPHRASE = "correct horse battery"
NOW = START + timedelta(minutes=5)


@pytest.fixture
def copy(room: Room, settings: Settings, tmp_path: Path) -> Path:
    """A copy with keys, made while the server runs."""
    room.database.files.put(b"a photograph")
    target = tmp_path / "stick"
    target.mkdir()
    made = make_copy(settings, target, passphrase=PASSPHRASE, now=NOW)
    assert last_copy(settings.room_folder) == made
    return Path(made.path)


def elsewhere(tmp_path: Path) -> Settings:
    return home_settings(tmp_path / "elsewhere")


def restore(settings: Settings, copy: Path, passphrase: str = PASSPHRASE, **more: bool) -> str:
    wanted = {"replace": False, **more}
    return restore_copy(settings, copy, passphrase=passphrase, now=NOW, **wanted).store


def test_a_copy_with_its_passphrase_is_all_that_a_new_pc_needs(
    room: Room, copy: Path, tmp_path: Path
) -> None:
    fresh = elsewhere(tmp_path)
    store = restore(fresh, copy)
    name, number = generation_of(room.server.room.store)
    assert generation_of(store) == (name, int(NOW.timestamp()) // 60)
    assert number == 0
    database = open_database(fresh)
    with database.reading() as db:
        assert db.get_one(StoreIdentity, 1).store == store
        assert first_break(db) is None
    digest = room.database.files.put(b"a photograph")
    assert database.files.get(digest) == b"a photograph"
    database.engine.dispose()
    assert (fresh.keys_folder / "kaohe.keys").stat().st_mode & 0o077 == 0


def test_every_restore_is_a_later_generation(copy: Path, tmp_path: Path) -> None:
    fresh = elsewhere(tmp_path)
    first = restore(fresh, copy)
    copied_again = tmp_path / "again.kaohe-copy"
    make_copy(fresh, copied_again, passphrase="", now=NOW)
    second = restore(fresh, copied_again, replace=True)
    assert generation_of(second)[1] == generation_of(first)[1] + 1


def test_a_wrong_passphrase_opens_nothing(copy: Path, tmp_path: Path) -> None:
    with pytest.raises(WrongPassphraseError):
        restore(elsewhere(tmp_path), copy, passphrase="something else")
    assert not (tmp_path / "elsewhere" / "kaohe.db").exists()


def test_a_short_passphrase_is_refused(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(InvalidInputError, match="12"):
        make_copy(settings, tmp_path / "x", passphrase="short", now=NOW)
    assert not (tmp_path / "x").exists()


def test_without_passphrase_the_keys_must_travel_apart(
    room: Room, settings: Settings, tmp_path: Path
) -> None:
    bare = tmp_path / "bare.kaohe-copy"
    make_copy(settings, bare, passphrase="", now=NOW)
    with tarfile.open(bare) as archive:
        assert "keys.sealed" not in archive.getnames()
    fresh = elsewhere(tmp_path)
    with pytest.raises(NotFoundError, match="密钥"):
        restore(fresh, bare, passphrase="")
    shutil.copytree(settings.keys_folder, fresh.keys_folder)
    assert restore(fresh, bare, passphrase="")


def test_an_altered_copy_is_refused_with_the_part_that_does_not_fit(
    copy: Path, tmp_path: Path
) -> None:
    content = bytearray(copy.read_bytes())
    with tarfile.open(copy) as archive:
        at = archive.getmember("kaohe.db").offset_data + 5_000
    content[at] ^= 1
    copy.write_bytes(bytes(content))
    with pytest.raises(DamagedCopyError, match=r"kaohe\.db"):
        restore(elsewhere(tmp_path), copy)


def test_a_copy_cut_short_is_refused(copy: Path, tmp_path: Path) -> None:
    copy.write_bytes(copy.read_bytes()[:20_000])
    with pytest.raises(DamagedCopyError):
        restore(elsewhere(tmp_path), copy)


def test_a_restore_never_overwrites_unasked_and_keeps_what_was_there(
    room: Room, settings: Settings, copy: Path
) -> None:
    with pytest.raises(ConflictError):
        restore(settings, copy)
    made = restore_copy(settings, copy, passphrase="", replace=True, now=NOW)
    assert made.kept_aside is not None
    assert made.kept_aside.exists()


def test_two_servers_cannot_hold_one_home(settings: Settings) -> None:
    first, second = sole_server(settings.room_folder), sole_server(settings.room_folder)
    with first, pytest.raises(ServerRunsError), second:
        pass
    with sole_server(settings.room_folder):
        pass
