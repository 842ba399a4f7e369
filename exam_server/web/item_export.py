"""Items of a bank out to a file, for a stated reason; the record is safe before the file leaves."""

import io
import zipfile
from collections import Counter
from collections.abc import Sequence

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.web import forms
from exam_server.web.downloads import EXCEL, attachment
from exam_server.web.off_loop import off_the_loop
from item_bank.exchange.exporting import ExportFormat, written
from item_bank.exchange.records import ReadItem
from item_bank.export_actions import BANKED_ONLY, ExportChoice, items_to_export, record_export
from item_bank.models import Item
from item_bank.rules.kinds import ItemKind, ItemState
from registry.access import Permission
from registry.catalog.queries import project_of
from registry.errors import AssessmentError

blueprint = Blueprint("item_export", __name__, url_prefix="/bank/<int:project_id>/export")
_P = Permission
ZIP = "application/zip"
FILES = {
    ExportFormat.EXCEL: ("xlsx", EXCEL),
    ExportFormat.QTI3: ("zip", ZIP),
    ExportFormat.QTI21: ("zip", ZIP),
    ExportFormat.MOODLE: ("xml", "application/xml"),
    ExportFormat.GIFT: ("txt", "text/plain"),
    ExportFormat.JSONL: ("jsonl", "application/jsonl"),
}
MAX_REASON = 200  # characters
EPOCH = (1980, 1, 1, 0, 0, 0)  # of entries, so that equal items give equal files


@blueprint.get("/")
@requires(_P.BANK_EXPORT)
def form(project_id: int) -> ResponseReturnValue:
    """Show the choice of format and items."""
    return _form_page(project_id, [])


@blueprint.post("/")
@requires(_P.BANK_EXPORT)
def take_out(project_id: int) -> ResponseReturnValue:
    """Give the file of the chosen items."""
    actor = current_actor()
    try:
        chosen = _chosen()
        with reading() as db:
            project = project_of(db, project_id)
            name = f"{project.number}-{project.name}-试题"
            items = items_to_export(db, project_id, chosen, actor=actor)
        if not items:
            raise forms.problem("试题", "没有符合条件的试题，请放宽状态或题型。")
        content, ending, media_type = off_the_loop(_file, items, chosen.target)
        with transaction() as db:
            record_export(db, project_id, chosen, items, actor=actor, now=now())
    except AssessmentError as error:
        return _form_page(project_id, [refusal_text(error)]), 400
    return attachment(content, f"{name}.{ending}", media_type)


def _chosen() -> ExportChoice:
    typed = request.form
    states = frozenset(ItemState(text) for text in typed.getlist("states") if text in _STATES)
    kinds = frozenset(ItemKind(text) for text in typed.getlist("kinds") if text in set(ItemKind))
    if not states or not kinds:
        raise forms.problem("状态和题型", "请各选择至少一项。")
    reason = forms.read_text(typed, "reason", "导出事由")
    if len(reason) > MAX_REASON:
        raise forms.problem("导出事由", f"最多 {MAX_REASON} 字。")
    if not typed.get("promised"):
        raise forms.problem("保密责任", "请先勾选，确认知悉保密责任。")
    target = forms.read_choice(typed, "format", "格式", ExportFormat)
    return ExportChoice(target, states, kinds, reason)


def _file(items: Sequence[ReadItem], target: ExportFormat) -> tuple[bytes, str, str]:
    """Return the file, its ending and media type; JSON Lines go with their figures."""
    content = written(items, target)
    ending, media_type = FILES[target]
    links = [item.figure for item in items if item.figure and item.figure.content]
    if target is ExportFormat.JSONL and links:
        entries = {"items.jsonl": content, **{link.file: link.content for link in links}}
        return _packed(entries), "zip", ZIP
    return content, ending, media_type


def _packed(entries: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _counts(db: Session, project_id: int) -> Counter[str]:
    rows = db.execute(
        select(Item.state, func.count()).where(Item.project_id == project_id).group_by(Item.state)
    )
    return Counter({row[0]: row[1] for row in rows})


def _form_page(project_id: int, errors: list[str]) -> str:
    typed = request.form
    with reading() as db:
        return render_template(
            "item_export/form.html",
            project=project_of(db, project_id),
            errors=errors,
            values=typed,
            counts=_counts(db, project_id),
            states=typed.getlist("states") if typed else list(BANKED_ONLY),
            kinds=typed.getlist("kinds") if typed else list(ItemKind),
        )


_STATES = frozenset(state.value for state in ItemState)
