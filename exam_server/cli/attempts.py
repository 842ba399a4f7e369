"""``kaohe attempts verify``: checks the chains, answers, receipts and roots of attempts."""

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from exam_server.config import read_settings
from exam_server.delivery.verification import Report, verify
from exam_server.opening import open_database

FORMAT = "kaohe-attempts-verify-1"
FAULTY = 1  # exit status


@click.group(help="作答记录。")
def command() -> None:
    """Hold the subcommands together."""


@command.command(
    "verify",
    help="校验操作链、答案、回执和签名根；发现改动、删除、插入或调换时指出位置，并以状态 1 退出。",
)
@click.option("--sitting", type=click.IntRange(1), help="只校验一场；不填则全部。")
@click.option("--json", "out", type=click.Path(dir_okay=False, path_type=Path), help="结果文件。")
def verify_attempts(sitting: int | None, out: Path | None) -> None:
    """Walk everything and say what does not fit."""
    database = open_database(read_settings())
    with database.reading() as db:
        report = verify(db, sitting)
        public = database.keys.verify_key().hex()
    database.engine.dispose()
    if sitting is not None and not report.sittings:
        raise click.UsageError(f"没有编号为 {sitting} 的上机场次。")
    if out is not None:
        _write(report, public, out)
    _tell(report, public)
    if report.findings:
        sys.exit(FAULTY)


def _write(report: Report, public: str, out: Path) -> None:
    found = [
        asdict(finding) | {"fault": finding.fault.name.lower(), "text": finding.text}
        for finding in report.findings
    ]
    content = {
        "format": FORMAT,
        "public_key": public,
        "whole": not found,
        **asdict(report),
        "findings": found,
    }
    try:
        out.write_text(json.dumps(content, ensure_ascii=False, indent=1) + "\n", "utf-8")
    except OSError as fault:
        raise click.UsageError(f"无法写入 {out}（{fault.strerror}）。") from fault


def _tell(report: Report, public: str) -> None:
    click.echo(
        f"已核对 {report.sittings} 场、{report.attempts} 份作答、{report.ops} 步操作、"
        f"{report.events} 个事件、{report.receipts} 张回执、{report.roots} 个签名根。"
    )
    click.echo(f"验签公钥（Ed25519）：{public}")
    for finding in report.findings:
        click.echo(f"不符：{finding.text}", err=True)
    if report.findings:
        click.echo(f"共 {len(report.findings)} 处不符。请保留现场并联系审计管理员。", err=True)
        return
    click.echo("全部相符。")
