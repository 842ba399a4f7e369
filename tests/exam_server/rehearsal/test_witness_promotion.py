"""The server dies with its disk under load; its witness takes over (R26, G16)."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.models import AnswerOp, Attempt
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
from exam_server.room_host.witness.status import Standing
from registry.audit_log import AuditEntry, first_break
from registry.database import Database
from tests.exam_server.rehearsal.test_power_cuts import check_ledger, progress
from tests.support.room import PASSWORD, Prepared, opened
from tests.support.witnessed_room import WitnessedRoom, wait_until

ROBOTS = 10
HABITS = Habits(pause_s=0.25, by_http=0.1, cut=0.0)
LOST_AT = 0.3  # share of the whole work


@dataclass
class Loss:
    """What was seen when the server was lost."""

    acknowledged: dict[int, int] = field(default_factory=dict)  # steps by admission
    missing: int = 0  # acknowledged and not on the witness
    away_s: float = 0.0  # from the kill until every robot was acknowledged again


def missing_steps(db: Session, acknowledged: Mapping[int, int]) -> int:
    """Count what robots were told is safe and is not in the store."""
    heads = {row[0]: row[1] for row in db.execute(select(Attempt.admission_id, Attempt.head_seq))}
    return sum(
        max(0, count - heads.get(admission_id, 0)) for admission_id, count in acknowledged.items()
    )


async def lose_and_promote(
    room: WitnessedRoom, server: ServerProcess, seated: Sequence[Seated], total: int
) -> tuple[Loss, ServerProcess]:
    """Kill the server, remove its disk, promote the witness at the same address."""
    while progress(seated) < LOST_AT * total:
        await asyncio.sleep(0.05)
    server.kill()
    loss, began = Loss(), time.monotonic()
    loss.acknowledged = {one.admission_id: one.robot.ledger.acknowledged for one in seated}
    room.lose_the_disk()
    room.stop_witness()
    promoted = await asyncio.to_thread(room.promote)
    assert promoted.returncode == 0, promoted.stderr
    with opened(Prepared(room.second, None)) as database, database.reading() as db:  # type: ignore[arg-type]
        loss.missing = missing_steps(db, loss.acknowledged)
        assert verify(db).findings == []
    port = int(server.address.rsplit(":", 1)[1])
    second = room.server(room.second, port=port, is_witnessed=False)
    await asyncio.to_thread(second.start)
    while not all(one.robot.ledger.refills for one in seated):
        await asyncio.sleep(0.05)
    loss.away_s = time.monotonic() - began
    return loss, second


async def exam(
    room: WitnessedRoom, database: Database, server: ServerProcess, sitting_id: int
) -> tuple[dict[int, Ledger], Loss, ServerProcess]:
    trusted = room.trusted()
    proctor = Proctor(server.address, sitting_id, trusted=trusted)
    proctor.sign_in("jiankao01", PASSWORD)
    proctor.command("open_check_in")
    seated = seat_robots(
        database, server.address, sitting_id, seed=5, habits=HABITS, trusted=trusted
    )
    await sign_in_all(seated, proctor.room_code(), lambda: None)
    give_abilities(database, seated, seed=5)
    with database.reading() as db:
        questions = len(db.scalars(select(Attempt)).first().paper.items)  # type: ignore[union-attr]
    database.engine.dispose()  # nothing of this process may hold the file that is lost
    await asyncio.to_thread(wait_until, lambda: room.stands(Standing.FOLLOWING), "following")
    await asyncio.to_thread(proctor.command, "start")
    ledgers, (loss, second) = await asyncio.gather(
        sit_all(seated, lambda: None),
        lose_and_promote(room, server, seated, questions * len(seated)),
    )
    await asyncio.to_thread(proctor.command, "close")
    return ledgers, loss, second


@pytest.mark.parametrize("mode", ["sync", "async"])
def test_the_witness_takes_over_when_the_disk_is_lost(
    home_for: Callable[[int], Prepared], mode: str
) -> None:
    prepared = home_for(ROBOTS)
    room = WitnessedRoom(prepared.folder, mode=mode)
    room.pair()
    first = room.server(prepared.folder)
    with opened(prepared) as database, first, room.witness():
        ledgers, loss, second = asyncio.run(
            exam(room, database, first, prepared.batch.screen_sitting_id)
        )
    second.stop()
    told = sum(loss.acknowledged.values())
    print(
        f"\n{mode}: {told} acknowledged when the disk was lost, {loss.missing} not on the witness"
    )
    print(f"working again after {loss.away_s:.1f} s")
    assert loss.missing == 0 or mode == "async"
    after = Prepared(room.second, prepared.batch)
    with opened(after) as database, database.reading() as db:
        for attempt in db.scalars(select(Attempt)):
            check_ledger(db, attempt, ledgers[attempt.admission_id])
        assert first_break(db) is None
        assert verify(db).findings == []
        assert db.scalars(select(AuditEntry).where(AuditEntry.action == "promote_witness")).one()
        assert db.scalar(select(AnswerOp.id).limit(1))
