"""The server dies with its disk while robots sit an exam; its witness takes over (R26, G16)."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.config import read_settings
from exam_server.delivery.models import Attempt
from exam_server.delivery.verification import verify
from exam_server.opening import open_database
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
from exam_server.rehearsal.witnessed_room import WitnessedRoom
from exam_server.room_host.witness.status import Standing
from registry.database import Database

LOST_AT = 0.2  # share of the whole work
LOOK_S = 0.05


@dataclass(frozen=True)
class Plan:
    """Which exam is disturbed."""

    sitting_id: int
    password: str  # of the proctor
    habits: Habits


@dataclass
class Loss:
    """What was seen when the server was lost."""

    acknowledged: dict[int, int] = field(default_factory=dict)  # steps by admission
    missing: int = 0  # acknowledged and not on the witness
    findings: int = 0  # of the chains on the witness
    back_s: list[float] = field(default_factory=list)  # from the kill until a robot works again
    lag_s: float = 0.0  # as last told before the kill


def missing_steps(db: Session, acknowledged: Mapping[int, int]) -> int:
    """Count what robots were told is safe and is not in the store."""
    heads = {row[0]: row[1] for row in db.execute(select(Attempt.admission_id, Attempt.head_seq))}
    return sum(
        max(0, count - heads.get(admission_id, 0)) for admission_id, count in acknowledged.items()
    )


async def disturbed_exam(
    room: WitnessedRoom, database: Database, server: ServerProcess, plan: Plan
) -> tuple[dict[int, Ledger], Loss, ServerProcess]:
    """Sit until everyone works again after the loss; return the server that took over."""
    trusted = room.trusted()
    proctor = Proctor(server.address, plan.sitting_id, trusted=trusted)
    proctor.sign_in("jiankao01", plan.password)
    proctor.command("open_check_in")
    seated = seat_robots(
        database, server.address, plan.sitting_id, seed=5, habits=plan.habits, trusted=trusted
    )
    await sign_in_all(seated, proctor.room_code(), lambda: None)
    give_abilities(database, seated, seed=5)
    with database.reading() as db:
        questions = len(db.scalars(select(Attempt).limit(1)).one().paper.items)
    database.engine.dispose()  # nothing of this process may hold the file that is lost
    while not room.stands(Standing.FOLLOWING):
        await asyncio.sleep(LOOK_S)
    await asyncio.to_thread(proctor.command, "start")
    async with asyncio.TaskGroup() as group:
        losing = group.create_task(_lose(room, server, seated, questions * len(seated)))
        sitting = group.create_task(sit_all(seated, lambda: None, is_over=losing.done))
    await asyncio.to_thread(proctor.command, "close")
    return sitting.result(), *losing.result()


async def _lose(
    room: WitnessedRoom, server: ServerProcess, seated: Sequence[Seated], total: int
) -> tuple[Loss, ServerProcess]:
    """Kill the server, remove its disk, promote the witness at the same address."""
    while sum(one.robot.ledger.acknowledged for one in seated) < LOST_AT * total:
        await asyncio.sleep(LOOK_S)
    loss, status = Loss(), room.status()
    loss.lag_s = status.lag_s if status else -1.0
    server.kill()
    began = time.monotonic()
    loss.acknowledged = {one.admission_id: one.robot.ledger.acknowledged for one in seated}
    room.lose_the_disk()
    room.stop_witness()
    await asyncio.to_thread(room.promote)
    _judge(room, loss)
    port = int(server.address.rsplit(":", 1)[1])
    second = room.server(room.second, port=port, is_witnessed=False)
    await asyncio.to_thread(second.start)
    waiting = list(seated)
    while waiting:
        back = [one for one in waiting if one.robot.ledger.refills]
        loss.back_s += [time.monotonic() - began] * len(back)
        waiting = [one for one in waiting if one not in back]
        await asyncio.sleep(LOOK_S)
    return loss, second


def _judge(room: WitnessedRoom, loss: Loss) -> None:
    """Compare the promoted store with the ledgers before any page can fill it up."""
    database = open_database(read_settings({"KAOHE_HOME": str(room.second)}))
    with database.reading() as db:
        loss.missing = missing_steps(db, loss.acknowledged)
        loss.findings = len(verify(db).findings)
    database.engine.dispose()
