"""``kaohe demo``: a living demonstration on a SQLite file of its own."""

import asyncio
import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from exam_server.cli.refusals import refusals
from exam_server.config import read_settings
from exam_server.listening import listener
from exam_server.opening import open_database
from exam_server.rehearsal.living_demo import (
    accounts,
    build_world,
    finish_a_batch,
    free_seats,
    live,
    open_the_running_exam,
)
from exam_server.rehearsal.server_process import ServerProcess

HOME = Path("var/demo")
FOREVER_S = 7 * 24 * 3600


@click.command(help="搭建并运行演示环境：一批已发证，一场正在考，各角色都可登录。")
@click.option("--port", default=5000, show_default=True, help="网页端口，0 为任选")
@click.option("--stop-after", default=0, help="就绪后运行多少秒自动结束；0 为一直运行")
@click.option("--home", default=HOME, type=click.Path(path_type=Path), help="演示数据的文件夹")
def command(port: int, stop_after: int, home: Path) -> None:
    """Build the demonstration anew, serve it, and let robots live in it."""
    console = Console()
    with refusals():
        listener("127.0.0.1", port).close()  # before anything is thrown away
    shutil.rmtree(home, ignore_errors=True)  # holds nothing but an earlier demonstration
    home.mkdir(parents=True)
    environment = {
        "KAOHE_HOME": str(home.absolute()),
        "KAOHE_DEMONSTRATION": "1",
        "KAOHE_PUBLIC_URL": f"http://localhost:{port or 5000}",
    }
    os.environ.update(environment)
    started = time.monotonic()
    with contextlib.suppress(KeyboardInterrupt, asyncio.CancelledError):
        asyncio.run(_run(console, home, port, stop_after or FOREVER_S, started))
    console.print("演示已结束。")


async def _run(console: Console, home: Path, port: int, stop_after_s: int, started: float) -> None:
    """Build, serve and wait; SIGTERM ends it in order, as Ctrl+C does."""
    this = asyncio.current_task()
    assert this is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, this.cancel)
    settings = read_settings()
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as bars:

        def step(name: str, total: int) -> Callable[[], None]:
            task = bars.add_task(name, total=total)
            return lambda: bars.advance(task)

        database = open_database(settings)
        world = build_world(database, step)
        server = ServerProcess(home, port=port)
        server.start()  # not to be cancelled half-way
        try:
            await finish_a_batch(database, world.office, server, home, step)
            robots = await open_the_running_exam(database, world, server, settings, step)
        except BaseException:
            server.stop()
            raise
    try:
        code = str(free_seats(database, world.running.screen_sitting_id, "")[0]["admission_no"])
        _print_ways_in(console, server.address, world.running.screen_sitting_id, code)
        console.print(f"[dim]用时 {time.monotonic() - started:.0f} 秒。按 Ctrl+C 结束。")
        living = asyncio.create_task(live(robots))
        await asyncio.sleep(stop_after_s)
        living.cancel()
    finally:
        await asyncio.to_thread(server.stop)


def _print_ways_in(console: Console, address: str, sitting_id: int, admission_no: str) -> None:
    pages = Table(title="页面", show_header=False)
    for name, path in (
        ("首页（角色说明、登录名、空座位）", "/"),
        ("考生登录", "/exam/"),
        (f"监考大屏（先以 jiankao01 登录），例如空座考生 {admission_no}", f"/proctor/{sitting_id}"),
        ("证书查询", "/lookup"),
    ):
        pages.add_row(name, address + path)
    console.print(pages)
    people = Table("角色", "登录名", "密码", title="登录（仅用于演示）")
    people.add_column("可以试什么", overflow="fold")
    for account in accounts():
        people.add_row(account["role"], account["login_name"], account["password"], account["note"])
    console.print(people)
