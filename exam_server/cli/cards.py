"""``kaohe cards``: answer cards printed and read from files; no database."""

import json
import os
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import click

from omr.batch_reading.jobs import Card
from omr.batch_reading.reading_files import PAGE_TIMEOUT_S, read_files
from omr.batch_reading.results import PageResult
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


@click.group(help="答题卡的印制与识读；不用数据库。")
def command() -> None:
    """Hold the subcommands together."""


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
@click.pass_context
def read_command(
    ctx: click.Context,
    files: tuple[Path, ...],
    code: str,
    out: Path,
    workers: int | None,
    roster: Path | None,
    timeout_s: float,
) -> None:
    """Read every page of every file."""
    sheets = _sheets(code)
    holders = _holders(roster)
    orders = Orders(known_serials(holders) if holders else None, by_number=True)
    card = Card(tuple((sheet, made_blank(sheet)) for sheet in sheets), orders)
    counts: Counter[PageStatus] = Counter()
    faulty: list[PageResult] = []
    pages = read_files(files, card, workers=workers or os.cpu_count() or 1, timeout_s=timeout_s)
    _write_lines(out, _counted(pages, counts, faulty))
    _tell(out, counts, faulty)
    if faulty:
        ctx.exit(FAULTY_FILES)


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


def _counted(
    pages: Iterable[PageResult], counts: Counter[PageStatus], faulty: list[PageResult]
) -> Iterator[bytes]:
    for page in pages:
        counts[page.status] += 1
        if page.reason in FILE_REASONS:
            faulty.append(page)
        yield page.json


def _write_lines(out: Path, rows: Iterator[bytes]) -> None:
    """Write a JSON array, one page a line, and put it in place when it is complete."""
    try:
        with tempfile.NamedTemporaryFile(
            dir=out.parent, prefix=f".{out.name}.", delete=False
        ) as file:
            target = Path(file.name)
            separator = b"[\n"
            for row in rows:
                file.write(separator + row)
                separator = b",\n"
            file.write(b"\n]\n" if separator == b",\n" else b"[]\n")
        target.chmod(0o644)
        target.replace(out)
    except OSError as error:
        raise InputFault(f"无法写入 {out}：{error.strerror}") from error


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise InputFault(f"无法写入 {path}：{error.strerror}") from error


def _tell(out: Path, counts: Counter[PageStatus], faulty: list[PageResult]) -> None:
    told = "，".join(f"{STATUS_WORDS[status]} {counts[status]}" for status in PageStatus)
    click.echo(f"共 {counts.total()} 页：{told}。结果：{out}")
    for page in faulty[:SHOWN]:
        click.echo(f"{page.file} 第 {page.page} 页：{page.reason}", err=True)
    if len(faulty) > SHOWN:
        click.echo(f"另有 {len(faulty) - SHOWN} 页无法读取，详见结果文件。", err=True)
