"""How a room goes on when its server and disk are lost; a line of JSON for each mode (G16).

``python benchmarks/witness.py [--robots 40] [--pause 0.5]``: robots sit an exam over TLS against
``kaohe room serve --witness``, the witness is a process of its own. At a fifth of the work the
server is killed, its folder removed, the witness promoted at the same address. The ledgers of the
robots are compared with the promoted store before a page can fill it up, once in each mode.
"""

import asyncio
import json
import shutil
import statistics
import tempfile
from pathlib import Path
from typing import Any

import click

from benchmarks.exam_home import prepare
from exam_server.config import read_settings
from exam_server.opening import open_database
from exam_server.rehearsal.day import PASSWORD
from exam_server.rehearsal.lost_server import Plan, disturbed_exam
from exam_server.rehearsal.robot import Habits
from exam_server.rehearsal.witnessed_room import WitnessedRoom


def measure(prepared: Path, sitting_id: int, mode: str, pause_s: float) -> dict[str, Any]:
    """Lose one server on a copy of the prepared home; return what was seen."""
    with tempfile.TemporaryDirectory() as name:
        home = Path(name) / "home"
        shutil.copytree(prepared, home)
        database = open_database(read_settings({"KAOHE_HOME": str(home)}))
        room = WitnessedRoom(home, mode=mode)
        room.pair()
        server = room.server(home)
        plan = Plan(sitting_id, PASSWORD, Habits(pause_s=pause_s, cut=0.0))
        with server, room.witness():
            _ledgers, loss, second = asyncio.run(disturbed_exam(room, database, server, plan))
        second.stop()
    return {
        "mode": mode,
        "robots": len(loss.acknowledged),
        "acknowledged_when_lost": sum(loss.acknowledged.values()),
        "acknowledged_and_missing": loss.missing,
        "chain_findings": loss.findings,
        "lag_told_s": round(loss.lag_s, 3),
        "working_again_s_median": round(statistics.median(loss.back_s), 1),
        "working_again_s_last": round(max(loss.back_s), 1),
    }


@click.command()
@click.option("--robots", default=40)
@click.option("--pause", "pause_s", default=0.5, help="seconds between two questions")
@click.option("--mode", "modes", multiple=True, default=("sync", "async"))
def main(robots: int, pause_s: float, modes: tuple[str, ...]) -> None:
    """Measure every mode; a line for each as soon as it is known."""
    with tempfile.TemporaryDirectory() as name:
        prepared = Path(name) / "home"
        database = open_database(read_settings({"KAOHE_HOME": str(prepared)}))
        (sitting_id,) = prepare(database, robots)
        database.engine.dispose()
        for mode in modes:
            click.echo(json.dumps(measure(prepared, sitting_id, mode, pause_s)))


if __name__ == "__main__":
    main()
