"""What the room record holds about the candidates of a sitting."""

from collections.abc import Iterable

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from proctor.models import ExtraTime, IdentityCheck, PresenceRecord
from proctor.rules.identity import Identity
from proctor.rules.presence import Presence


def extra_minutes(db: Session, admission_ids: Iterable[int]) -> dict[int, int]:
    """Return the sum of extra minutes for those who were given any."""
    rows = db.execute(
        select(ExtraTime.admission_id, func.sum(ExtraTime.minutes))
        .where(ExtraTime.admission_id.in_(list(admission_ids)))
        .group_by(ExtraTime.admission_id)
    )
    return {admission_id: int(minutes) for admission_id, minutes in rows}


def presences(db: Session, admission_ids: Iterable[int]) -> dict[int, Presence]:
    """Return what has been recorded; an admission without a record is missing."""
    rows = db.execute(
        select(PresenceRecord.admission_id, PresenceRecord.presence).where(
            PresenceRecord.admission_id.in_(list(admission_ids))
        )
    )
    return {admission_id: Presence(presence) for admission_id, presence in rows}


def identity_checks(db: Session, admission_ids: Iterable[int]) -> dict[int, IdentityCheck]:
    """Return the newest check of everyone who was checked."""
    rows = db.scalars(
        select(IdentityCheck)
        .where(IdentityCheck.admission_id.in_(list(admission_ids)))
        .order_by(IdentityCheck.id)
    )
    return {row.admission_id: row for row in rows}


def identity_marks(db: Session, admission_ids: Iterable[int]) -> dict[int, Identity]:
    """Return what the newest check of everyone who was checked came to."""
    checks = identity_checks(db, admission_ids)
    return {admission_id: Identity(check.mark) for admission_id, check in checks.items()}
