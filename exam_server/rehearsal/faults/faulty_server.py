"""The server of ``kaohe serve`` on a disk that forgets and fills, with a clock that people move.

What is wrong is said by files in the folder ``faults`` beside the database, read while it runs.
Import this module only in a process that gevent has patched: ``PROGRAM`` does both.
"""

import logging
import os
from datetime import datetime, timedelta
from pathlib import Path

import click

from exam_server.app import create_app
from exam_server.config import read_settings
from exam_server.context import SteadyClock, wall_clock
from exam_server.delivery.greenlets import greenlet_concurrency
from exam_server.rehearsal.faults.forgetful_disk import ForgetfulDisk
from exam_server.serving import serve

PROGRAM = (
    "from gevent import monkey; monkey.patch_all(); "
    "from exam_server.rehearsal.faults.faulty_server import main; main()"
)
FOLDER, DISK_IS_FULL, CLOCK_STEP = "faults", "disk-is-full", "clock-step-s"


class Faults:
    """What is wrong with the computer of a home now; set by tests, read by the server."""

    def __init__(self, home: Path) -> None:
        self._folder = home / FOLDER
        self._folder.mkdir(exist_ok=True)

    def fill_disk(self) -> None:
        """Refuse every write, as a file system that copies on writing does when it is full."""
        (self._folder / DISK_IS_FULL).touch()

    def free_disk(self) -> None:
        """Take writes again."""
        (self._folder / DISK_IS_FULL).unlink()

    def is_disk_full(self) -> bool:
        """Say whether writes are refused."""
        return (self._folder / DISK_IS_FULL).exists()

    def step_clock(self, seconds: float) -> None:
        """Move the computer's clock, counted from the true time."""
        fresh = self._folder / f"{CLOCK_STEP}.new"
        fresh.write_text(str(seconds))
        fresh.replace(self._folder / CLOCK_STEP)

    def wall_clock(self) -> datetime:
        """Return what the computer's clock shows."""
        told = self._folder / CLOCK_STEP
        step_s = float(told.read_text()) if told.exists() else 0.0
        return wall_clock() + timedelta(seconds=step_s)


@click.command()
@click.option("--port", default=0)
def main(port: int) -> None:
    """Serve pages and sockets until stopped or killed."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    faults = Faults(Path(os.environ["KAOHE_HOME"]))
    disk = ForgetfulDisk(faults.is_disk_full)
    clock = SteadyClock(faults.wall_clock)
    server = create_app(
        read_settings(),
        clock=clock,
        clock_step_s=clock.step_s,
        async_mode="gevent",
        concurrency=greenlet_concurrency(),
    )
    serve(server, "127.0.0.1", port, ready=lambda address: click.echo(f"listening {address}"))
    del disk  # kept alive until here: SQLite holds only addresses of it
