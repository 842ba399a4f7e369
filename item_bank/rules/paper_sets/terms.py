"""What is wanted of a set of papers; judging the wishes by themselves, without a bank."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from item_bank.rules.blueprint import DEFAULT_SHARES, RangeWeight, SectionTerms, Shares
from item_bank.rules.kinds import KIND_NAMES, Importance, ItemKind

CUT_THETA = -0.25  # where a candidate stands who is about to pass, on the scale of ability


class SetMode(StrEnum):
    """What the papers of a set are for."""

    PARALLEL = "parallel"  # different papers, one per sitting
    AB = "ab"  # every paper twice: the same items, another order of items and options
    INDIVIDUAL = "individual"  # one paper per candidate


class CoolDown(StrEnum):
    """What happens to items of the last papers."""

    EXCLUDE = "exclude"
    PENALISE = "penalise"  # taken only where nothing else fits


class MultipleCredit(StrEnum):
    """How a multiple-choice item is marked; it decides the expected score."""

    EXACT_SET = "exact_set"
    HALF_FOR_SUBSET = "half_for_subset"


@dataclass(frozen=True)
class LevelGoal:
    """So many items of a difficulty in every paper, give or take the tolerance."""

    level: int
    count: int
    tolerance: int = 0


@dataclass(frozen=True)
class CellQuota:
    """Bounds for any combination of range, kind, difficulty and importance; None means any."""

    low: int
    high: int
    range_code: str | None = None
    kind: ItemKind | None = None
    level: int | None = None
    importance: Importance | None = None


@dataclass(frozen=True)
class ScoreBand:
    """Expected scores, in points, that no paper may leave; targets follow the bank when empty."""

    thetas: tuple[float, ...] = (-1.0, CUT_THETA, 0.5)
    targets: tuple[float, ...] = ()
    half_width: float = 0.5


@dataclass(frozen=True)
class AssemblyTerms:
    """The whole blueprint of a set.

    ``levels`` replaces the shares of difficulty. In strict terms, shares of importance and
    difficulty are kept or the set is refused; otherwise they are goals and misses are reported.
    """

    sections: tuple[SectionTerms, ...]
    ranges: tuple[RangeWeight, ...]
    shares: Shares = DEFAULT_SHARES
    levels: tuple[LevelGoal, ...] = ()
    quotas: tuple[CellQuota, ...] = ()
    band: ScoreBand = ScoreBand()
    overlap_at_most: int | None = None  # items in common between any two papers
    exposure_at_most: int | None = None  # papers of the set that hold the same item
    cool_down: CoolDown = CoolDown.PENALISE
    one_per_point: bool = True
    multiple_credit: MultipleCredit = MultipleCredit.EXACT_SET
    pass_share: Decimal = Decimal("0.6")
    is_strict: bool = True

    @property
    def item_count(self) -> int:
        """Return the number of items of a paper."""
        return sum(section.item_count for section in self.sections)


def check_terms(terms: AssemblyTerms) -> tuple[str, ...]:
    """Return what is wrong with the terms, in Chinese, whatever the bank may hold."""
    faults = [*_section_faults(terms), *_level_faults(terms), *_quota_faults(terms)]
    codes = [entry.code for entry in terms.ranges]
    if not codes or any(entry.weight <= 0 for entry in terms.ranges):
        faults.append("鉴定范围应有正的比重。")
    if len(set(codes)) < len(codes):
        faults.append("同一鉴定范围只能出现一次。")
    band = terms.band
    if band.targets and len(band.targets) != len(band.thetas):
        faults.append("期望分的目标值应与能力值一一对应。")
    if not band.thetas or band.half_width < 0:
        faults.append("期望分的允许偏差不能为负，能力值不能为空。")
    limits = (terms.overlap_at_most, terms.exposure_at_most)
    if terms.overlap_at_most is not None and terms.overlap_at_most < 0:
        faults.append("重复题数上限不能为负。")
    if limits[1] is not None and limits[1] < 1:
        faults.append("试题使用次数上限应不小于 1。")
    if not 0 < terms.pass_share < 1:
        faults.append("及格分占总分的比例应在 0 与 1 之间。")
    return tuple(faults)


def _section_faults(terms: AssemblyTerms) -> list[str]:
    kinds = [section.kind for section in terms.sections]
    faults = [] if kinds else ["试卷至少有一种题型。"]
    if len(set(kinds)) < len(kinds):
        faults.append("同一题型只能出现一次。")
    faults += [
        f"{KIND_NAMES[section.kind]}的题数和每题分值应大于 0。"
        for section in terms.sections
        if section.item_count <= 0 or section.points_each <= 0
    ]
    return faults


def _level_faults(terms: AssemblyTerms) -> list[str]:
    if not terms.levels:
        shares = terms.shares.difficulty
        if len(shares) == 5 and sum(shares) == 1 and terms.shares.tolerance >= 0:
            return []
        return ["五级难度的比例之和应为 1。"]
    levels = [goal.level for goal in terms.levels]
    if len(set(levels)) < len(levels) or not set(levels) <= {1, 2, 3, 4, 5}:
        return ["难度应为 1 至 5，每级只能出现一次。"]
    if any(goal.count < 0 or goal.tolerance < 0 for goal in terms.levels):
        return ["各级难度的题数和允许偏差不能为负。"]
    least = sum(max(0, goal.count - goal.tolerance) for goal in terms.levels)
    most = sum(goal.count + goal.tolerance for goal in terms.levels)
    size = terms.item_count
    if least > size or (len(levels) == 5 and most < size):
        return [f"各级难度共 {sum(goal.count for goal in terms.levels)} 题，试卷共 {size} 题。"]
    return []


def _quota_faults(terms: AssemblyTerms) -> list[str]:
    codes = {entry.code for entry in terms.ranges}
    kinds = {section.kind for section in terms.sections}
    faults = []
    for quota in terms.quotas:
        if not 0 <= quota.low <= quota.high:
            faults.append(f"题数要求 {quota.low} 至 {quota.high} 不成立。")
        if quota.range_code is not None and quota.range_code not in codes:
            faults.append(f"题数要求中的范围 {quota.range_code} 没有比重。")
        if quota.kind is not None and quota.kind not in kinds:
            faults.append(f"题数要求中的{KIND_NAMES[quota.kind]}不在试卷的题型中。")
    return faults
