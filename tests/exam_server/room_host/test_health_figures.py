"""The figures of the room's server and the room on the disk that is held back."""

from pathlib import Path

from exam_server.config import Settings
from exam_server.room_host.ballast import SIZE_BYTES, hold, is_held, release_if_full
from exam_server.room_host.health import Figure, figures
from exam_server.room_host.self_test import Grade
from tests.support.room import Room


def shown(room: Room, settings: Settings) -> dict[str, Figure]:
    return {figure.code: figure for figure in figures(room.server.room, settings)}


def test_commits_are_timed_and_signed_roots_are_numbered(room: Room, settings: Settings) -> None:
    assert "roots" not in shown(room, settings)
    (page,) = room.working()
    page.send(page.choose(0))
    told = shown(room, settings)
    assert told["commit_ms"].value > 0
    assert (told["roots"].shown, told["roots"].grade) == ("尚无", Grade.GOOD)
    room.clock.advance(minutes=4)
    late = shown(room, settings)["roots"]
    assert (late.grade, "重启" in late.advice) == (Grade.REFUSED, True)
    room.server.room.tick()
    signed = shown(room, settings)["roots"]
    assert (signed.value, signed.grade) == (1, Grade.GOOD)


def test_room_on_the_disk_is_held_back_and_given_to_the_answers_when_it_is_full(
    tmp_path: Path,
) -> None:
    assert hold(tmp_path)
    assert hold(tmp_path)
    (held,) = tmp_path.iterdir()
    assert held.stat().st_blocks * 512 >= SIZE_BYTES  # on the disk, not a promise
    assert not release_if_full(tmp_path)
    assert release_if_full(tmp_path, below_bytes=2**62)
    assert not is_held(tmp_path)
    assert not release_if_full(tmp_path, below_bytes=2**62)
