"""What paper custody reads: the sealing in force, frozen forms, the key, the record of both."""

import base64
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.orm import Session, aliased

from exam_server.delivery.custody.errors import FormMissingError
from exam_server.delivery.custody.models import FormSnapshot, PaperKey, PaperSealing
from exam_server.delivery.custody.packages import unpack
from exam_server.delivery.errors import RoomNotReadyError
from exam_server.delivery.models import Attempt, RoomEvent, SittingRun
from exam_server.delivery.states import AttemptState
from exam_server.delivery.timing import milliseconds
from registry.accounts.models import Account
from registry.database import files_of, keys_of
from registry.errors import NotFoundError
from registry.scheduling.models import Admission

KEY = "paper_key"  # purpose that binds the sealed key to its column


@dataclass(frozen=True)
class PackageTotals:
    """How many packages a sitting has, and how much room they take."""

    count: int
    bytes: int


@dataclass(frozen=True)
class CustodyStep:
    """One line of the custody record: what was done, by which two persons, to what."""

    at: datetime
    what: str
    first: str
    second: str
    forms_hash: str


def sealing_in_force(db: Session, sitting_id: int) -> PaperSealing | None:
    """Return the sealing of a sitting whose packages count, if it is sealed."""
    return db.scalar(
        select(PaperSealing).where(
            PaperSealing.sitting_id == sitting_id, PaperSealing.undone_at.is_(None)
        )
    )


def sealings_of(db: Session, sitting_id: int) -> Sequence[PaperSealing]:
    """Return every sealing of a sitting, the first one first."""
    return db.scalars(
        select(PaperSealing)
        .where(PaperSealing.sitting_id == sitting_id)
        .order_by(PaperSealing.number)
    ).all()


IN_FORCE = (
    select(PaperSealing.id, FormSnapshot)
    .outerjoin(
        FormSnapshot,
        (FormSnapshot.sealing_id == PaperSealing.id)
        & (FormSnapshot.admission_id == bindparam("admission_id")),
    )
    .where(PaperSealing.sitting_id == bindparam("sitting_id"), PaperSealing.undone_at.is_(None))
)


def form_of(db: Session, sitting_id: int, admission_id: int) -> FormSnapshot | None:
    """Return the frozen form of a candidate, None when the sitting is not sealed.

    Raises ``FormMissingError`` for one who got a seat after the sealing.
    """
    own = {"sitting_id": sitting_id, "admission_id": admission_id}
    in_force = db.execute(IN_FORCE, own).one_or_none()
    if in_force is None:
        return None
    form: FormSnapshot | None = in_force.FormSnapshot
    if form is None:
        raise FormMissingError(number=1)
    return form


def _frozen() -> Select[int, int, int, int]:
    own = aliased(Attempt)
    of_own_room = select(own.sitting_id).where(own.id == bindparam("attempt_id")).scalar_subquery()
    in_force = PaperSealing.undone_at.is_(None) & (PaperSealing.sitting_id == Attempt.sitting_id)
    columns = (Attempt.id, Attempt.paper_id, Attempt.order_seed, PaperSealing.id)
    return (
        select(*columns).outerjoin(PaperSealing, in_force).where(Attempt.sitting_id == of_own_room)
    )


class Frozen(NamedTuple):
    """What an attempt is answered with: paper, order, and the sealing if the sitting is sealed."""

    paper_id: int
    order_seed: int
    sealing_id: int | None


FROZEN = _frozen()
FORM = (
    select(FormSnapshot.form)
    .join(Attempt, Attempt.admission_id == FormSnapshot.admission_id)
    .where(Attempt.id == bindparam("attempt_id"))
    .where(FormSnapshot.sealing_id == bindparam("sealing_id"))
)


def frozen_with(db: Session, attempt_id: int) -> dict[int, Frozen]:
    """Return what the attempts of the room of this one are answered with, by attempt."""
    rows = db.execute(FROZEN, {"attempt_id": attempt_id})
    return {own: Frozen(*rest) for own, *rest in rows}


def form_text(db: Session, attempt_id: int, sealing_id: int) -> str:
    """Return the text of a candidate's sealed form; raises ``FormMissingError``."""
    text = db.scalar(FORM, {"attempt_id": attempt_id, "sealing_id": sealing_id})
    if text is None:
        raise FormMissingError(number=1)
    return text


def require_forms(db: Session, sitting_id: int) -> None:
    """Raise ``FormMissingError`` when a sealed sitting has a candidate without a sealed paper."""
    sealing = sealing_in_force(db, sitting_id)
    if sealing is None:
        return
    sealed = select(FormSnapshot.admission_id).where(FormSnapshot.sealing_id == sealing.id)
    places = select(func.count()).select_from(Admission)
    missing = db.scalar(
        places.where(Admission.sitting_id == sitting_id, Admission.id.not_in(sealed))
    )
    if missing:
        raise FormMissingError(number=missing)


def require_key(db: Session, sitting_id: int) -> None:
    """Raise ``RoomNotReadyError`` when a sealed sitting's papers have not been unlocked."""
    if sealing_in_force(db, sitting_id) is not None and not is_unlocked(db, sitting_id):
        hint = "请考点负责人和监考员先启封试卷。"
        raise RoomNotReadyError(state="试卷尚未启封", action="开考", hint=hint)


def package_of(db: Session, attempt: Attempt, digest: str) -> bytes:
    """Return the package of a candidate by its hash; another's is not found."""
    form = form_of(db, attempt.sitting_id, attempt.admission_id)
    if form is None or form.package_hash != digest:
        raise NotFoundError(what="本人的试卷")
    return files_of(db).get(digest)


def package_offer(db: Session, attempt: Attempt) -> dict[str, Any] | None:
    """Return where a candidate's page fetches its package, once everything is confirmed."""
    if not (attempt.data_confirmed_at and attempt.rules_confirmed_at):
        return None
    form = form_of(db, attempt.sitting_id, attempt.admission_id)
    return offer_of(form) if form else None


def offer_of(form: FormSnapshot) -> dict[str, Any]:
    """Return where the package of a form is fetched."""
    digest = form.package_hash
    return {"url": f"/exam/package/{digest}", "hash": digest, "bytes": form.package_bytes}


def is_unlocked(db: Session, sitting_id: int) -> bool:
    """Say whether the key of the sitting's packages has been put together."""
    return db.get(PaperKey, sitting_id) is not None


def paper_key(db: Session, sitting_id: int) -> bytes | None:
    """Return the key of the sitting's packages, None before two persons have put it together."""
    found = db.get(PaperKey, sitting_id)
    return keys_of(db).reveal_bytes(found.key_sealed, purpose=KEY) if found else None


def key_as_told(db: Session, sitting_id: int) -> str | None:
    """Return the key as a candidate's page gets it; callers know that the exam has begun."""
    key = paper_key(db, sitting_id)
    return base64.b64encode(key).decode() if key else None


def start_news(db: Session, sitting_id: int) -> dict[int, dict[str, Any]]:
    """Return what the pages of a room are told at the start of a sealed sitting.

    Key, instant and event of the start go to those who have begun; others only look again.
    """
    key = key_as_told(db, sitting_id)
    if key is None:
        return {}
    started_at = db.get_one(SittingRun, sitting_id).started_at
    assert started_at is not None
    event = select(func.max(RoomEvent.id)).where(
        RoomEvent.sitting_id == sitting_id, RoomEvent.kind == "started"
    )
    started = {"event": db.scalar(event), "paper_key": key, "started_ms": milliseconds(started_at)}
    attempts = select(Attempt.id, Attempt.state).where(Attempt.sitting_id == sitting_id)
    return {
        row.id: started if row.state == AttemptState.IN_PROGRESS else {"event": 0}
        for row in db.execute(attempts)
    }


def opened_paper(db: Session, attempt: Attempt, form: FormSnapshot) -> dict[str, Any]:
    """Open a candidate's package for a page that cannot; the exam has begun."""
    key = paper_key(db, attempt.sitting_id)
    assert key is not None
    number = attempt.admission.enrolment.admission_no or ""
    shown: dict[str, Any] = json.loads(unpack(files_of(db).get(form.package_hash), key, number))
    return shown


def package_totals(db: Session, sitting_id: int) -> PackageTotals:
    """Return what the sealing in force has packed."""
    packed = (
        select(func.count(), func.coalesce(func.sum(FormSnapshot.package_bytes), 0))
        .join(PaperSealing, PaperSealing.id == FormSnapshot.sealing_id)
        .where(PaperSealing.sitting_id == sitting_id, PaperSealing.undone_at.is_(None))
    )
    count, size = db.execute(packed).one()
    return PackageTotals(int(count), int(size))


def custody_state(db: Session, sitting_id: int) -> str:
    """Return how the wall names the papers: open (never sealed), sealed, or unlocked."""
    if sealing_in_force(db, sitting_id) is None:
        return "open"
    return "unlocked" if is_unlocked(db, sitting_id) else "sealed"


def custody_of(db: Session, sitting_id: int) -> list[CustodyStep]:
    """Return the record of a sitting's papers: sealed, undone, unlocked, started."""
    steps = []
    for sealing in sealings_of(db, sitting_id):
        first, second, digest = sealing.sealed_by.name, sealing.witness.name, sealing.forms_hash
        steps.append(
            CustodyStep(sealing.sealed_at, f"第 {sealing.number} 次封存", first, second, digest)
        )
        if sealing.undone_at is not None:
            persons = (_name(sealing.undone_by), _name(sealing.undone_witness))
            steps.append(CustodyStep(sealing.undone_at, "撤销封存", *persons, digest))
    key, run = db.get(PaperKey, sitting_id), db.get(SittingRun, sitting_id)
    if key is not None:
        persons = (_name(key.proctor), _name(key.head))
        steps.append(CustodyStep(key.unlocked_at, "启封", *persons, key.forms_hash))
        if run is not None and run.started_at is not None:
            steps.append(CustodyStep(run.started_at, "开考发放密钥", "", "", key.forms_hash))
    return steps


def _name(account: Account | None) -> str:
    return account.name if account else "—"
