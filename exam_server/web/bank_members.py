"""What a manager of banks arranges: members, task orders, states and groups of items."""

from collections.abc import Mapping

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from item_bank.actions import move_item
from item_bank.authoring import actions
from item_bank.authoring.item_actions import set_enemy_group
from item_bank.authoring.queries import appointable_people, members_of, task_lines
from item_bank.models import Item
from item_bank.queries import elements_of
from item_bank.rules.kinds import BankDuty, ItemKind, ItemState
from registry.access import Permission
from registry.catalog.queries import project_of
from registry.errors import AssessmentError

blueprint = Blueprint("bank_members", __name__, url_prefix="/bank")
_P = Permission


@blueprint.get("/<int:project_id>/members")
@requires(_P.BANK_WRITE)
def members(project_id: int) -> ResponseReturnValue:
    """List the members of a bank, with the form to appoint another."""
    return _members_page(project_id, [])


@blueprint.post("/<int:project_id>/members")
@requires(_P.BANK_WRITE)
def appoint(project_id: int) -> ResponseReturnValue:
    """Appoint an author or a reviewer."""
    form, actor = request.form, current_actor()
    try:
        duty = forms.read_choice(form, "duty", "职责", BankDuty)
        account_id = forms.read_int(form, "account_id", "人员")
        with transaction() as db:
            actions.appoint_member(db, project_id, account_id, duty, actor=actor, now=now())
    except AssessmentError as error:
        return _members_page(project_id, [refusal_text(error)]), 400
    flash(_("已委任。本人签署保密承诺后即可开始工作。"), "success")
    return redirect(url_for(".members", project_id=project_id))


@blueprint.post("/members/<int:member_id>/dismiss")
@requires(_P.BANK_WRITE)
def dismiss(member_id: int) -> ResponseReturnValue:
    """End an appointment."""
    with transaction() as db:
        member = actions.dismiss_member(db, member_id, actor=current_actor(), now=now())
        project_id = member.project_id
    flash(_("已解除委任。"), "success")
    return redirect(url_for(".members", project_id=project_id))


@blueprint.get("/<int:project_id>/tasks")
@requires(_P.BANK_WRITE)
def tasks(project_id: int) -> ResponseReturnValue:
    """List the task orders of a bank; a gap in its stock, in the address, fills the form."""
    return _tasks_page(project_id, request.args, [])


@blueprint.post("/<int:project_id>/tasks")
@requires(_P.BANK_WRITE)
def order(project_id: int) -> ResponseReturnValue:
    """Order items from an author."""
    form, actor = request.form, current_actor()
    try:
        with transaction() as db:
            actions.order_items(db, project_id, _new_task(form), actor=actor, now=now())
    except AssessmentError as error:
        return _tasks_page(project_id, form, [refusal_text(error)]), 400
    flash(_("命题任务已下达。"), "success")
    return redirect(url_for(".tasks", project_id=project_id))


@blueprint.post("/tasks/<int:task_id>/close")
@requires(_P.BANK_WRITE)
def close(task_id: int) -> ResponseReturnValue:
    """Close a task order."""
    with transaction() as db:
        task = actions.close_task(db, task_id, actor=current_actor(), now=now())
        project_id = task.project_id
    flash(_("命题任务已结束。"), "success")
    return redirect(url_for(".tasks", project_id=project_id))


@blueprint.post("/items/<int:item_id>/state")
@requires(_P.BANK_WRITE)
def move(item_id: int) -> ResponseReturnValue:
    """Move a reviewed item to another state, with the reason."""
    wanted = forms.read_choice(request.form, "state", "状态", ItemState)
    reason = forms.read_text(request.form, "reason", "原因")
    with transaction() as db:
        move_item(db, item_id, wanted, reason, actor=current_actor(), now=now())
        flash(_("试题状态已变更。"), "success")
        return _back_to(db, item_id)


@blueprint.post("/items/<int:item_id>/group")
@requires(_P.BANK_WRITE)
def group(item_id: int) -> ResponseReturnValue:
    """Put an item into a group of which a paper holds one at most, or take it out."""
    name = forms.read_text(request.form, "group", "互斥组", required=False)
    with transaction() as db:
        set_enemy_group(db, item_id, name, actor=current_actor(), now=now())
        flash(_("互斥组已保存。"), "success")
        return _back_to(db, item_id)


def _back_to(db: Session, item_id: int) -> ResponseReturnValue:
    project_id = db.get_one(Item, item_id).project_id
    return redirect(
        url_for("question_bank.items", project_id=project_id, item=item_id, _anchor="item")
    )


def _new_task(form: Mapping[str, str]) -> actions.NewTask:
    level = form.get("difficulty", "")
    return actions.NewTask(
        assignee_id=forms.read_int(form, "assignee_id", "命题人"),
        element_code=forms.read_text(form, "element", "鉴定范围或鉴定点").split()[0].upper(),
        kind=forms.read_choice(form, "kind", "题型", ItemKind),
        difficulty=forms.read_int(form, "difficulty", "难度") if level else None,
        item_count=forms.read_int(form, "item_count", "题数"),
        due_on=forms.read_date(form, "due_on", "截止日期"),
        instructions=forms.read_text(form, "instructions", "要求", required=False),
    )


def _members_page(project_id: int, errors: list[str]) -> str:
    actor = current_actor()
    with reading() as db:
        return render_template(
            "bank_members/members.html",
            project=project_of(db, project_id),
            lines=members_of(db, project_id, actor=actor),
            people={
                duty: appointable_people(db, project_id, duty, actor=actor) for duty in BankDuty
            },
            errors=errors,
        )


def _tasks_page(project_id: int, values: Mapping[str, str], errors: list[str]) -> str:
    actor = current_actor()
    with reading() as db:
        authors = [
            (line.member.account_id, line.name)
            for line in members_of(db, project_id, actor=actor)
            if line.member.duty == BankDuty.AUTHOR and line.member.dismissed_at is None
        ]
        return render_template(
            "bank_members/tasks.html",
            project=project_of(db, project_id),
            lines=task_lines(db, actor=actor, project_id=project_id),
            elements=elements_of(db, project_id),
            authors=authors,
            values=values,
            errors=errors,
        )
