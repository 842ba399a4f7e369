"""What a manager does with the table of assessed elements: change it as a whole.

What items or task orders refer to keeps its code and stays; papers are frozen and never change.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.orm import Session

from item_bank.element_queries import outline_of, pinned_ids, print_of
from item_bank.errors import ChangedElementTableError, FaultyElementTableError
from item_bank.models import Element
from item_bank.queries import elements_of
from item_bank.rules.element_outline import (
    WHOLE_TABLE,
    OutlineRow,
    RowFault,
    Rows,
    check_outline,
    coded,
    element_rows,
)
from item_bank.rules.element_table import ElementRow
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.catalog.queries import project_of

MOST_TOLD = 200  # rows of one kind that the audit line names


def save_element_table(
    db: Session, project_id: int, typed: Rows, seen: str, *, actor: Actor, now: datetime
) -> Rows:
    """Store the table as typed, all of it or nothing; return it with its codes.

    ``seen`` is the print of the table that the person began with. Raises
    ``FaultyElementTableError`` with every fault.
    """
    actor.require(Permission.BANK_WRITE)
    project_of(db, project_id)
    present = outline_of(db, project_id)
    if print_of(present) != seen:
        raise ChangedElementTableError
    rows = known_rows(typed, present)
    done, faults = judged(rows, present)
    if faults:
        raise FaultyElementTableError(faults)
    changes = _changes(present, done)
    if any(changes.values()):
        _store(db, project_id, done)
        subject = ("project", project_id)
        note(db, "save_element_table", subject, actor=actor, now=now, detail=changes)
    return done


def known_rows(typed: Iterable[OutlineRow], present: Rows) -> Rows:
    """Give typed rows what the database knows of them: their code, and whether they are pinned."""
    known = {row.key: row for row in present}
    found = []
    for row in typed:
        stored = known.get(row.key)
        if stored is None or stored.level != row.level:
            found.append(OutlineRow(row.key, row.level, row.name, row.weight, row.importance))
            continue
        found.append(
            OutlineRow(
                key=row.key,
                level=row.level,
                name=row.name,
                weight=row.weight,
                importance=row.importance,
                code=stored.code,
                is_pinned=stored.is_pinned,
            )
        )
    return tuple(found)


def judged(rows: Rows, present: Rows) -> tuple[Rows, tuple[RowFault, ...]]:
    """Return the rows with their codes, and everything that is wrong with them."""
    faults = [*check_outline(rows), *_missing(rows, present)]
    if any(fault.column == "level" for fault in faults) or not rows:
        return rows, tuple(faults)
    done, code_faults = coded(rows)
    return done, tuple(sorted([*faults, *code_faults], key=lambda fault: fault.place))


def _missing(rows: Rows, present: Rows) -> list[RowFault]:
    kept = {row.key for row in rows}
    return [
        RowFault(WHOLE_TABLE, "code", f"{row.code} {row.name} 已有试题或命题任务，不能删除。")
        for row in present
        if row.is_pinned and row.key not in kept
    ]


def _changes(present: Rows, done: Rows) -> dict[str, object]:
    before = {row.key: _told(row) for row in present}
    after = {row.key: _told(row) for row in done}
    changed = [
        {"before": before[key], "after": after[key]}
        for key in after
        if key in before and before[key] != after[key]
    ]
    return {
        "added": _cut([after[key] for key in after if key not in before]),
        "removed": _cut([before[key] for key in before if key not in after]),
        "changed": _cut(changed),
    }


def _cut(told: Sequence[object]) -> list[object]:
    more = len(told) - MOST_TOLD
    return [*told[:MOST_TOLD], *([f"+{more}"] if more > 0 else [])]


def _told(row: OutlineRow) -> str:
    stored: ElementRow = element_rows((row,))[0]
    weight = "" if stored.weight is None else format(stored.weight, "f")
    return " ".join(filter(None, (row.code, stored.name, weight, stored.importance)))


def _store(db: Session, project_id: int, rows: Rows) -> None:
    """Write the rows; codes step aside first, for each may only stand once in a project."""
    stored = {str(element.id): element for element in elements_of(db, project_id)}
    kept = {row.key for row in rows}
    leaving = sorted(
        (element for key, element in stored.items() if key not in kept),
        key=lambda element: -element.level,
    )
    for level in (4, 3, 2, 1):
        ids = [element.id for element in leaving if element.level == level]
        assert not pinned_ids(db, project_id) & set(ids)
        if ids:
            db.execute(delete(Element).where(Element.id.in_(ids)))
    for row in rows:
        element = stored.get(row.key)
        if element is not None and element.code != row.code:
            element.code = f"~{element.id}"
    db.flush()
    by_code: dict[str, Element] = {}
    for row, values in zip(rows, element_rows(rows), strict=True):
        element = stored.get(row.key)
        if element is None:
            element = Element(project_id=project_id, level=row.level)
            db.add(element)
        parent = by_code.get(values.parent_code or "")
        element.parent_id = parent.id if parent is not None else None
        element.code, element.name = values.code, values.name
        element.weight, element.importance = values.weight, values.importance
        db.flush()
        by_code[values.code] = element
