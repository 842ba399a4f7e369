"""A whole blueprint 组卷方案: what a paper is made of and how equal the papers of a set are to be.

Hard are the counts by range and kind; shares of importance and difficulty are goals unless the
blueprint is strict. The engine's own terms come from it by ``assembly_terms``.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from item_bank.rules.blueprint import DEFAULT_SHARES, RangeWeight, SectionTerms, Shares
from item_bank.rules.kinds import KIND_NAMES, ItemKind
from item_bank.rules.paper_sets.terms import (
    AssemblyTerms,
    CoolDown,
    MultipleCredit,
    ScoreBand,
)

FULL_MARK = Decimal(100)
MINUTES = range(30, 481)
CODE = re.compile(r"[A-Za-z0-9-]{1,20}")
ABILITIES = 3
MOST_ABILITY = 4  # on the scale of ability nobody stands further out
MOST_COOL_DOWN = 20


@dataclass(frozen=True)
class FairnessTerms:
    """How equal papers must be, how often items return, how 多选 is marked."""

    thetas: tuple[Decimal, ...] = (Decimal("-1"), Decimal("-0.25"), Decimal("0.5"))
    half_width: Decimal = Decimal("0.5")  # points that an expected score may lie off the target
    overlap_at_most: int | None = None  # items in common between two papers of a set
    exposure_at_most: int | None = None  # papers of a set with the same item
    cool_down: CoolDown = CoolDown.PENALISE
    cool_down_sets: int = 2  # last sets of the same city whose items rest
    multiple_credit: MultipleCredit = MultipleCredit.EXACT_SET
    is_strict: bool = False  # shares of importance and difficulty are kept or the set is refused


DEFAULT_FAIRNESS = FairnessTerms()


class PaperTool(StrEnum):
    """What candidates at computers may use beside the paper, where the blueprint allows it."""

    CALCULATOR = "calculator"
    HIGHLIGHTER = "highlighter"
    ELIMINATOR = "eliminator"


@dataclass(frozen=True)
class BlueprintTerms:
    """A whole blueprint."""

    code: str
    minutes: int
    sections: tuple[SectionTerms, ...]
    shares: Shares = DEFAULT_SHARES
    fairness: FairnessTerms = DEFAULT_FAIRNESS
    tools: tuple[PaperTool, ...] = ()  # that candidates at computers may use

    @property
    def total_points(self) -> Decimal:
        """Return the sum of all points."""
        return sum((s.item_count * s.points_each for s in self.sections), Decimal(0))


@dataclass(frozen=True)
class Template:
    """A blueprint that many projects use, with the words that say where it comes from."""

    code: str
    words: str
    minutes: int
    sections: tuple[SectionTerms, ...]


def _sections(single: tuple[int, str], multiple: int, judged: int) -> tuple[SectionTerms, ...]:
    count, points = single
    given = (
        SectionTerms(ItemKind.SINGLE_CHOICE, count, Decimal(points)),
        SectionTerms(ItemKind.MULTIPLE_CHOICE, multiple, Decimal(2)),
        SectionTerms(ItemKind.TRUE_FALSE, judged, Decimal(1)),
    )
    return tuple(section for section in given if section.item_count)


TEMPLATES = (
    Template("T-A", "单选 80 题、判断 20 题，最常用", 90, _sections((80, "1"), 0, 20)),
    Template("T-B", "单选 80 题、多选 10 题", 90, _sections((80, "1"), 10, 0)),
    Template("T-C", "单选 60 题、多选 10 题、判断 20 题", 90, _sections((60, "1"), 10, 20)),
    Template("T-D", "单选 40 题、判断 40 题，短卷", 60, _sections((40, "1.5"), 0, 40)),
)


def assembly_terms(blueprint: BlueprintTerms, ranges: Sequence[RangeWeight]) -> AssemblyTerms:
    """Return the blueprint as the engine takes it."""
    fairness = blueprint.fairness
    return AssemblyTerms(
        sections=blueprint.sections,
        ranges=tuple(ranges),
        shares=blueprint.shares,
        band=ScoreBand(
            thetas=tuple(float(theta) for theta in fairness.thetas),
            half_width=float(fairness.half_width),
        ),
        overlap_at_most=fairness.overlap_at_most,
        exposure_at_most=fairness.exposure_at_most,
        cool_down=fairness.cool_down,
        multiple_credit=fairness.multiple_credit,
        is_strict=fairness.is_strict,
    )


def check_blueprint(terms: BlueprintTerms) -> tuple[str, ...]:
    """Return what is wrong with a blueprint, in Chinese."""
    faults = [] if CODE.fullmatch(terms.code) else ["代码应为 1 至 20 位字母、数字或短横线。"]
    kinds = [section.kind for section in terms.sections]
    if terms.total_points != FULL_MARK:
        faults.append(f"总分应为 100，现为 {terms.total_points}。")
    if len(set(kinds)) < len(kinds):
        faults.append("同一题型只能出现一次。")
    faults += [
        f"{KIND_NAMES[section.kind]}的题数和每题分值应大于 0。"
        for section in terms.sections
        if section.item_count <= 0 or section.points_each <= 0
    ]
    if terms.minutes not in MINUTES:
        faults.append("考试时间应为 30 至 480 分钟。")
    return (*faults, *_share_faults(terms.shares), *_fairness_faults(terms.fairness))


def _share_faults(shares: Shares) -> list[str]:
    faults = []
    if len(shares.difficulty) != 5 or sum(shares.difficulty) != 1:
        faults.append("五级难度的比例之和应为 1。")
    parts = (*shares.difficulty, shares.core_at_least, shares.auxiliary_at_most, shares.tolerance)
    if any(not 0 <= part <= 1 for part in parts):
        faults.append("各项比例和允许偏差应在 0% 至 100% 之间。")
    return faults


def _fairness_faults(fairness: FairnessTerms) -> list[str]:
    faults = []
    thetas = fairness.thetas
    if len(thetas) != ABILITIES or list(thetas) != sorted(set(thetas)):
        faults.append("期望分应按由低到高的三个能力值核对。")
    if any(abs(theta) > MOST_ABILITY for theta in thetas):
        faults.append(f"能力值应在 -{MOST_ABILITY} 至 {MOST_ABILITY} 之间。")
    if not 0 < fairness.half_width <= FULL_MARK:
        faults.append("期望分的允许偏差应大于 0。")
    if fairness.overlap_at_most is not None and fairness.overlap_at_most < 0:
        faults.append("两卷重复题数的上限不能为负。")
    if fairness.exposure_at_most is not None and fairness.exposure_at_most < 1:
        faults.append("每题使用次数的上限应不小于 1。")
    if not 0 <= fairness.cool_down_sets <= MOST_COOL_DOWN:
        faults.append(f"避用的套数应为 0 至 {MOST_COOL_DOWN}。")
    return faults
