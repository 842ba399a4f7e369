"""Reads of sittings and places: within the actor's reach, or of one's own duty."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.orm import Session, contains_eager, selectinload

from registry.access import Actor
from registry.enrolment.models import Accommodation, Enrolment
from registry.errors import NotFoundError
from registry.organisations.queries import within_reach
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_of
from registry.scheduling.errors import WrongAdmissionNumberError
from registry.scheduling.models import Admission, Dispatch, Sitting, SittingProctor
from registry.scheduling.rules.admission_no import is_valid_admission_no
from registry.staff.models import Examiner
from registry.written_forms import normalise_code


def sitting_of(db: Session, sitting_id: int, *, actor: Actor) -> Sitting:
    """Return a sitting within reach."""
    chosen = select(Sitting).join(Sitting.plan).join(AssessmentPlan.institution)
    sitting = db.scalar(chosen.where(Sitting.id == sitting_id, within_reach(actor)))
    if sitting is None:
        raise NotFoundError(what="考核场次")
    return sitting


def sittings_of(db: Session, plan_id: int, *, actor: Actor) -> list[Sitting]:
    """Return the sittings of a plan by number."""
    plan = plan_of(db, plan_id, actor=actor)
    chosen = select(Sitting).where(Sitting.plan_id == plan.id).order_by(Sitting.number)
    return list(db.scalars(chosen.options(selectinload(Sitting.room))))


def sittings_of_proctor(db: Session, *, actor: Actor) -> list[Sitting]:
    """Return the sittings in which the actor is on duty, the next first."""
    duty = SittingProctor.account_id == (actor.account_id or 0)
    chosen = select(Sitting).join(SittingProctor, SittingProctor.sitting_id == Sitting.id)
    return list(db.scalars(chosen.where(duty).order_by(Sitting.starts_at, Sitting.id)))


def sitting_of_proctor(db: Session, sitting_id: int, *, actor: Actor) -> Sitting:
    """Return a sitting in which the actor is on duty; any other is not found."""
    if db.get(SittingProctor, (sitting_id, actor.account_id or 0)) is None:
        raise NotFoundError(what="考核场次")
    return db.get_one(Sitting, sitting_id)


def sittings_of_examiner(db: Session, *, actor: Actor) -> list[Sitting]:
    """Return the sittings to which the actor is sent as an examiner, the next first."""
    chosen = (
        select(Sitting)
        .join(Dispatch, Dispatch.sitting_id == Sitting.id)
        .join(Examiner, Examiner.id == Dispatch.examiner_id)
        .where(Examiner.account_id == (actor.account_id or 0))
        .order_by(Sitting.starts_at, Sitting.id)
    )
    return list(db.scalars(chosen))


def dispatch_of_examiner(db: Session, sitting_id: int, *, actor: Actor) -> Dispatch:
    """Return the actor's own dispatch to a sitting; without one the sitting is not found."""
    dispatch = db.scalar(
        select(Dispatch)
        .join(Dispatch.examiner)
        .where(Dispatch.sitting_id == sitting_id, Examiner.account_id == (actor.account_id or 0))
    )
    if dispatch is None:
        raise NotFoundError(what="考核场次")
    return dispatch


def dispatches_of(db: Session, sitting_id: int, *, actor: Actor) -> list[Dispatch]:
    """Return the examiners of a sitting, the lead first."""
    sitting = sitting_of(db, sitting_id, actor=actor)
    chosen = select(Dispatch).where(Dispatch.sitting_id == sitting.id)
    return list(db.scalars(chosen.order_by(Dispatch.is_lead.desc(), Dispatch.id)))


def proctors_of(db: Session, sitting_id: int, *, actor: Actor) -> list[SittingProctor]:
    """Return who is on duty in a sitting."""
    sitting = sitting_of(db, sitting_id, actor=actor)
    chosen = select(SittingProctor).where(SittingProctor.sitting_id == sitting.id)
    return list(db.scalars(chosen.order_by(SittingProctor.account_id)))


def admissions_of(db: Session, sitting_id: int, *, actor: Actor) -> list[Admission]:
    """Return the places of a sitting by seat, with candidates."""
    sitting = sitting_of(db, sitting_id, actor=actor)
    chosen = (
        select(Admission)
        .where(Admission.sitting_id == sitting.id)
        .options(selectinload(Admission.enrolment).selectinload(Enrolment.candidate))
        .order_by(Admission.seat_no)
    )
    return list(db.scalars(chosen))


def admissions_of_plan(db: Session, plan_id: int, *, actor: Actor) -> list[Admission]:
    """Return every place of a plan by sitting and seat, with candidates."""
    plan = plan_of(db, plan_id, actor=actor)
    chosen = (
        select(Admission)
        .join(Admission.sitting)
        .where(Sitting.plan_id == plan.id)
        .options(
            contains_eager(Admission.sitting),
            selectinload(Admission.enrolment).selectinload(Enrolment.candidate),
        )
        .order_by(Sitting.number, Admission.seat_no)
    )
    return list(db.scalars(chosen))


def admission_of(db: Session, admission_id: int, *, actor: Actor) -> Admission:
    """Return one place within reach."""
    admission = db.scalar(
        select(Admission)
        .join(Admission.sitting)
        .join(Sitting.plan)
        .join(AssessmentPlan.institution)
        .where(Admission.id == admission_id, within_reach(actor))
    )
    if admission is None:
        raise NotFoundError(what="考生座位")
    return admission


def admissions_by_number(db: Session, admission_no: str) -> list[Admission]:
    """Return every place of an admission number as typed; for the sign-in of candidates.

    Raises ``WrongAdmissionNumberError`` for a wrong check digit as for an unknown number.
    """
    number = normalise_code(admission_no)
    if not is_valid_admission_no(number):
        raise WrongAdmissionNumberError
    chosen = (
        select(Admission)
        .join(Admission.enrolment)
        .join(Admission.sitting)
        .where(Enrolment.admission_no == number)
        .order_by(Sitting.starts_at, Sitting.id)
    )
    admissions = list(db.scalars(chosen))
    if not admissions:
        raise WrongAdmissionNumberError
    return admissions


def admission_by_number(db: Session, admission_no: str, sitting_id: int) -> Admission:
    """Return the place of an admission number in one sitting; for the sign-in of candidates."""
    for admission in admissions_by_number(db, admission_no):
        if admission.sitting_id == sitting_id:
            return admission
    raise WrongAdmissionNumberError


def approved_at(db: Session, admission_ids: Collection[int]) -> dict[int, int]:
    """Return the extra minutes approved before the exam, by place."""
    own = (
        select(Admission.id, Accommodation.minutes)
        .join(Accommodation, Accommodation.enrolment_id == Admission.enrolment_id)
        .where(Admission.id.in_(admission_ids), Accommodation.minutes > 0)
    )
    return {row.id: row.minutes for row in db.execute(own)}
