"""The promise of secrecy 保密承诺 of authors and reviewers, given before any item is shown."""

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import translated as _
from exam_server.web import forms
from item_bank.authoring.actions import sign_undertaking
from item_bank.authoring.queries import unsigned_memberships
from item_bank.rules.kinds import BankDuty
from registry.access import Permission
from registry.catalog.queries import project_of

blueprint = Blueprint("undertaking", __name__, url_prefix="/undertaking")
_P = Permission
PROMISES = (
    "试题、答案和评分标准在考核开始前属于工作秘密，不以任何方式向他人透露。",
    "不拍摄、抄录、复制、下载或传播试题，不在他人能看到屏幕的地方处理试题。",
    "任职期间不参加相关项目的考前培训和辅导，不编写、不推荐相关复习资料。",
    "本人或亲属要参加相关项目考核的，主动报告并回避。",
    "账号只由本人使用；知道本人每次查看试题都有记录，页面带有本人姓名水印。",
    "发现试题泄露或可能泄露的，立即报告题库管理员。",
)
WORK = {BankDuty.AUTHOR: "item_authoring.index", BankDuty.REVIEWER: "item_review.queue"}


@blueprint.get("/")
@requires(_P.ITEM_AUTHOR, _P.ITEM_REVIEW)
def form() -> ResponseReturnValue:
    """Show what is promised, and for which projects it is still to be promised."""
    with reading() as db:
        members = unsigned_memberships(db, actor=current_actor())
        rows = [
            {"project": project_of(db, member.project_id), "duty": member.duty}
            for member in members
        ]
        return render_template("undertaking/form.html", rows=rows, promises=PROMISES)


@blueprint.post("/<int:project_id>")
@requires(_P.ITEM_AUTHOR, _P.ITEM_REVIEW)
def sign(project_id: int) -> ResponseReturnValue:
    """Record the promise for a project."""
    duty = forms.read_choice(request.form, "duty", "职责", BankDuty)
    forms.read_text(request.form, "confirmed", "承诺")
    with transaction() as db:
        sign_undertaking(db, project_id, duty, actor=current_actor(), now=now())
    flash(_("已签署保密承诺。"), "success")
    return redirect(url_for(WORK[duty]))
