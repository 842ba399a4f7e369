"""What an institution does before the exam: plan sittings, arrange candidates, assign proctors."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from registry.access import Actor, Permission, Role
from registry.accounts.models import AccountState
from registry.accounts.queries import account_of, roles_of
from registry.audit_log import note
from registry.catalog.models import Subject
from registry.enrolment.models import Enrolment, EnrolmentState
from registry.enrolment.queries import enrolments_of
from registry.errors import InvalidInputError, NotFoundError
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_to_change, require_state
from registry.plans.rules.states import PlanState
from registry.scheduling import queries
from registry.scheduling.errors import (
    NobodyPassedError,
    NotOnDutyError,
    RoomTakenError,
    UnsuitableRoomError,
)
from registry.scheduling.models import Admission, ExamMode, Sitting, SittingProctor
from registry.scheduling.rules.admission_no import admission_no
from registry.scheduling.rules.arrangement import Occasion, arrange_subject, shuffled
from registry.venues.models import Room, RoomKind
from registry.venues.queries import room_of

SUITABLE: Final = {
    ExamMode.ON_SCREEN: (Subject.THEORY, RoomKind.COMPUTER),
    ExamMode.ANSWER_CARD: (Subject.THEORY, RoomKind.PAPER),
    ExamMode.ON_SITE: (Subject.PRACTICAL, RoomKind.PRACTICAL),
}
CHINESE: Final = {Subject.THEORY: "理论知识", Subject.PRACTICAL: "操作技能"}
BEFORE_ARRANGEMENT: Final = (PlanState.APPROVED, PlanState.ROSTER_SUBMITTED, PlanState.AUDITED)
BEFORE_THE_END: Final = (*BEFORE_ARRANGEMENT, PlanState.ARRANGED, PlanState.IN_PROGRESS)
LONGEST: Final = timedelta(days=1)  # no sitting lasts longer; bounds the search for clashes


@dataclass(frozen=True)
class NewSitting:
    """A sitting to plan: where, when and how; its minutes are those of the plan's subject."""

    room_id: int
    mode: ExamMode
    starts_at: datetime


def plan_sitting(
    db: Session, plan_id: int, new: NewSitting, *, actor: Actor, now: datetime
) -> Sitting:
    """Plan a sitting of one subject of the plan in a suitable, free room."""
    actor.require(Permission.ARRANGE)
    plan = plan_to_change(db, plan_id, actor=actor)
    require_state(plan, *BEFORE_ARRANGEMENT, action="安排场次")
    room = room_of(db, new.room_id, actor=actor)
    if room.institution_id != plan.institution_id:
        raise NotFoundError(what="本机构的考场")
    subject, kind = SUITABLE[new.mode]
    if room.kind != kind:
        raise UnsuitableRoomError(room=room.number)
    minutes = _minutes_of(plan, subject)
    if new.starts_at < now:
        raise InvalidInputError(field="开始时间", reason="不能早于现在，请重新选择。")
    _require_free(db, room, new.starts_at, minutes)
    sitting = Sitting(
        plan=plan,
        room=room,
        number=len(queries.sittings_of(db, plan.id, actor=actor)) + 1,
        subject=subject,
        mode=new.mode,
        starts_at=new.starts_at,
        minutes=minutes,
    )
    db.add(sitting)
    db.flush()
    detail = {"plan": plan.number, "number": sitting.number, "room": room.number}
    note(db, "plan_sitting", ("sitting", sitting.id), actor=actor, now=now, detail=detail)
    return sitting


def arrange_candidates(
    db: Session, plan_id: int, *, seed: int, actor: Actor, now: datetime
) -> list[Admission]:
    """Give every passed candidate an admission number and a seat in each subject."""
    actor.require(Permission.ARRANGE)
    plan = plan_to_change(db, plan_id, actor=actor)
    require_state(plan, PlanState.AUDITED, action="编排考场")
    passed = enrolments_of(db, plan.id, actor=actor, states=[EnrolmentState.PASSED])
    if not passed:
        raise NobodyPassedError
    order = shuffled([enrolment.id for enrolment in passed], seed)
    admissions = _places(plan, order, queries.sittings_of(db, plan.id, actor=actor))
    by_id = {enrolment.id: enrolment for enrolment in passed}
    for running_no, enrolment_id in enumerate(order, start=1):
        _admit(by_id[enrolment_id], plan, running_no)
    db.add_all(admissions)
    plan.state = PlanState.ARRANGED
    db.flush()
    detail = {"number": plan.number, "seed": seed, "candidates": len(order)}
    subject = ("assessment_plan", plan.id)
    note(db, "arrange_candidates", subject, actor=actor, now=now, detail=detail)
    return queries.admissions_of_plan(db, plan.id, actor=actor)


def assign_proctor(
    db: Session, sitting_id: int, account_id: int, *, actor: Actor, now: datetime
) -> SittingProctor:
    """Put a proctor of the institution on duty in a sitting (R-332)."""
    actor.require(Permission.ARRANGE)
    sitting = queries.sitting_of(db, sitting_id, actor=actor)
    plan = plan_to_change(db, sitting.plan_id, actor=actor)
    require_state(plan, *BEFORE_THE_END, action="安排监考")
    account = account_of(db, account_id, actor=actor)
    if Role.PROCTOR not in roles_of(account) or account.state != AccountState.ACTIVE:
        raise NotOnDutyError(name=account.name, reason="不是在用的监考员账号")
    duties = select(Sitting).join(SittingProctor, SittingProctor.sitting_id == Sitting.id)
    for other in db.scalars(duties.where(SittingProctor.account_id == account.id)):
        if shares_time(other, sitting.starts_at, sitting.minutes):
            raise NotOnDutyError(name=account.name, reason="在该时段已有监考任务")
    duty = SittingProctor(sitting_id=sitting.id, account_id=account.id)
    db.add(duty)
    db.flush()
    detail = {"account_id": account.id}
    note(db, "assign_proctor", ("sitting", sitting.id), actor=actor, now=now, detail=detail)
    return duty


def shares_time(sitting: Sitting, starts_at: datetime, minutes: int) -> bool:
    """Say whether a sitting that is still to be held shares some time with a span."""
    if sitting.plan.state == PlanState.CANCELLED:
        return False
    sitting_ends_at = sitting.starts_at + timedelta(minutes=sitting.minutes)
    return starts_at < sitting_ends_at and sitting.starts_at < starts_at + timedelta(
        minutes=minutes
    )


def _minutes_of(plan: AssessmentPlan, subject: Subject) -> int:
    for part in plan.subjects:
        if part.subject == subject:
            return part.minutes
    raise InvalidInputError(field="科目", reason=f"本计划没有{CHINESE[subject]}科目，请核对。")


def _require_free(db: Session, room: Room, starts_at: datetime, minutes: int) -> None:
    near = select(Sitting).where(
        Sitting.room_id == room.id,
        Sitting.starts_at > starts_at - LONGEST,
        Sitting.starts_at < starts_at + LONGEST,
    )
    for other in db.scalars(near):
        if shares_time(other, starts_at, minutes):
            raise RoomTakenError(room=room.number, number=other.number, plan=other.plan.number)


def _places(
    plan: AssessmentPlan, order: Sequence[int], sittings: Sequence[Sitting]
) -> list[Admission]:
    taken: dict[int, list[Occasion]] = {enrolment_id: [] for enrolment_id in order}
    admissions: list[Admission] = []
    for part in plan.subjects:
        occasions = [_occasion(sitting) for sitting in sittings if sitting.subject == part.subject]
        by_id = {occasion.sitting_id: occasion for occasion in occasions}
        name = CHINESE[Subject(part.subject)]
        for place in arrange_subject(order, occasions, taken, subject=name):
            taken[place.candidate_id].append(by_id[place.sitting_id])
            admissions.append(
                Admission(
                    sitting_id=place.sitting_id,
                    enrolment_id=place.candidate_id,
                    seat_no=place.seat_no,
                )
            )
    return admissions


def _occasion(sitting: Sitting) -> Occasion:
    return Occasion(sitting.id, sitting.room.seat_count, sitting.starts_at, sitting.minutes)


def _admit(enrolment: Enrolment, plan: AssessmentPlan, running_no: int) -> None:
    enrolment.admission_no = admission_no(plan.number, running_no)
    enrolment.state = EnrolmentState.ARRANGED
