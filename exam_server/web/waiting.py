"""What waits for a person at the workbench, by permission."""

from dataclasses import dataclass

from flask import url_for
from sqlalchemy.orm import Session

from exam_server.languages import translated as _
from registry.access import Actor, Permission
from registry.plans.queries import plans_in_reach
from registry.plans.rules.states import PlanState

_P, _S = Permission, PlanState


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
)


def tasks_of(db: Session, *, actor: Actor) -> list[Task]:
    """Return the kinds of work that wait for the person."""
    plans = plans_in_reach(db, actor=actor) if actor.may(_P.PLAN_READ) else []
    return [
        Task(
            _(duty.title), _(duty.text), number, url_for(duty.endpoint, state=duty.state), duty.tone
        )
        for duty in DUTIES
        if actor.may(duty.permission)
        and (number := sum(plan.state == duty.state for plan in plans))
    ]
