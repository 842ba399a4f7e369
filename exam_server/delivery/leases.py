"""Who may write to an attempt: the newest lease; given, ended, and in whose name."""

from datetime import datetime

from sqlalchemy.orm import Session

from exam_server.delivery.lease_tokens import Claim, new_token
from exam_server.delivery.models import Attempt, Lease
from exam_server.delivery.queries import hash_of_token, live_lease
from registry.access import Actor
from registry.database import keys_of
from registry.scheduling.models import Admission


def new_lease(db: Session, attempt: Attempt, *, address: str, now: datetime) -> str:
    """Give the right to write in the present epoch; return its secret token."""
    token = new_token(keys_of(db), Claim(attempt.id, attempt.admission_id, attempt.epoch))
    db.add(
        Lease(
            attempt_id=attempt.id,
            epoch=attempt.epoch,
            token_hash=hash_of_token(token),
            address=address[:60],
            created_at=now,
        )
    )
    return token


def end_live_leases(db: Session, attempt: Attempt, *, now: datetime) -> None:
    """End the lease that may write to the attempt, if there is one."""
    lease = live_lease(db, attempt.id)
    if lease is not None:
        lease.ended_at = now
        db.flush()


def candidate_actor(admission: Admission) -> Actor:
    """Return the candidate as the one who acts, for the audit log."""
    return Actor(None, f"考生 {admission.enrolment.admission_no}", frozenset(), "32")
