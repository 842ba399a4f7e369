"""What the modules of the item editor ask for: keep the work, judge it, save it, take a figure."""

from flask import Blueprint, jsonify, request, url_for
from flask.typing import ResponseReturnValue

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.web import forms
from exam_server.web.formats import second
from exam_server.web.item_authoring import WRITERS
from exam_server.web.item_form import read_base, read_fields, read_upload
from exam_server.web.off_loop import off_the_loop
from exam_server.web.words import word
from item_bank.authoring.item_actions import (
    add_figure,
    autosave_draft,
    findings_of,
    save_version,
)
from item_bank.authoring.item_queries import item_in_reach, may_see_item, others_alike
from item_bank.duplicate_queries import ComparedItem
from item_bank.errors import UnfinishedItemError
from item_bank.rules.duplicates import DuplicateHit, DuplicateIndex
from item_bank.rules.item import ItemContent
from item_bank.rules.item_fields import content_of_fields
from registry.access import Permission

blueprint = Blueprint("item_editor_api", __name__, url_prefix="/authoring/api/items")
SHOWN_DUPLICATES = 5


@blueprint.post("/<int:item_id>/draft")
@requires(*WRITERS)
def keep(item_id: int) -> ResponseReturnValue:
    """Keep unsaved work."""
    fields = read_fields(request.form)
    with transaction() as db:
        item = autosave_draft(db, item_id, fields, actor=current_actor(), now=now())
        return jsonify(ok=True, is_unsaved=item.draft is not None, at=second(now())[-8:])


@blueprint.post("/<int:item_id>/save")
@requires(*WRITERS)
def save(item_id: int) -> ResponseReturnValue:
    """Save a version; work with faults is kept all the same, and the faults are said."""
    fields, actor = read_fields(request.form), current_actor()
    with transaction() as db:
        autosave_draft(db, item_id, fields, actor=actor, now=now())
    try:
        with transaction() as db:
            base = read_base(request.form)
            version = save_version(db, item_id, fields, base, actor=actor, now=now())
            number = version.number if version else base
    except UnfinishedItemError as error:
        return jsonify(ok=True, is_saved=False, message=refusal_text(error), at=second(now())[-8:])
    return jsonify(
        ok=True, is_saved=True, is_new=version is not None, base=number, at=second(now())[-8:]
    )


@blueprint.post("/<int:item_id>/check")
@requires(*WRITERS)
def check(item_id: int) -> ResponseReturnValue:
    """Judge the work: faults, style, and what it resembles in the bank."""
    with reading() as db:
        item = item_in_reach(db, item_id, actor=current_actor())
        content = content_of_fields(read_fields(request.form))
        findings = findings_of(db, item, content)
        others = others_alike(db, item) if content.stem else ()
        project_id = item.project_id
    hits = off_the_loop(_alike, content, others)[:SHOWN_DUPLICATES]
    duplicates = [_duplicate(project_id, others[hit.place], hit) for hit in hits]
    return jsonify(
        ok=True, errors=findings.errors, warnings=findings.warnings, duplicates=duplicates
    )


@blueprint.post("/<int:item_id>/figure")
@requires(*WRITERS)
def send_figure(item_id: int) -> ResponseReturnValue:
    """Take the file of a figure."""
    upload = read_upload(request.files.get("file"))
    if upload is None:
        raise forms.problem("插图", "请选择 SVG、PNG 或 JPEG 文件。")
    with transaction() as db:
        digest = add_figure(db, item_id, *upload, actor=current_actor(), now=now())
    src = url_for("item_authoring.figure", item_id=item_id, digest=digest)
    return jsonify(ok=True, figure=digest, src=src)


def _alike(content: ItemContent, others: tuple[ComparedItem, ...]) -> list[DuplicateHit]:
    return DuplicateIndex(other.content for other in others).check(content)


def _duplicate(project_id: int, other: ComparedItem, hit: DuplicateHit) -> dict[str, object]:
    """Tell of a likeness; which item it is, only to those who may open it."""
    likeness, actor = hit.likeness, current_actor()
    told: dict[str, object] = {
        "class": likeness.duplicate_class.value,
        "word": word("duplicate", likeness.duplicate_class),
        "is_blocking": likeness.is_blocking,
        "likeness": round(100 * likeness.stem_similarity),
    }
    with reading() as db:
        is_visible = may_see_item(db, other.item_id, actor=actor)
    if actor.may(Permission.BANK_READ):
        page = url_for(
            "question_bank.items", project_id=project_id, item=other.item_id, _anchor="item"
        )
    else:
        page = url_for("item_authoring.edit", item_id=other.item_id)
    return told | ({"code": other.code, "href": page} if is_visible else {})
