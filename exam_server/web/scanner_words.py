"""What the measures of a batch say about the scanner, in plain sentences and small charts."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from exam_server.languages import translated as _
from omr.health_charts import trend_chart, trends_of
from omr.rules.scanner_health import Finding, PageHealth, Trouble, findings_of


@dataclass(frozen=True)
class HealthChart:
    """One measure of the scanner: what it is, and its picture as SVG."""

    name: str
    svg: Markup


@dataclass(frozen=True)
class ScannerHealth:
    """The state of the scanner over a batch."""

    charts: tuple[HealthChart, ...]
    sentences: tuple[str, ...]
    is_good: bool


def scanner_health(pages: Sequence[tuple[int, PageHealth]]) -> ScannerHealth:
    """Word the measures of a batch."""
    names = {
        "streaks": _("竖线条数"),
        "contrast": _("对比度（灰度级）"),
        "dpi": _("分辨率（dpi）"),
        "scale": _("缩放（%）"),
        "skew": _("歪斜（度）"),
    }
    charts = tuple(
        HealthChart(names[trend.name], Markup(trend_chart(trend)))  # noqa: S704  (figures of our own)
        for trend in trends_of(pages)
    )
    found = findings_of(pages)
    good = _("{number} 页中没有发现需要处理的扫描仪问题。", number=len(pages))
    return ScannerHealth(charts, tuple(_sentence(one) for one in found) or (good,), not found)


def _sentence(found: Finding) -> str:
    span = _("第 {first} 至 {last} 页", first=found.first, last=found.last)
    details = {"span": span, "pages": found.pages}
    if found.trouble is Trouble.STREAK:
        return _(
            "{span}在距边 {place}% 处都有一条细线：请清洁扫描仪玻璃上该处的窄条。",
            place=round(100 * found.value),
            **details,
        )
    if found.trouble is Trouble.PALE:
        return _(
            "对比度只有 {value} 级（{pages} 页偏淡）：请调高扫描对比度，或更换灯管。",
            value=round(found.value),
            **details,
        )
    if found.trouble is Trouble.FADING:
        return _(
            "{span}的对比度只有开头的 {value}%：请清洁灯管和玻璃，再扫后面的卡。",
            value=round(100 * found.value),
            **details,
        )
    return _geometry(found, details)


def _geometry(found: Finding, details: dict[str, object]) -> str:
    if found.trouble is Trouble.COARSE:
        return _(
            "有 {pages} 页只有约 {value} dpi：请把扫描仪设为 200 或 300 dpi。",
            value=round(found.value),
            **details,
        )
    if found.trouble is Trouble.SCALED:
        return _(
            "答题卡的大小是应有的 {value}%：请以实际大小（100%）打印和扫描。",
            value=f"{100 * found.value:.1f}",
            **details,
        )
    return _(
        "有 {pages} 页歪斜超过 2 度（多在 {value} 度）：请调整进纸导板，纸边对齐后再放入。",
        value=f"{found.value:.1f}",
        **details,
    )
