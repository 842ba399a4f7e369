"""``kaohe room export``, ``kaohe room import`` and ``kaohe room key``."""

from pathlib import Path

import click

from exam_server.cli.refusals import refusals
from exam_server.config import read_settings
from exam_server.context import wall_clock
from exam_server.opening import open_database
from exam_server.room_host.sitting_transfer import export_sitting, import_sitting
from registry.keys import open_key_ring

KEY_LETTERS = 64


@click.command(name="export", help="把已结束的场次导出为一个签名文件，带回中心。")
@click.option("--sitting", "sitting_id", required=True, type=int, help="场次编号")
@click.option("--out", required=True, type=click.Path(path_type=Path, dir_okay=False))
def export_command(sitting_id: int, out: Path) -> None:
    """Write the file and tell its hash, for the room record."""
    database = open_database(read_settings())
    with refusals(), database.transaction() as db:
        made = export_sitting(db, sitting_id, out, now=wall_clock())
    click.echo(f"已导出 {made.rows} 行到 {out}。校验值：")
    click.echo(made.hash)


@click.command(name="import", help="导入考场带回的签名文件并评分；再次导入同一文件不作改动。")
@click.argument("file", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--room-key", "room_keys", multiple=True, help="考场公钥（kaohe room key 显示）")
def import_command(file: Path, room_keys: tuple[str, ...]) -> None:
    """Verify, take over and mark; exit 1 with the place when anything does not fit."""
    keys = [_key(text) for text in room_keys]
    database = open_database(read_settings())
    with refusals(), database.transaction() as db:
        made = import_sitting(db, file, room_keys=keys, now=wall_clock())
    if made.marked is None:
        click.echo("该文件以前导入过，没有改动。")
        return
    counts = f"评分 {made.marked.marked} 人，缺考 {made.marked.absent} 人"
    click.echo(f"已导入 {made.rows} 行：{counts}。")


@click.command(name="key", help="显示本考场的签名公钥，供中心导入时核对。")
def key_command() -> None:
    """Print the public half of the signing key."""
    click.echo(open_key_ring(read_settings().keys_folder).verify_key().hex())


def _key(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(text) != KEY_LETTERS or not key:
        raise click.UsageError(f"公钥应为 {KEY_LETTERS} 位十六进制数字：{text}")
    return key
