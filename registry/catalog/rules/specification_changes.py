"""What two versions of a specification have in common and where they differ."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from registry.catalog.rules.specification import (
    LINES,
    EquipmentText,
    SpecificationText,
    SubjectText,
    TaskText,
)
from registry.catalog.rules.subjects import CHINESE, Subject


class Mark(StrEnum):
    """What became of a passage."""

    KEPT = "kept"
    REMOVED = "removed"
    ADDED = "added"


@dataclass(frozen=True)
class Passage:
    """A run of characters that were kept, removed or added."""

    mark: Mark
    text: str


@dataclass(frozen=True)
class Change:
    """One part of the document that differs, told as what was removed and added."""

    part: str
    passages: tuple[Passage, ...]


def changes_between(old: SpecificationText, new: SpecificationText) -> tuple[Change, ...]:
    """Return the parts that differ, in the order of the document."""
    found = [
        Change(part, passages_of(before, after))
        for part, before, after in _parts_side_by_side(old, new)
        if before != after
    ]
    return tuple(found)


def changed_parts(old: SpecificationText, new: SpecificationText) -> tuple[str, ...]:
    """Return the names of the parts that differ."""
    return tuple(part for part, before, after in _parts_side_by_side(old, new) if before != after)


def passages_of(before: str, after: str) -> tuple[Passage, ...]:
    """Cut two texts into what was kept, removed and added.

    >>> [passage.text for passage in passages_of("不少于3名", "不少于5名")]
    ['不少于', '3', '5', '名']
    """
    found = []
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            found.append(Passage(Mark.KEPT, before[start:end]))
            continue
        if end > start:
            found.append(Passage(Mark.REMOVED, before[start:end]))
        if new_end > new_start:
            found.append(Passage(Mark.ADDED, after[new_start:new_end]))
    return tuple(found)


def _parts_side_by_side(
    old: SpecificationText, new: SpecificationText
) -> Iterator[tuple[str, str, str]]:
    yield "名称", old.name, new.name
    for place, label, _length in LINES[:3]:
        yield label, getattr(old, place), getattr(new, place)
    yield from _tasks_side_by_side(old.tasks, new.tasks)
    for place, label, _length in LINES[3:]:
        yield label, getattr(old, place), getattr(new, place)
    yield "考评员人数", f"{old.examiners_at_least}名", f"{new.examiners_at_least}名"
    for subject in Subject:
        before, after = _subject(old.subjects, subject), _subject(new.subjects, subject)
        yield f"{CHINESE[subject]}科目", before, after
    yield "设备", _equipment(old.equipment), _equipment(new.equipment)


def _tasks_side_by_side(
    old: Sequence[TaskText], new: Sequence[TaskText]
) -> Iterator[tuple[str, str, str]]:
    """Put tasks of one title beside each other; a renamed one stands beside what it replaced."""
    matcher = SequenceMatcher(None, [t.title for t in old], [t.title for t in new], autojunk=False)
    for _kind, start, end, new_start, new_end in matcher.get_opcodes():
        for step in range(max(end - start, new_end - new_start)):
            before = old[start + step] if start + step < end else None
            after = new[new_start + step] if new_start + step < new_end else None
            title = (after or before or TaskText("", 0, (), ())).title
            yield f"工作任务“{title}”", _task(before), _task(after)


def _task(task: TaskText | None) -> str:
    if task is None:
        return ""
    lines = (f"{task.title}　{task.weight_percent}%", *task.practices, *task.knowledge)
    return "\n".join(lines)


def _subject(subjects: Sequence[SubjectText], subject: Subject) -> str:
    return next(
        (f"{entry.method}，{entry.minutes}分钟" for entry in subjects if entry.subject == subject),
        "",
    )


def _equipment(rows: Sequence[EquipmentText]) -> str:
    return "\n".join(f"{row.name}　{row.quantity}　{row.requirement}".rstrip() for row in rows)
