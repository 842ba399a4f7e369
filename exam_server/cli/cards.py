"""``kaohe cards``: answer cards printed and read from files; only ``watch`` uses a database."""

import importlib
import json
import os
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress

from exam_server.cli.card_watch import watch_command
from omr.batch_reading.jobs import Card
from omr.batch_reading.pool import WorkerPool
from omr.batch_reading.reading_files import (
    PAGE_TIMEOUT_S,
    BatchOfFiles,
    Readers,
    open_files,
    read_jobs,
)
from omr.batch_reading.results_file import ResultsFile, batch_fingerprint
from omr.geometry import bubble_geometry
from omr.layouts import made_blank, sheets_of
from omr.page_images import blank_pngs
from omr.printing import CardHolder, print_blank, print_sheets
from omr.reader.page import Orders
from omr.roster import known_serials, read_roster
from omr.rules.card_layout import CardLayout
from omr.rules.reasons import FILE_REASONS, PageStatus
from registry.errors import AssessmentError
from registry.fonts_folder import FONT_BOLD, FONT_REGULAR

FAULTY_FILES = 3  # exit status: all results are written, some files could not be read
SHOWN = 20  # of the files that could not be read; the JSON has all
DPI_RANGE = click.FloatRange(72, 600)
FILE = click.Path(path_type=Path)
TARGET = click.Path(dir_okay=False, path_type=Path)
STATUS_WORDS = {PageStatus.OK: "无疑", PageStatus.REVIEW: "待复核", PageStatus.REJECTED: "未读取"}


class InputFault(click.ClickException):
    """Something that was given cannot be used; nothing has been written."""

    exit_code = 2


@click.group(help="答题卡的印制与识读；除 watch 外不用数据库。")
def command() -> None:
    """Hold the subcommands together."""


command.add_command(watch_command)


@command.command("print", help="把版式印成 PDF：空白卡，或按名单一人一卡。")
@click.option("--layout", "code", required=True, help="版式代码，或版式文件 .toml。")
@click.option("--out", type=TARGET, required=True, help="PDF")
@click.option("--png", type=TARGET, help="空白卡图像；多页的卡另加 -2、-3。")
@click.option("--dpi", type=DPI_RANGE, default=300, help="图像分辨率。")
@click.option("--geometry", type=TARGET, help="各填涂框在图像中的位置（JSON）。")
@click.option("--roster", type=FILE, help="名单（CSV）：一人一卡。")
def print_command(
    code: str, out: Path, png: Path | None, dpi: float, geometry: Path | None, roster: Path | None
) -> None:
    """Print a card and say where its boxes are."""
    sheets = _sheets(code)
    blank = print_blank(*sheets, font_regular=FONT_REGULAR, font_bold=FONT_BOLD)
    holders = _holders(roster)
    cards = blank
    if holders:
        cards = print_sheets(sheets, holders, font_regular=FONT_REGULAR, font_bold=FONT_BOLD)
    _write(out, cards)
    if png is not None:
        for path, image in zip(_numbered(png), blank_pngs(blank, dpi), strict=False):
            _write(path, image)
    if geometry is not None:
        boxes = bubble_geometry(sheets, dpi)
        _write(geometry, json.dumps(boxes, ensure_ascii=False, indent=1).encode())
    click.echo(f"已印制 {len(holders) or 1} 份，每份 {len(sheets)} 页：{out}")


@command.command("read", help="识读扫描件（PDF、TIFF、JPEG、PNG、ZIP 或文件夹）。")
@click.argument("files", nargs=-1, required=True, type=FILE)
@click.option("--layout", "code", required=True, help="版式代码，或版式文件 .toml。")
@click.option("--json", "out", type=TARGET, required=True, help="结果文件。")
@click.option("--workers", type=click.IntRange(1, 256), help="进程数；缺省为处理器数。")
@click.option("--roster", type=FILE, help="印制时的名单：核对卡号与准考证号。")
@click.option("--timeout", "timeout_s", type=click.FloatRange(1), default=PAGE_TIMEOUT_S)
@click.option("--scheduler", help="Dask 调度器地址：由集群的各台机器识读，文件在各台上须同一路径。")
@click.option("--fresh", is_flag=True, help="不接着上次中断的识读，从头开始。")
def read_command(
    files: tuple[Path, ...],
    code: str,
    out: Path,
    roster: Path | None,
    fresh: bool,  # noqa: FBT001  (click passes options by name)
    **where: Any,
) -> None:
    """Read every page of every file."""
    sheets = _sheets(code)
    holders = _holders(roster)
    orders = Orders(known_serials(holders) if holders else None, by_number=True)
    card = Card((tuple((sheet, made_blank(sheet)) for sheet in sheets),), orders)
    with _readers(card, **where) as readers:
        counts, faulty = _read_into(out, open_files(files, readers), card, readers, fresh=fresh)
    _tell(out, counts, faulty)
    if faulty:
        click.get_current_context().exit(FAULTY_FILES)


def _readers(
    card: Card, *, workers: int | None, timeout_s: float, scheduler: str | None
) -> AbstractContextManager[Readers]:
    """Return the processes that will read: those of a cluster or of this machine."""
    if scheduler is None:
        return WorkerPool(card, workers=workers or os.cpu_count() or 1, timeout_s=timeout_s)
    try:
        cluster: Any = importlib.import_module("omr.batch_reading.cluster")
    except ModuleNotFoundError as error:
        raise InputFault(f"集群识读需要另装 kaohe[cluster]（缺 {error.name}）。") from error
    try:
        pool: AbstractContextManager[Readers] = cluster.ClusterPool(
            card, scheduler=scheduler, timeout_s=timeout_s
        )
    except cluster.NoWorkersError as error:
        raise InputFault(f"调度器 {scheduler} 连不上，或还没有机器加入：{error}") from error
    return pool


def _read_into(
    out: Path, batch: BatchOfFiles, card: Card, readers: Readers, *, fresh: bool
) -> tuple[Counter[str], list[dict[str, Any]]]:
    """Read the batch, go on where an earlier run stopped, and put the results in place."""
    try:
        with ResultsFile(out, batch_fingerprint(batch, card), fresh=fresh) as results:
            if results.pages:
                click.echo(f"接着上次的识读：已有 {results.pages} 页。", err=True)
            with Progress(console=Console(stderr=True), disable=not sys.stderr.isatty()) as bar:
                task = bar.add_task("识读", total=batch.pages, completed=results.pages)
                for place, page in read_jobs(batch.jobs, readers, first=results.first_job):
                    results.add(place, page)
                    bar.advance(task)
            told = _counted(results.rows())
            results.finish()
    except OSError as error:
        raise InputFault(f"无法写入 {out}：{error.strerror}") from error
    return told


def _sheets(code: str) -> tuple[CardLayout, ...]:
    try:
        return sheets_of(code)
    except AssessmentError as error:
        raise InputFault(str(error)) from error


def _holders(roster: Path | None) -> tuple[CardHolder, ...]:
    if roster is None:
        return ()
    try:
        return read_roster(roster.read_bytes())
    except OSError as error:
        raise InputFault(f"名单 {roster} 无法读取。") from error
    except AssessmentError as error:
        raise InputFault(str(error)) from error


def _numbered(png: Path) -> Iterator[Path]:
    yield png
    number = 2
    while True:
        yield png.with_name(f"{png.stem}-{number}{png.suffix}")
        number += 1


def _counted(rows: Iterable[bytes]) -> tuple[Counter[str], list[dict[str, Any]]]:
    """Count the pages by status and pick those whose file is at fault."""
    counts: Counter[str] = Counter()
    faulty = []
    for row in rows:
        page = json.loads(row)
        counts[page["status"]] += 1
        if page["reason"] in FILE_REASONS:
            faulty.append(page)
    return counts, faulty


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InputFault(f"无法写入 {path}：{error.strerror}") from error


def _tell(out: Path, counts: Counter[str], faulty: list[dict[str, Any]]) -> None:
    told = "，".join(f"{STATUS_WORDS[status]} {counts[status]}" for status in PageStatus)
    click.echo(f"共 {counts.total()} 页：{told}。结果：{out}")
    for page in faulty[:SHOWN]:
        click.echo(f"{page['file']} 第 {page['page']} 页：{page['reason']}", err=True)
    if len(faulty) > SHOWN:
        click.echo(f"另有 {len(faulty) - SHOWN} 页无法读取，详见结果文件。", err=True)
