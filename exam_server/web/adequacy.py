"""How well a bank is stocked 题量分析: a heat map by range, type and level, and as a workbook."""

import io
from collections.abc import Sequence
from typing import Any

from flask import Blueprint, Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue
from openpyxl import Workbook
from openpyxl.styles import Alignment, Font, PatternFill

from exam_server.context import current_actor, reading, requires
from exam_server.languages import translated as _
from exam_server.web.downloads import EXCEL, attachment
from exam_server.web.words import word
from item_bank.element_queries import bank_adequacy
from item_bank.rules.adequacy import (
    COLUMNS,
    ENOUGH_PER_POINT,
    LEVELS,
    AdequacyLine,
    Cell,
    Supply,
)
from item_bank.rules.kinds import ItemKind, ItemState
from registry.access import Permission
from registry.catalog.queries import project_of

blueprint = Blueprint("adequacy", __name__, url_prefix="/bank")
_P = Permission
OPEN_ALL = "all"
ORDERS = "bank_members.tasks"  # with the form of a task order
FILLS = {
    Supply.ENOUGH: "FFD5F0E2",
    Supply.SHORT: "FFFFE3C2",
    Supply.EMPTY: "FFFBD9DA",
    Supply.UNASKED: "FFFFFFFF",
}


@blueprint.get("/<int:project_id>/adequacy")
@requires(_P.BANK_READ)
def heat_map(project_id: int) -> ResponseReturnValue:
    """Show how many banked items there are and are needed, range by range."""
    actor = current_actor()
    with reading() as db:
        lines = bank_adequacy(db, project_id, actor=actor)
        return render_template(
            "question_bank/adequacy.html",
            project=project_of(db, project_id),
            lines=lines,
            opened=request.args.get("open", ""),
            open_all=OPEN_ALL,
            kinds=list(ItemKind),
            levels=LEVELS,
            columns=COLUMNS,
            least=ENOUGH_PER_POINT,
            figures=figures_of(lines),
            orders=actor.may(_P.BANK_WRITE) and ORDERS in current_app.view_functions,
            items_address=items_address,
            order_address=order_address,
        )


@blueprint.get("/<int:project_id>/adequacy/export")
@requires(_P.BANK_READ)
def export(project_id: int) -> Response:
    """Give the figures as a workbook, ranges and points."""
    with reading() as db:
        project = project_of(db, project_id)
        lines = bank_adequacy(db, project_id, actor=current_actor())
        name = f"{project.number}-{project.name}-题量分析.xlsx"
        title = f"{project.name}题量分析"
    return attachment(workbook_of(lines, title), name, EXCEL)


def figures_of(lines: Sequence[AdequacyLine]) -> dict[str, int]:
    """Return the sums above the map."""
    cells = [cell for line in lines for cell in line.cells]
    return {
        "items": sum(line.total.count for line in lines),
        "gaps": sum(cell.missing > 0 for cell in cells),
        "missing": sum(cell.missing for cell in cells),
        "points": sum(len(line.points) for line in lines),
        "thin": sum(len(line.thin_points) for line in lines),
    }


def items_address(project_id: int, code: str, kind: ItemKind | None, level: int | None) -> str:
    """Return where the banked items of a cell are listed."""
    return url_for(
        "question_bank.items",
        project_id=project_id,
        element=code,
        kind=kind,
        difficulty=level,
        state=ItemState.BANKED,
    )


def order_address(
    project_id: int, code: str, kind: ItemKind | None, level: int | None, missing: int
) -> str:
    """Return where a manager orders the items that a cell misses."""
    return url_for(
        ORDERS,
        project_id=project_id,
        element=code,
        kind=kind,
        difficulty=level,
        item_count=missing,
    )


def workbook_of(lines: Sequence[AdequacyLine], title: str) -> bytes:
    """Return a workbook: one line a range, its points below it, need beside stock."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "题量分析"
    sheet.append([title])
    heads = [f"{word('item_kind', kind)} {level}" for kind, level in COLUMNS]
    sheet.append([_("代码"), _("名称"), *heads, _("合计"), _("需要"), _("缺")])
    for cell in sheet[2]:
        cell.font, cell.alignment = Font(bold=True), Alignment(horizontal="center", wrap_text=True)
    for line in lines:
        _append(sheet, line, bold=True)
        for point in line.points:
            _append(sheet, point, bold=False)
    sheet["A1"].font = Font(bold=True, size=14)
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 14, 36
    sheet.freeze_panes = "C3"
    sheet.page_setup.orientation, sheet.page_setup.fitToHeight = "landscape", 0
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _append(sheet: Any, line: AdequacyLine, *, bold: bool) -> None:
    figures = [cell.count for cell in line.cells]
    total = line.total
    sheet.append([line.code, line.name, *figures, total.count, total.need, total.missing])
    row = sheet.max_row
    coloured: list[tuple[int, Cell]] = list(enumerate(line.cells, start=3))
    coloured.append((3 + len(COLUMNS), total))
    for column, cell in coloured:
        if cell.supply != Supply.UNASKED:
            sheet.cell(row, column).fill = PatternFill("solid", fgColor=FILLS[cell.supply])
    for cell in sheet[row]:
        cell.font = Font(bold=bold)
    for column in (1, 2):
        sheet.cell(row, column).data_type = "s"
