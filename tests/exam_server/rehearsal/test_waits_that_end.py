"""Whoever waits in vain says so by name: nothing of a rehearsal waits for ever."""

import asyncio
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random

import pytest

from exam_server.rehearsal.chaos import Chaos, ChaosOrder
from exam_server.rehearsal.faults.post import Mishaps
from exam_server.rehearsal.patience import WaitedInVainError
from exam_server.rehearsal.robot import Habits, Robot
from exam_server.rehearsal.server_process import ServerProcess
from tests.support.room import PASSWORD, Prepared, home_settings, opened

NOBODY_LISTENS = "http://127.0.0.1:9"


def never_asked(question: Mapping[str, object], _draw: Random) -> list[str]:
    raise AssertionError(question)


def test_a_robot_that_nobody_lets_in_says_what_it_waits_for() -> None:
    habits = Habits(patience_s=0.1)
    robot = Robot(NOBODY_LISTENS, "3201001", never_asked, seed=1, habits=habits)
    with pytest.raises(WaitedInVainError, match=r"candidate 3201001 waits for the start .*refused"):
        asyncio.run(robot.sit())


def test_a_server_that_never_listens_is_ended(tmp_path: Path) -> None:
    silent = ServerProcess(tmp_path, command=(), program="import time; time.sleep(60)")
    with pytest.raises(RuntimeError, match="did not start"):
        silent.start(within_s=0.3)


def test_an_exam_whose_messages_are_lost_ends_and_says_who_waits_for_what(
    home_for: Callable[[int], Prepared],
) -> None:
    prepared = home_for(2)
    order = ChaosOrder(2, 2.0, 1, Habits(by_http=0.0, patience_s=1.0), mishaps=Mishaps(lost=1.0))
    with opened(prepared) as database, ServerProcess(prepared.folder) as server:
        settings, sitting_id = home_settings(prepared.folder), prepared.batch.screen_sitting_id
        chaos = Chaos(order, settings, database, server, sitting_id)
        ledgers = asyncio.run(chaos.hold(PASSWORD))
    assert "waits for the acknowledgement of operation 1 since" in chaos.seen.stuck[0]
    assert [ledger.promised for ledger in ledgers.values()] == [0, 0]
