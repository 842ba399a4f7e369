"""What waits for a person at the workbench, by permission."""

from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from exam_server.languages import translated as _
from item_bank.authoring.item_queries import returned_count
from item_bank.authoring.queries import task_lines, unsigned_memberships
from item_bank.composing.queries import sets_to_release
from item_bank.reviewing.queries import waiting_count
from omr.queries import pages_waiting
from registry.access import Actor, Permission
from registry.catalog.development_queries import developments_waiting
from registry.catalog.queries import unfinished_specifications
from registry.catalog.rules.development import DevelopmentState
from registry.catalog.rules.specification_states import SpecificationState
from registry.plans.queries import plans_in_reach
from registry.plans.rules.states import PlanState
from scoring.errata.queries import errata_to_decide
from scoring.queries import examiner_sittings

_P, _S, _W = Permission, PlanState, SpecificationState


@dataclass(frozen=True)
class Task:
    """One kind of work that waits."""

    title: str
    text: str
    count: int
    href: str
    tone: str = ""


@dataclass(frozen=True)
class Duty:
    """Plans in a state that wait for whoever holds a permission."""

    permission: Permission
    state: PlanState
    title: str
    text: str
    endpoint: str = "plans.index"
    tone: str = "warn"


DUTIES = (
    Duty(_P.PLAN_WRITE, _S.DRAFT, "待提交的计划", "草稿写好后提交市中心审批。", tone=""),
    Duty(_P.PLAN_WRITE, _S.RETURNED, "被退回的计划", "按退回原因修改后重新提交。", tone="danger"),
    Duty(_P.PLAN_APPROVE, _S.SUBMITTED, "待审批的计划", "批准后机构才能录入名单。"),
    Duty(_P.ENROLMENT_WRITE, _S.APPROVED, "待提交的名单", "录入或导入考生后提交审核。"),
    Duty(_P.ENROLMENT_AUDIT, _S.ROSTER_SUBMITTED, "待审核的名单", "须在 10 个工作日内一次性反馈。"),
    Duty(_P.ARRANGE, _S.AUDITED, "待编排的计划", "添加场次，再编排座位。"),
    Duty(_P.RESULTS_CONFIRM, _S.SCORING, "评分中的计划", "各科目成绩齐全后确认。", "results.index"),
    Duty(
        _P.RESULTS_PUBLISH,
        _S.RESULTS_CONFIRMED,
        "待公布的成绩",
        "须由确认人以外的人员公布。",
        "results.index",
    ),
    Duty(
        _P.CERTIFICATE_APPROVE,
        _S.PUBLISHED,
        "待审批发证的计划",
        "核对合格人员名册后批准。",
        "certificates.index",
    ),
    Duty(
        _P.CERTIFICATE_ISSUE,
        _S.PUBLISHED,
        "待核发证书的计划",
        "审批后由制证人核发。",
        "certificates.index",
    ),
)


def tasks_of(db: Session, *, actor: Actor) -> list[Task]:
    """Return the kinds of work that wait for the person."""
    plans = plans_in_reach(db, actor=actor)
    waiting = [
        Task(
            _(duty.title),
            _(duty.text),
            number,
            url_for(duty.endpoint, state=duty.state),
            duty.tone,
        )
        for duty in DUTIES
        if actor.may(duty.permission)
        and (number := sum(plan.state == duty.state for plan in plans))
    ]
    ids = [plan.id for plan in plans]
    return [
        *waiting,
        *_undertakings(db, actor),
        *_items_to_review(db, actor),
        *_items_to_write(db, actor),
        *_papers_to_release(db, ids, actor),
        *_errata_to_decide(db, actor),
        *_cards_to_review(db, ids, actor),
        *_sheets_to_fill(db, actor),
        *_needs_to_decide(db, actor),
        *_specifications_on_their_way(db, actor),
    ]


def _needs_to_decide(db: Session, actor: Actor) -> list[Task]:
    """Return how many needs of cities wait for the province."""
    if not actor.may(_P.CATALOG_MANAGE):
        return []
    number = developments_waiting(db, DevelopmentState.PROPOSED, actor=actor)
    href = url_for("development.index", state=DevelopmentState.PROPOSED)
    text = _("市中心提出的新项目，由省中心统一立项。")
    return [Task(_("待立项的开发需求"), text, number, href, "warn")] if number else []


def _specifications_on_their_way(db: Session, actor: Actor) -> list[Task]:
    """Return how many specifications the province has to review or to publish."""
    if not actor.may(_P.CATALOG_MANAGE):
        return []
    ways = (
        (_W.IN_REVIEW, _("审定中的考核规范"), _("审定后报部备案，登记备案号。")),
        (_W.FILED, _("待公布的考核规范"), _("已备案，确定生效日期后公布。")),
    )
    return [
        Task(title, text, number, url_for("specifications.index", state=state), "warn")
        for state, title, text in ways
        if (number := unfinished_specifications(db, state))
    ]


def _items_to_review(db: Session, actor: Actor) -> list[Task]:
    """Return how many items wait for the reviewer."""
    if not actor.may(_P.ITEM_REVIEW):
        return []
    number = waiting_count(db, actor=actor)
    text = _("先提交的先审；一审与二审不能是同一人。")
    href = url_for("item_review.queue")
    return [Task(_("待审试题"), text, number, href, "warn")] if number else []


def _undertakings(db: Session, actor: Actor) -> list[Task]:
    """Return for how many projects an author or reviewer has still to promise secrecy."""
    number = len(unsigned_memberships(db, actor=actor))
    text = _("签署后才能看到该项目的试题。")
    href = url_for("undertaking.form")
    return [Task(_("待签署的保密承诺"), text, number, href, "danger")] if number else []


def _items_to_write(db: Session, actor: Actor) -> list[Task]:
    """Return how many items an author has still to write, and to mend."""
    if not actor.may(_P.ITEM_AUTHOR):
        return []
    lines = task_lines(db, actor=actor, is_open=True)
    missing = sum(
        line.task.item_count - min(line.submitted, line.task.item_count)
        for line in lines
        if line.task.assignee_id == actor.account_id
    )
    returned = returned_count(db, actor=actor)
    href = url_for("item_authoring.index")
    found = [
        Task(_("被退回的试题"), _("按审题意见修改后重新送审。"), returned, href, "danger"),
        Task(_("待完成的命题"), _("按命题任务编写试题并送审。"), missing, href, "warn"),
    ]
    return [task for task in found if task.count]


def _papers_to_release(db: Session, plan_ids: list[int], actor: Actor) -> list[Task]:
    """Return how many papers wait for the releaser."""
    if not actor.may(_P.PAPER_RELEASE):
        return []
    number = sets_to_release(db, plan_ids, actor=actor)
    text = _("须由组卷人以外的人员签发。")
    href = url_for("papers.index")
    return [Task(_("待签发的试卷"), text, number, href, "warn")] if number else []


def _errata_to_decide(db: Session, actor: Actor) -> list[Task]:
    """Return how many faulty items wait for the province."""
    if not actor.may(_P.ERRATUM_DECIDE):
        return []
    number = errata_to_decide(db, actor=actor)
    text = _("须由提出人以外的人员裁定，裁定后全体重新评分。")
    href = url_for("errata.index")
    return [Task(_("待裁定的试题勘误"), text, number, href, "warn")] if number else []


def _cards_to_review(db: Session, plan_ids: list[int], actor: Actor) -> list[Task]:
    """Return how many scanned pages wait for a person's eyes."""
    if not actor.may(_P.CARDS_REVIEW):
        return []
    number = pages_waiting(db, plan_ids)
    text = _("识读存疑的卡，逐处确认后才能移交评分。")
    href = url_for("card_scanning.index")
    return [Task(_("待复核的答题卡"), text, number, href, "warn")] if number else []


def _sheets_to_fill(db: Session, actor: Actor) -> list[Task]:
    """Return how many score sheets the examiner has still to submit."""
    if not actor.may(_P.PRACTICAL_SCORE):
        return []
    sittings = examiner_sittings(db, actor=actor)
    number = sum(entry.total - entry.done for entry in sittings)
    text = _("独立评分，提交后锁定。")
    href = url_for("practical.sessions")
    return [Task(_("待提交的评分记录表"), text, number, href, "warn")] if number else []
