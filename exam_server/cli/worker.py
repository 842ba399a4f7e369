"""``kaohe worker``: reads the batches of scans that wait."""

import logging
import os
import signal
import sys
import time
from collections.abc import Callable

import click

from exam_server.config import Settings, read_settings
from exam_server.context import wall_clock
from exam_server.opening import open_database
from exam_server.scan_reading import BatchReader, sole_reader

LOOK_S = 2.0
NICER = 10  # the exam room comes first


@click.command(help="识读等候中的扫描批次；服务器有批次等候时会自行启动它。")
@click.option("--until-idle", is_flag=True, help="没有批次等候时退出。")
def command(*, until_idle: bool) -> None:
    """Read batches until stopped, or until none waits."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    os.nice(NICER)
    settings = read_settings()
    with sole_reader(settings.files_folder) as alone:
        if not alone:
            click.echo("另一个识读进程正在工作。", err=True)
            return
        read = reader_of(settings)
        while True:
            read()
            if until_idle:
                return
            time.sleep(LOOK_S)


def reader_of(settings: Settings) -> Callable[[], int]:
    """Return what reads all batches that wait in an installation."""
    return BatchReader(
        open_database(settings),
        settings.files_folder,
        wall_clock,
        workers=max(1, settings.readers),
    ).read_waiting
