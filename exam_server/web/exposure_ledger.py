"""The ledger of exposure 曝光台账 of a project: how often items were used; also as a workbook."""

import io
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from markupsafe import Markup
from openpyxl import Workbook
from openpyxl.styles import Font

from exam_server.context import current_actor, reading, requires
from exam_server.languages import translated as _
from exam_server.web.downloads import EXCEL, attachment
from exam_server.web.formats import moment
from exam_server.web.paging import cut
from exam_server.web.question_bank import one_of_kind
from exam_server.web.words import word
from item_bank.composing.exposure_queries import Ledger, LedgerLine, exposure_ledger
from item_bank.printing.fairness_charts import bars
from item_bank.rules.kinds import ItemKind
from registry.access import Permission
from registry.catalog.queries import project_of

blueprint = Blueprint("exposure_ledger", __name__, url_prefix="/bank")
_P = Permission
USES, LEAST, LAST, CODE = "uses", "least", "last", "code"
SORTS = {USES: "使用最多在前", LEAST: "使用最少在前", LAST: "最近使用在前", CODE: "编号"}
ORDERS: dict[str, Callable[[LedgerLine], Any]] = {
    USES: lambda line: (-line.uses, line.code, line.version),
    LEAST: lambda line: (line.uses, line.code, line.version),
    LAST: lambda line: (-_seconds(line), line.code, line.version),
    CODE: lambda line: (line.code, line.version),
}
HEADS = ("编号", "版本", "题型", "鉴定点", "难度", "状态", "使用卷数", "占已签发试卷", "最近使用")


@blueprint.get("/<int:project_id>/exposure")
@requires(_P.BANK_READ)
def index(project_id: int) -> ResponseReturnValue:
    """List the versions of items with their uses; no item is opened."""
    with reading() as db:
        ledger = exposure_ledger(db, project_id, actor=current_actor())
        lines = chosen(ledger, request.args)
        used = sum(line.uses > 0 for line in ledger.lines)
        return render_template(
            "question_bank/exposure.html",
            project=project_of(db, project_id),
            ledger=ledger,
            used=used,
            most=max((line.uses for line in ledger.lines), default=0),
            page=cut(lines, request.args),
            filters=request.args,
            sorts=[(key, _(text)) for key, text in SORTS.items()],
            chart=Markup(bars(ledger.by_uses)),  # noqa: S704  (figures of our own)
        )


@blueprint.get("/<int:project_id>/exposure/export")
@requires(_P.BANK_READ)
def export(project_id: int) -> Response:
    """Give the ledger as a workbook, in the order of the page."""
    with reading() as db:
        project = project_of(db, project_id)
        ledger = exposure_ledger(db, project_id, actor=current_actor())
        name = f"{project.number}-{project.name}-曝光台账.xlsx"
    return attachment(workbook_of(chosen(ledger, request.args)), name, EXCEL)


def chosen(ledger: Ledger, arguments: Mapping[str, str]) -> list[LedgerLine]:
    """Return the lines that the filters leave, in the order asked for."""
    kind = one_of_kind(ItemKind, arguments.get("kind"))
    place = arguments.get("element", "").strip().upper()
    lines = [
        line
        for line in ledger.lines
        if kind in (None, line.kind) and line.point_code.startswith(place)
    ]
    return sorted(lines, key=ORDERS.get(arguments.get("sort", USES), ORDERS[USES]))


def workbook_of(lines: Sequence[LedgerLine]) -> bytes:
    """Return a workbook with one line per version."""
    book = Workbook()
    sheet: Any = book.active
    sheet.title = "曝光台账"
    sheet.append([_(head) for head in HEADS])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for line in lines:
        sheet.append(
            [
                line.code,
                line.version,
                word("item_kind", line.kind),
                line.point_code,
                line.difficulty,
                word("item", line.state),
                line.uses,
                round(line.share, 4),
                moment(line.last_used_at),
            ]
        )
        sheet.cell(sheet.max_row, 8).number_format = "0.0%"
    sheet.freeze_panes = "A2"
    for column, width in zip("ABCDEFGHI", (12, 6, 8, 14, 6, 8, 10, 14, 18), strict=True):
        sheet.column_dimensions[column].width = width
    buffer = io.BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _seconds(line: LedgerLine) -> float:
    return line.last_used_at.timestamp() if line.last_used_at else 0.0
