"""Reads of blanks and certificates: stock, faces, verification, public lookup."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.catalog.rules.subjects import Subject
from registry.database import keys_of
from registry.enrolment.models import Enrolment, Gender
from registry.enrolment.rules.masking import mask_id_number_in_public, mask_name
from registry.enrolment.rules.person import read_name
from registry.errors import InvalidInputError, NotFoundError
from registry.local_time import local_date
from registry.organisations.models import Centre
from registry.organisations.queries import centre_of_division, within_reach
from registry.organisations.rules.institution_code import city_division_of
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_of
from registry.scheduling.models import Sitting
from registry.written_forms import normalise_code
from scoring.certificates.models import BlankCertificate, Certificate, IssueApproval
from scoring.certificates.rules.face import (
    CertificateFace,
    Genuineness,
    PublicCertificate,
    Verification,
)
from scoring.certificates.rules.numbering import is_certificate_no
from scoring.certificates.rules.seal import open_seal
from scoring.queries import results_on_record
from scoring.rules.states import BlankState, CertificateState

NO_CERTIFICATE_TEXT = "未查询到符合条件的证书。请核对姓名和证书编号后重试。"
CHINESE_GENDER = {Gender.MALE: "男", Gender.FEMALE: "女"}


@dataclass(frozen=True)
class StockBalance:
    """The blanks of a centre; received always equals the other three together."""

    received: int
    in_stock: int
    used: int
    spoiled: int

    @property
    def is_tied(self) -> bool:
        """Say whether the balance ties."""
        return self.received == self.in_stock + self.used + self.spoiled


def centre_in_reach(db: Session, centre_id: int, *, actor: Actor) -> Centre:
    """Return a centre of the actor's area."""
    centre = db.get(Centre, centre_id)
    if centre is None or not actor.reaches(centre.division_code, actor.institution_id):
        raise NotFoundError(what="鉴定中心")
    return centre


def stock_balance(db: Session, centre_id: int, *, actor: Actor) -> StockBalance:
    """Return the balance of a centre's blanks (R-401)."""
    actor.require(Permission.STOCK_MANAGE)
    centre = centre_in_reach(db, centre_id, actor=actor)
    received = select(func.count()).where(BlankCertificate.centre_id == centre.id)
    counted = (
        select(BlankCertificate.state, func.count())
        .where(BlankCertificate.centre_id == centre.id)
        .group_by(BlankCertificate.state)
    )
    by_state = {BlankState(state): count for state, count in db.execute(counted)}
    return StockBalance(
        received=db.scalar(received) or 0,
        in_stock=by_state.get(BlankState.IN_STOCK, 0),
        used=by_state.get(BlankState.USED, 0),
        spoiled=by_state.get(BlankState.SPOILED, 0),
    )


def blanks_of(
    db: Session, centre_id: int, state: BlankState, *, actor: Actor
) -> list[BlankCertificate]:
    """Return a centre's blanks in one state, by serial."""
    actor.require(Permission.STOCK_MANAGE)
    centre = centre_in_reach(db, centre_id, actor=actor)
    chosen = select(BlankCertificate).where(
        BlankCertificate.centre_id == centre.id, BlankCertificate.state == state
    )
    return list(db.scalars(chosen.order_by(BlankCertificate.serial)))


def next_blanks(db: Session, centre_id: int, count: int) -> list[BlankCertificate]:
    """Return the first blanks in stock by serial, locked; for the issue."""
    return list(
        db.scalars(
            select(BlankCertificate)
            .where(
                BlankCertificate.centre_id == centre_id,
                BlankCertificate.state == BlankState.IN_STOCK,
            )
            .order_by(func.length(BlankCertificate.serial), BlankCertificate.serial)
            .limit(count)
            .with_for_update()
        )
    )


def issuing_centre(db: Session, plan: AssessmentPlan) -> Centre:
    """Return the city centre that issues the certificates of a plan (R-402)."""
    return centre_of_division(db, city_division_of(plan.institution.division_code))


def approval_of(db: Session, plan_id: int) -> IssueApproval | None:
    """Return the approval of a plan's certificates."""
    return db.scalar(select(IssueApproval).where(IssueApproval.plan_id == plan_id))


def certificates_of(db: Session, plan_id: int, *, actor: Actor) -> list[Certificate]:
    """Return the certificates of a plan by number."""
    plan = plan_of(db, plan_id, actor=actor)
    return list(
        db.scalars(
            select(Certificate)
            .join(Certificate.enrolment)
            .where(Enrolment.plan_id == plan.id)
            .order_by(Certificate.certificate_no)
        )
    )


def certificate_of(db: Session, certificate_id: int, *, actor: Actor) -> Certificate:
    """Return a certificate within reach."""
    certificate = db.scalar(
        select(Certificate)
        .join(Certificate.enrolment)
        .join(Enrolment.plan)
        .join(AssessmentPlan.institution)
        .where(Certificate.id == certificate_id, within_reach(actor))
    )
    if certificate is None:
        raise NotFoundError(what="证书")
    return certificate


def face_of(
    db: Session, certificate: Certificate, *, id_number: str, photo: bytes | None
) -> CertificateFace:
    """Put together what is printed; the ID number comes masked or revealed from the caller."""
    enrolment = certificate.enrolment
    results = results_on_record(db, enrolment.id)
    plan, candidate = enrolment.plan, enrolment.candidate
    last = db.scalar(select(func.max(Sitting.starts_at)).where(Sitting.plan_id == plan.id))
    return CertificateFace(
        name=candidate.name,
        gender=CHINESE_GENDER[Gender(candidate.gender)],
        id_number=id_number,
        project_name=plan.specification.project.name,
        marks={Subject(result.subject): result.mark for result in results},
        assessed_on=local_date(last) if last is not None else plan.planned_on,
        issued_on=certificate.issued_on,
        issuer=issuing_centre(db, plan).name,
        certificate_no=certificate.certificate_no,
        blank_serial=certificate.blank.serial,
        qr_text=certificate.qr_payload,
        photo=photo,
    )


def masked_face(db: Session, certificate_id: int, *, actor: Actor) -> CertificateFace:
    """Return the face for a screen: the ID number masked, without the photograph."""
    actor.require(Permission.RESULTS_READ)
    certificate = certificate_of(db, certificate_id, actor=actor)
    masked = certificate.enrolment.candidate.id_number_masked
    return face_of(db, certificate, id_number=masked, photo=None)


def verify_qr(db: Session, token: str) -> Verification:
    """Check what a QR code says against its signature and the records; open to the public.

    A good signature of something not on record is not genuine either.
    """
    facts = open_seal(token, keys_of(db).verify_key())
    certificate = facts and _by_number(db, facts.certificate_no)
    if not facts or not certificate or certificate.blank.serial != facts.blank_serial:
        return Verification(Genuineness.FORGED, None)
    shown = _public(db, certificate)
    state = Genuineness.VOIDED if shown.is_voided else Genuineness.GENUINE
    return Verification(state, shown)


def look_up(db: Session, name: str, certificate_no: str) -> PublicCertificate | None:
    """Find a certificate by name and number for anyone; both must fit (R-403).

    Whatever does not fit, the answer is the same: None, worded ``NO_CERTIFICATE_TEXT``.
    """
    number = normalise_code(certificate_no)
    if not is_certificate_no(number):
        return None
    certificate = _by_number(db, number)
    if certificate is None or certificate.enrolment.candidate.name != _as_stored(name):
        return None
    return _public(db, certificate)


def _as_stored(name: str) -> str | None:
    try:
        return read_name(name)
    except InvalidInputError:
        return None


def _by_number(db: Session, certificate_no: str) -> Certificate | None:
    return db.scalar(select(Certificate).where(Certificate.certificate_no == certificate_no))


def _public(db: Session, certificate: Certificate) -> PublicCertificate:
    enrolment = certificate.enrolment
    results = results_on_record(db, enrolment.id)
    return PublicCertificate(
        masked_name=mask_name(enrolment.candidate.name),
        masked_id_number=mask_id_number_in_public(enrolment.candidate.id_number_masked),
        project_name=enrolment.plan.specification.project.name,
        marks={Subject(result.subject): result.mark for result in results},
        certificate_no=certificate.certificate_no,
        issued_on=certificate.issued_on,
        issuer=issuing_centre(db, enrolment.plan).name,
        is_voided=certificate.state == CertificateState.VOIDED,
    )
