"""The table of assessed elements in the browser: editing as an outline, Excel in and out."""

from collections import Counter
from collections.abc import Mapping, Sequence

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.datastructures import MultiDict

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web.downloads import EXCEL, attachment
from item_bank.element_actions import judged, known_rows, save_element_table
from item_bank.element_queries import outline_of, print_of
from item_bank.errors import ChangedElementTableError, FaultyElementTableError
from item_bank.exchange.element_table_file import read_element_table, write_element_table
from item_bank.exchange.records import UnreadableFileError
from item_bank.queries import assembly_pool
from item_bank.rules.element_outline import (
    DOWN,
    UP,
    WHOLE_TABLE,
    OutlineRow,
    RowFault,
    Rows,
    moved,
    removed,
    totals_of,
    weight_in_all,
    with_child,
    with_sibling,
)
from registry.access import Permission
from registry.catalog.queries import project_of
from registry.errors import InvalidInputError

blueprint = Blueprint("element_table", __name__, url_prefix="/bank")
_P = Permission
SAVE = "save"


@blueprint.get("/<int:project_id>/elements/edit")
@requires(_P.BANK_WRITE)
def edit(project_id: int) -> ResponseReturnValue:
    """Show the table to be changed."""
    with reading() as db:
        rows = outline_of(db, project_id)
    return _page(project_id, rows, print_of(rows))


@blueprint.post("/<int:project_id>/elements/edit")
@requires(_P.BANK_WRITE)
def rework(project_id: int) -> ResponseReturnValue:
    """Take one step (move, add, remove a row), which stores nothing, or save the whole table."""
    step, seen = request.form.get("do", SAVE), request.form.get("seen", "")
    with reading() as db:
        present = outline_of(db, project_id)
    rows = known_rows(typed_rows(request.form), present)
    if step != SAVE:
        try:
            changed, focus = stepped(rows, step)
        except InvalidInputError as error:
            return _page(project_id, rows, seen, errors=[refusal_text(error)]), 400
        return _page(project_id, changed, seen, focus=focus)
    try:
        with transaction() as db:
            save_element_table(db, project_id, rows, seen, actor=current_actor(), now=now())
    except FaultyElementTableError as error:
        return _page(project_id, rows, seen, faults=error.faults), 400
    except ChangedElementTableError as error:
        return _page(project_id, rows, seen, errors=[refusal_text(error)]), 409
    flash(_("细目表已保存。"), "success")
    return redirect(url_for("question_bank.elements", project_id=project_id))


@blueprint.post("/<int:project_id>/elements/import")
@requires(_P.BANK_WRITE)
def take_file(project_id: int) -> ResponseReturnValue:
    """Show what a file would make of the table, with every fault; nothing is stored yet."""
    upload = request.files.get("file")
    with reading() as db:
        present = outline_of(db, project_id)
    seen = print_of(present)
    try:
        read = read_element_table(
            upload.read() if upload else b"", {row.code: row for row in present}
        )
    except UnreadableFileError as error:
        return _page(project_id, present, seen, errors=[error.reason]), 400
    rows, faults = judged(read.rows, present)
    located = [
        RowFault(fault.place, fault.column, f"文件第 {read.lines[fault.place]} 行：{fault.text}")
        if fault.place != WHOLE_TABLE
        else fault
        for fault in faults
    ]
    counts = _differences(present, rows)
    return _page(project_id, rows, seen, faults=located, counts=counts)


@blueprint.get("/<int:project_id>/elements/export")
@requires(_P.BANK_READ)
def export(project_id: int) -> Response:
    """Give the table as a workbook in the official layout."""
    with reading() as db:
        project = project_of(db, project_id)
        title = f"{project.name}专项职业能力鉴定要素细目表"
        content = write_element_table(outline_of(db, project_id), title)
        name = f"{project.number}-{project.name}-细目表.xlsx"
    return attachment(content, name, EXCEL)


def typed_rows(form: MultiDict[str, str]) -> Rows:
    """Return the rows as typed; every row sends each of the five fields once."""
    columns = [form.getlist(name) for name in ("key", "level", "name", "weight", "importance")]
    if len({len(column) for column in columns}) != 1:
        raise InvalidInputError(field="细目表", reason="表单不完整，请刷新页面后重试。")
    return tuple(
        OutlineRow(key[:20], int(level) if level in "1234" else 0, name, weight, importance)
        for key, level, name, weight, importance in zip(*columns, strict=True)
    )


def stepped(rows: Rows, step: str) -> tuple[Rows, str]:
    """Return the rows after one step, and the key of the row that the person looks at then."""
    verb, _colon, number = step.partition(":")
    place = int(number) if number.lstrip("-").isdecimal() else WHOLE_TABLE
    if not WHOLE_TABLE <= place < len(rows) or (place == WHOLE_TABLE and verb != "child"):
        raise InvalidInputError(field="细目表", reason="没有这一行，请刷新页面后重试。")
    if verb in ("child", "sibling"):
        key = _free_key(rows)
        add = with_child if verb == "child" else with_sibling
        return add(rows, place, key), key
    if verb == "remove":
        _require_free(rows, place)
        left = removed(rows, place)
        return left, left[min(place, len(left) - 1)].key if left else ""
    if verb in ("up", "down"):
        return moved(rows, place, UP if verb == "up" else DOWN), rows[place].key
    raise InvalidInputError(field="细目表", reason="没有这种操作，请刷新页面后重试。")


def _free_key(rows: Rows) -> str:
    used = {row.key for row in rows}
    return next(key for key in (f"n{n}" for n in range(1, len(rows) + 2)) if key not in used)


def _require_free(rows: Rows, place: int) -> None:
    below = rows[place : len(rows) - len(removed(rows, place)) + place]
    pinned = [row for row in below if row.is_pinned]
    if pinned:
        reason = f"{pinned[0].code} {pinned[0].name} 已有试题或命题任务，不能删除。"
        raise InvalidInputError(field="细目表", reason=reason)


def _differences(present: Rows, rows: Rows) -> Mapping[str, int]:
    before = {row.key: row for row in present}
    kept = [row for row in rows if row.key in before]
    return {
        "added": len(rows) - len(kept),
        "removed": len(present) - len(kept),
        "changed": sum(row != before[row.key] for row in kept),
    }


def _page(
    project_id: int,
    rows: Rows,
    seen: str,
    *,
    faults: Sequence[RowFault] = (),
    errors: Sequence[str] = (),
    counts: Mapping[str, int] | None = None,
    focus: str = "",
) -> str:
    with reading() as db:
        present = outline_of(db, project_id)
        stock = Counter(item.point_code for item in assembly_pool(db, project_id))
        project = project_of(db, project_id)
        coded_rows, found = judged(rows, present)
        settled = not any(fault.column in ("code", "level") for fault in found)
        shown = coded_rows if settled else rows
        by_row: dict[int, list[RowFault]] = {}
        for fault in faults:
            by_row.setdefault(fault.place, []).append(fault)
        return render_template(
            "question_bank/elements_edit.html",
            project=project,
            rows=shown,
            totals=totals_of(shown),
            total=weight_in_all(shown),
            stock={row.key: stock[row.code] for row in present if row.level == 4},
            by_row=by_row,
            faults=faults,
            errors=errors,
            counts=counts,
            seen=seen,
            focus=focus,
            is_changed=known_rows(rows, present) != present,
        )
