"""The rows of a sitting that its record is written from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from exam_server.delivery.custody.models import PaperKey, PaperSealing
from exam_server.delivery.late_ops import each_once
from exam_server.delivery.load_test.models import LoadTest
from exam_server.delivery.load_test.queries import load_tests_of
from exam_server.delivery.models import (
    Attempt,
    AttemptEvent,
    ChainRoot,
    RefusedOp,
    RoomEvent,
    SeatTransfer,
    SittingRun,
)
from exam_server.delivery.queries import room_counts
from exam_server.delivery.roots import last_root
from exam_server.delivery.states import EventKind
from exam_server.seb.models import SebOverride
from proctor.models import ExtraTime, IdentityCheck, Incident, PresenceRecord
from proctor.rules.room_counts import Counts
from registry.accounts.models import Account
from registry.enrolment.models import Accommodation, Enrolment
from registry.local_time import JIANGSU
from registry.scheduling.models import Admission

DECISIONS = (
    EventKind.COMPENSATED,
    EventKind.REOPENED,
    EventKind.VOIDED,
    EventKind.OPS_ACCEPTED,
    EventKind.OPS_REFUSED,
)


@dataclass(frozen=True)
class Facts:
    """Everything that is on record of one sitting at computers."""

    run: SittingRun
    admissions: Mapping[int, Admission]  # by id, in the order of seats
    attempts: Mapping[int, Attempt]  # by admission
    presence: Mapping[int, PresenceRecord]
    extra: Sequence[ExtraTime]
    incidents: Sequence[Incident]
    overrides: Sequence[SebOverride]
    refused: Sequence[RefusedOp]
    events: Sequence[RoomEvent]  # oldest first
    decided: Sequence[AttemptEvent]  # of DECISIONS, oldest first
    load_tests: Sequence[LoadTest]  # oldest first
    checks: Sequence[IdentityCheck]  # oldest first
    transfers: Sequence[SeatTransfer]
    approved: Mapping[int, Accommodation]  # by admission
    sealings: Sequence[PaperSealing]
    key: PaperKey | None
    root: ChainRoot | None
    counts: Counts
    people: Mapping[int, str]  # names of staff by account

    def seat(self, admission_id: int | None) -> tuple[str, str, str]:
        """Return seat, name and admission number; the whole room for none."""
        if admission_id is None:
            return ("全场", "", "")
        admission = self.admissions[admission_id]
        enrolment = admission.enrolment
        return (f"{admission.seat_no:02d}", enrolment.candidate.name, enrolment.admission_no or "")

    def person(self, account_id: int | None) -> str:
        """Return who did something; the system for nobody."""
        return "系统" if account_id is None else self.people.get(account_id, "—")


def facts_of(db: Session, run: SittingRun) -> Facts:
    """Read the rows of a sitting."""
    sitting_id = run.sitting_id
    admissions = {
        admission.id: admission
        for admission in db.scalars(
            select(Admission)
            .where(Admission.sitting_id == sitting_id)
            .options(joinedload(Admission.enrolment).joinedload(Enrolment.candidate))
            .order_by(Admission.seat_no)
        )
    }
    ids = list(admissions)
    attempts = db.scalars(select(Attempt).where(Attempt.sitting_id == sitting_id)).all()
    recorded = db.scalars(select(PresenceRecord).where(PresenceRecord.admission_id.in_(ids)))
    own = [attempt.id for attempt in attempts]
    extra = select(ExtraTime).where(ExtraTime.admission_id.in_(ids)).order_by(ExtraTime.id)
    incidents = select(Incident).where(Incident.admission_id.in_(ids)).order_by(Incident.id)
    overrides = select(SebOverride).where(SebOverride.admission_id.in_(ids))
    refused = select(RefusedOp).where(RefusedOp.attempt_id.in_(own)).order_by(RefusedOp.id)
    decided = select(AttemptEvent).where(
        AttemptEvent.attempt_id.in_(own), AttemptEvent.kind.in_(DECISIONS)
    )
    checks = select(IdentityCheck).where(IdentityCheck.admission_id.in_(ids))
    transfers = select(SeatTransfer).where(SeatTransfer.attempt_id.in_(own))
    sealings = select(PaperSealing).where(PaperSealing.sitting_id == sitting_id)
    events = select(RoomEvent).where(RoomEvent.sitting_id == sitting_id).order_by(RoomEvent.id)
    return Facts(
        run=run,
        admissions=admissions,
        attempts={attempt.admission_id: attempt for attempt in attempts},
        presence={record.admission_id: record for record in recorded},
        extra=db.scalars(extra).all(),
        incidents=db.scalars(incidents).all(),
        overrides=db.scalars(overrides.order_by(SebOverride.given_at)).all(),
        refused=each_once(db.scalars(refused)),
        events=db.scalars(events).all(),
        decided=db.scalars(decided.order_by(AttemptEvent.id)).all(),
        load_tests=load_tests_of(db, sitting_id),
        checks=db.scalars(checks.order_by(IdentityCheck.id)).all(),
        transfers=db.scalars(transfers.order_by(SeatTransfer.id)).all(),
        approved=_approved(db, admissions.values()),
        sealings=db.scalars(sealings.order_by(PaperSealing.number)).all(),
        key=db.get(PaperKey, sitting_id),
        counts=room_counts(db, run),
        root=last_root(db, sitting_id),
        people={row.id: row.name for row in db.execute(select(Account.id, Account.name))},
    )


def _approved(db: Session, admissions: Iterable[Admission]) -> dict[int, Accommodation]:
    by_enrolment = {admission.enrolment_id: admission.id for admission in admissions}
    own = select(Accommodation).where(
        Accommodation.enrolment_id.in_(by_enrolment), Accommodation.minutes > 0
    )
    return {by_enrolment[given.enrolment_id]: given for given in db.scalars(own)}


def at(instant: datetime | None) -> str:
    """Write an instant of the exam day to the second, local time."""
    return "—" if instant is None else f"{instant.astimezone(JIANGSU):%H:%M:%S}"
