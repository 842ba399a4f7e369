"""Writes the rows of a specification from its text; who may do so is decided in the actions."""

from registry.catalog.models import (
    EquipmentRequirement,
    Specification,
    SpecificationSubject,
    WorkTask,
)
from registry.catalog.rules.specification import EquipmentText, SpecificationText, TaskText

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


def store_text(specification: Specification, text: SpecificationText) -> None:
    """Give a version its text; rows keep their place, so that nothing is written twice."""
    for field in LINES:
        setattr(specification, field, getattr(text, field))
    _store_subjects(specification, text)
    _store_tasks(specification.tasks, text.tasks)
    _store_equipment(specification.equipment, text.equipment)


def _store_subjects(specification: Specification, text: SpecificationText) -> None:
    present: dict[str, SpecificationSubject] = {
        part.subject: part for part in specification.subjects
    }
    wanted = {entry.subject: entry for entry in text.subjects}
    for subject, part in present.items():
        if subject not in wanted:
            specification.subjects.remove(part)
    for subject, entry in wanted.items():
        if subject not in present:
            present[subject] = SpecificationSubject(subject=subject)
            specification.subjects.append(present[subject])
        present[subject].method, present[subject].minutes = entry.method, entry.minutes


def _store_tasks(rows: list[WorkTask], tasks: tuple[TaskText, ...]) -> None:
    del rows[len(tasks) :]
    for number in range(len(rows) + 1, len(tasks) + 1):
        rows.append(WorkTask(number=number))
    for row, task in zip(rows, tasks, strict=True):
        row.title, row.weight_percent = task.title, task.weight_percent
        row.practices, row.knowledge = "\n".join(task.practices), "\n".join(task.knowledge)


def _store_equipment(
    rows: list[EquipmentRequirement], equipment: tuple[EquipmentText, ...]
) -> None:
    del rows[len(equipment) :]
    for number in range(len(rows) + 1, len(equipment) + 1):
        rows.append(EquipmentRequirement(number=number))
    for row, entry in zip(rows, equipment, strict=True):
        row.name, row.quantity, row.requirement = entry.name, entry.quantity, entry.requirement
