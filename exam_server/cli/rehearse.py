"""``kaohe rehearse``: the whole exam day without a browser."""

import sys
from collections.abc import Callable
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from exam_server.rehearsal.day import Options, Report, rehearse


class Bars:
    """One progress bar per step."""

    def __init__(self, bars: Progress) -> None:
        self._bars = bars

    def step(self, name: str, total: int) -> Callable[[], None]:
        """Begin a bar."""
        task = self._bars.add_task(name, total=total)
        return lambda: self._bars.advance(task)


@click.command(help="不用浏览器演练一整天：从报名到发证，逐步核对数目。")
@click.option("--candidates", default=60, show_default=True, type=click.IntRange(2, 2000))
@click.option("--paper-share", default=0.5, show_default=True, type=click.FloatRange(0, 1))
@click.option("--seed", default=7, show_default=True, type=click.IntRange(0, 10**6))
@click.option("--out", required=True, type=click.Path(path_type=Path, file_okay=False))
@click.option("--database-url", default="", help="空的 PostgreSQL 数据库；不填则用 SQLite 文件")
def command(candidates: int, paper_share: float, seed: int, out: Path, database_url: str) -> None:
    """Rehearse and print the table; exit 1 when anything does not tie."""
    console = Console()
    if out.exists() and any(out.iterdir()):
        raise click.UsageError(f"文件夹 {out} 不是空的，请另选一个。")
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeElapsedColumn(), console=console) as bars:
        report = rehearse(Options(candidates, paper_share, seed, out, database_url), Bars(bars))
    conclude(report, console, out)


def conclude(report: Report, console: Console, out: Path) -> None:
    """Print the table and every fault; end with exit code 1 when there is any."""
    console.print(_table(report))
    for fault in report.faults:
        console.print(f"[bold red]不符：{fault}")
    if report.faults:
        sys.exit(1)
    console.print(f"[bold green]全部相符。[/]PDF 与扫描件在 {out}")


def _table(report: Report) -> Table:
    table = Table(title="逐步核对")
    for name in ("步骤", "进", "出", "说明"):
        table.add_column(name, justify="right" if name in "进出" else "left")
    for name, went_in, came_out, remark in report.rows:
        style = "" if went_in == came_out else "bold red"
        table.add_row(name, str(went_in), str(came_out), remark, style=style)
    return table
