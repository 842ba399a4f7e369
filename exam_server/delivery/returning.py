"""Back to one's own seat after the browser has crashed, without staff (F52).

The browser shows the return pass that its page kept on disk, from the address the seat was claimed
at. Both must fit; everything else is a claim from another computer, which a proctor decides on. The
epoch rises: whatever may still be alive of the old page is fenced.
"""

from datetime import datetime

from sqlalchemy.orm import Session

from exam_server.delivery.candidate_actions import Claimed, Gate
from exam_server.delivery.ending import add_event, end_leases
from exam_server.delivery.errors import NotInRoomError
from exam_server.delivery.lease_tokens import Claim, read_return_pass
from exam_server.delivery.leases import candidate_actor, new_lease
from exam_server.delivery.models import Attempt
from exam_server.delivery.queries import live_lease
from exam_server.delivery.states import ENDED, EventKind
from exam_server.delivery.transitions import CANDIDATE, record
from registry.audit_log import note
from registry.database import keys_of


def return_to_seat(db: Session, shown: str, *, address: str, now: datetime, gate: Gate) -> Claimed:
    """Give the browser a new lease of its own seat."""
    claim = read_return_pass(keys_of(db), shown)
    attempt = db.get(Attempt, claim.attempt_id, populate_existing=True) if claim else None
    if claim is None or attempt is None or not _is_own_seat(db, attempt, claim, address):
        raise NotInRoomError
    gate(db, attempt.admission)
    actor = candidate_actor(attempt.admission)
    end_leases(db, attempt, now=now)
    record(db, [attempt], EventKind.RELEASED, now=now, actor=CANDIDATE, reason="浏览器重新打开")
    token = new_lease(db, attempt, address=address, now=now)
    add_event(db, attempt, "info", f"浏览器重新打开，考生回到原机位（{address}）", now=now)
    note(
        db,
        "return_to_seat",
        ("attempt", attempt.id),
        actor=actor,
        now=now,
        detail={"epoch": attempt.epoch, "address": address},
    )
    return Claimed(attempt.id, attempt.sitting_id, token)


def _is_own_seat(db: Session, attempt: Attempt, claim: Claim, address: str) -> bool:
    lease = live_lease(db, attempt.id)
    return (
        lease is not None
        and lease.epoch == claim.epoch
        and lease.address == address
        and attempt.admission_id == claim.admission_id
        and attempt.state not in ENDED
    )
