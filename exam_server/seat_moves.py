"""Changing computers in a running room: back to one's own seat, and over to another computer."""

from typing import Any

from sqlalchemy.orm import Session

from exam_server.delivery.candidate_actions import Claimed, Gate
from exam_server.delivery.returning import return_to_seat
from exam_server.delivery.room import ExamRoom
from exam_server.delivery.states import TransferState
from exam_server.delivery.transfers import is_approved, take_over, transfer_of


def go_back(room: ExamRoom, shown: str, *, address: str, gate: Gate) -> str:
    """Let a browser that crashed go on at its own seat; return the new lease token."""
    now = room.clock()
    claimed = room.change_seat(
        lambda db: return_to_seat(db, shown, address=address, now=now, gate=gate)
    )
    return claimed.token


def go_over(room: ExamRoom, device: str | None) -> tuple[dict[str, Any], str]:
    """Tell a waiting computer what became of its request; once approved, with the lease token.

    The states: ``asked``, ``denied``, ``replaced``, ``unknown``, and ``taken`` with the token.
    """
    now = room.clock()
    with room.database.reading() as db:
        transfer = transfer_of(db, device)
        state = transfer.state if transfer else "unknown"
        is_due = transfer is not None and is_approved(transfer, now)
    if not device or not is_due:
        return {"ok": True, "state": state}, ""

    def change(db: Session) -> Claimed:
        token, attempt = take_over(db, device, now=now)
        return Claimed(attempt.id, attempt.sitting_id, token)

    claimed = room.change_seat(change)
    return {"ok": True, "state": TransferState.TAKEN.value}, claimed.token
