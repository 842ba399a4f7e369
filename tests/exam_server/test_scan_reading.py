"""Batches read outside the request: every page in one named state, whatever ends the reader."""

import os
import signal
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select

from exam_server.reader_process import ReaderProcess
from exam_server.scan_folder import FolderWatch
from exam_server.scan_reading import sole_reader, waiting_batch
from omr.batch_actions import cancel_batch, start_batch
from omr.batch_queries import progress_of_batch, tally_of
from omr.errors import BatchStateError
from omr.models import ScanBatch, ScanPage
from omr.rules.card_code import serial_of
from omr.rules.page_fate import absence_conflict, state_of_rejected
from omr.rules.reasons import PageReason
from omr.rules.states import PageState
from proctor.actions import record_presence
from proctor.rules.presence import Presence
from tests.support.refusals import refused
from tests.support.room import (  # noqa: F401  (fixtures)
    START,
    database,
    database_url,
    office,
    prepared,
    settings,
)
from tests.support.scan_batches import (
    ScanRoom,
    another_print,
    card_image,
    png,
    scan_room,
    settings_of,
    zipped,
)


@pytest.fixture
def room(database, office, prepared) -> ScanRoom:  # noqa: F811
    return scan_room(database, office, prepared)


def paper(*, dark: int | None = None) -> np.ndarray:
    """Return an empty sheet, or one with lines of text in place of a card."""
    sheet = np.full((2339, 1654), 250, np.uint8)
    if dark is not None:
        for line in range(300, 2000, 40):
            sheet[line : line + 20, 200:1400] = dark
    return sheet


def bomb() -> bytes:
    return zipped({"zeros.png": bytes(20_000_000)})


def overlapping(path: Path) -> bytes:
    """Make an archive whose directory names the same packed bytes again and again."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("one.jpg", bytes(range(256)) * 40)
        entry = archive.infolist()[0]
        archive.filelist.extend([entry] * 50)
    return path.read_bytes()


def test_every_page_of_a_batch_is_in_exactly_one_named_state(room: ScanRoom, tmp_path: Path):
    first, second = room.people[0], room.people[1]
    stranger = card_image(serial_of(999), first.admission_no, first.groups)
    reprint = card_image(second.serial, second.admission_no, second.groups, layout=another_print())
    with room.database.transaction() as db:
        actor = room.office.actors["jiankao01"]
        absent = room.people[2].admission_id
        record_presence(db, absent, Presence.ABSENT, actor=actor, now=START)
    nested = zipped(
        {"inner.zip": zipped({"a.png": b"x"}), "3.png": png(room.card(3, q1=("A", "B")))}
    )
    batch_id = room.send(
        {
            "clean.png": png(room.card(0)),
            "behind.png": png(paper()),
            "blank.png": png(paper()),
            "again.png": png(room.card(0)),
            "letter.png": png(paper(dark=40)),
            "mirrored.png": png(np.ascontiguousarray(room.card(1)[:, ::-1])),
            "reprint.png": png(reprint),
            "stranger.png": png(stranger),
            "absent.png": png(room.card(2)),
            "both.png": png(room.card(1, absent=("yes",))),
            "nested.zip": nested,
            "bomb.zip": bomb(),
            "overlap.zip": overlapping(tmp_path / "overlap.zip"),
            "broken.pdf": b"%PDF-1.4 broken",
            "notes.txt": b"hello",
        }
    )
    assert room.reader(workers=2).read_waiting() == 1
    assert room.states(batch_id) == [
        ("clean.png", "read", None),
        ("behind.png", "back", "blank_page"),
        ("blank.png", "blank", "blank_page"),
        ("again.png", "duplicate", "card_seen_before"),
        ("letter.png", "foreign", "foreign_page"),
        ("mirrored.png", "back", "mirrored"),
        ("reprint.png", "wrong_form", "wrong_layout"),
        ("stranger.png", "unknown", "unknown_serial"),
        ("absent.png", "conflict", "answers_of_absent"),
        ("both.png", "conflict", "absent_with_answers"),
        ("nested.zip/inner.zip", "rejected", "nested_archive"),
        ("nested.zip/3.png", "review", "groups_in_doubt"),
        ("bomb.zip/zeros.png", "rejected", "too_large"),
        ("overlap.zip", "rejected", "too_large"),
        ("broken.pdf", "rejected", "unreadable_file"),
        ("notes.txt", "rejected", "unknown_type"),
    ]
    with room.database.reading() as db:
        batch = db.get_one(ScanBatch, batch_id)
        tally = tally_of(db, batch)
        assert batch.state == "read"
        assert (tally.promised, tally.unread, tally.ties) == (16, 0, True)


def test_page_that_hangs_is_named_and_the_batch_goes_on(room: ScanRoom):
    large = np.random.default_rng(1).integers(0, 255, (6000, 6000), np.uint8)  # takes its time
    batch_id = room.send({"slow.png": png(large), "text.txt": b"hello"})
    room.reader(timeout_s=0.01).read_waiting()
    slow, text = room.states(batch_id)
    assert slow == ("slow.png", "rejected", "timed_out")
    assert text[1] == "rejected"
    assert room.state(batch_id) == "read"


def test_reader_that_is_killed_goes_on_where_it_was_and_reads_nothing_twice(room: ScanRoom):
    sheets = {f"{number:02d}.png": png(paper(dark=30 + number)) for number in range(24)}
    sheets["card.png"] = png(room.card(0))
    batch_id = room.send(sheets)
    process = ReaderProcess(settings_of(room), room.database)
    process.look()
    try:
        _wait_for(lambda: _page_ids(room, batch_id))
        assert process.pid is not None
        os.kill(process.pid, signal.SIGKILL)
        _wait_for(lambda: process.pid is None)
        before = _page_ids(room, batch_id)
        assert room.state(batch_id) == "reading"
        assert 0 < len(before) < len(sheets)
        process.look()  # as a server does that has been started again
        _wait_for(lambda: room.state(batch_id) == "read")
    finally:
        process.stop()
    assert _page_ids(room, batch_id)[: len(before)] == before
    assert [name for name, _, _ in room.states(batch_id)] == list(sheets)
    assert list(room.database.files.root.glob("reading-*")) == []  # nothing is left open


def _wait_for(happens: Callable[[], object]) -> None:
    until = time.monotonic() + 60
    while not happens():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def _page_ids(room: ScanRoom, batch_id: int) -> list[int]:
    with room.database.reading() as db:
        chosen = select(ScanPage.id).where(ScanPage.batch_id == batch_id)
        return list(db.scalars(chosen.order_by(ScanPage.position)))


def test_cancelled_batch_keeps_its_pages_and_is_gone_on_with(room: ScanRoom):
    actor = room.office.actors["saomiao01"]
    batch_id = room.send({"a.txt": b"a", "b.txt": b"b"})
    with room.database.transaction() as db:
        cancel_batch(db, batch_id, actor=actor, now=START)
        assert waiting_batch(db) is None
        with refused(db, BatchStateError):
            cancel_batch(db, batch_id, actor=actor, now=START)
    with room.database.transaction() as db:
        start_batch(db, batch_id, actor=actor, now=START)
    room.reader().read_waiting()
    assert len(room.states(batch_id)) == 2
    with room.database.reading() as db:
        assert progress_of_batch(db.get_one(ScanBatch, batch_id), now=START).unread == 0


def test_readers_that_get_nowhere_leave_the_batch_to_a_person(room: ScanRoom):
    batch_id = room.send({"a.txt": b"a"})
    with room.database.transaction() as db:
        db.get_one(ScanBatch, batch_id).idle_starts = 3
    room.reader().read_waiting()
    assert room.state(batch_id) == "stuck"
    with room.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(ScanPage)) == 0


def test_watched_folder_takes_complete_files_once_and_clears_them_away(
    room: ScanRoom, tmp_path: Path
):
    folder = tmp_path / "scans"
    folder.mkdir()
    for name in ("letter.png", "notes.txt", "half.png.part"):
        (folder / name).write_bytes(png(paper(dark=40)) if name == "letter.png" else b"hello")
    actor = room.office.actors["saomiao01"]
    watch = FolderWatch(room.reader(), folder, (room.sitting_id,), actor, quiet_s=0.05)
    assert watch.round() == 0  # seen for the first time: somebody may still write
    time.sleep(0.06)
    watch._take(watch.complete_files())  # as when the watch is killed before it could clear away
    assert watch.round() == 2
    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert left == {
        "half.png.part",
        "done/letter.png",
        "failed/notes.txt",
        "failed/notes.txt.原因.txt",
    }
    with room.database.reading() as db:
        assert db.scalar(select(func.count()).select_from(ScanPage)) == 2


def test_only_one_process_reads_at_a_time(tmp_path: Path):
    with sole_reader(tmp_path) as first, sole_reader(tmp_path) as second:
        assert (first, second) == (True, False)


@pytest.mark.parametrize(
    ("reason", "behind", "state"),
    [
        (PageReason.BLANK_PAGE, False, PageState.BLANK),
        (PageReason.BLANK_PAGE, True, PageState.BACK),
        (PageReason.MIRRORED, False, PageState.BACK),
        (PageReason.WRONG_LAYOUT, True, PageState.WRONG_FORM),
        (PageReason.TIMED_OUT, True, PageState.REJECTED),
        (None, False, PageState.REJECTED),
    ],
)
def test_a_rejected_page_has_the_state_of_its_reason(reason, behind, state):
    assert state_of_rejected(reason, behind_card=behind) is state


@pytest.mark.parametrize(
    ("answers", "recorded", "conflict"),
    [
        ({"absent": ("yes",)}, False, PageReason.PRESENT_MARKED_ABSENT),
        ({"absent": ("yes",)}, True, None),
        ({"q1": ("A",)}, True, PageReason.ANSWERS_OF_ABSENT),
        ({"q1": ("A",)}, None, None),
        ({"q1": ()}, True, None),
    ],
)
def test_absence_on_card_and_in_the_room_record_must_agree(answers, recorded, conflict):
    assert absence_conflict(answers, ["q1"], (), recorded_absent=recorded) is conflict
