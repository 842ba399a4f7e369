"""The server's disk dies; an older copy takes its place and the pages fill it up (R8, G15)."""

import asyncio
import shutil
import sqlite3
import tarfile
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import select

from exam_server.delivery.models import Attempt
from exam_server.delivery.verification import verify
from exam_server.rehearsal.robot import Habits
from exam_server.rehearsal.screen import Seated
from exam_server.rehearsal.server_process import ServerProcess
from registry.audit_log import first_break
from tests.exam_server.rehearsal.test_power_cuts import check_ledger
from tests.support.disturbed_exams import LOOK_S, Disturbed, disturbed_exam, progress, reached
from tests.support.room import Prepared, opened
from tests.support.room_command import room_command

ROBOTS = 12
HABITS = Habits(pause_s=0.15, by_http=0.1)
COPIED_AFTER, LACKING, MORE = 5, 18, 5  # operations of each robot


def operations_in(copy: Path) -> int:
    """Return how many operations the copy holds."""
    with tempfile.TemporaryDirectory() as name, tarfile.open(copy) as archive:
        archive.extract("kaohe.db", name, filter="data")
        connection = sqlite3.connect(f"{name}/kaohe.db")
        count: int = connection.execute("SELECT count(*) FROM answer_op").fetchone()[0]
        connection.close()
        return count


async def lose_the_disk(
    home: Path, server: ServerProcess, seated: Sequence[Seated]
) -> tuple[int, int]:
    """Copy, let everyone answer on, lose the database, restore the copy; return both heads."""
    copy = home.parent / "copy.kaohe-copy"
    await reached(seated, COPIED_AFTER)
    made = await asyncio.to_thread(room_command, home, "backup", "--to", str(copy))
    assert made.returncode == 0, made.stderr
    at_copy = operations_in(copy)
    await reached(seated, at_copy / len(seated) + LACKING)
    server.kill()
    at_loss = progress(seated)
    for path in home.glob("kaohe.db*"):
        path.unlink()
    restored = await asyncio.to_thread(room_command, home, "restore", "--from", str(copy))
    assert restored.returncode == 0, restored.stderr
    await asyncio.to_thread(server.start)
    while not all(one.robot.ledger.refills for one in seated):
        await asyncio.sleep(LOOK_S)
    await reached(seated, at_loss / len(seated) + MORE)
    return at_copy, at_loss


def test_what_a_restored_copy_lacks_comes_back_from_the_pages(
    home_for: Callable[[int], Prepared],
) -> None:
    prepared = home_for(ROBOTS)
    exam = Disturbed(prepared.batch.screen_sitting_id, HABITS, seed=5)
    with opened(prepared) as database, ServerProcess(prepared.folder) as server:
        ledgers, (at_copy, at_loss), _proctor = asyncio.run(
            disturbed_exam(
                database,
                server,
                exam,
                lambda seated: lose_the_disk(prepared.folder, server, seated),
            )
        )
    lacking = at_loss - at_copy
    assert lacking >= LACKING * ROBOTS  # the copy was well behind
    print(f"\n{at_copy} operations in the copy, {at_loss} acknowledged when the disk was lost,")
    print(f"{lacking} sent again by {len(ledgers)} pages; all ledgers agree with the store")
    assert all(ledger.refills == 1 for ledger in ledgers.values())
    with opened(prepared) as database, database.reading() as db:
        for attempt in db.scalars(select(Attempt)):
            check_ledger(db, attempt, ledgers[attempt.admission_id])
        assert first_break(db) is None
        assert verify(db).findings == []
    shutil.rmtree(prepared.folder)
