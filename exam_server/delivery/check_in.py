"""The check-in desk: who stands at the door, what the check of identity came to, who is missing."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from exam_server.delivery.candidate_actions import begin_work
from exam_server.delivery.errors import RoomNotReadyError
from exam_server.delivery.models import Attempt, RoomEvent, SittingRun
from exam_server.delivery.proctor_actions import release_seat
from exam_server.delivery.queries import admission_in, admissions_in, run_on_duty
from exam_server.delivery.states import ENDED, LIVE, AttemptState, RunState
from proctor import actions as room_record
from proctor.models import IdentityCheck
from proctor.queries import identity_checks, presences
from proctor.rules.identity import CHINESE, Identity, may_start
from proctor.rules.presence import Presence
from registry.access import Actor
from registry.accounts.models import Account
from registry.enrolment.models import Enrolment
from registry.enrolment.queries import candidate_by_id_number
from registry.errors import NotFoundError
from registry.scheduling.models import Admission
from registry.scheduling.queries import approved_at

NEWEST_SHOWN = 8


@dataclass(frozen=True)
class Checked:
    """One candidate and the check that stands."""

    admission: Admission
    mark: Identity
    note: str
    at: datetime
    by: str


@dataclass(frozen=True)
class Desk:
    """What the desk shows of a sitting."""

    run: SittingRun
    expected: int
    marks: Mapping[Identity, int]
    signed_in: int
    absent: int
    newest: tuple[Checked, ...]
    doubtful: tuple[Checked, ...]  # wait for another person
    entry_ends_at: datetime | None  # None before the start and while it moves

    @property
    def unchecked(self) -> int:
        """Return how many nobody has looked at."""
        return self.expected - sum(self.marks.values())


@dataclass(frozen=True)
class AtTheDesk:
    """The candidate who stands at the desk."""

    admission: Admission
    checks: tuple[Checked, ...]  # newest first
    is_absent: bool
    has_signed_in: bool
    is_deferred: bool
    approved_minutes: int  # extra time, before the exam

    @property
    def mark(self) -> Identity | None:
        """Return the check that stands."""
        return self.checks[0].mark if self.checks else None


def desk_of(db: Session, sitting_id: int, *, actor: Actor) -> Desk:
    """Return counts, the newest checks and those that wait for a second person."""
    run = run_on_duty(db, sitting_id, actor=actor)
    ids = {admission.id: admission for admission in admissions_in(db, sitting_id)}
    checks = identity_checks(db, ids)
    shown = _checked(db, sorted(checks.values(), key=lambda check: -check.id))
    recorded = presences(db, ids).values()
    signed_in = db.scalars(select(Attempt.id).where(Attempt.sitting_id == sitting_id)).all()
    return Desk(
        run=run,
        expected=len(ids),
        marks=Counter(Identity(check.mark) for check in checks.values()),
        signed_in=len(signed_in),
        absent=sum(presence is Presence.ABSENT for presence in recorded),
        newest=tuple(shown[:NEWEST_SHOWN]),
        doubtful=tuple(one for one in shown if one.mark is Identity.DOUBTFUL),
        entry_ends_at=run.entry_ends_at,
    )


def place_by_number(db: Session, sitting_id: int, number: str, *, actor: Actor) -> Admission:
    """Find a candidate of the sitting by admission number or ID number."""
    run_on_duty(db, sitting_id, actor=actor)
    told = number.strip()
    own = select(Admission).join(Enrolment).where(Admission.sitting_id == sitting_id)
    found = db.scalar(own.where(Enrolment.admission_no == told)) if told else None
    person = candidate_by_id_number(db, told) if told and found is None else None
    if person is not None:
        found = db.scalar(own.where(Enrolment.candidate_id == person.id))
    if found is None:
        raise NotFoundError(what=f"本场考生（号码末四位 {told[-4:] or '空'}）")
    return found


def at_the_desk(db: Session, sitting_id: int, admission_id: int, *, actor: Actor) -> AtTheDesk:
    """Return the candidate with the checks made so far."""
    run_on_duty(db, sitting_id, actor=actor)
    admission = admission_in(db, sitting_id, admission_id)
    own = select(IdentityCheck).where(IdentityCheck.admission_id == admission_id)
    checks = db.scalars(own.order_by(IdentityCheck.id.desc())).all()
    attempt = db.scalar(select(Attempt.id).where(Attempt.admission_id == admission_id))
    presence = presences(db, [admission_id]).get(admission_id)
    return AtTheDesk(
        admission,
        tuple(_checked(db, checks)),
        is_absent=presence is Presence.ABSENT,
        has_signed_in=attempt is not None,
        is_deferred=presence is Presence.DEFERRED,
        approved_minutes=approved_at(db, [admission_id]).get(admission_id, 0),
    )


def check_identity(
    db: Session,
    sitting_id: int,
    admission_id: int,
    mark: Identity,
    words: str,
    *,
    actor: Actor,
    now: datetime,
) -> IdentityCheck:
    """Record the check of a candidate; doubt and refusal are told to the whole wall.

    One who waits at a computer and is refused loses the seat; work that has begun goes on until
    two persons decide otherwise.
    """
    run = run_on_duty(db, sitting_id, actor=actor)
    if run.state == RunState.CLOSED:
        raise RoomNotReadyError(state="已经关闭", action="核验身份", hint="")
    admission = admission_in(db, sitting_id, admission_id)
    check = room_record.record_identity(db, admission.id, mark, words, actor=actor, now=now)
    _settle_doubt(db, admission.id)
    attempt = db.scalar(select(Attempt).where(Attempt.admission_id == admission.id))
    waits = attempt is not None and attempt.started_at is None and attempt.state not in ENDED
    if mark is Identity.MISMATCH and waits:
        reason = "身份核验不符"
        release_seat(db, sitting_id, admission.id, reason, actor=actor, now=now)
    if attempt is not None and attempt.state == AttemptState.WAITING and may_start(mark):
        _begin_if_running(db, run, attempt, actor=actor, now=now)
    is_open = mark is not Identity.MATCH
    tail = f"：{words.strip()}" if words.strip() else ""
    db.add(
        RoomEvent(
            sitting_id=sitting_id,
            admission_id=admission.id,
            kind="identity" if is_open else "info",
            text=f"身份核验{CHINESE[mark]}{tail}",
            for_candidate=False,
            is_open=is_open,
            at=now,
            by_id=actor.account_id,
        )
    )
    return check


def _begin_if_running(
    db: Session, run: SittingRun, attempt: Attempt, *, actor: Actor, now: datetime
) -> None:
    """Begin what the start has left out while the candidate was refused."""
    if run.state in LIVE:
        begin_work(db, run, [attempt], now=now, actor=actor)


def _settle_doubt(db: Session, admission_id: int) -> None:
    own = select(RoomEvent).where(
        RoomEvent.admission_id == admission_id, RoomEvent.kind == "identity", RoomEvent.is_open
    )
    for event in db.scalars(own):
        event.is_open = False


def _checked(db: Session, checks: Iterable[IdentityCheck]) -> list[Checked]:
    names = {row.id: row.name for row in db.execute(select(Account.id, Account.name))}
    return [
        Checked(
            db.get_one(Admission, check.admission_id),
            Identity(check.mark),
            check.note,
            check.checked_at,
            names.get(check.checked_by_id or 0, "—"),
        )
        for check in checks
    ]
