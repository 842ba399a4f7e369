"""An exam of robots against a real server that goes on until what disturbs it is over."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

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
from registry.database import Database
from tests.support.room import PASSWORD

LOOK_S = 0.05
Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Disturbed:
    """Which exam is disturbed, and how its robots behave."""

    sitting_id: int
    habits: Habits
    seed: int


def progress(seated: Sequence[Seated]) -> int:
    """Return how many operations have been acknowledged."""
    return sum(one.robot.ledger.acknowledged for one in seated)


async def reached(seated: Sequence[Seated], each: float) -> None:
    """Wait until so many operations of each robot, on the average, are acknowledged."""
    while progress(seated) < each * len(seated):
        await asyncio.sleep(LOOK_S)


async def disturbed_exam(
    database: Database,
    server: ServerProcess,
    exam: Disturbed,
    disturb: Callable[[Sequence[Seated]], Awaitable[Seen]],
) -> tuple[dict[int, Ledger], Seen, Proctor]:
    """Sit until ``disturb`` has come to its end, hand in, close the room."""
    proctor = Proctor(server.address, exam.sitting_id)
    proctor.sign_in("jiankao01", PASSWORD)
    proctor.command("open_check_in")
    seated = seat_robots(
        database, server.address, exam.sitting_id, seed=exam.seed, habits=exam.habits
    )
    await sign_in_all(seated, proctor.room_code(), lambda: None)
    give_abilities(database, seated, seed=exam.seed)
    await asyncio.to_thread(proctor.command, "start")
    database.engine.dispose()  # nothing of this process may hold what the server loses

    async def disturbing() -> Seen:
        return await disturb(seated)

    async with asyncio.TaskGroup() as group:
        disturbance = group.create_task(disturbing())
        sitting = group.create_task(sit_all(seated, lambda: None, is_over=disturbance.done))
    await asyncio.to_thread(proctor.command, "close")
    return sitting.result(), disturbance.result(), proctor
