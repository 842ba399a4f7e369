"""``kaohe papers``: sets of equally hard papers from files; no database."""

import tempfile
import time
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from item_bank.exchange.assembly_faults import FaultyAssemblyFileError
from item_bank.exchange.assembly_items import ItemContext, cool_down_start, read_assembly_items
from item_bank.exchange.assembly_output import deficits_json, papers_json
from item_bank.exchange.assembly_terms import (
    ElementTable,
    ReadBlueprint,
    read_assembly_blueprint,
    read_elements,
)
from item_bank.rules.paper_sets.deficits import InfeasiblePaperError
from item_bank.rules.paper_sets.engine import (
    MOST_PAPERS,
    SEED_LIMIT,
    FaultyTermsError,
    assemble_set,
)
from item_bank.rules.paper_sets.flagship import Flagship, flagship_paper
from item_bank.rules.paper_sets.results import PaperSet
from item_bank.rules.paper_sets.terms import SetMode
from item_bank.rules.pool import PoolItem, bank_hash

ELEMENTS = "elements.csv"
INFEASIBLE = 3  # exit status
SHOWN = 10  # residuals on the screen; the file has all
FILE = click.Path(path_type=Path)
TARGET = click.Path(dir_okay=False, path_type=Path)


class WholeNumber(click.ParamType[int]):
    """A whole number between bounds, refused in Chinese."""

    name = "整数"

    def __init__(self, low: int, high: int) -> None:
        self.low, self.high = low, high

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Return the number."""
        text = str(value)
        if not text.isascii() or not text.isdigit() or not self.low <= int(text) <= self.high:
            self.fail(f"应为 {self.low} 至 {self.high} 的整数，现为 {text}。", param, ctx)
        return int(text)


class InputFault(click.ClickException):
    """Something that was given cannot be used; nothing has been written."""

    exit_code = 2


@dataclass(frozen=True)
class Order:
    """What was asked for on the command line."""

    papers: int
    seed: int
    mode: SetMode
    flagship: bool


@click.group(help="按组卷方案成套组卷。")
def command() -> None:
    """Hold the subcommands together."""


@command.command("assemble", help="从题库文件组成一套难度相当的试卷；不用数据库。")
@click.option("--bank", type=FILE, required=True, help="items.jsonl")
@click.option("--blueprint", type=FILE, required=True, help="blueprint.toml")
@click.option("--elements", type=FILE, help="细目表；缺省为方案旁的 elements.csv。")
@click.option("--forms", type=WholeNumber(1, MOST_PAPERS), default=1, help="试卷套数。")
@click.option("--seed", type=WholeNumber(0, SEED_LIMIT - 1), required=True)
@click.option("--json", "out", type=TARGET, required=True, help="结果文件。")
@click.option("--individual", is_flag=True, help="每名考生一卷，--forms 为人数。")
@click.option("--ab", is_flag=True, help="每卷分 A、B 两版。")
@click.option("--flagship", is_flag=True, help="另组一份最优卷，并给出与上界的差距。")
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="组卷日期，用于冷却期。")
def assemble(
    bank: Path,
    blueprint: Path,
    elements: Path | None,
    out: Path,
    day: datetime | None,
    **chosen: Any,
) -> None:
    """Assemble a set and write it, or say what the bank lacks."""
    if chosen["individual"] and chosen["ab"]:
        raise InputFault("--individual 与 --ab 不能同时使用。")
    mode = SetMode.INDIVIDUAL if chosen["individual"] else SetMode.PARALLEL
    mode = SetMode.AB if chosen["ab"] else mode
    order = Order(chosen["forms"], chosen["seed"], mode, chosen["flagship"])
    try:
        read = read_assembly_blueprint(
            _content(blueprint), blueprint.name, _elements(blueprint, elements)
        )
        context = _context(read, day.date() if day else None)
        items = read_assembly_items(_content(bank), bank.name, context)
        _tell_strays(items, context)
        _tell_importance(read, items)
        _run(read, items, order, out)
    except (FaultyAssemblyFileError, FaultyTermsError) as fault:
        raise InputFault(fault.message) from fault


def _run(read: ReadBlueprint, items: list[PoolItem], order: Order, out: Path) -> None:
    started_s = time.process_time()
    try:
        found = assemble_set(
            read.terms, items, papers=order.papers, seed=order.seed, mode=order.mode
        )
        cpu_s = time.process_time() - started_s
        best = _flagship(read, items, order) if order.flagship else None
    except InfeasiblePaperError as short:
        content = deficits_json(
            short.deficits,
            blueprint=read.code,
            seed=order.seed,
            mode=order.mode,
            bank_hash=bank_hash(items),
            cpu_s=time.process_time() - started_s,
        )
        _write(out, content)
        click.echo("题库不足或要求互相矛盾，没有组卷：", err=True)
        for deficit in short.deficits:
            click.echo(f"  {deficit.words}", err=True)
        raise click.exceptions.Exit(INFEASIBLE) from short
    _write(out, papers_json(found, best, blueprint=read.code, cpu_s=cpu_s))
    _tell(found, cpu_s)
    if best:
        click.echo(f"  最优卷：{best.value:.4f}，上界 {best.bound:.4f}，差距 {best.gap:.2g}")


def _tell_strays(items: list[PoolItem], context: ItemContext) -> None:
    """Say which items can never be drawn: their point lies below no weighted code."""
    strays = [item for item in items if item.range_code not in context.ranges]
    if strays:
        first = "、".join(f"{item.code}（{item.point_code}）" for item in strays[:SHOWN])
        told = f"{len(strays)} 题的鉴定点不在任何有比重的范围之下，没有使用：{first}"
        click.echo(told + ("等" if len(strays) > SHOWN else ""), err=True)


def _tell_importance(read: ReadBlueprint, items: list[PoolItem]) -> None:
    """Say that shares of importance bind nothing where no item has one."""
    shares = read.terms.shares
    is_wanted = shares.core_at_least > 0 or shares.auxiliary_at_most < 1
    if is_wanted and not any(item.importance for item in items):
        click.echo("题库没有写重要程度，方案中重要程度的比例没有起作用。", err=True)


def _flagship(read: ReadBlueprint, items: list[PoolItem], order: Order) -> Flagship:
    return flagship_paper(read.terms, items, seed=order.seed, wanted=read.flagship)


def _elements(blueprint: Path, given: Path | None) -> ElementTable | None:
    beside = blueprint.parent / ELEMENTS
    if given is None and not beside.is_file():
        return None
    path = given or beside
    return read_elements(_content(path), path.name)


def _context(read: ReadBlueprint, day: date | None) -> ItemContext:
    ranges = frozenset(entry.code for entry in read.terms.ranges)
    if read.cool_down_days is None:
        return ItemContext(ranges, read.importance)
    if day is None:
        raise InputFault("组卷方案规定了冷却期 cool_down_days；请用 --on 写明组卷日期。")
    return ItemContext(ranges, read.importance, cool_down_start(day, read.cool_down_days))


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as fault:
        raise InputFault(f"打不开 {path}（{fault.strerror}）。") from fault


def _write(out: Path, content: bytes) -> None:
    """Write the file in one step, so that it is never half there."""
    try:
        with tempfile.NamedTemporaryFile(dir=out.parent, delete=False) as file:
            file.write(content)
        Path(file.name).chmod(0o644)
        Path(file.name).replace(out)
    except OSError as fault:
        raise InputFault(f"无法写入 {out}（{fault.strerror}）。") from fault


def _tell(found: PaperSet, cpu_s: float) -> None:
    report = found.report
    papers = len({paper.number for paper in found.papers})
    click.echo(f"已组成 {papers} 卷，处理器时间 {cpu_s:.2f} 秒。")
    for at in report.scores:
        click.echo(
            f"  能力 {at.theta:g}：期望分 {at.least:.2f} 至 {at.most:.2f}，极差 {at.spread:.2f}"
        )
    passing = report.passing
    click.echo(
        f"  合格线上的考生：最难卷合格概率 {passing.hardest:.1%}，最易卷 {passing.easiest:.1%}"
    )
    overlap, exposure = report.overlap, report.exposure
    click.echo(f"  两卷重复题最多 {overlap.most}，平均 {overlap.mean:.1f}")
    click.echo(
        f"  试题使用最多 {exposure.most} 次（上限 {exposure.cap}），"
        f"未用 {exposure.unused_share:.0%}"
    )
    for words in exposure.lifted[:SHOWN]:
        click.echo(f"  题少而放宽：{words}")
    click.echo(f"  未满足的要求 {len(report.residuals)} 项")
    for residual in report.residuals[:SHOWN]:
        click.echo(f"    {residual.words}")
