"""A power cut in the middle of an exam, twice: whatever was acknowledged is there, once.

The server is killed, and its disk forgets what was not flushed, as far as that can be played here.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_server.delivery.models import AnswerOp, Attempt, RefusedOp
from exam_server.delivery.verification import verify
from exam_server.marking import stored_answers
from exam_server.rehearsal.faults.faulty_server import PROGRAM
from exam_server.rehearsal.faults.forgetful_disk import is_possible
from exam_server.rehearsal.faults.unflushed import cut_power
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
from scoring.models import SubjectResult
from tests.support.room import PASSWORD, Prepared, opened

ROBOTS = 60
HABITS = Habits(pause_s=0.1, by_http=0.05)
CUT_AT = (0.25, 0.6)  # shares of the whole work at which the power goes
DARK_S = 0.7  # until the server is started again


def progress(seated: Sequence[Seated]) -> int:
    return sum(one.robot.ledger.acknowledged for one in seated)


async def cut_all(
    server: ServerProcess, home: Path, seated: Sequence[Seated], total: int
) -> list[int]:
    """Cut the power at every share of the work and start again; return how far it was."""
    cuts, draw = [], Random(3)
    for share in CUT_AT:
        while progress(seated) < share * total:
            await asyncio.sleep(0.05)
        server.kill()
        cut_power(home, draw)
        cuts.append(progress(seated))
        await asyncio.sleep(DARK_S)
        await asyncio.to_thread(server.start)
    return cuts


async def exam(
    database: Database, server: ServerProcess, home: Path, sitting_id: int
) -> tuple[dict[int, Ledger], list[int], dict[str, Any]]:
    """Sit the whole exam with power cuts; close the room; return ledgers, cuts and the wall."""
    proctor = Proctor(server.address, sitting_id)
    proctor.sign_in("jiankao01", PASSWORD)
    proctor.command("open_check_in")
    seated = seat_robots(database, server.address, sitting_id, seed=3, habits=HABITS)
    await sign_in_all(seated, proctor.room_code(), lambda: None)
    give_abilities(database, seated, seed=3)
    await asyncio.to_thread(proctor.command, "start")
    with database.reading() as db:
        questions = len(db.scalars(select(Attempt)).first().paper.items)  # type: ignore[union-attr]
    database.engine.dispose()  # nothing of this process may hold what the disk forgets
    ledgers, cuts = await asyncio.gather(
        sit_all(seated, lambda: None), cut_all(server, home, seated, questions * ROBOTS)
    )
    await asyncio.to_thread(proctor.command, "close")
    return ledgers, cuts, await asyncio.to_thread(proctor.snapshot)


def check_ledger(db: Session, attempt: Attempt, ledger: Ledger) -> None:
    """Compare one robot's own account with what is stored, operation by operation."""
    rows = db.scalars(
        select(AnswerOp).where(AnswerOp.attempt_id == attempt.id).order_by(AnswerOp.id)
    ).all()
    stored = [(row.seq, row.kind, row.question_id, row.value) for row in rows]
    sent = [(op["seq"], op["kind"], op["item"], ",".join(op["value"])) for op in ledger.sent]
    assert ledger.acknowledged == len(sent)
    assert stored == sent
    own = {item: tuple(value) for item, value in ledger.answers().items()}
    assert stored_answers(db, attempt.id) == own
    assert ledger.receipt is not None
    assert ledger.receipt["answered"] == len(own)


def test_nothing_acknowledged_is_lost_or_stored_twice_when_the_power_goes_twice(
    home_for: Callable[[int], Prepared],
) -> None:
    prepared = home_for(ROBOTS)
    with opened(prepared) as database:
        forgetful = {"command": (), "program": PROGRAM} if is_possible() else {}
        with ServerProcess(prepared.folder, **forgetful) as server:  # type: ignore[arg-type]
            address = server.address
            sitting_id = prepared.batch.screen_sitting_id
            held = exam(database, server, prepared.folder, sitting_id)
            ledgers, cuts, wall = asyncio.run(held)
            assert server.address == address  # the same port: pages find it again
        check_everything(database, ledgers)
    total = sum(len(ledger.sent) for ledger in ledgers.values())
    assert all(0.1 * total < cut < 0.9 * total for cut in cuts)
    assert sum(ledger.reconnects for ledger in ledgers.values()) >= len(cuts) * ROBOTS // 2
    assert Counter(seat["state"] for seat in wall["seats"]) == {"submitted": ROBOTS}


def check_everything(database: Database, ledgers: Mapping[int, Ledger]) -> None:
    total = sum(len(ledger.sent) for ledger in ledgers.values())
    with database.reading() as db:
        for attempt in db.scalars(select(Attempt)):
            check_ledger(db, attempt, ledgers[attempt.admission_id])
        twice = Counter(db.execute(select(AnswerOp.attempt_id, AnswerOp.seq)).all())
        assert set(twice.values()) == {1}
        assert db.scalar(select(func.count()).select_from(RefusedOp)) == 0
        assert db.scalar(select(func.count()).select_from(SubjectResult)) == ROBOTS
        assert db.scalar(select(func.sum(Attempt.head_seq))) == total
        assert first_break(db) is None
        assert verify(db).findings == []
