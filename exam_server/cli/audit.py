"""``kaohe audit verify``: checks the chain of the audit log."""

import sys

import click

from exam_server.config import read_settings
from exam_server.opening import open_database
from registry.audit_log import first_break


@click.group(help="审计日志。")
def command() -> None:
    """Hold the subcommands together."""


@command.command(help="校验审计日志链；发现改动、删除或插入时指出位置，并以状态 1 退出。")
def verify() -> None:
    """Walk the chain from its beginning."""
    with open_database(read_settings()).reading() as db:
        broken = first_break(db)
    if broken is None:
        click.echo("审计日志完整。")
        return
    place = f"第 {broken} 行" if broken else "末尾"
    click.echo(f"审计日志在{place}被改动。请保留现场并联系审计管理员。", err=True)
    sys.exit(1)
