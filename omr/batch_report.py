"""Prints the report of a batch 扫描批次报告: counts that tie, the scanner, the proven bound."""

from collections.abc import Sequence
from dataclasses import dataclass

from reportlab.platypus import Flowable, Spacer, Table

from item_bank.figure_drawing import DrawnFigure
from item_bank.printing.frame import (
    BODY,
    HEADING,
    SMALL,
    SUBTITLE,
    TEXT_WIDTH_PT,
    TITLE,
    built,
    facts_table,
    ruled_table,
    words,
)
from item_bank.text_setting import REGULAR

NAME = "扫描批次报告"
ROOM_HEADS = ("考场", "本批页数", "已印", "作废", "已扫描", "缺考未扫", "去向不明", "状态")
ROOM_WIDTHS_PT = (150.0, 50.0, 40.0, 40.0, 45.0, 50.0, 50.0, 60.0)
ROOM_NOTE = "各考场：已印 − 作废 = 已扫描 + 缺考未扫 + 去向不明；已扫描含在其他批次扫描的卡。"
CHARTS_A_ROW = 3
CHART_PT = TEXT_WIDTH_PT / CHARTS_A_ROW - 12
BOUND_NOTE = (
    "静默误读：识读有把握、不经人复核而与卡面不符的答案。上限按二项分布精确计算（Clopper–Pearson，"
    "单侧 95%）；抽样无误并不表示没有误读。"
)


@dataclass(frozen=True)
class BatchReport:
    """What the report says, in words and figures."""

    title: str
    facts: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, int], ...]
    total: int
    ties: bool
    rooms: tuple[tuple[str, ...], ...]  # of a pile of several; in the order of ``ROOM_HEADS``
    of_no_room: int
    scanner: tuple[str, ...]
    charts: tuple[tuple[str, str], ...]  # name and SVG
    audits: tuple[str, ...]


def print_batch_report(report: BatchReport) -> bytes:
    """Return the PDF; the same report gives the same bytes."""
    ties = "送入与各状态合计相符。" if report.ties else "送入与各状态合计不符，请查明。"
    rows = [("状态", "页数"), *((name, str(n)) for name, n in report.counts)]
    story: list[Flowable] = [
        words(NAME, TITLE),
        words(report.title, SUBTITLE),
        Spacer(1, 8),
        facts_table(report.facts),
        words("一、页数对账", HEADING),
        ruled_table([*rows, ("合计（含未识读）", str(report.total))], (160.0, 60.0)),
        words(ties, BODY),
        *_rooms(report),
        words("二、扫描仪状况", HEADING),
        *(words(sentence, BODY) for sentence in report.scanner),
        *_charts(report.charts),
        words("三、抽样核验", HEADING),
        *(words(sentence, BODY) for sentence in report.audits),
        words(BOUND_NOTE, SMALL),
    ]
    return built(story, title=NAME, mark=NAME)


def _rooms(report: BatchReport) -> list[Flowable]:
    if not report.rooms:
        return []
    no_room = ("不属于任何考场的页", str(report.of_no_room), *[""] * (len(ROOM_HEADS) - 2))
    return [
        Spacer(1, 6),
        ruled_table([ROOM_HEADS, *report.rooms, no_room], ROOM_WIDTHS_PT),
        words(ROOM_NOTE, SMALL),
    ]


def _charts(charts: Sequence[tuple[str, str]]) -> list[Flowable]:
    cells = [
        [words(name, SMALL), Spacer(1, 2), DrawnFigure(svg.encode(), CHART_PT, REGULAR)]
        for name, svg in charts
    ]
    cells += [[Spacer(1, 1)]] * (-len(cells) % CHARTS_A_ROW)
    rows = [cells[at : at + CHARTS_A_ROW] for at in range(0, len(cells), CHARTS_A_ROW)]
    return [Table(rows, [CHART_PT + 12] * CHARTS_A_ROW, hAlign="LEFT")] if rows else []
