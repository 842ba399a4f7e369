"""Taking back candidates whom a server restored from a copy has forgotten (R8)."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.candidate_actions import OPEN_ROOMS, seat_attempt
from exam_server.delivery.ending import add_event
from exam_server.delivery.lease_tokens import Claim, read_token
from exam_server.delivery.leases import candidate_actor, end_live_leases
from exam_server.delivery.models import Attempt, Lease, SittingRun
from exam_server.delivery.queries import hash_of_token
from exam_server.delivery.states import EventKind
from exam_server.delivery.transitions import record
from registry.audit_log import note
from registry.database import keys_of
from registry.scheduling.models import Admission


def readmit(db: Session, token: str, *, address: str, now: datetime) -> None:
    """Enter the lease that a token proves; changes nothing for a token without a true mark.

    An epoch below the attempt's own is entered as ended: its page is fenced, what it sends is kept.
    """
    claim = read_token(keys_of(db), token)
    if claim is None or _is_known(db, token, claim):
        return
    attempt = db.get(Attempt, claim.attempt_id) or _seat_again(db, claim, now=now)
    if attempt is None or attempt.admission_id != claim.admission_id:
        return
    is_live = claim.epoch >= attempt.epoch
    if is_live:
        end_live_leases(db, attempt, now=now)
        epoch = {"epoch": claim.epoch}
        record(db, [attempt], EventKind.READMITTED, now=now, body=epoch)
    db.add(
        Lease(
            attempt_id=attempt.id,
            epoch=claim.epoch,
            token_hash=hash_of_token(token),
            address=address[:60],
            created_at=now,
            ended_at=None if is_live else now,
        )
    )
    add_event(db, attempt, "info", "服务器恢复后，机位重新接入", now=now)
    actor, detail = candidate_actor(attempt.admission), {"epoch": claim.epoch, "live": is_live}
    note(db, "readmit_seat", ("attempt", attempt.id), actor=actor, now=now, detail=detail)


def _is_known(db: Session, token: str, claim: Claim) -> bool:
    """Say whether this lease, or another one of the same epoch, is on record."""
    of_epoch = (Lease.attempt_id == claim.attempt_id) & (Lease.epoch == claim.epoch)
    known = select(Lease.id).where((Lease.token_hash == hash_of_token(token)) | of_epoch)
    return db.scalar(known.limit(1)) is not None


def _seat_again(db: Session, claim: Claim, *, now: datetime) -> Attempt | None:
    """Begin the attempt anew under its old number; its order comes out the same."""
    admission = db.get(Admission, claim.admission_id)
    run = db.get(SittingRun, admission.sitting_id) if admission else None
    if admission is None or run is None or run.state not in OPEN_ROOMS:
        return None
    held = db.scalar(select(Attempt.id).where(Attempt.admission_id == admission.id))
    return None if held else seat_attempt(db, admission, run, now=now, number=claim.attempt_id)
