"""What cities and the province do about new projects: need, decision, development (R-203, R-204).

From the first draft of a specification on, the development follows it.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.audit_log import note
from registry.catalog import development_queries, queries
from registry.catalog.errors import FaultySpecificationError, SimilarProjectError
from registry.catalog.following import leave_catalog, move_development
from registry.catalog.models import DevelopmentProject, Origin, Project
from registry.catalog.rules.development import CHINESE, DevelopmentState, may_follow
from registry.catalog.rules.specification import NAME_LENGTH, TEXT_LENGTH, check_name
from registry.catalog.rules.specification_states import SpecificationState
from registry.catalog.specification_actions import draft_specification, withdraw_specification
from registry.errors import InvalidInputError, WrongStateError

CITY_DIGITS = 4
MOST_PER_YEAR = 1_000_000
_S = DevelopmentState


@dataclass(frozen=True)
class NewNeed:
    """What a city enters: the project it misses, why, and who asks for it."""

    name: str
    reason: str
    demand: str
    expected_per_year: int


def propose_project(
    db: Session, need: NewNeed, *, actor: Actor, now: datetime
) -> DevelopmentProject:
    """Enter the need for a new project; what resembles it is kept with it."""
    actor.require(Permission.PROJECT_PROPOSE)
    _check_need(need)
    similar = development_queries.similar_projects(db, need.name.strip())
    record = DevelopmentProject(
        name=need.name.strip(),
        reason=need.reason.strip(),
        demand=need.demand.strip(),
        expected_per_year=need.expected_per_year,
        division_code=actor.division_prefix[:CITY_DIGITS].ljust(6, "0"),
        proposed_at=now,
        proposed_by_id=actor.account_id,
        state=_S.PROPOSED,
        similar_names=json.dumps([asdict(entry) for entry in similar], ensure_ascii=False),
    )
    db.add(record)
    db.flush()
    detail = {"name": record.name, "similar": [entry.name for entry in similar]}
    subject = ("development_project", record.id)
    note(db, "propose_project", subject, actor=actor, now=now, detail=detail)
    return record


def accept_project(
    db: Session,
    development_id: int,
    reason: str,
    *,
    duplicate_reason: str = "",
    actor: Actor,
    now: datetime,
) -> DevelopmentProject:
    """Accept a need; one like an existing project only with a written reason (R-204)."""
    record = _to_decide(db, development_id, _S.ACCEPTED, actor=actor, doing="立项")
    similar = development_queries.similar_projects(db, record.name, but_not=record.id)
    if similar and not duplicate_reason.strip():
        raise SimilarProjectError(names="、".join(entry.name for entry in similar))
    record.decision_reason, record.decided_at = reason.strip(), now
    record.duplicate_reason = duplicate_reason.strip() if similar else ""
    detail: dict[str, object] = {"reason": record.decision_reason}
    if similar:
        detail["similar"] = [entry.name for entry in similar]
        detail["duplicate_reason"] = record.duplicate_reason
    move_development(db, record, _S.ACCEPTED, detail, actor=actor, now=now)
    return record


def refuse_project(
    db: Session, development_id: int, reason: str, *, actor: Actor, now: datetime
) -> DevelopmentProject:
    """Refuse a need with a reason, which the city sees."""
    record = _to_decide(db, development_id, _S.REFUSED, actor=actor, doing="不予立项")
    record.decision_reason, record.decided_at = _reason(reason, "不予立项的原因"), now
    detail: dict[str, object] = {"reason": record.decision_reason}
    move_development(db, record, _S.REFUSED, detail, actor=actor, now=now)
    return record


def start_development(
    db: Session, development_id: int, industry_group: str, *, actor: Actor, now: datetime
) -> DevelopmentProject:
    """Begin the development: the project gets the next free number and an empty specification."""
    record = _to_decide(db, development_id, _S.IN_DEVELOPMENT, actor=actor, doing="开始开发")
    known = queries.projects_of_any_state(db)
    groups = {project.industry_group: project.industry_group_en for project in known}
    if industry_group not in groups:
        raise InvalidInputError(field="行业分组", reason="请从列表中选择一项。")
    project = Project(
        number=known[-1].number + 1,
        name=record.name,
        name_in_notice=record.name,
        origin=Origin.DEVELOPED,
        industry_group=industry_group,
        industry_group_en=groups[industry_group],
    )
    db.add(project)
    db.flush()
    record.project = project
    detail: dict[str, object] = {"number": project.number, "industry_group": industry_group}
    move_development(db, record, _S.IN_DEVELOPMENT, detail, actor=actor, now=now)
    draft_specification(db, project.id, actor=actor, now=now)
    return record


def withdraw_development(
    db: Session, development_id: int, reason: str, *, actor: Actor, now: datetime
) -> DevelopmentProject:
    """Give a development up with a reason: a city its undecided need, the province any.

    A published project leaves the catalog; its specification binds no new plan.
    """
    if not actor.may(Permission.PROJECT_PROPOSE):
        actor.require(Permission.CATALOG_MANAGE)
    record = development_queries.development_of(db, development_id, actor=actor, to_change=True)
    state = _S(record.state)
    if state != _S.PROPOSED:
        actor.require(Permission.CATALOG_MANAGE)
    _require_following(record, _S.WITHDRAWN, doing="撤回")
    told = _reason(reason, "撤回原因")
    move_development(db, record, _S.WITHDRAWN, {"reason": told}, actor=actor, now=now)
    if record.project is not None:
        _withdraw_specifications(db, record.project, told, actor=actor, now=now)
        if queries.is_in_catalog(record.project):
            leave_catalog(db, record.project, actor=actor, now=now)
    return record


def _withdraw_specifications(
    db: Session, project: Project, reason: str, *, actor: Actor, now: datetime
) -> None:
    for version in queries.specifications_of(db, project.id):
        if version.state != SpecificationState.WITHDRAWN:
            withdraw_specification(db, version.id, reason, actor=actor, now=now)


def _check_need(need: NewNeed) -> None:
    faults = check_name(need.name)
    if faults:
        raise FaultySpecificationError(faults)
    if len(need.name.strip()) > NAME_LENGTH:
        raise InvalidInputError(field="项目名称", reason=f"最多 {NAME_LENGTH} 字。")
    for field, value in (("开发理由", need.reason), ("需求情况", need.demand)):
        if not value.strip() or len(value) > TEXT_LENGTH:
            raise InvalidInputError(field=field, reason=f"请填写，最多 {TEXT_LENGTH} 字。")
    if not 0 < need.expected_per_year <= MOST_PER_YEAR:
        raise InvalidInputError(field="预计年考核人数", reason="须为正整数，请核对。")


def _to_decide(
    db: Session, development_id: int, state: DevelopmentState, *, actor: Actor, doing: str
) -> DevelopmentProject:
    actor.require(Permission.CATALOG_MANAGE)
    record = development_queries.development_of(db, development_id, actor=actor, to_change=True)
    _require_following(record, state, doing=doing)
    return record


def _require_following(record: DevelopmentProject, state: DevelopmentState, *, doing: str) -> None:
    present = _S(record.state)
    if not may_follow(present, state):
        what = f"开发需求“{record.name}”"
        raise WrongStateError(what=what, state=CHINESE[present], action=doing)


def _reason(reason: str, field: str) -> str:
    if not reason.strip():
        raise InvalidInputError(field=field, reason="请写明原因。")
    return reason.strip()
