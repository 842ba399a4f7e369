"""``kaohe seed``: loads the reference data of ``seeds/``."""

from datetime import UTC, datetime

import click
from rich.console import Console

from exam_server.config import read_settings
from exam_server.opening import open_database
from exam_server.seeding import load_seeds


@click.command(help="载入考核目录、行政区划、日历和题库等基础数据；可重复执行。")
def command() -> None:
    """Load every part and say how many rows it had."""
    console = Console()
    database = open_database(read_settings())
    with console.status("正在载入…"):
        load_seeds(
            database,
            now=datetime.now(UTC),
            tell=lambda name, count: console.print(f"{name}：{count}"),
        )
