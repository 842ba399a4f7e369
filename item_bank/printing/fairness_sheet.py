"""Prints the certificate of fairness 组卷公平性证明 of a set; it holds no item and no key."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reportlab.platypus import Flowable, KeepTogether, Spacer, Table

from item_bank.figure_drawing import DrawnFigure
from item_bank.printing.fairness_charts import (
    exposure_chart,
    key_chart,
    overlap_chart,
    score_chart,
)
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
from item_bank.rules.kinds import SetPurpose
from item_bank.rules.paper_sets.deficits import SHORT_NAMES
from item_bank.rules.set_report import MarginLine, SetReport
from item_bank.text_setting import REGULAR

NAME = "组卷公平性证明"
SCORES_NOTE = (
    "每点为一卷，横向为期望分与目标之差（分），阴影为允许范围；左侧为能力值，右侧为目标期望分。"
)
CLOSING = "本证明只含汇总数据，不含试题和答案。整套指纹覆盖全部试卷和以上各项数据。"
MOST_LISTED = 40  # misses that are printed one by one
CHART_PT = TEXT_WIDTH_PT / 3 - 12


@dataclass(frozen=True)
class Signature:
    """Who did a step and when, as printed; empty while it has not been done."""

    duty: str
    name: str
    moment: str


@dataclass(frozen=True)
class CertificateFacts:
    """What the certificate says beside its report."""

    project: str
    purpose: SetPurpose
    facts: tuple[tuple[str, str], ...]  # names and values
    range_names: Mapping[str, str]
    letters: tuple[str, ...]  # of the papers with different items
    bank_hash: str
    set_hash: str
    signatures: tuple[Signature, ...]
    mark: str


def print_fairness(facts: CertificateFacts, report: SetReport) -> bytes:
    """Return the PDF; the same set gives the same bytes."""
    story: list[Flowable] = [
        words(NAME, TITLE),
        words(f"专项职业能力考核　{facts.project}　理论知识", SUBTITLE),
        Spacer(1, 8),
        facts_table(facts.facts),
        Spacer(1, 6),
        words("一、结论", HEADING),
        *(words(text, BODY) for text in conclusions(report, facts.purpose)),
        *_scores(facts, report),
        *_margins(facts, report),
        *_balance(facts, report),
        *_misses(report),
        *_signatures(facts),
    ]
    return built(story, title=f"{facts.project} {NAME}", mark=facts.mark)


def conclusions(report: SetReport, purpose: SetPurpose) -> list[str]:
    """Return in sentences what the figures mean to a candidate."""
    met, wanted = sum(margin.is_met for margin in report.margins), len(report.margins)
    rest = "每卷全部满足。" if met == wanted else f"其中 {met} 项每卷都满足，其余见第五项。"
    size = f"每卷 {report.items_each} 题，组卷方案的题数要求共 {wanted} 项，{rest}"
    if report.papers == 1:
        same = "A、B 两卷试题相同，题序和选项次序不同，难易完全一致。"
        recent = _recent(report)
        return [size, same, *recent] if purpose is SetPurpose.AB else [size, *recent]
    passing = report.passing
    chances = f"（{100 * passing.hardest:.1f}% 与 {100 * passing.easiest:.1f}%）"
    spread = f"相差 {passing.spread_percent:.1f} 个百分点{chances}"
    uses = len(report.exposure_items) - 1
    return [
        f"本套共 {report.papers} 卷，{size}",
        f"最难与最易两卷之间，恰在及格线上的考生通过概率{spread}。",
        f"任意两卷至多有 {report.overlap_most} 题相同（{_limit(report)}），"
        f"平均 {report.overlap_mean:.1f} 题；每题至多用于 {uses} 卷。",
        *_recent(report),
    ]


def _limit(report: SetReport) -> str:
    allowed = report.overlap_allowed
    return "没有上限" if allowed is None else f"上限 {allowed} 题"


def _recent(report: SetReport) -> list[str]:
    if not report.recent_most:
        return []
    few = "题库试题不够时，先使各卷不雷同，再避用近期试题。" if report.papers > 1 else ""
    return [f"每卷至多有 {report.recent_most} 题在本市最近的试卷中用过。{few}"]


def _scores(facts: CertificateFacts, report: SetReport) -> list[Flowable]:
    rows = [["能力值", "目标期望分", "最低", "最高", "极差", "允许偏差"]]
    rows += [
        [
            f"{line.theta:g}".replace("-", "−"),
            f"{line.target:.2f}",
            f"{line.least:.2f}",
            f"{line.most:.2f}",
            f"{line.spread:.2f}",
            f"± {report.half_width:g}",
        ]
        for line in report.scores
    ]
    widths = [TEXT_WIDTH_PT / 6] * 6
    return [
        KeepTogether(
            [
                words("二、各卷期望分", HEADING),
                ruled_table(rows, widths),
                Spacer(1, 6),
                _figure(score_chart(report, facts.letters), TEXT_WIDTH_PT * 0.86),
                words(SCORES_NOTE, SMALL),
            ]
        )
    ]


def _margins(facts: CertificateFacts, report: SetReport) -> list[Flowable]:
    kinds = report.kinds
    head = ["鉴定范围", *(f"{SHORT_NAMES[kind]} 应有 / 实有" for kind in kinds)]
    rows = [
        [
            f"{code} {facts.range_names.get(code, '')}".strip(),
            *(_required(cells.get(kind)) for kind in kinds),
        ]
        for code, cells in report.ranges.items()
    ]
    widths = [TEXT_WIDTH_PT * 0.4] + [TEXT_WIDTH_PT * 0.6 / len(kinds)] * len(kinds)
    story: list[Flowable] = [
        words("三、题数要求", HEADING),
        ruled_table([head, *rows], widths),
    ]
    if report.others:
        given = [
            [m.words, _bounds(m), _found(m), "符合" if m.is_met else "有偏差"]
            for m in report.others
        ]
        table = ruled_table(
            [["重要程度、难度", "要求（每卷题数）", "实有（各卷）", "结果"], *given],
            [TEXT_WIDTH_PT / 4] * 4,
        )
        story.append(KeepTogether([Spacer(1, 8), table]))
    return story


def _balance(facts: CertificateFacts, report: SetReport) -> list[Flowable]:
    charts = []
    if report.papers > 1:
        charts.append(("两卷相同题数", overlap_chart(report, facts.letters)))
    charts += [
        ("每题用于几卷（题数）", exposure_chart(report)),
        ("单选答案字母（题数）", key_chart(report)),
    ]
    cells = [[words(name, SMALL), Spacer(1, 3), _figure(svg, CHART_PT)] for name, svg in charts]
    row = Table([cells], [CHART_PT + 12] * len(cells), hAlign="LEFT", style=_TOP)
    shares = f"{100 * report.key_share_least:.0f}% 至 {100 * report.key_share_most:.0f}%"
    text = (
        f"题库可用试题 {report.usable_items} 题；各卷中每个字母作为单选答案的比例为 {shares}；"
        f"本市近期用过的试题，每卷至多 {report.recent_most} 题。"
    )
    return [KeepTogether([words("四、重复、使用与答案位置", HEADING), words(text, BODY), row])]


def _misses(report: SetReport) -> list[Flowable]:
    lines = [*report.missed, *(f"题量不足，已放宽：{text}" for text in report.exposure_lifted)]
    shown = lines[:MOST_LISTED]
    if len(lines) > len(shown):
        shown.append(f"另有 {len(lines) - MOST_LISTED} 项。")
    return [
        words("五、偏差与放宽", HEADING),
        *(words(text, BODY) for text in shown or ["无。"]),
    ]


def _signatures(facts: CertificateFacts) -> list[Flowable]:
    rows = [["", "姓名", "时间", "签字"]]
    rows += [[one.duty, one.name or "—", one.moment or "待办理", ""] for one in facts.signatures]
    widths = [TEXT_WIDTH_PT * part for part in (0.18, 0.22, 0.3, 0.3)]
    return [
        KeepTogether(
            [
                words("六、组卷与签发", HEADING),
                ruled_table(rows, widths, right_from=len(widths)),
                Spacer(1, 6),
                words(CLOSING, SMALL),
                words(f"题库快照指纹（SHA-256）　{facts.bank_hash}", SMALL),
                words(f"整套指纹（SHA-256）　{facts.set_hash}", SMALL),
            ]
        )
    ]


def _required(margin: MarginLine | None) -> str:
    return "—" if margin is None else f"{_bounds(margin)} / {_found(margin)}"


def _bounds(margin: MarginLine) -> str:
    return _span(margin.low, margin.high)


def _found(margin: MarginLine) -> str:
    return _span(margin.least, margin.most)


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}–{high}"


def _figure(svg: str, width_pt: float) -> DrawnFigure:
    return DrawnFigure(svg.encode(), width_pt, REGULAR, highest_pt=150)


_TOP: Sequence[tuple[object, ...]] = [
    ("VALIGN", (0, 0), (-1, -1), "TOP"),
    ("LEFTPADDING", (0, 0), (-1, -1), 0),
    ("RIGHTPADDING", (0, 0), (-1, -1), 8),
]
