"""``kaohe bank``: items in from other systems for a trial, and out to them; no database."""

from collections.abc import Sequence
from pathlib import Path

import click

from item_bank.exchange.exporting import ExportFormat, written
from item_bank.exchange.importing import FileReport, marked_repeats, read_file, taken_over
from item_bank.exchange.limits import MAX_FILE_BYTES
from item_bank.exchange.records import ReadItem, Status, error
from item_bank.exchange.report_writing import report_json
from item_bank.exchange.sniffing import Format

AUTO = "auto"
STATUS_WORDS = {Status.ACCEPTED: "可导入", Status.WARNING: "请核对", Status.ERROR: "未读取"}
SHOWN = 20  # messages of one file on the screen; the report has all
FORMATS = [AUTO, *(found.value for found in Format)]
TARGETS = [target.value for target in ExportFormat]
FILE = click.Path(path_type=Path)
TARGET = click.Path(dir_okay=False, path_type=Path)


@click.group(help="试题的导入试读与导出。")
def command() -> None:
    """Hold the subcommands together."""


@command.command("import", help="试读题库文件并逐题列出问题；不入库。")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--format", "chosen", type=click.Choice(FORMATS), default=AUTO)
@click.option("--dry-run", is_flag=True, help="只试读，不入库。")
@click.option("--json", "out", type=TARGET, help="把完整结果写成 JSON。")
def import_files(files: tuple[Path, ...], chosen: str, out: Path | None, *, dry_run: bool) -> None:
    """Read every file for a trial and report."""
    if not dry_run:
        raise click.UsageError("入库须在浏览器的题库页面办理；这里只能试读，请加 --dry-run。")
    wanted = None if chosen == AUTO else Format(chosen)
    reports = marked_repeats([_read(file, wanted) for file in files])
    if out is not None:
        _write(out, report_json(reports))
    for report in reports:
        _tell(report)


@command.command("export", help="把 items.jsonl 写成其他系统的格式。")
@click.option("--from", "source", type=FILE, required=True)
@click.option("--format", "target", type=click.Choice(TARGETS), required=True)
@click.option("--out", type=TARGET, required=True)
def export(source: Path, target: str, out: Path) -> None:
    """Write all items of a file, or none when one of them is faulty."""
    report = _read(source, Format.JSONL)
    items = taken_over(report.items)
    if not items or len(items) < len(report.items):
        _tell(report)
        raise click.ClickException("源文件有错误，没有导出。请改正后重试。")
    _write(out, written(items, ExportFormat(target)))
    click.echo(f"已写出 {len(items)} 题：{out}")
    _tell_figures(items, target)


def _read(file: Path, wanted: Format | None) -> FileReport:
    """Read one file; one that cannot be opened is reported like any faulty one."""
    try:
        with file.open("rb") as stream:
            content = stream.read(MAX_FILE_BYTES + 1)
    except OSError as fault:
        told = error("文件", f"打不开（{fault.strerror}）。")
        return FileReport(str(file), wanted, (told,), ())
    return read_file(str(file), content, wanted)


def _write(out: Path, content: bytes) -> None:
    try:
        out.write_bytes(content)
    except OSError as fault:
        raise click.ClickException(f"无法写入 {out}（{fault.strerror}）。") from fault


def _tell(report: FileReport) -> None:
    counts = report.counts
    click.echo(
        f"{report.file}（{report.format or '未知格式'}）：{STATUS_WORDS[report.status]}；"
        f"{counts['items']} 题，无误 {counts['accepted']}，"
        f"请核对 {counts['warning']}，有错 {counts['error']}"
    )
    told = [*report.messages, *(m for item in report.items for m in item.messages)]
    for message in told[:SHOWN]:
        click.echo(f"  {message}")
    if len(told) > SHOWN:
        click.echo(f"  ……另有 {len(told) - SHOWN} 条，见 --json 的结果。")


def _tell_figures(items: Sequence[ReadItem], target: str) -> None:
    count = sum(item.figure is not None for item in items)
    if count and target != ExportFormat.JSONL:
        click.echo(f"其中 {count} 题有插图，插图没有写出。", err=True)
