"""The states of an assessment plan and which follow which (part 3 of the requirements)."""

from enum import StrEnum


class PlanState(StrEnum):
    """Where a plan 考核计划 stands."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    APPROVED = "approved"
    ROSTER_SUBMITTED = "roster_submitted"
    AUDITED = "audited"
    ARRANGED = "arranged"
    IN_PROGRESS = "in_progress"
    SCORING = "scoring"
    RESULTS_CONFIRMED = "results_confirmed"
    PUBLISHED = "published"
    CERTIFIED = "certified"
    CANCELLED = "cancelled"


_S = PlanState
FOLLOWING: dict[PlanState, frozenset[PlanState]] = {
    _S.DRAFT: frozenset({_S.SUBMITTED, _S.CANCELLED}),
    _S.SUBMITTED: frozenset({_S.APPROVED, _S.RETURNED, _S.CANCELLED}),
    _S.RETURNED: frozenset({_S.SUBMITTED, _S.CANCELLED}),
    _S.APPROVED: frozenset({_S.ROSTER_SUBMITTED, _S.CANCELLED}),
    _S.ROSTER_SUBMITTED: frozenset({_S.AUDITED, _S.CANCELLED}),
    _S.AUDITED: frozenset({_S.ROSTER_SUBMITTED, _S.ARRANGED, _S.CANCELLED}),  # once more, R-324
    _S.ARRANGED: frozenset({_S.IN_PROGRESS, _S.CANCELLED}),
    _S.IN_PROGRESS: frozenset({_S.SCORING}),
    _S.SCORING: frozenset({_S.RESULTS_CONFIRMED}),
    _S.RESULTS_CONFIRMED: frozenset({_S.PUBLISHED}),
    _S.PUBLISHED: frozenset({_S.CERTIFIED}),
    _S.CERTIFIED: frozenset(),
    _S.CANCELLED: frozenset(),
}

CHINESE: dict[PlanState, str] = {
    _S.DRAFT: "草稿",
    _S.SUBMITTED: "待审批",
    _S.RETURNED: "已退回",
    _S.APPROVED: "报名中",
    _S.ROSTER_SUBMITTED: "待审核",
    _S.AUDITED: "已审核",
    _S.ARRANGED: "已编排",
    _S.IN_PROGRESS: "考核中",
    _S.SCORING: "评分中",
    _S.RESULTS_CONFIRMED: "成绩已确认",
    _S.PUBLISHED: "成绩已公布",
    _S.CERTIFIED: "已发证",
    _S.CANCELLED: "已取消",
}

LATER_STEPS: frozenset[PlanState] = frozenset(
    {_S.IN_PROGRESS, _S.SCORING, _S.RESULTS_CONFIRMED, _S.PUBLISHED, _S.CERTIFIED}
)
"""From here on the plan only follows what the exam room, scoring and certificates do."""


def may_follow(state: PlanState, following: PlanState) -> bool:
    """Say whether a plan may go from one state to the other."""
    return following in FOLLOWING[state]
