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
from exam_server.rehearsal.robot import Habits, Ledger
from exam_server.rehearsal.screen import (
    Proctor,
    Seated,
    give_abilities,
    seat_robots,
    sign_in_all,
    sit_all,
)
from exam_server.rehearsal.server_process import ServerProcess
from registry.audit_log import first_break
from registry.database import Database
from tests.exam_server.rehearsal.test_power_cuts import check_ledger, progress
from tests.support.room import PASSWORD, Prepared, opened
from tests.support.room_command import room_command

ROBOTS = 12
HABITS = Habits(pause_s=0.3, by_http=0.1)
COPIED_AT, LACKING = 0.05, 0.2  # shares of the whole work


def operations_in(copy: Path) -> int:
    """Return how many operations the copy holds."""
    with tempfile.TemporaryDirectory() as name, tarfile.open(copy) as archive:
        archive.extract("kaohe.db", name, filter="data")
        connection = sqlite3.connect(f"{name}/kaohe.db")
        count: int = connection.execute("SELECT count(*) FROM answer_op").fetchone()[0]
        connection.close()
        return count


async def lose_the_disk(
    home: Path, server: ServerProcess, seated: Sequence[Seated], total: int
) -> tuple[int, int]:
    """Copy, let everyone answer on, lose the database, restore the copy; return both heads."""
    copy = home.parent / "copy.kaohe-copy"
    while progress(seated) < COPIED_AT * total:
        await asyncio.sleep(0.05)
    made = await asyncio.to_thread(room_command, home, "backup", "--to", str(copy))
    assert made.returncode == 0, made.stderr
    at_copy = operations_in(copy)
    while progress(seated) < at_copy + LACKING * total:
        await asyncio.sleep(0.05)
    server.kill()
    at_loss = progress(seated)
    for path in home.glob("kaohe.db*"):
        path.unlink()
    restored = await asyncio.to_thread(room_command, home, "restore", "--from", str(copy))
    assert restored.returncode == 0, restored.stderr
    await asyncio.to_thread(server.start)
    return at_copy, at_loss


async def exam(
    home: Path, database: Database, server: ServerProcess, sitting_id: int
) -> tuple[dict[int, Ledger], int, int]:
    proctor = Proctor(server.address, sitting_id)
    proctor.sign_in("jiankao01", PASSWORD)
    proctor.command("open_check_in")
    seated = seat_robots(database, server.address, sitting_id, seed=5, habits=HABITS)
    await sign_in_all(seated, proctor.room_code(), lambda: None)
    give_abilities(database, seated, seed=5)
    await asyncio.to_thread(proctor.command, "start")
    with database.reading() as db:
        questions = len(db.scalars(select(Attempt)).first().paper.items)  # type: ignore[union-attr]
    database.engine.dispose()  # nothing of this process may hold the file that is lost
    ledgers, heads = await asyncio.gather(
        sit_all(seated, lambda: None),
        lose_the_disk(home, server, seated, questions * len(seated)),
    )
    await asyncio.to_thread(proctor.command, "close")
    return ledgers, *heads


def test_what_a_restored_copy_lacks_comes_back_from_the_pages(
    home_for: Callable[[int], Prepared],
) -> None:
    prepared = home_for(ROBOTS)
    with opened(prepared) as database, ServerProcess(prepared.folder) as server:
        ledgers, at_copy, at_loss = asyncio.run(
            exam(prepared.folder, database, server, prepared.batch.screen_sitting_id)
        )
    lacking = at_loss - at_copy
    assert lacking >= LACKING * at_loss > 0  # the copy was well behind
    print(f"\n{at_copy} operations in the copy, {at_loss} acknowledged when the disk was lost,")
    print(f"{lacking} sent again by {len(ledgers)} pages; all ledgers agree with the store")
    assert all(ledger.refills == 1 for ledger in ledgers.values())
    with opened(prepared) as database, database.reading() as db:
        for attempt in db.scalars(select(Attempt)):
            check_ledger(db, attempt, ledgers[attempt.admission_id])
        assert first_break(db) is None
        assert verify(db).findings == []
    shutil.rmtree(prepared.folder)
