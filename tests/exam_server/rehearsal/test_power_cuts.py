"""A power cut in the middle of an exam, twice: whatever was acknowledged is there, once.

The server is killed, and its disk forgets what was not flushed, as far as that can be played here.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from random import Random

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_server.delivery.models import AnswerOp, Attempt, RefusedOp
from exam_server.delivery.verification import verify
from exam_server.marking import stored_answers
from exam_server.rehearsal.faults.faulty_server import PROGRAM
from exam_server.rehearsal.faults.forgetful_disk import is_possible
from exam_server.rehearsal.faults.unflushed import cut_power
from exam_server.rehearsal.robot import Habits, Ledger
from exam_server.rehearsal.screen import Seated
from exam_server.rehearsal.server_process import ServerProcess
from registry.audit_log import first_break
from registry.database import Database
from scoring.models import SubjectResult
from tests.support.disturbed_exams import Disturbed, disturbed_exam, progress, reached
from tests.support.room import Prepared, opened

ROBOTS = 60
HABITS = Habits(pause_s=0.1, by_http=0.05)
CUT_AFTER, ENDS_AFTER = (10, 25), 35  # operations of each robot
DARK_S = 0.7  # until the server is started again


async def cut_all(server: ServerProcess, home: Path, seated: Sequence[Seated]) -> list[int]:
    """Cut the power twice and start again, let everyone work on; return how far it was."""
    cuts, draw = [], Random(3)
    for each in CUT_AFTER:
        await reached(seated, each)
        server.kill()
        cut_power(home, draw)
        cuts.append(progress(seated))
        await asyncio.sleep(DARK_S)
        await asyncio.to_thread(server.start)
    await reached(seated, ENDS_AFTER)
    return cuts


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
            exam = Disturbed(prepared.batch.screen_sitting_id, HABITS, seed=3)
            ledgers, cuts, proctor = asyncio.run(
                disturbed_exam(
                    database, server, exam, lambda seated: cut_all(server, prepared.folder, seated)
                )
            )
            wall = proctor.snapshot()
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
