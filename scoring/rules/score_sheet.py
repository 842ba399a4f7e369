"""What may stand on a score sheet 评分记录表: deductions, marks, overtime, the sum."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final

from registry.errors import AssessmentError
from scoring.rules.sums import exact_sum

MARK_STEP: Final = Decimal("0.5")  # the default of a paper
_ZERO: Final = Decimal(0)


class Per(StrEnum):
    """What a deduction is counted by."""

    OCCURRENCE = "occurrence"
    ITEM = "item"
    ONCE = "once"


@dataclass(frozen=True)
class Criterion:
    """A marking criterion 评分标准: how much is taken off, and at most how much."""

    text: str
    deduct: Decimal
    per: Per
    max_deduct: Decimal


@dataclass(frozen=True)
class AllottedItem:
    """A scoring item 考核要素 with its allotted marks 配分."""

    number: str
    name: str
    allotted: Decimal


@dataclass(frozen=True)
class TimeRule:
    """Early finishing adds nothing; every so many minutes too long take something off."""

    limit_minutes: int
    deduct: Decimal
    per_minutes: int
    stop_after_minutes: int


@dataclass(frozen=True)
class Overtime:
    """The line 超时: what is taken off, the minute at which marking ends, and whether stopped."""

    deduction: Decimal
    marked_until_minute: int
    is_stopped: bool


class MarksRefusedError(AssessmentError):
    """Marks on the sheet do not fit; ``faults`` names each by the number of its item."""

    code = "marks_refused"
    text = "评分记录有误：{first}请改正后重新保存。"

    def __init__(self, faults: Mapping[str, str]) -> None:
        super().__init__(first="".join(f"{no} {fault}" for no, fault in faults.items()))
        self.faults = dict(faults)


def deduction_of(criterion: Criterion, count: int) -> Decimal:
    """Return what a criterion takes off when it was seen so many times."""
    if count < 0:
        raise ValueError("a criterion is seen zero times or more")
    times = min(count, 1) if criterion.per is Per.ONCE else count
    return min(criterion.deduct * times, criterion.max_deduct)


def mark_after(allotted: Decimal, deductions: Iterable[Decimal]) -> Decimal:
    """Return the mark of an item after its deductions, never below 0."""
    return max(_ZERO, allotted - exact_sum(deductions))


def fault_of(mark: Decimal, allotted: Decimal, step: Decimal = MARK_STEP) -> str | None:
    """Say in Chinese why a mark cannot stand, or return None when it can."""
    if not mark.is_finite() or not _ZERO <= mark <= allotted:
        return f"得分应在0至{format(allotted.normalize(), 'f')}之间。"
    if mark % step:
        return f"得分应为{step}的倍数。"
    return None


def check_marks(
    items: Sequence[AllottedItem], marks: Mapping[str, Decimal], step: Decimal, *, complete: bool
) -> None:
    """Raise ``MarksRefusedError`` for marks that cannot stand, or are missing if ``complete``."""
    faults = {
        item.number: fault
        for item in items
        if item.number in marks and (fault := fault_of(marks[item.number], item.allotted, step))
    }
    if complete:
        faults |= {item.number: "尚未评分。" for item in items if item.number not in marks}
    faults |= dict.fromkeys(marks.keys() - {i.number for i in items}, "不是本试卷的考核要素。")
    if faults:
        raise MarksRefusedError(faults)


def overtime_of(rule: TimeRule, minutes_used: int) -> Overtime:
    """Apply the time rule: whole periods over the limit count, up to the stop.

    >>> overtime_of(TimeRule(30, Decimal(1), 2, 10), 41)
    Overtime(deduction=Decimal('5'), marked_until_minute=40, is_stopped=True)
    """
    over = max(0, minutes_used - rule.limit_minutes)
    counted = min(over, rule.stop_after_minutes)
    return Overtime(
        deduction=rule.deduct * (counted // rule.per_minutes),
        marked_until_minute=min(minutes_used, rule.limit_minutes + rule.stop_after_minutes),
        is_stopped=over > rule.stop_after_minutes,
    )


def sheet_total(marks: Iterable[Decimal], overtime: Decimal = _ZERO) -> Decimal:
    """Return the sum of a sheet after overtime, never below 0."""
    return max(_ZERO, exact_sum([*marks, -overtime]))
