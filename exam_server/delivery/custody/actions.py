"""What people do with sealed papers: seal, undo before check-in, put the key together.

Each takes two persons and leaves an audit line; a refused unlocking leaves one too.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import insert
from sqlalchemy.orm import Session

from exam_server.delivery.custody.contents import SealedForm, hash_of_forms, sealed_forms
from exam_server.delivery.custody.errors import (
    EarlyUnlockError,
    UnlockRefusedError,
    WrongKeeperError,
    WrongUnlockCodeError,
    WrongWitnessError,
)
from exam_server.delivery.custody.models import FormSnapshot, PaperKey, PaperSealing
from exam_server.delivery.custody.packages import (
    LockedKey,
    WrongCodeError,
    draw_locked_key,
    joined,
    open_share,
)
from exam_server.delivery.custody.queries import (
    KEY,
    is_unlocked,
    sealing_in_force,
    sealings_of,
)
from exam_server.delivery.errors import RoomNotReadyError
from exam_server.delivery.models import RoomEvent, SittingRun
from exam_server.delivery.queries import run_on_duty
from exam_server.delivery.states import RUN_WORDS, RunState
from registry.access import Actor, Permission
from registry.accounts.models import Account, AccountState
from registry.accounts.queries import account_by_login_name, actor_of
from registry.audit_log import note
from registry.database import Database, keys_of
from registry.errors import ConflictError, NotFoundError
from registry.local_time import JIANGSU
from registry.plans.queries import plan_of
from registry.scheduling.models import SittingProctor

WITNESSES = (Permission.PAPER_RELEASE, Permission.PAPER_COMPOSE)


@dataclass(frozen=True)
class PreparedSealing:
    """Packages that are in the store, and the locked key that opens them."""

    locked: LockedKey
    forms: tuple[SealedForm, ...]


@dataclass(frozen=True)
class UnlockSlips:
    """What two persons type at the wall."""

    head_login: str
    head_code: str
    proctor_code: str


def prepare_sealing(database: Database, sitting_id: int, *, actor: Actor) -> PreparedSealing:
    """Draw the key and pack every candidate's paper: slow, and outside any writing transaction."""
    locked = draw_locked_key()
    with database.reading() as db:
        run = run_in_reach(db, sitting_id, actor=actor)
        _require_state(run, RunState.PLANNED, "封存试卷")
        return PreparedSealing(locked, sealed_forms(db, run, locked.key))


def keep_sealing(
    db: Session,
    sitting_id: int,
    prepared: PreparedSealing,
    *,
    witness: Account,
    unlock_minutes: int,
    actor: Actor,
    now: datetime,
) -> PaperSealing:
    """Freeze the forms of a sitting and lock the key of its packages."""
    actor.require(Permission.PAPER_RELEASE)
    run = run_in_reach(db, sitting_id, actor=actor)
    _require_state(run, RunState.PLANNED, "封存试卷")
    first, second = _two_persons(actor, witness)
    if {form.admission_id for form in prepared.forms} != {a.id for a in run.sitting.admissions}:
        raise ConflictError(what="本场座位编排", value="封存期间有变动")
    sealing = PaperSealing(
        sitting_id=sitting_id,
        number=len(sealings_of(db, sitting_id)) + 1,
        forms_hash=hash_of_forms(prepared.forms),
        head_share=prepared.locked.head_share,
        proctor_share=prepared.locked.proctor_share,
        unlock_minutes=unlock_minutes,
        sealed_at=now,
        sealed_by_id=first,
        witness_id=second,
    )
    db.add(sealing)
    db.flush()
    db.execute(insert(FormSnapshot), _snapshots(sealing.id, prepared.forms))
    run.state = RunState.SEALED
    detail = {
        "number": sealing.number,
        "forms": len(prepared.forms),
        "hash": sealing.forms_hash,
        "witness": witness.login_name,
    }
    note(db, "seal_papers", ("sitting", sitting_id), actor=actor, now=now, detail=detail)
    return sealing


def undo_sealing(
    db: Session, sitting_id: int, *, witness: Account, actor: Actor, now: datetime
) -> None:
    """Give up the packages of a sitting before its check-in; the next sealing makes new ones."""
    actor.require(Permission.PAPER_RELEASE)
    run = run_in_reach(db, sitting_id, actor=actor)
    _require_state(run, RunState.SEALED, "撤销封存")
    sealing = sealing_in_force(db, sitting_id)
    if sealing is None or is_unlocked(db, sitting_id):
        raise RoomNotReadyError(state="试卷已经启封", action="撤销封存", hint="")
    sealing.undone_by_id, sealing.undone_witness_id = _two_persons(actor, witness)
    sealing.undone_at = now
    run.state = RunState.PLANNED
    detail = {"number": sealing.number, "hash": sealing.forms_hash, "witness": witness.login_name}
    note(db, "undo_sealing", ("sitting", sitting_id), actor=actor, now=now, detail=detail)


def unlock_papers(
    db: Session, sitting_id: int, slips: UnlockSlips, *, actor: Actor, now: datetime
) -> None:
    """Put the key together from both slips, not earlier than allowed; nobody is told it yet."""
    run = run_on_duty(db, sitting_id, actor=actor)
    sealing = sealing_in_force(db, sitting_id)
    if sealing is None:
        raise RoomNotReadyError(state="试卷没有封存", action="启封", hint="可以直接开考。")
    if is_unlocked(db, sitting_id):
        raise RoomNotReadyError(state="试卷已经启封", action="再次启封", hint="可以开考。")
    _require_state(run, RunState.CHECK_IN, "启封试卷")
    _require_time(run, sealing, now)
    head = _keeper(db, run, slips.head_login, actor)
    key = joined(
        _opened(sealing.head_share, slips.head_code, "考点负责人"),
        _opened(sealing.proctor_share, slips.proctor_code, "监考员"),
    )
    db.add(
        PaperKey(
            sitting_id=sitting_id,
            forms_hash=sealing.forms_hash,
            key_sealed=keys_of(db).seal_bytes(key, purpose=KEY),
            unlocked_at=now,
            proctor_id=actor.account_id,
            head_id=head.id,
        )
    )
    text = f"试卷已启封：{actor.name}、{head.name}"
    db.add(_event(sitting_id, text, actor, now))
    detail = {"hash": sealing.forms_hash, "head": head.login_name, "number": sealing.number}
    note(db, "unlock_papers", ("sitting", sitting_id), actor=actor, now=now, detail=detail)


def record_refusal(
    db: Session, sitting_id: int, refused: UnlockRefusedError, *, actor: Actor, now: datetime
) -> None:
    """Keep a refused unlocking: the room sees it and the log holds it."""
    db.add(_event(sitting_id, f"启封未成功：{refused.message}", actor, now, kind="alert"))
    detail = {"reason": refused.code}
    note(db, "unlock_refused", ("sitting", sitting_id), actor=actor, now=now, detail=detail)


def witness_of(account: Account, *, actor: Actor) -> Account:
    """Return the second person at a sealing; raises ``WrongWitnessError``."""
    may = any(actor_of(account).may(permission) for permission in WITNESSES)
    if account.id == actor.account_id or not may:
        raise WrongWitnessError(name=account.login_name)
    return account


def run_in_reach(db: Session, sitting_id: int, *, actor: Actor) -> SittingRun:
    """Return the run of a sitting that the office may see."""
    run = db.get(SittingRun, sitting_id)
    if run is None:
        raise NotFoundError(what="已下发试卷的场次")
    plan_of(db, run.sitting.plan_id, actor=actor)
    return run


def _two_persons(actor: Actor, witness: Account) -> tuple[int, int]:
    assert actor.account_id is not None
    return actor.account_id, witness_of(witness, actor=actor).id


def _require_state(run: SittingRun, state: RunState, action: str) -> None:
    if run.state != state:
        raise RoomNotReadyError(state=RUN_WORDS[RunState(run.state)], action=action, hint="")


def _require_time(run: SittingRun, sealing: PaperSealing, now: datetime) -> None:
    starts_at = run.sitting.starts_at
    earliest = starts_at - timedelta(minutes=sealing.unlock_minutes)
    if now < earliest:
        shown = [at.astimezone(JIANGSU).strftime("%H:%M") for at in (starts_at, earliest)]
        raise EarlyUnlockError(starts=shown[0], earliest=shown[1])


def _keeper(db: Session, run: SittingRun, login_name: str, actor: Actor) -> Account:
    """Return the second person: on duty in the same sitting, or of the institution itself."""
    account = account_by_login_name(db, login_name)
    if account is None or account.state != AccountState.ACTIVE or account.id == actor.account_id:
        raise WrongKeeperError(name=login_name)
    own = actor_of(account)
    is_host = own.may(Permission.ARRANGE) and own.institution_id == run.sitting.plan.institution_id
    if not is_host and db.get(SittingProctor, (run.sitting_id, account.id)) is None:
        raise WrongKeeperError(name=login_name)
    return account


def _opened(share: bytes, code: str, slip: str) -> bytes:
    try:
        return open_share(share, code)
    except WrongCodeError:
        raise WrongUnlockCodeError(slip=slip) from None


def _snapshots(sealing_id: int, forms: Sequence[SealedForm]) -> list[dict[str, object]]:
    return [
        {
            "sealing_id": sealing_id,
            "admission_id": form.admission_id,
            "paper_id": form.paper_id,
            "order_seed": form.order_seed,
            "form": form.form,
            "form_hash": form.form_hash,
            "package_hash": form.package_hash,
            "package_bytes": form.package_bytes,
        }
        for form in forms
    ]


def _event(
    sitting_id: int, text: str, actor: Actor, now: datetime, *, kind: str = "info"
) -> RoomEvent:
    return RoomEvent(
        sitting_id=sitting_id,
        admission_id=None,
        kind=kind,
        text=text,
        for_candidate=False,
        is_open=False,
        at=now,
        by_id=actor.account_id,
    )
