"""``kaohe room backup`` and ``kaohe room restore``."""

import sys
import time
from pathlib import Path

import click

from exam_server.cli.refusals import refusals
from exam_server.config import read_settings
from exam_server.context import wall_clock
from exam_server.room_host.copies import SUFFIX, make_copy, restore_copy
from exam_server.room_host.lock import sole_server

KEPT_COPIES = 10


def _passphrase(path: Path | None) -> str:
    return path.read_text("utf-8").strip() if path else ""


@click.command(help="备份考场数据；考试进行中也可以。密钥只在给出口令文件时一并加密存入。")
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="文件或文件夹")
@click.option("--passphrase-file", type=click.Path(path_type=Path, exists=True), help="备份口令")
@click.option("--every", "every_s", default=0.0, help="每隔多少秒备份一次，直到被停止；0 为一次")
def backup(target: Path, passphrase_file: Path | None, every_s: float) -> None:
    """Copy once, or again and again; of repeated copies in a folder the newest ten stay."""
    settings, passphrase = read_settings(), _passphrase(passphrase_file)
    while True:
        with refusals():
            made = make_copy(settings, target, passphrase=passphrase, now=wall_clock())
        click.echo(f"已备份到 {made.path}，{made.size_bytes / 1024**2:.1f} MB", nl=True)
        sys.stdout.flush()
        if not every_s:
            return
        _thin_out(target)
        time.sleep(every_s)


@click.command(help="从备份恢复考场数据，作为新一代数据；考生机会自动补传备份之后的答案。")
@click.option(
    "--from", "source", required=True, type=click.Path(path_type=Path, exists=True), help="备份文件"
)
@click.option("--passphrase-file", type=click.Path(path_type=Path, exists=True), help="备份口令")
@click.option("--replace", is_flag=True, help="替换现有数据库；原文件改名保留")
def restore(source: Path, passphrase_file: Path | None, *, replace: bool) -> None:
    """Restore; the server must not run."""
    settings = read_settings()
    with refusals(), sole_server(settings.room_folder):
        made = restore_copy(
            settings,
            source,
            passphrase=_passphrase(passphrase_file),
            replace=replace,
            now=wall_clock(),
        )
    click.echo(f"已恢复 {made.made_at.astimezone():%Y-%m-%d %H:%M:%S} 的备份：新一代 {made.store}")
    if made.kept_aside:
        click.echo(f"原数据库保留为 {made.kept_aside}")
    click.echo("请启动考场服务器。备份之后的发消息、延时等操作须由监考员重做。")


def _thin_out(folder: Path) -> None:
    if folder.is_dir():
        for path in sorted(folder.glob(f"kaohe-*{SUFFIX}"))[:-KEPT_COPIES]:
            path.unlink()
