"""Reads a practical paper 操作技能试卷 from its source: tasks, scoring items, vetoes, time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Any, Final

from registry.errors import InvalidInputError
from scoring.rules.examiner_panel import MergeRule
from scoring.rules.outcome import FULL_MARK
from scoring.rules.score_sheet import MARK_STEP, AllottedItem, Criterion, Per, TimeRule
from scoring.rules.sums import exact_sum


class VetoEffect(StrEnum):
    """What a veto item 否定项 brings to nothing; only the last is noted as the sheet's veto."""

    ZERO_ITEM = "zero_item"
    ZERO_TASK = "zero_task"
    FAIL_SUBJECT = "fail_subject"


VETO_CHINESE: Final[Mapping[VetoEffect, str]] = {
    VetoEffect.ZERO_ITEM: "该考核要素不得分",
    VetoEffect.ZERO_TASK: "该试题不得分",
    VetoEffect.FAIL_SUBJECT: "操作技能成绩记0分",
}


@dataclass(frozen=True)
class Veto:
    """A fault that brings an item, a task or the subject to nothing."""

    text: str
    effect: VetoEffect


@dataclass(frozen=True)
class SourceItem:
    """A row of the score sheet."""

    number: str
    name: str
    requirement: str
    allotted: Decimal
    criteria: tuple[Criterion, ...]


@dataclass(frozen=True)
class Task:
    """A task 试题; its weight is the sum of what its items are allotted."""

    number: int
    name: str
    weight: Decimal
    items: tuple[SourceItem, ...]


@dataclass(frozen=True)
class PracticalSource:
    """A whole practical paper out of 100."""

    code: str
    merge_rule: MergeRule
    mark_step: Decimal
    prep_minutes: int
    time_rule: TimeRule
    tasks: tuple[Task, ...]
    vetoes: tuple[Veto, ...]

    @property
    def items(self) -> tuple[SourceItem, ...]:
        """Return the rows of all tasks in order."""
        return tuple(item for task in self.tasks for item in task.items)

    @property
    def allotted_items(self) -> tuple[AllottedItem, ...]:
        """Return what the panel needs to know of the rows."""
        return tuple(AllottedItem(i.number, i.name, i.allotted) for i in self.items)


def read_practical_paper(source: Mapping[str, Any]) -> PracticalSource:
    """Read and check a paper; raise ``InvalidInputError`` that says what does not add up.

    The tasks weigh 100 together, the items of a task as much as the task (the national score
    sheet), and no number occurs twice.
    """
    try:
        paper = _read(source)
    except (KeyError, TypeError, ValueError, InvalidOperation) as fault:
        reason = f"缺少或写错了内容（{fault}），请对照说明修改。"
        raise InvalidInputError(field="操作技能试卷", reason=reason) from fault
    _check(paper)
    return paper


def _read(source: Mapping[str, Any]) -> PracticalSource:
    time = source["time"]
    return PracticalSource(
        code=str(source["code"]),
        merge_rule=MergeRule(source.get("merge_rule", MergeRule.MEAN)),
        mark_step=Decimal(str(source.get("mark_step", MARK_STEP))),
        prep_minutes=int(time["prep_minutes"]),
        time_rule=TimeRule(
            limit_minutes=int(time["limit_minutes"]),
            deduct=Decimal(str(time["deduct_per_minute"])),
            per_minutes=int(time.get("per_minutes", 1)),
            stop_after_minutes=int(time["stop_after_minutes"]),
        ),
        tasks=tuple(_read_task(n, task) for n, task in enumerate(source["tasks"], start=1)),
        vetoes=tuple(
            Veto(str(veto["text"]), VetoEffect(veto["effect"])) for veto in source["vetoes"]
        ),
    )


def _read_task(number: int, task: Mapping[str, Any]) -> Task:
    items = tuple(_read_item(item) for item in task["items"])
    return Task(number, str(task["name"]), Decimal(str(task["weight"])), items)


def _read_item(item: Mapping[str, Any]) -> SourceItem:
    return SourceItem(
        number=str(item["no"]),
        name=str(item["name"]),
        requirement=str(item["requirement"]),
        allotted=Decimal(str(item["allotted"])),
        criteria=tuple(_read_criterion(criterion) for criterion in item["criteria"]),
    )


def _read_criterion(criterion: Mapping[str, Any]) -> Criterion:
    return Criterion(
        text=str(criterion["text"]),
        deduct=Decimal(str(criterion["deduct"])),
        per=Per(criterion["per"]),
        max_deduct=Decimal(str(criterion["max_deduct"])),
    )


def _check(paper: PracticalSource) -> None:
    _require(exact_sum(task.weight for task in paper.tasks) == FULL_MARK, "各试题配分之和应为100。")
    for task in paper.tasks:
        total = exact_sum(item.allotted for item in task.items)
        _require(total == task.weight, f"试题{task.number}各要素配分之和应等于该试题的配分。")
    numbers = [item.number for item in paper.items]
    _require(len(set(numbers)) == len(numbers), "考核要素序号不能重复。")
    _require(all(_is_fair(item) for item in paper.items), "配分应大于0，扣分不能为负数。")
    _require(paper.mark_step > 0 and paper.time_rule.per_minutes > 0, "评分步长和计时单位应大于0。")


def _is_fair(item: SourceItem) -> bool:
    return item.allotted > 0 and all(c.deduct >= 0 and c.max_deduct >= 0 for c in item.criteria)


def _require(holds: bool, reason: str) -> None:  # noqa: FBT001 - a checked fact, not a switch
    if not holds:
        raise InvalidInputError(field="操作技能试卷", reason=reason)


def criterion_line(criterion: Criterion) -> str:
    """Write a criterion as on the score sheet.

    >>> criterion_line(Criterion("漏验一相", Decimal(2), Per.OCCURRENCE, Decimal(4)))
    '漏验一相，每次扣2分，最多扣4分'
    """
    each = {Per.OCCURRENCE: "每次扣", Per.ITEM: "每项扣", Per.ONCE: "扣"}[criterion.per]
    line = f"{criterion.text}，{each}{criterion.deduct}分"
    if criterion.per is Per.ONCE or criterion.max_deduct == criterion.deduct:
        return line
    return f"{line}，最多扣{criterion.max_deduct}分"


def criteria_lines(criteria: Sequence[Criterion]) -> tuple[str, ...]:
    """Write the criteria of one item, numbered as on the national score sheet."""
    return tuple(f"{n}）{criterion_line(c)}" for n, c in enumerate(criteria, start=1))
