"""An exam under troubles of every kind in short; ``benchmarks/room_chaos.py`` is the long form."""

import asyncio
from collections.abc import Callable

import pytest

from exam_server.rehearsal.chaos import Chaos, ChaosOrder
from exam_server.rehearsal.faults.cable import Line
from exam_server.rehearsal.faults.faulty_server import PROGRAM
from exam_server.rehearsal.faults.forgetful_disk import is_possible
from exam_server.rehearsal.faults.post import Mishaps
from exam_server.rehearsal.judge import judge
from exam_server.rehearsal.robot import Habits
from exam_server.rehearsal.screen import statuses
from exam_server.rehearsal.server_process import ServerProcess
from tests.support.room import PASSWORD, Prepared, home_settings, opened

ROBOTS = 12
ORDER = ChaosOrder(
    ROBOTS,
    seconds=12,
    seed=4,
    habits=Habits(pause_s=0.6, by_http=0.15, hand_in_again=9),
    power_cuts=1,
    full_disks=1,
    clock_steps=1,
    full_for_s=2.0,
    cable_faults=ROBOTS,
    cable_fault_s=(0.5, 2.0),
    line=Line(delay_s=0.002, loss=0.01, bytes_per_s=2_000_000),
    mishaps=Mishaps(lost=0.02, reply_lost=0.1, twice=0.05, late=0.05, ahead=0.3),
)


@pytest.mark.skipif(not is_possible(), reason="the file system of this SQLite cannot be replaced")
def test_an_exam_under_troubles_loses_nothing_and_gives_everyone_one_receipt(
    home_for: Callable[[int], Prepared],
) -> None:
    prepared = home_for(ROBOTS)
    with (
        opened(prepared) as database,
        ServerProcess(prepared.folder, command=(), program=PROGRAM) as server,
    ):
        settings, sitting_id = home_settings(prepared.folder), prepared.batch.screen_sitting_id
        chaos = Chaos(ORDER, settings, database, server, sitting_id)
        ledgers = asyncio.run(chaos.hold(PASSWORD))
    with opened(prepared) as database, database.reading() as db:
        verdict = judge(db, ledgers)
    print(f"\n{verdict}\n{dict(chaos.seen.troubles)}\n{dict(chaos.seen.mishaps)}")
    assert verdict.is_clean, verdict
    assert chaos.seen.complaints + chaos.seen.stuck == []
    assert verdict.receipts == ROBOTS  # one each, whichever of ten presses was answered
    assert "500" not in statuses(chaos.seated)
    assert "Traceback" not in (prepared.folder / "server.log").read_text()
