"""What the office sets: the limits of a sitting, and those that new sittings take over."""

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.errors import RoomNotReadyError
from exam_server.delivery.models import DefaultRules, SittingRun
from exam_server.delivery.rules.exam_rules import DEFAULT_RULES, ExamRules
from exam_server.delivery.states import BEFORE_CHECK_IN, RUN_WORDS, RunState
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.errors import NotFoundError
from registry.scheduling.models import Sitting
from registry.scheduling.queries import sitting_of


def latest_entry(db: Session, plan_id: int) -> ExamRules:
    """Return the strictest limit for entering of a plan's sittings at computers."""
    runs = select(SittingRun).join(Sitting, Sitting.id == SittingRun.sitting_id)
    own = [run.rules for run in db.scalars(runs.where(Sitting.plan_id == plan_id))]
    return min(own, key=lambda rules: rules.late_entry_minutes, default=default_rules(db))


def newest_defaults(db: Session) -> DefaultRules | None:
    """Return what the province has set last, None as long as the product's own values hold."""
    return db.scalar(select(DefaultRules).order_by(DefaultRules.id.desc()).limit(1))


def default_rules(db: Session) -> ExamRules:
    """Return the limits that a new sitting takes over."""
    newest = newest_defaults(db)
    return newest.rules if newest else DEFAULT_RULES


def set_default_rules(db: Session, rules: ExamRules, *, actor: Actor, now: datetime) -> None:
    """Set the limits for sittings that get their paper from now on; earlier rows stay."""
    actor.require(Permission.EXAM_RULES_SET)
    detail = {"before": asdict(default_rules(db)), "after": asdict(rules.checked())}
    row = DefaultRules(**asdict(rules), set_at=now, set_by_id=actor.account_id)
    db.add(row)
    db.flush()
    note(db, "set_default_rules", ("default_rules", row.id), actor=actor, now=now, detail=detail)


def set_rules(
    db: Session, sitting_id: int, rules: ExamRules, *, actor: Actor, now: datetime
) -> None:
    """Set the limits of a sitting, before its check-in is opened."""
    actor.require(Permission.PLAN_APPROVE)
    sitting_of(db, sitting_id, actor=actor)
    run = db.get(SittingRun, sitting_id)
    if run is None:
        raise NotFoundError(what="上机考场")
    if run.state not in BEFORE_CHECK_IN:
        state = RUN_WORDS[RunState(run.state)]
        raise RoomNotReadyError(state=state, action="更改考场规则", hint="")
    before = asdict(run.rules)
    for name, minutes in asdict(rules.checked()).items():
        setattr(run, name, minutes)
    detail = {"before": before, "after": asdict(rules)}
    note(db, "set_exam_rules", ("sitting", sitting_id), actor=actor, now=now, detail=detail)
