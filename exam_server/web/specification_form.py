"""The form of a specification: what was typed, kept as typed, and what it means.

Rows of tasks and equipment are added, removed and moved by the server, so that the form works
without scripts; a step stores nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import TypeVar

from werkzeug.datastructures import MultiDict

from registry.catalog.rules.specification import (
    EquipmentText,
    Remark,
    SpecificationText,
    SubjectText,
    TaskText,
)
from registry.catalog.rules.subjects import CHINESE, Subject
from registry.errors import InvalidInputError

Row = TypeVar("Row")
LONGEST_NUMBER = 6  # digits; anything longer is no number of this form


@dataclass(frozen=True)
class TypedTask:
    """A work task as typed; one entry of its lists a line."""

    title: str = ""
    weight: str = ""
    practices: str = ""
    knowledge: str = ""


@dataclass(frozen=True)
class TypedEquipment:
    """A row of the equipment as typed."""

    name: str = ""
    quantity: str = ""
    requirement: str = ""


@dataclass(frozen=True)
class TypedSubject:
    """A subject as typed."""

    subject: Subject
    is_on: bool
    method: str = ""
    minutes: str = ""


@dataclass(frozen=True)
class TypedSpecification:
    """The whole form."""

    name: str
    definition: str
    applicable_to: str
    occupation_domain: str
    conditions: str
    examiner_expertise: str
    examiners_at_least: str
    venue: str
    subjects: tuple[TypedSubject, ...]
    tasks: tuple[TypedTask, ...]
    equipment: tuple[TypedEquipment, ...]

    @property
    def weight_in_all(self) -> int:
        """Return what the weights add up to; what is no number counts for nothing."""
        return sum(_whole(task.weight) or 0 for task in self.tasks)


LINES = (
    "name",
    "definition",
    "applicable_to",
    "occupation_domain",
    "conditions",
    "examiner_expertise",
    "examiners_at_least",
    "venue",
)


def form_of(text: SpecificationText) -> TypedSpecification:
    """Return the form that says what a stored text says."""
    by_subject = {entry.subject: entry for entry in text.subjects}
    return TypedSpecification(
        **{line: str(getattr(text, line)) for line in LINES},
        subjects=tuple(_typed_subject(subject, by_subject.get(subject)) for subject in Subject),
        tasks=tuple(
            TypedTask(
                task.title,
                str(task.weight_percent or ""),
                "\n".join(task.practices),
                "\n".join(task.knowledge),
            )
            for task in text.tasks
        ),
        equipment=tuple(
            TypedEquipment(row.name, row.quantity, row.requirement) for row in text.equipment
        ),
    )


def read_form(form: MultiDict[str, str]) -> TypedSpecification:
    """Return what a page sent."""
    return TypedSpecification(
        **{line: form.get(line, "").strip() for line in LINES},
        subjects=tuple(
            TypedSubject(
                subject,
                form.get(f"{subject}-on") == "1",
                form.get(f"{subject}-method", "").strip(),
                form.get(f"{subject}-minutes", "").strip(),
            )
            for subject in Subject
        ),
        tasks=_rows(form, "task", TypedTask),
        equipment=_rows(form, "equipment", TypedEquipment),
    )


def text_of_form(typed: TypedSpecification) -> tuple[SpecificationText, tuple[Remark, ...]]:
    """Return what the form means, and where something is no number."""
    faults: list[Remark] = []
    examiners = _number(typed.examiners_at_least, "examiners_at_least", "考评员人数", faults)
    subjects = tuple(
        SubjectText(
            entry.subject,
            entry.method,
            _number(
                entry.minutes, f"{entry.subject}-minutes", f"{CHINESE[entry.subject]}时长", faults
            ),
        )
        for entry in typed.subjects
        if entry.is_on
    )
    tasks = tuple(
        TaskText(
            task.title,
            _number(task.weight, f"task-{at}-weight", f"第 {at} 项工作任务的考核比重", faults),
            _lines(task.practices),
            _lines(task.knowledge),
        )
        for at, task in enumerate(typed.tasks, start=1)
    )
    equipment = tuple(
        EquipmentText(row.name, row.quantity, row.requirement) for row in typed.equipment
    )
    lines = {line: getattr(typed, line) for line in LINES if line != "examiners_at_least"}
    text = SpecificationText(
        **lines,
        examiners_at_least=examiners,
        subjects=subjects,
        tasks=tasks,
        equipment=equipment,
    )
    return text, tuple(faults)


def stepped(typed: TypedSpecification, step: str) -> tuple[TypedSpecification, str]:
    """Return the form after one step, and the id of the field that the person looks at then."""
    kind, _colon, rest = step.partition("-")
    verb, _colon, number = rest.partition(":")
    at = int(number) if number.isdecimal() and len(number) < LONGEST_NUMBER else 0
    if kind == "task":
        tasks, place = _changed(typed.tasks, verb, at, TypedTask())
        return replace(typed, tasks=tasks), f"f-task-{place}-title"
    if kind == "equipment":
        equipment, place = _changed(typed.equipment, verb, at, TypedEquipment())
        return replace(typed, equipment=equipment), f"f-equipment-{place}-name"
    raise InvalidInputError(field="考核规范", reason="没有这种操作，请刷新页面后重试。")


def _changed(rows: tuple[Row, ...], verb: str, at: int, empty: Row) -> tuple[tuple[Row, ...], int]:
    """Add, remove or move a row, counted from one."""
    if verb == "add":
        return (*rows, empty), len(rows) + 1
    index = at - 1
    if 0 <= index < len(rows):
        if verb == "remove":
            return (*rows[:index], *rows[index + 1 :]), max(1, min(at, len(rows) - 1))
        if verb in ("up", "down"):
            other = min(max(index + (1 if verb == "down" else -1), 0), len(rows) - 1)
            moved = list(rows)
            moved[index], moved[other] = moved[other], moved[index]
            return tuple(moved), other + 1
    raise InvalidInputError(field="考核规范", reason="没有这一行，请刷新页面后重试。")


def _typed_subject(subject: Subject, entry: SubjectText | None) -> TypedSubject:
    if entry is None:
        return TypedSubject(subject, is_on=False)
    return TypedSubject(subject, is_on=True, method=entry.method, minutes=str(entry.minutes or ""))


def _rows(form: MultiDict[str, str], kind: str, made: type[Row]) -> tuple[Row, ...]:
    names = [field.name for field in fields(made)]  # type: ignore[arg-type]
    columns: list[Sequence[str]] = [form.getlist(f"{kind}-{name}") for name in names]
    if len({len(column) for column in columns}) != 1:
        raise InvalidInputError(field="考核规范", reason="表单不完整，请刷新页面后重试。")
    return tuple(made(*(text.strip() for text in row)) for row in zip(*columns, strict=True))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _whole(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < LONGEST_NUMBER else None


def _number(text: str, place: str, label: str, faults: list[Remark]) -> int:
    if not text:
        return 0
    number = _whole(text)
    if number is None:
        faults.append(Remark(place, f"{label}：“{text}”不是整数，请填写数字。"))
    return number or 0
