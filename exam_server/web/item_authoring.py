"""Items as their authors see them: own tasks and items, the editor, versions.

The editor works as a plain form; its modules save by themselves over ``item_editor_api``.
"""

from dataclasses import dataclass, replace

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.downloads import shown
from exam_server.web.item_form import read_base, read_fields, read_figure, read_upload
from exam_server.web.paging import cut
from item_bank.authoring.item_actions import (
    add_figure,
    autosave_draft,
    create_item,
    discard_draft,
    findings_of,
    save_version,
    settle_remark,
    submit_item,
    withdraw_item,
)
from item_bank.authoring.item_queries import (
    WorkInHand,
    blank_item,
    figures_of,
    item_in_reach,
    own_items,
    points_open_to,
    work_in_hand,
)
from item_bank.authoring.queries import own_memberships, task_lines
from item_bank.errors import BlockedItemError, MissingUndertakingError, UnfinishedItemError
from item_bank.models import AuthoringTask, Item
from item_bank.reviewing.queries import PastReview, WrittenRemark, remarks_of, reviews_of
from item_bank.rules.changes import FieldChange, changes_between
from item_bank.rules.item_fields import (
    ItemFields,
    content_of_fields,
    with_option_added,
    with_option_moved,
    without_option,
)
from item_bank.rules.kinds import BankDuty, ItemState
from item_bank.sealing import content_of
from registry.access import Permission
from registry.audit_log import note
from registry.catalog.queries import project_of
from registry.database import files_of
from registry.errors import ConflictError, NotFoundError

blueprint = Blueprint("item_authoring", __name__, url_prefix="/authoring")
_P = Permission
WRITERS = (_P.ITEM_AUTHOR, _P.BANK_WRITE)


@dataclass(frozen=True)
class Opinion:
    """What reviewers have said about an item and its author should deal with."""

    refusal: PastReview | None
    remarks: tuple[WrittenRemark, ...]


@blueprint.errorhandler(MissingUndertakingError)
def ask_undertaking(_error: MissingUndertakingError) -> ResponseReturnValue:
    """Lead a member who has not promised secrecy to the undertaking first."""
    return redirect(url_for("undertaking.form"))


@blueprint.get("/")
@requires(*WRITERS)
def index() -> ResponseReturnValue:
    """List own tasks and own items, returned ones first."""
    actor = current_actor()
    with transaction() as db:
        is_author = actor.may(_P.ITEM_AUTHOR)
        members = own_memberships(db, BankDuty.AUTHOR, actor=actor) if is_author else ()
        projects = {member.project_id: project_of(db, member.project_id) for member in members}
        lines = task_lines(db, actor=actor, is_open=True) if is_author else ()
        note(db, "view_own_items", ("account", actor.account_id), actor=actor, now=now())
        return render_template(
            "item_authoring/list.html",
            members=members,
            projects=projects,
            tasks=[line for line in lines if line.task.assignee_id == actor.account_id],
            page=cut(own_items(db, actor=actor), request.args),
        )


@blueprint.post("/items")
@requires(*WRITERS)
def create() -> ResponseReturnValue:
    """Begin an item, for a task or without one; one that was begun and left blank is taken up."""
    project_id = forms.read_int(request.form, "project_id", "考核项目")
    task, actor = request.form.get("task_id", ""), current_actor()
    task_id = int(task) if task.isdecimal() else None
    with transaction() as db:
        item = blank_item(db, project_id, task_id, actor=actor)
        if item is None:
            item = create_item(db, project_id, task_id, actor=actor, now=now())
        return redirect(url_for(".edit", item_id=item.id))


@blueprint.get("/items/<int:item_id>")
@requires(*WRITERS)
def edit(item_id: int) -> ResponseReturnValue:
    """Open the editor of an item, or show it when it may not be changed now."""
    actor = current_actor()
    with transaction() as db:
        work = work_in_hand(db, item_id, actor=actor)
        item = work.item
        note(db, "view_item", ("item", item_id), actor=actor, now=now())
        page = "editor" if work.may_write else "item"
        newest = item.versions[-1] if item.versions else None
        content = content_of_fields(work.fields, content_of(newest) if newest else None)
        return render_template(
            f"item_authoring/{page}.html",
            work=work,
            item=item,
            fields=work.fields,
            newest=newest,
            content=content,
            base=len(item.versions),
            is_fresh=_is_fresh(work),
            points=points_open_to(db, item),
            task=db.get(AuthoringTask, item.task_id) if item.task_id else None,
            findings=findings_of(db, item, content),
            opinion=_opinion(db, item),
            project=project_of(db, item.project_id),
        )


@blueprint.post("/items/<int:item_id>")
@requires(*WRITERS)
def change(item_id: int) -> ResponseReturnValue:
    """Take the form of the editor: keep the work, then do what the button says."""
    form, actor = request.form, current_actor()
    fields, upload = read_fields(form), read_upload(request.files.get("file"))
    wanted, _sep, place = form.get("do", "save").partition("-")
    with transaction() as db:
        if upload is not None:
            digest = add_figure(db, item_id, *upload, actor=actor, now=now())
            fields = replace(fields, figure=read_figure(form, digest))
        fields = _rearranged(fields, wanted, place)
        autosave_draft(db, item_id, fields, actor=actor, now=now())
    if wanted not in ("save", "submit"):
        return redirect(url_for(".edit", item_id=item_id, _anchor="options"))
    return _save_and_submit(item_id, fields, is_final=wanted == "submit")


@blueprint.post("/items/<int:item_id>/discard")
@requires(*WRITERS)
def discard(item_id: int) -> ResponseReturnValue:
    """Drop unsaved work; an item that was never saved goes with it."""
    with transaction() as db:
        item = discard_draft(db, item_id, actor=current_actor(), now=now())
    if item is None:
        flash(_("试题从未保存，已删除。"), "success")
        return redirect(url_for(".index"))
    flash(_("未保存的修改已放弃。"), "success")
    return redirect(url_for(".edit", item_id=item_id))


@blueprint.post("/items/<int:item_id>/withdraw")
@requires(*WRITERS)
def withdraw(item_id: int) -> ResponseReturnValue:
    """Take an item back from its first review."""
    with transaction() as db:
        item = withdraw_item(db, item_id, actor=current_actor(), now=now())
        flash(_("试题 {code} 已撤回，可以继续修改。", code=item.code), "success")
    return redirect(url_for(".edit", item_id=item_id))


@blueprint.post("/items/<int:item_id>/remarks/<int:remark_id>")
@requires(*WRITERS)
def settle(item_id: int, remark_id: int) -> ResponseReturnValue:
    """Say that a remark has been dealt with."""
    with transaction() as db:
        settle_remark(db, item_id, remark_id, actor=current_actor(), now=now())
    return redirect(url_for(".edit", item_id=item_id))


@blueprint.get("/items/<int:item_id>/figures/<digest>")
@requires(*WRITERS)
def figure(item_id: int, digest: str) -> Response:
    """Give a figure of an item: of a version or of the work in hand."""
    with reading() as db:
        known = figures_of(db, item_in_reach(db, item_id, actor=current_actor()))
        if digest not in known:
            raise NotFoundError(what="插图")
        content = files_of(db).get(digest)
    return shown(content, f"figure-{item_id}", known[digest])


@blueprint.get("/items/<int:item_id>/history")
@requires(*WRITERS)
def history(item_id: int) -> ResponseReturnValue:
    """Compare any two versions of an item."""
    actor = current_actor()
    with transaction() as db:
        item = item_in_reach(db, item_id, actor=actor)
        note(db, "view_item", ("item", item_id), actor=actor, now=now())
        before, after = _compared(item)
        return render_template(
            "item_authoring/history.html",
            item=item,
            project=project_of(db, item.project_id),
            before=before,
            after=after,
            changes=_changes(item, before, after),
            reviews=reviews_of(db, item),
        )


def _opinion(db: Session, item: Item) -> Opinion:
    """Return the last refusal, while the item is a draft, and the remarks still open."""
    reviews = reviews_of(db, item)
    is_refused = item.state == ItemState.DRAFT and reviews and not reviews[0].is_accepted
    remarks = tuple(one for one in remarks_of(db, item) if one.settled_at is None)
    return Opinion(reviews[0] if is_refused else None, remarks)


def _is_fresh(work: WorkInHand) -> bool:
    """Say whether nothing has been written yet, so that nothing is restored either."""
    draft = work.item.draft
    return draft is None or draft.saved_at == work.item.created_at


def _rearranged(fields: ItemFields, wanted: str, place: str) -> ItemFields:
    """Return the fields after one of the buttons beside the options."""
    at = int(place) if place.isdecimal() else -1
    if wanted == "add":
        return with_option_added(fields)
    if wanted == "remove":
        return without_option(fields, at)
    if wanted in ("up", "down"):
        return with_option_moved(fields, at, -1 if wanted == "up" else 1)
    return fields


def _save_and_submit(item_id: int, fields: ItemFields, *, is_final: bool) -> ResponseReturnValue:
    actor, back = current_actor(), redirect(url_for(".edit", item_id=item_id))
    try:
        with transaction() as db:
            base = read_base(request.form)
            version = save_version(db, item_id, fields, base, actor=actor, now=now())
            number = version.number if version else None
        if not is_final:
            saved = _("已保存为第 {version} 版。", version=number)
            flash(saved if number else _("内容与当前版本相同，没有新增版本。"), "success")
            return back
        with transaction() as db:
            item = submit_item(db, item_id, actor=actor, now=now())
            flash(_("试题 {code} 已送审。", code=item.code), "success")
    except (UnfinishedItemError, BlockedItemError, ConflictError) as error:
        flash(refusal_text(error), "warning")
        return back
    return redirect(url_for(".index"))


def _compared(item: Item) -> tuple[int, int]:
    """Return the numbers of the two versions asked for, by default the last two."""
    last = len(item.versions)
    numbers = [request.args.get(name, "") for name in ("from", "to")]
    asked = [int(text) if text.isdecimal() else 0 for text in numbers]
    before, after = (n if 1 <= n <= last else 0 for n in asked)
    return before or max(1, last - 1), after or last


def _changes(item: Item, before: int, after: int) -> tuple[FieldChange, ...]:
    if not item.versions:
        return ()
    first, second = (content_of(item.versions[number - 1]) for number in (before, after))
    return changes_between(first, second)
