"""``kaohe bank``: items in from other systems for a trial, and out of a bank to them."""

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import click

from exam_server.config import read_settings
from exam_server.opening import open_database
from item_bank.exchange.bank_items import with_file
from item_bank.exchange.exporting import PACKING, ExportFormat, written
from item_bank.exchange.importing import FileReport, marked_repeats, read_file, taken_over
from item_bank.exchange.limits import MAX_FILE_BYTES
from item_bank.exchange.pictures import MAX_PICTURE_BYTES
from item_bank.exchange.records import ReadItem, Status, error
from item_bank.exchange.report_writing import report_json
from item_bank.exchange.sniffing import Format
from item_bank.export_actions import BANKED_ONLY, export_bank
from item_bank.rules.kinds import ItemState
from registry.access import SYSTEM
from registry.catalog.queries import project_by_number
from registry.errors import AssessmentError

AUTO = "auto"
STATUS_WORDS = {Status.ACCEPTED: "可导入", Status.WARNING: "请核对", Status.ERROR: "未读取"}
SHOWN = 20  # messages of one file on the screen; the report has all
FORMATS = [AUTO, *(found.value for found in Format)]
TARGETS = [target.value for target in ExportFormat]
CARRYING = PACKING | {ExportFormat.JSONL}
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


@command.command("export", help="把一个项目的题库，或 items.jsonl，写成其他系统的格式。")
@click.option("--project", "number", type=int, help="项目序号；取在库试题，记入审计日志。")
@click.option("--all", "is_all", is_flag=True, help="连同草稿、审题中和停用的试题。")
@click.option("--from", "source", type=FILE, help="改从 items.jsonl 读取，不用数据库。")
@click.option("--format", "target", type=click.Choice(TARGETS), required=True)
@click.option("--out", type=TARGET, required=True)
def export(
    number: int | None, source: Path | None, target: str, out: Path, *, is_all: bool
) -> None:
    """Write the items of a project or of a file, with their figures."""
    if (number is None) == (source is None):
        raise click.UsageError("请用 --project 指明项目，或用 --from 指明文件，二者择一。")
    chosen = ExportFormat(target)
    items = _items_of_file(source) if source else ()
    if number is None:
        _write(out, written(items, chosen))
    else:
        items = _export_project(number, chosen, out, is_all=is_all)
    click.echo(f"已写出 {len(items)} 题：{out}")
    _write_figures(items, chosen, out)


def _export_project(
    number: int, target: ExportFormat, out: Path, *, is_all: bool
) -> Sequence[ReadItem]:
    """Write a file that is on record: it gets its name when the record is safe."""
    states = frozenset(ItemState) if is_all else BANKED_ONLY
    unfinished = out.with_name(f"{out.name}.part")
    try:
        with open_database(read_settings()).transaction() as db:
            project = project_by_number(db, number)
            now = datetime.now(UTC)
            made = export_bank(db, project.id, target, states, actor=SYSTEM, now=now)
            if not made.items:
                raise click.ClickException("该项目没有可导出的试题。")
            _write(unfinished, made.content)
        unfinished.replace(out)
    except AssessmentError as fault:
        raise click.ClickException(fault.message) from None
    finally:
        unfinished.unlink(missing_ok=True)
    return made.items


def _items_of_file(source: Path) -> Sequence[ReadItem]:
    """Return all items of a file, or none when one of them is faulty; figures lie beside it."""
    report = _read(source, Format.JSONL)
    items = taken_over(report.items)
    if not items or len(items) < len(report.items):
        _tell(report)
        raise click.ClickException("源文件有错误，没有导出。请改正后重试。")
    return [with_file(item, partial(_beside, source.parent)) for item in items]


def _beside(folder: Path, name: str) -> bytes | None:
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()) or not path.is_file():
        return None
    return path.read_bytes() if path.stat().st_size <= MAX_PICTURE_BYTES else None


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


def _write_figures(items: Sequence[ReadItem], target: ExportFormat, out: Path) -> None:
    """Put the figures beside items.jsonl; say how many travel nowhere."""
    links = [item.figure for item in items if item.figure]
    if target is ExportFormat.JSONL:
        for link in links:
            path = (out.parent / link.file).resolve()
            if link.content and path.is_relative_to(out.parent.resolve()):
                path.parent.mkdir(parents=True, exist_ok=True)
                _write(path, link.content)
    lost = [link for link in links if not link.content or target not in CARRYING]
    if lost:
        click.echo(f"其中 {len(lost)} 题的插图没有写出。", err=True)
