"""What a proctor records about candidates of a sitting: presence, extra time, incidents."""

from datetime import datetime

from sqlalchemy.orm import Session

from proctor.models import ExtraTime, IdentityCheck, Incident, PresenceRecord
from proctor.queries import identity_checks
from proctor.rules.identity import Identity, require_acceptable
from proctor.rules.presence import Presence
from registry.access import Actor, Permission
from registry.audit_log import note
from registry.errors import InvalidInputError, SeparationError

MAX_EXTRA_MINUTES = 120


def record_presence(
    db: Session, admission_id: int, presence: Presence, *, actor: Actor, now: datetime
) -> PresenceRecord:
    """Record that a candidate came or did not come."""
    record = db.get(PresenceRecord, admission_id)
    before = record.presence if record else None
    if record is None:
        record = PresenceRecord(admission_id=admission_id)
        db.add(record)
    record.presence = presence
    record.recorded_at = now
    record.recorded_by_id = actor.account_id
    note(
        db,
        "record_presence",
        ("admission", admission_id),
        actor=actor,
        now=now,
        detail={"before": before, "after": presence},
    )
    return record


def give_extra_time(
    db: Session,
    admission_id: int,
    minutes: int,
    reason: str,
    *,
    reviewer_id: int,
    actor: Actor,
    now: datetime,
) -> ExtraTime:
    """Give minutes to one candidate; another person has checked it."""
    actor.require(Permission.ROOM_PROCTOR)
    if not 1 <= minutes <= MAX_EXTRA_MINUTES:
        raise InvalidInputError(field="延长分钟数", reason="请填写 1 至 120 之间的整数。")
    if not reason.strip():
        raise InvalidInputError(field="原因", reason="不能为空，请填写延时原因。")
    if reviewer_id == actor.account_id:
        raise SeparationError(first="操作人", second="复核人")
    extra = ExtraTime(
        admission_id=admission_id,
        minutes=minutes,
        reason=reason.strip(),
        given_at=now,
        given_by_id=actor.account_id,
        reviewed_by_id=reviewer_id,
    )
    db.add(extra)
    note(
        db,
        "give_extra_time",
        ("admission", admission_id),
        actor=actor,
        now=now,
        detail={"minutes": minutes, "reason": reason, "reviewer_id": reviewer_id},
    )
    return extra


def record_incident(
    db: Session, admission_id: int, text: str, *, actor: Actor, now: datetime
) -> Incident:
    """Record a misconduct or special event; it has no effect on marks by itself."""
    actor.require(Permission.ROOM_PROCTOR)
    if not text.strip():
        raise InvalidInputError(field="情形", reason="不能为空，请写明事实。")
    incident = Incident(
        admission_id=admission_id,
        text=text.strip(),
        recorded_at=now,
        recorded_by_id=actor.account_id,
    )
    db.add(incident)
    note(
        db,
        "record_incident",
        ("admission", admission_id),
        actor=actor,
        now=now,
        detail={"text": text},
    )
    return incident


def record_identity(
    db: Session, admission_id: int, mark: Identity, words: str, *, actor: Actor, now: datetime
) -> IdentityCheck:
    """Record what the check of a candidate's identity came to."""
    actor.require(Permission.ROOM_PROCTOR)
    before = identity_checks(db, [admission_id]).get(admission_id)
    require_acceptable(
        mark,
        words,
        Identity(before.mark) if before else None,
        by_the_same=before is not None and before.checked_by_id == actor.account_id,
    )
    check = IdentityCheck(
        admission_id=admission_id,
        mark=mark,
        note=words.strip(),
        checked_at=now,
        checked_by_id=actor.account_id,
    )
    db.add(check)
    detail = {"before": before.mark if before else None, "after": mark, "note": words.strip()}
    note(db, "record_identity", ("admission", admission_id), actor=actor, now=now, detail=detail)
    db.flush()
    return check
