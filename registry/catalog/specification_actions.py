"""What the province does with a specification: draft, review, filing, publication, withdrawal.

Only a draft is ever written; from filing on its text stays as it is, and a change is a new version
copied from the newest. A project in development follows its first specification.
"""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.audit_log import note
from registry.catalog import queries
from registry.catalog.errors import (
    FaultySpecificationError,
    NotInCatalogError,
    UnfinishedSpecificationError,
)
from registry.catalog.following import follow_specification
from registry.catalog.models import Project, Specification
from registry.catalog.rules.specification import (
    SpecificationText,
    check_specification,
    too_long,
)
from registry.catalog.rules.specification_changes import changed_parts
from registry.catalog.rules.specification_states import CHINESE, SpecificationState, may_follow
from registry.catalog.storing import store_text
from registry.errors import ConflictError, InvalidInputError, WrongStateError

_S = SpecificationState
LATEST_YEARS = 5  # how far ahead a version may come into force


def draft_specification(
    db: Session, project_id: int, *, actor: Actor, now: datetime
) -> Specification:
    """Begin the next version of a project's specification, copied from the newest there is."""
    actor.require(Permission.CATALOG_MANAGE)
    project = queries.project_of(db, project_id)
    _require_living(project)
    unfinished = queries.unfinished_version(db, project_id)
    if unfinished is not None:
        raise UnfinishedSpecificationError(project=project.name, version=unfinished.version)
    versions = queries.specifications_of(db, project_id)
    published = [entry for entry in versions if entry.state == _S.PUBLISHED]
    source = next(iter(published or versions), None)
    text = SpecificationText(project.name) if source is None else queries.text_of(source)
    draft = Specification(
        project=project, version=versions[0].version + 1 if versions else 1, state=_S.DRAFT
    )
    store_text(draft, text)
    db.add(draft)
    copied = source.version if source else None
    _note(db, "draft_specification", draft, {"copied_from": copied}, actor=actor, now=now)
    return draft


def write_specification(
    db: Session, specification_id: int, text: SpecificationText, *, actor: Actor, now: datetime
) -> Specification:
    """Write the text of a draft; it may have gaps, which keep it from going to review."""
    draft = _to_move(db, specification_id, actor=actor)
    if draft.state != _S.DRAFT:
        state = CHINESE[_S(draft.state)]
        raise WrongStateError(what=_what(draft), state=state, action="修改")
    faults = too_long(text)
    if faults:
        raise FaultySpecificationError(faults)
    changed = changed_parts(queries.text_of(draft), text)
    if changed:
        store_text(draft, text)
        _note(db, "write_specification", draft, {"changed": changed}, actor=actor, now=now)
    return draft


def submit_specification(
    db: Session, specification_id: int, *, actor: Actor, now: datetime
) -> Specification:
    """Send a complete draft to review."""
    draft = _to_move(db, specification_id, actor=actor)
    _require_following(draft, _S.IN_REVIEW, doing="送审")
    faults = check_specification(queries.text_of(draft))
    if faults:
        raise FaultySpecificationError(faults)
    return _moved(db, draft, "submit_specification", _S.IN_REVIEW, {}, actor=actor, now=now)


def return_specification(
    db: Session, specification_id: int, reason: str, *, actor: Actor, now: datetime
) -> Specification:
    """Send a version under review back to its writers with a reason."""
    version = _to_move(db, specification_id, actor=actor)
    _require_following(version, _S.DRAFT, doing="退回")
    detail = {"reason": _reason(reason, "退回原因")}
    return _moved(db, version, "return_specification", _S.DRAFT, detail, actor=actor, now=now)


def record_filing(
    db: Session, specification_id: int, ministry_filing_no: str, *, actor: Actor, now: datetime
) -> Specification:
    """Record that the ministry has filed a reviewed version; its text is frozen from now on."""
    version = _to_move(db, specification_id, actor=actor)
    _require_following(version, _S.FILED, doing="登记备案")
    number = ministry_filing_no.strip()
    if not number or len(number) > 60:
        raise InvalidInputError(field="国家备案号", reason="请填写国家审核备案的编号，最多 60 字。")
    faults = check_specification(queries.text_of(version))
    if faults:
        raise FaultySpecificationError(faults)
    siblings = queries.specifications_of(db, version.project_id)
    if any(entry.ministry_filing_no == number for entry in siblings):
        raise ConflictError(what="国家备案号", value=number)
    version.ministry_filing_no = number
    detail = {"filing_no": number}
    return _moved(db, version, "record_filing", _S.FILED, detail, actor=actor, now=now)


def publish_specification(
    db: Session, specification_id: int, effective_from_on: date, *, actor: Actor, now: datetime
) -> Specification:
    """Publish a filed version: plans made from that day on are bound to it."""
    version = _to_move(db, specification_id, actor=actor)
    _require_following(version, _S.PUBLISHED, doing="公布")
    _require_living(version.project)
    published = [
        entry.effective_from_on
        for entry in queries.specifications_of(db, version.project_id)
        if entry.state == _S.PUBLISHED and entry.effective_from_on is not None
    ]
    if published and effective_from_on <= max(published):
        reason = f"应晚于上一版的生效日期 {max(published)}。"
        raise InvalidInputError(field="生效日期", reason=reason)
    if effective_from_on.year > now.year + LATEST_YEARS:
        raise InvalidInputError(field="生效日期", reason=f"不能晚于 {LATEST_YEARS} 年以后。")
    version.effective_from_on = effective_from_on
    detail = {"effective_from_on": effective_from_on}
    return _moved(db, version, "publish_specification", _S.PUBLISHED, detail, actor=actor, now=now)


def withdraw_specification(
    db: Session, specification_id: int, reason: str, *, actor: Actor, now: datetime
) -> Specification:
    """Withdraw a version with a reason: no new plan is bound to it, running ones keep it."""
    version = _to_move(db, specification_id, actor=actor)
    _require_following(version, _S.WITHDRAWN, doing="撤回")
    detail = {"reason": _reason(reason, "撤回原因")}
    return _moved(db, version, "withdraw_specification", _S.WITHDRAWN, detail, actor=actor, now=now)


def _to_move(db: Session, specification_id: int, *, actor: Actor) -> Specification:
    actor.require(Permission.CATALOG_MANAGE)
    return queries.specification_to_change(db, specification_id)


def _moved(
    db: Session,
    version: Specification,
    action: str,
    state: SpecificationState,
    detail: Mapping[str, object],
    *,
    actor: Actor,
    now: datetime,
) -> Specification:
    before, version.state = version.state, state
    _note(db, action, version, {"before": before, **detail}, actor=actor, now=now)
    follow_specification(db, version, actor=actor, now=now)
    return version


def _require_following(version: Specification, state: SpecificationState, *, doing: str) -> None:
    present = _S(version.state)
    if not may_follow(present, state):
        raise WrongStateError(what=_what(version), state=CHINESE[present], action=doing)


def _require_living(project: Project) -> None:
    if project.withdrawn_version_id is not None:
        raise NotInCatalogError(project=project.name)


def _what(version: Specification) -> str:
    return f"考核规范“{version.name}”第 {version.version} 版"


def _reason(reason: str, field: str) -> str:
    if not reason.strip():
        raise InvalidInputError(field=field, reason="请写明原因。")
    return reason.strip()


def _note(
    db: Session,
    action: str,
    version: Specification,
    detail: Mapping[str, object],
    *,
    actor: Actor,
    now: datetime,
) -> None:
    db.flush()
    told = {"project": version.project.number, "version": version.version, **detail}
    note(db, action, ("specification", version.id), actor=actor, now=now, detail=told)
