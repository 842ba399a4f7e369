"""``kaohe room pair``, ``witness`` and ``promote``: the second PC of a room."""

from pathlib import Path

import click

from exam_server.cli.refusals import refusals
from exam_server.config import read_settings
from exam_server.context import wall_clock
from exam_server.room_host.lock import sole_server
from exam_server.room_host.witness.following import FOLDER, Following
from exam_server.room_host.witness.pairing import (
    PERSONS,
    make_pairing,
    read_pairing,
    write_pairing,
)
from exam_server.room_host.witness.promotion import promote

WITNESS_PORT = 8444
ORDER = ("第一人", "第二人")


def _passphrases(files: tuple[Path, ...], *, are_new: bool) -> list[str]:
    """Read both passphrases from files, or ask two persons one after the other."""
    if files:
        return [path.read_text("utf-8").strip() for path in files]
    return [
        click.prompt(f"{who}的备机口令", hide_input=True, confirmation_prompt=are_new)
        for who in ORDER[:PERSONS]
    ]


passphrase_files = click.option(
    "--passphrase-file",
    "files",
    multiple=True,
    type=click.Path(path_type=Path, exists=True),
    help="两人的口令文件，先后两次给出；不给则当场输入",
)


@click.command(help="在考场服务器上制作备机配对文件，存入 U 盘；口令由两人各设一个。")
@click.option("--address", required=True, help="考场服务器的地址")
@click.option("--port", default=WITNESS_PORT, show_default=True, help="备机同步端口")
@click.option("--to", "target", required=True, type=click.Path(path_type=Path), help="配对文件")
@passphrase_files
def pair(address: str, port: int, target: Path, files: tuple[Path, ...]) -> None:
    """Write the file; one that was made before is void from now on."""
    settings = read_settings()
    with refusals():
        passphrases = _passphrases(files, are_new=True)
        made = make_pairing(settings.keys_folder, (address, port), passphrases, now=wall_clock())
        write_pairing(target, made)
    click.echo(f"已写入 {target}。请带到备机；以前的配对文件作废。")


@click.command(help="在备机（监考员的电脑）上运行：逐笔接收考场服务器已存的数据，直到被停止。")
@click.option("--from", "source", required=True, type=click.Path(path_type=Path), help="配对文件")
def witness(source: Path) -> None:
    """Follow until stopped."""
    settings = read_settings()
    with refusals(), sole_server(settings.room_folder):
        Following(read_pairing(source), settings.room_folder / FOLDER, click.echo).run()


@click.command(help="考场服务器损坏时，由两人把备机启用为考场服务器（新一代数据）。")
@click.option("--from", "source", required=True, type=click.Path(path_type=Path), help="配对文件")
@click.option("--by", "persons", multiple=True, required=True, help="启用人姓名，给出两次")
@passphrase_files
def promote_command(source: Path, persons: tuple[str, ...], files: tuple[Path, ...]) -> None:
    """Promote; then the person starts ``kaohe room serve`` at the old address."""
    settings = read_settings()
    with refusals(), sole_server(settings.room_folder):
        pairing = read_pairing(source)
        passphrases = _passphrases(files, are_new=False)
        made = promote(settings, pairing, passphrases, persons=persons, now=wall_clock())
    click.echo(f"备机已启用：新一代 {made.store}，共 {made.operations} 步作答。")
    if made.findings:
        click.echo(f"核对发现 {made.findings} 处不符，请运行 kaohe attempts verify 查看。")
    if made.dropped_frames:
        click.echo(f"断开时未收完的 {made.dropped_frames} 页没有采用，考生机会补传。")
    if made.kept_aside:
        click.echo(f"本机原数据库保留为 {made.kept_aside}")
    click.echo("原服务器不得再开机。请把本机地址改为原服务器的地址，然后运行：")
    click.echo(f"kaohe room serve --address {pairing.address}")
