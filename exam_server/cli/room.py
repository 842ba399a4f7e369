"""``kaohe room``: the server of one exam room and the copies of what it holds."""

import logging
import sys
from collections.abc import Iterable
from dataclasses import replace

import click

from exam_server.app import create_app
from exam_server.cli.refusals import refusals
from exam_server.cli.room_copies import backup, restore
from exam_server.cli.room_transfer import export_command, import_command, key_command
from exam_server.cli.room_witness import WITNESS_PORT, pair, promote_command, witness
from exam_server.config import Settings, read_settings
from exam_server.context import SteadyClock, wall_clock
from exam_server.delivery.greenlets import greenlet_concurrency
from exam_server.room_host import ballast
from exam_server.room_host.addresses import own_addresses
from exam_server.room_host.certificates import private_addresses
from exam_server.room_host.lock import sole_server
from exam_server.room_host.self_test import Finding, Grade, may_start, self_test
from exam_server.room_host.witness.pairing import may_be_followed
from exam_server.room_host.witness.status import Mode
from exam_server.room_serving import OpenRoom, RoomPlace, serve_room
from registry.errors import InvalidInputError

MARKS = {
    Grade.GOOD: "正常",
    Grade.WARNING: "注意",
    Grade.REFUSED: "不合格",
    Grade.BROKEN: "已损坏",
}


@click.group(help="考场服务器：启动、自检、备份、恢复、备机、导出、导入。")
def command() -> None:
    """Hold the subcommands together."""


command.add_command(backup)
command.add_command(restore)
command.add_command(export_command)
command.add_command(import_command)
command.add_command(key_command)
command.add_command(pair)
command.add_command(witness)
command.add_command(promote_command, "promote")


@command.command(help="自检后启动考场服务器：自带证书的 HTTPS，另设证书安装页。")
@click.option("--address", "addresses", multiple=True, help="本机在考场内网的地址，可多次给出")
@click.option("--port", default=8443, show_default=True, help="考场页面（HTTPS）端口")
@click.option("--install-port", default=8080, show_default=True, help="证书安装页（HTTP）端口")
@click.option("--seats", default=100, show_default=True, help="机位数，自检时核对打开文件数")
@click.option(
    "--witness",
    "mode",
    type=click.Choice([m.value for m in Mode]),
    help="备机：sync 双存后确认，async 随后同步",
)
@click.option("--witness-port", default=WITNESS_PORT, show_default=True, help="备机同步端口")
@click.option("--force", is_flag=True, help="不合格也启动；数据或程序损坏时无效")
def serve(
    addresses: tuple[str, ...],
    port: int,
    install_port: int,
    seats: int,
    mode: str | None,
    *,
    witness_port: int,
    force: bool,
) -> None:
    """Test, then serve until stopped; exit 1 with the reasons when the room must not start."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    settings = replace(read_settings(), secure_cookies=True)
    found = _room_addresses(addresses)
    if ballast.release_if_full(settings.room_folder):
        click.echo("磁盘已满：预留的 256 MB 已让给答案，请立即清理磁盘。", err=True)
    _test_or_leave(settings, seats, force=force)
    witness = (Mode(mode), witness_port) if mode else None
    place = RoomPlace(
        found, port, install_port, settings.keys_folder, settings.room_folder, witness
    )
    with refusals(), sole_server(settings.room_folder):
        if witness:
            may_be_followed(settings)
        clock = SteadyClock()
        server = create_app(
            settings,
            clock=clock,
            clock_step_s=clock.step_s,
            async_mode="gevent",
            concurrency=greenlet_concurrency(),
        )
        serve_room(server, place, ready=_tell_staff)


@command.command(help="只自检，不启动；不合格时以状态 1 退出。")
@click.option("--seats", default=100, show_default=True, help="机位数")
def check(seats: int) -> None:
    """Print every finding."""
    _test_or_leave(read_settings(), seats, force=False)


def _room_addresses(given: tuple[str, ...]) -> tuple[str, ...]:
    found = given or own_addresses() or ("127.0.0.1",)
    try:
        return tuple(str(address) for address in private_addresses(found))
    except InvalidInputError as error:
        raise click.UsageError(error.message) from None


def _test_or_leave(settings: Settings, seats: int, *, force: bool) -> None:
    findings = list(_told(self_test(settings, seats=seats, now=wall_clock())))
    if may_start(findings, force=force):
        return
    broken = any(finding.grade is Grade.BROKEN for finding in findings)
    hint = "请先排除" if broken else "请先排除；确须启动时加 --force，并记入考场情况记录单"
    click.echo(f"自检未通过，服务器没有启动。{hint}。", err=True)
    sys.exit(1)


def _told(findings: Iterable[Finding]) -> Iterable[Finding]:
    for finding in findings:
        remedy = f"。{finding.remedy}。" if finding.remedy else ""
        is_bad = finding.grade in (Grade.REFUSED, Grade.BROKEN)
        click.echo(f"[{MARKS[finding.grade]}] {finding.check}：{finding.seen}{remedy}", err=is_bad)
        yield finding


def _tell_staff(opened: OpenRoom) -> None:
    click.echo(f"考生机先打开 {opened.install_page} 安装证书。证书指纹（SHA-256）：")
    click.echo(opened.fingerprint)
    click.echo(f"listening {opened.address}")
