"""Moving to another computer: asked for there, approved by a proctor who has seen the photograph.

Until the new computer takes over, the old one keeps its right to write: at no instant may two
computers write, and never none. An approval is for one attempt and one computer, is good for two
minutes and is used once; unused it lapses, and the request waits for a proctor again.
"""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from exam_server.delivery.ending import add_event, end_leases
from exam_server.delivery.errors import RoomNotReadyError
from exam_server.delivery.leases import candidate_actor, new_lease
from exam_server.delivery.models import Attempt, SeatTransfer
from exam_server.delivery.queries import admission_in, hash_of_token, live_lease, run_on_duty
from exam_server.delivery.states import AttemptState, EventKind, TransferState
from exam_server.delivery.transitions import CANDIDATE, record, settle_transfer_alarm
from proctor.actions import record_identity
from proctor.rules.identity import Identity
from registry.access import Actor
from registry.audit_log import note
from registry.errors import InvalidInputError, NotFoundError

APPROVAL_LASTS = timedelta(minutes=2)


def ask_transfer(db: Session, attempt: Attempt, *, address: str, now: datetime) -> str:
    """Ask for the attempt at another computer; return the secret by which that one is known.

    The computer that asked last is the one a proctor decides on.
    """
    for earlier in open_transfers(db, [attempt.id]):
        earlier.state = TransferState.REPLACED
    device, lease = secrets.token_urlsafe(24), live_lease(db, attempt.id)
    transfer = SeatTransfer(
        attempt_id=attempt.id,
        device_hash=hash_of_token(device),
        from_address=lease.address if lease else "",
        address=address[:60],
        state=TransferState.ASKED,
        asked_at=now,
    )
    db.add(transfer)
    if attempt.state != AttemptState.TRANSFER_PENDING:
        record(db, [attempt], EventKind.TRANSFER_ASKED, now=now, actor=CANDIDATE)
    settle_transfer_alarm(db, attempt.admission_id)
    text = f"另一台机器（{transfer.address}）要求接着考，原机位 {transfer.from_address}"
    add_event(db, attempt, "transfer", text, now=now, is_open=True)
    detail = {"from": transfer.from_address, "to": transfer.address}
    actor = candidate_actor(attempt.admission)
    note(db, "ask_transfer", ("attempt", attempt.id), actor=actor, now=now, detail=detail)
    return device


def approve_transfer(
    db: Session,
    sitting_id: int,
    transfer_id: int | None,
    seat_no: int | None,
    *,
    matches: bool,
    actor: Actor,
    now: datetime,
) -> None:
    """Let that computer take over within two minutes; the face was compared with the photograph."""
    transfer, attempt = _open(db, sitting_id, transfer_id, actor=actor)
    if not matches:
        raise InvalidInputError(field="照片核对", reason="须当面核对考生与照片一致后才能批准。")
    _require_free(db, attempt, seat_no)
    words = f"换机核对（{transfer.address}）"
    record_identity(db, attempt.admission_id, Identity.MATCH, words, actor=actor, now=now)
    transfer.decided_at, transfer.decided_by_id = now, actor.account_id
    transfer.seat_no = seat_no
    settle_transfer_alarm(db, attempt.admission_id)
    add_event(db, attempt, "info", f"批准换机到 {transfer.address}", now=now, actor=actor)
    detail = {"transfer": transfer.id, "seat": seat_no, "to": transfer.address}
    note(db, "approve_transfer", ("attempt", attempt.id), actor=actor, now=now, detail=detail)


def deny_transfer(
    db: Session,
    sitting_id: int,
    transfer_id: int | None,
    reason: str,
    *,
    actor: Actor,
    now: datetime,
) -> None:
    """Refuse that computer; the candidate goes on where they are."""
    transfer, attempt = _open(db, sitting_id, transfer_id, actor=actor)
    if not reason.strip():
        raise InvalidInputError(field="原因", reason="不能为空，请填写拒绝换机的原因。")
    transfer.state = TransferState.DENIED
    transfer.decided_at, transfer.decided_by_id = now, actor.account_id
    record(db, [attempt], EventKind.TRANSFER_DENIED, now=now, actor=actor, reason=reason)
    settle_transfer_alarm(db, attempt.admission_id)
    add_event(db, attempt, "info", f"拒绝换机：{reason.strip()}", now=now, actor=actor)
    detail = {"transfer": transfer.id, "reason": reason, "to": transfer.address}
    note(db, "deny_transfer", ("attempt", attempt.id), actor=actor, now=now, detail=detail)


def transfer_of(db: Session, device: str | None) -> SeatTransfer | None:
    """Return what the computer of that secret has asked for."""
    chosen = select(SeatTransfer).where(SeatTransfer.device_hash == hash_of_token(device or ""))
    return db.scalar(chosen)


def is_approved(transfer: SeatTransfer, now: datetime) -> bool:
    """Say whether the computer may take over now."""
    if transfer.state != TransferState.ASKED or transfer.decided_at is None:
        return False
    return now - transfer.decided_at <= APPROVAL_LASTS


def take_over(db: Session, device: str, *, now: datetime) -> tuple[str, Attempt]:
    """Give the approved computer the next epoch: the old page is fenced; return the token."""
    transfer = transfer_of(db, device)
    attempt = db.get(Attempt, transfer.attempt_id, populate_existing=True) if transfer else None
    if transfer is None or attempt is None or not is_approved(transfer, now):
        raise NotFoundError(what="已批准的换机")
    if attempt.state != AttemptState.TRANSFER_PENDING:
        raise RoomNotReadyError(state="该考生已交卷", action="换机", hint="")
    approver = Actor(transfer.decided_by_id, "", frozenset(), "")
    body = {"from": transfer.from_address, "to": transfer.address, "seat": transfer.seat_no}
    end_leases(db, attempt, now=now)
    record(db, [attempt], EventKind.TRANSFER_APPROVED, now=now, actor=approver, body=body)
    token = new_lease(db, attempt, address=transfer.address, now=now)
    transfer.state, transfer.taken_at = TransferState.TAKEN, now
    add_event(db, attempt, "info", f"已在 {transfer.address} 接着考，原机位已封闭", now=now)
    actor, detail = candidate_actor(attempt.admission), {"epoch": attempt.epoch, **body}
    note(db, "take_over_seat", ("attempt", attempt.id), actor=actor, now=now, detail=detail)
    return token, attempt


def open_transfers(db: Session, attempt_ids: list[int]) -> list[SeatTransfer]:
    """Return the requests that wait for a proctor or for the approved computer."""
    chosen = select(SeatTransfer).where(
        SeatTransfer.attempt_id.in_(attempt_ids), SeatTransfer.state == TransferState.ASKED
    )
    return list(db.scalars(chosen.order_by(SeatTransfer.id)))


def seats_moved_to(db: Session, sitting_id: int) -> dict[int, int]:
    """Return the spare seat that an attempt goes on at, where a proctor named one."""
    chosen = (
        select(SeatTransfer.attempt_id, SeatTransfer.seat_no)
        .join(Attempt, Attempt.id == SeatTransfer.attempt_id)
        .where(Attempt.sitting_id == sitting_id, SeatTransfer.state == TransferState.TAKEN)
        .order_by(SeatTransfer.id)
    )
    return {attempt_id: seat_no for attempt_id, seat_no in db.execute(chosen) if seat_no}


MOVED_TO = (
    select(SeatTransfer.seat_no)
    .where(
        SeatTransfer.attempt_id == bindparam("attempt_id"),
        SeatTransfer.state == TransferState.TAKEN,
        SeatTransfer.seat_no.is_not(None),
    )
    .order_by(SeatTransfer.id.desc())
    .limit(1)
)


def seat_moved_to(db: Session, attempt_id: int) -> int | None:
    """Return the spare seat at which one attempt goes on, None at its own."""
    return db.scalar(MOVED_TO, {"attempt_id": attempt_id})


def _open(
    db: Session, sitting_id: int, transfer_id: int | None, *, actor: Actor
) -> tuple[SeatTransfer, Attempt]:
    run_on_duty(db, sitting_id, actor=actor)
    transfer = db.get(SeatTransfer, transfer_id) if transfer_id else None
    attempt = db.get(Attempt, transfer.attempt_id) if transfer else None
    if transfer is None or attempt is None or attempt.sitting_id != sitting_id:
        raise NotFoundError(what="换机申请")
    is_open = transfer.state == TransferState.ASKED
    if not is_open or attempt.state != AttemptState.TRANSFER_PENDING:
        raise RoomNotReadyError(state="该换机申请已办结", action="再次办理", hint="请刷新座位图。")
    return transfer, attempt


def _require_free(db: Session, attempt: Attempt, seat_no: int | None) -> None:
    """Refuse a seat that the room does not have, or where another candidate sits."""
    if seat_no is None:
        return
    own = admission_in(db, attempt.sitting_id, attempt.admission_id)
    sitting = own.sitting
    taken = {other.seat_no for other in sitting.admissions if other.id != own.id}
    moved = seats_moved_to(db, attempt.sitting_id)
    taken |= {no for other, no in moved.items() if other != attempt.id}
    if seat_no in taken or seat_no > sitting.room.row_count * sitting.room.column_count:
        raise InvalidInputError(field="新机位", reason="该机位不存在或已有考生，请另选备用机位。")
