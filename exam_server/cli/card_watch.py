"""``kaohe cards watch``: reads what a scanner writes into a folder."""

import time
from pathlib import Path

import click

from exam_server.config import Settings, read_settings
from exam_server.context import wall_clock
from exam_server.opening import open_database
from exam_server.scan_folder import QUIET_S, FolderWatch
from exam_server.scan_reading import BatchReader
from registry.access import Actor
from registry.accounts.models import AccountState
from registry.accounts.queries import account_by_login_name, actor_of
from registry.database import Database
from registry.errors import AssessmentError

FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


@click.command(
    "watch", help="看守一个文件夹：写完的扫描件自动成批识读，读过的移到 done 或 failed。"
)
@click.argument("folder", type=FOLDER)
@click.option(
    "--sitting",
    "sitting_ids",
    type=int,
    required=True,
    multiple=True,
    help="场次编号（网址中的数字）；几个考场一起扫描时写多次。",
)
@click.option("--as", "login_name", required=True, help="扫描员的登录名，识读记在其名下。")
@click.option("--quiet", "quiet_s", type=click.FloatRange(0), default=QUIET_S, show_default=True)
@click.option("--once", is_flag=True, help="处理完现有文件后退出。")
def watch_command(
    folder: Path,
    sitting_ids: tuple[int, ...],
    login_name: str,
    quiet_s: float,
    once: bool,  # noqa: FBT001  (click passes options by name)
) -> None:
    """Watch until stopped."""
    settings = read_settings()
    database = open_database(settings)
    watch = FolderWatch(
        _reader(database, settings), folder, sitting_ids, _person(database, login_name), quiet_s
    )
    try:
        _watch(watch, once=once)
    except AssessmentError as error:
        raise click.ClickException(error.message) from None
    finally:
        database.engine.dispose()


def _watch(watch: FolderWatch, *, once: bool) -> None:
    watch.complete_files()  # the first look: from here on a file must stay as it is
    while True:
        time.sleep(watch.quiet_s)
        if count := watch.round():
            click.echo(f"已识读 {count} 个文件。")
        if once:
            return


def _reader(database: Database, settings: Settings) -> BatchReader:
    return BatchReader(
        database, settings.files_folder, wall_clock, workers=max(1, settings.readers)
    )


def _person(database: Database, login_name: str) -> Actor:
    with database.reading() as db:
        account = account_by_login_name(db, login_name)
        if account is None or account.state != AccountState.ACTIVE:
            raise click.ClickException(f"没有启用的账号 {login_name}。")
        return actor_of(account)
