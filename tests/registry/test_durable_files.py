"""Files of the store, the keys and the copies: flushed before they get their name, and it after."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from registry.durable import make_folder, move_durably, write_durably
from registry.files import FileStore
from registry.keys import key_file, new_key_ring, open_key_ring

Steps = list[tuple[str, str]]


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> Steps:
    """Every flush and every new name, in order; what is real still happens."""
    taken: Steps = []
    fsync, rename, link = os.fsync, os.rename, os.link

    def noted(kind: str, real: Callable[..., Any], place: int) -> Callable[..., Any]:
        def call(*arguments: Any, **more: Any) -> Any:
            path = arguments[place]
            is_open = isinstance(path, int)
            known = Path(f"/proc/self/fd/{path}").readlink() if is_open else Path(path)
            done = real(*arguments, **more)
            taken.append((kind, known.name))
            return done

        return call

    monkeypatch.setattr(os, "fsync", noted("flush", fsync, 0))
    monkeypatch.setattr(os, "replace", noted("name", rename, 1))
    monkeypatch.setattr(os, "link", noted("name", link, 1))
    return taken


def test_a_file_is_flushed_then_named_then_its_folder_is_flushed(
    tmp_path: Path, steps: Steps
) -> None:
    write_durably(tmp_path / "note", b"old")
    steps.clear()
    write_durably(tmp_path / "note", b"new")
    assert (tmp_path / "note").read_bytes() == b"new"
    (flush, aside), *rest = steps
    assert flush == "flush"
    assert aside.startswith(".note-")
    assert rest == [("name", "note"), ("flush", tmp_path.name)]
    assert [path.name for path in tmp_path.iterdir()] == ["note"]


def test_a_finished_file_is_flushed_before_it_is_moved(tmp_path: Path, steps: Steps) -> None:
    (tmp_path / "done.new").write_bytes(b"whole")
    move_durably(tmp_path / "done.new", tmp_path / "done")
    assert steps == [("flush", "done.new"), ("name", "done"), ("flush", tmp_path.name)]


def test_new_folders_are_flushed_into_those_that_hold_them(tmp_path: Path, steps: Steps) -> None:
    make_folder(tmp_path / "a" / "b")
    make_folder(tmp_path / "a" / "b")
    assert steps == [("flush", tmp_path.name), ("flush", "a")]


def test_a_stored_file_is_on_the_disk_with_its_name_before_its_hash_is_told(
    tmp_path: Path, steps: Steps
) -> None:
    store = FileStore(tmp_path / "files", new_key_ring())
    digest = store.put(b"a scan")
    first, rest = digest[:2], digest[2:]
    assert steps[:2] == [("flush", tmp_path.name), ("flush", "files")]
    assert steps[2][0] == "flush"
    assert steps[3:] == [("name", rest), ("flush", first)]
    assert store.get(digest) == b"a scan"


def test_keys_are_whole_and_flushed_and_never_drawn_over_others(
    tmp_path: Path, steps: Steps
) -> None:
    ring = open_key_ring(tmp_path / "keys")
    assert steps[-2:] == [("name", "kaohe.keys"), ("flush", "keys")]
    assert [path.name for path in (tmp_path / "keys").iterdir()] == ["kaohe.keys"]
    assert key_file(tmp_path / "keys").stat().st_mode & 0o077 == 0
    again = open_key_ring(tmp_path / "keys")
    assert again.sealing_key == ring.sealing_key
