"""The server dies with its disk under load; its witness takes over (R26, G16)."""

import asyncio
from collections.abc import Callable

from sqlalchemy import select

from exam_server.delivery.models import Attempt
from exam_server.delivery.verification import verify
from exam_server.rehearsal.lost_server import Plan, disturbed_exam
from exam_server.rehearsal.robot import Habits
from exam_server.rehearsal.witnessed_room import WitnessedRoom
from registry.audit_log import AuditEntry, first_break
from tests.exam_server.rehearsal.test_power_cuts import check_ledger
from tests.support.room import PASSWORD, Prepared, opened

ROBOTS = 8
HABITS = Habits(pause_s=0.2, by_http=0.1, cut=0.0)


def test_with_the_disk_of_the_server_no_acknowledged_answer_is_lost(
    home_for: Callable[[int], Prepared],
) -> None:
    prepared = home_for(ROBOTS)
    room = WitnessedRoom(prepared.folder, mode="sync")
    room.pair()
    plan = Plan(prepared.batch.screen_sitting_id, PASSWORD, HABITS)
    first = room.server(prepared.folder)
    with opened(prepared) as database, first, room.witness():
        ledgers, loss, second = asyncio.run(disturbed_exam(room, database, first, plan))
    second.stop()
    assert sum(loss.acknowledged.values()) > 0
    assert loss.missing == 0
    assert loss.findings == 0
    with opened(Prepared(room.second, prepared.batch)) as database, database.reading() as db:
        for attempt in db.scalars(select(Attempt)):
            check_ledger(db, attempt, ledgers[attempt.admission_id])
        assert first_break(db) is None
        assert verify(db).findings == []
        assert db.scalars(select(AuditEntry).where(AuditEntry.action == "promote_witness")).one()
