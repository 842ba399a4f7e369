"""What stands on the printed score sheets and on the summary of results."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from registry.catalog.rules.subjects import Subject
from scoring.rules.practical_paper import PracticalSource, Task
from scoring.rules.score_sheet import Overtime, overtime_of, sheet_total
from scoring.rules.states import ResultFlag

CHINESE_FLAG: Final[Mapping[ResultFlag, str]] = {
    ResultFlag.NONE: "",
    ResultFlag.ABSENT: "缺考",
    ResultFlag.VETO: "否定项",
    ResultFlag.INVALID: "成绩无效",
}


@dataclass(frozen=True)
class PrintMark:
    """Who printed a paper and when; stands at the foot of every page."""

    operator: str
    printed_at: datetime


@dataclass(frozen=True)
class MarkLine:
    """A mark on a sheet with its remark."""

    mark: Decimal
    remark: str = ""


@dataclass(frozen=True)
class SheetFace:
    """A score sheet of one candidate; without marks it is printed blank."""

    project_name: str
    plan_number: str
    institution: str
    assessed_on: date
    admission_no: str
    name: str
    seat_no: int
    paper: PracticalSource
    examiner: str = ""  # name and card number
    marks: Mapping[str, MarkLine] = field(default_factory=dict)
    veto: str | None = None
    minutes_used: int | None = None
    signed_at: datetime | None = None

    @property
    def is_blank(self) -> bool:
        """Say whether nothing has been marked yet."""
        return not self.marks

    @property
    def overtime(self) -> Overtime:
        """Return the line 超时."""
        return overtime_of(self.paper.time_rule, self.minutes_used or 0)

    def task_total(self, task: Task) -> Decimal | None:
        """Return the sum of a task, None on a blank sheet."""
        if self.is_blank:
            return None
        given = [self.marks[i.number].mark for i in task.items if i.number in self.marks]
        return sheet_total(given)

    @property
    def total(self) -> Decimal | None:
        """Return the sum of the sheet after overtime, None on a blank one."""
        if self.is_blank:
            return None
        return sheet_total([line.mark for line in self.marks.values()], self.overtime.deduction)


@dataclass(frozen=True)
class SummaryLine:
    """One candidate of the summary; ``verdict`` is 合格, 不合格, 缺考 or empty."""

    admission_no: str
    name: str
    id_number: str
    marks: Mapping[Subject, Decimal]
    flags: Mapping[Subject, ResultFlag]
    verdict: str


@dataclass(frozen=True)
class ResultSummary:
    """The summary of results 成绩汇总表 of a plan."""

    project_name: str
    plan_number: str
    institution: str
    centre: str
    assessed_on: date
    subjects: tuple[Subject, ...]
    lines: tuple[SummaryLine, ...]

    @property
    def absent_count(self) -> int:
        """Return how many missed every subject."""
        return sum(
            bool(line.flags) and all(flag is ResultFlag.ABSENT for flag in line.flags.values())
            for line in self.lines
        )

    @property
    def present_count(self) -> int:
        """Return how many took part 实考人数."""
        return len(self.lines) - self.absent_count

    @property
    def passed_count(self) -> int:
        """Return how many passed 合格人数."""
        return sum(line.verdict == "合格" for line in self.lines)

    @property
    def pass_rate(self) -> str:
        """Return passed out of present, in percent with one decimal, half up."""
        if not self.present_count:
            return "—"
        tenths = (self.passed_count * 2000 + self.present_count) // (2 * self.present_count)
        return f"{Decimal(tenths).scaleb(-1)}%"


def shown(mark: Decimal | None) -> str:
    """Write a mark without idle zeros, an absent one as nothing.

    >>> shown(Decimal("20.0")), shown(Decimal("8.50")), shown(None)
    ('20', '8.5', '')
    """
    return "" if mark is None else format(mark.normalize(), "f")
