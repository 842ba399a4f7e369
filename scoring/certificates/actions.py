"""What is done with blanks and certificates: receive, spoil, approve, issue, print, void."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from registry.access import Actor, Permission
from registry.audit_log import note
from registry.database import files_of, keys_of
from registry.enrolment.models import ID_NUMBER
from registry.enrolment.rules.masking import mask_name
from registry.errors import InvalidInputError, NotFoundError, SeparationError, WrongStateError
from registry.local_time import local_date
from registry.organisations.models import Centre
from registry.plans.actions import advance_plan
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_to_change, require_state
from registry.plans.rules.states import PlanState
from scoring.certificates import queries
from scoring.certificates.chain import chain_fault, evidence_hash
from scoring.certificates.errors import (
    ApprovalOutdatedError,
    ChainBrokenError,
    DoubleBlankSerialError,
    NotApprovedError,
    TooFewBlanksError,
)
from scoring.certificates.models import (
    BlankCertificate,
    Certificate,
    CertificateCounter,
    IssueApproval,
)
from scoring.certificates.rules.face import CertificateFace
from scoring.certificates.rules.numbering import (
    KIND_DIGIT,
    certificate_frame,
    certificate_no,
    read_range,
    read_serial,
)
from scoring.certificates.rules.seal import SealedFacts, seal_facts
from scoring.queries import CandidateOutcome, outcomes_of
from scoring.rules.states import BlankState, CertificateState

CHUNK = 500  # serials asked for in one select
CHINESE_BLANK_STATE = {
    BlankState.IN_STOCK: "在库",
    BlankState.USED: "已使用",
    BlankState.SPOILED: "已作废",
}
REASON_LENGTHS = range(2, 201)


def receive_blanks(
    db: Session, centre_id: int, first: str, last: str, *, actor: Actor, now: datetime
) -> int:
    """Take a delivery of blanks into a centre's stock, both serials included.

    A serial that any centre has ever held refuses the whole delivery.
    """
    actor.require(Permission.STOCK_MANAGE)
    centre = queries.centre_in_reach(db, centre_id, actor=actor)
    serials = list(read_range(first, last))
    _require_unknown(db, serials)
    blanks = [
        BlankCertificate(
            serial=serial, centre_id=centre.id, state=BlankState.IN_STOCK, received_at=now
        )
        for serial in serials
    ]
    try:
        with db.begin_nested():
            db.add_all(blanks)
    except IntegrityError:  # somebody else has just taken in the same serials
        _require_unknown(db, serials)
        raise
    detail = {"first": serials[0], "last": serials[-1], "count": len(serials)}
    note(db, "receive_blanks", ("centre", centre.id), actor=actor, now=now, detail=detail)
    return len(serials)


def spoil_blank(
    db: Session, serial: str, reason: str, *, actor: Actor, now: datetime
) -> BlankCertificate:
    """Take a spoiled blank out of stock, with a reason; the piece is kept and listed."""
    actor.require(Permission.STOCK_MANAGE)
    chosen = select(BlankCertificate).where(BlankCertificate.serial == read_serial(serial))
    blank = db.scalar(chosen.with_for_update())
    if blank is None:
        raise NotFoundError(what="空白证书")
    queries.centre_in_reach(db, blank.centre_id, actor=actor)
    if blank.state != BlankState.IN_STOCK:
        state = CHINESE_BLANK_STATE[BlankState(blank.state)]
        raise WrongStateError(what=f"空白证书{blank.serial}", state=state, action="登记作废")
    blank.state, blank.spoiled_reason = BlankState.SPOILED, _reason(reason)
    detail = {"serial": blank.serial, "reason": blank.spoiled_reason}
    note(db, "spoil_blank", ("blank_certificate", blank.id), actor=actor, now=now, detail=detail)
    return blank


def approve_issue(db: Session, plan_id: int, *, actor: Actor, now: datetime) -> IssueApproval:
    """Approve the certificates of a plan's passing candidates, each with its whole chain."""
    actor.require(Permission.CERTIFICATE_APPROVE)
    plan = plan_to_change(db, plan_id, actor=actor)
    require_state(plan, PlanState.PUBLISHED, action="审批发证")
    passing = _passing(db, plan, actor=actor)
    approval = queries.approval_of(db, plan.id)
    if approval is None:
        approval = IssueApproval(plan_id=plan.id)
        db.add(approval)
    approval.approved_at, approval.approved_by_id = now, actor.account_id
    approval.passing_count = len(passing)
    _note_plan(db, "approve_issue", plan, actor=actor, now=now, passing=len(passing))
    return approval


def issue_certificates(
    db: Session, plan_id: int, *, kind_digit: int = KIND_DIGIT, actor: Actor, now: datetime
) -> list[Certificate]:
    """Make the certificates of a plan: one blank each in serial order, numbered and signed.

    Another person than the approver; every link of the chain is checked again.
    """
    actor.require(Permission.CERTIFICATE_ISSUE)
    plan = plan_to_change(db, plan_id, actor=actor)
    require_state(plan, PlanState.PUBLISHED, action="核发证书")
    passing = _passing(db, plan, actor=actor)
    approval = _approval(db, plan, len(passing), actor=actor)
    blanks = _blanks(db, queries.issuing_centre(db, plan), len(passing))
    frame = certificate_frame(local_date(now).year, plan.institution.code, kind_digit)
    numbers = _next_numbers(db, frame, len(passing))
    certificates = [
        _issue_one(db, outcome, blank, number, approval, actor=actor, now=now)
        for outcome, blank, number in zip(passing, blanks, numbers, strict=True)
    ]
    advance_plan(db, plan_id, PlanState.CERTIFIED, actor=actor, now=now)
    detail = {"certificates": numbers, "blanks": [blank.serial for blank in blanks]}
    _note_plan(db, "issue_certificates", plan, actor=actor, now=now, **detail)
    return certificates


def print_certificate(
    db: Session, certificate_id: int, *, actor: Actor, now: datetime
) -> CertificateFace:
    """Reveal what is printed on a certificate, the full ID number included; the log keeps it."""
    actor.require(Permission.CERTIFICATE_ISSUE)
    certificate = queries.certificate_of(db, certificate_id, actor=actor)
    if certificate.state != CertificateState.ISSUED:
        raise WrongStateError(what="证书", state="已作废", action="打印")
    candidate = certificate.enrolment.candidate
    id_number = keys_of(db).reveal(candidate.id_number_sealed, purpose=ID_NUMBER)
    photo = files_of(db).get(candidate.photo_hash) if candidate.photo_hash else None
    _note(db, "print_certificate", certificate, actor=actor, now=now)
    return queries.face_of(db, certificate, id_number=id_number, photo=photo)


def void_certificate(
    db: Session, certificate_id: int, reason: str, *, actor: Actor, now: datetime
) -> Certificate:
    """Void a wrong certificate with a reason; it stays on record and shows as void."""
    actor.require(Permission.CERTIFICATE_APPROVE)
    certificate = queries.certificate_of(db, certificate_id, actor=actor)
    if certificate.state != CertificateState.ISSUED:
        raise WrongStateError(what="证书", state="已作废", action="再次作废")
    if certificate.issued_by_id == actor.account_id:
        raise SeparationError(first="证书制作人", second="证书作废审批人")
    certificate.state, certificate.void_reason = CertificateState.VOIDED, _reason(reason)
    certificate.voided_at, certificate.voided_by_id = now, actor.account_id
    reason = certificate.void_reason
    _note(db, "void_certificate", certificate, actor=actor, now=now, reason=reason)
    return certificate


def _require_unknown(db: Session, serials: Sequence[str]) -> None:
    known: list[BlankCertificate] = []
    for start in range(0, len(serials), CHUNK):
        some = BlankCertificate.serial.in_(serials[start : start + CHUNK])
        known += db.scalars(select(BlankCertificate).where(some).order_by(BlankCertificate.serial))
    if not known:
        return
    centre = db.get_one(Centre, known[0].centre_id)
    raise DoubleBlankSerialError(
        serial=known[0].serial,
        centre=centre.name,
        state=CHINESE_BLANK_STATE[BlankState(known[0].state)],
        count=len(known),
    )


def _passing(db: Session, plan: AssessmentPlan, *, actor: Actor) -> list[CandidateOutcome]:
    passing = [
        outcome
        for outcome in outcomes_of(db, plan.id, actor=actor)
        if outcome.is_published and outcome.outcome is not None and outcome.outcome.passed
    ]
    for outcome in passing:
        fault = chain_fault(db, outcome.enrolment)
        if fault is not None:
            raise ChainBrokenError(admission_no=outcome.enrolment.admission_no, fault=fault)
    return passing


def _approval(
    db: Session, plan: AssessmentPlan, passing_count: int, *, actor: Actor
) -> IssueApproval:
    approval = queries.approval_of(db, plan.id)
    if approval is None:
        raise NotApprovedError
    if approval.approved_by_id == actor.account_id:
        raise SeparationError(first="证书审批人", second="证书制作人")
    if approval.passing_count != passing_count:
        raise ApprovalOutdatedError(approved=approval.passing_count, present=passing_count)
    return approval


def _blanks(db: Session, centre: Centre, needed: int) -> list[BlankCertificate]:
    blanks = queries.next_blanks(db, centre.id, needed)
    if len(blanks) < needed:
        raise TooFewBlanksError(present=len(blanks), needed=needed)
    return blanks


def _next_numbers(db: Session, frame: str, count: int) -> list[str]:
    counter = db.get(CertificateCounter, frame, with_for_update=True, populate_existing=True)
    if counter is None:
        counter = CertificateCounter(frame=frame, last_number=0)
        db.add(counter)
    first = counter.last_number + 1
    counter.last_number += count
    db.flush()
    return [certificate_no(frame, number) for number in range(first, first + count)]


def _issue_one(
    db: Session,
    outcome: CandidateOutcome,
    blank: BlankCertificate,
    number: str,
    approval: IssueApproval,
    *,
    actor: Actor,
    now: datetime,
) -> Certificate:
    enrolment = outcome.enrolment
    issued_on = local_date(now)
    facts = SealedFacts(
        certificate_no=number,
        masked_name=mask_name(enrolment.candidate.name),
        project_number=enrolment.plan.specification.project.number,
        issued_on=issued_on,
        blank_serial=blank.serial,
    )
    certificate = Certificate(
        enrolment=enrolment,
        certificate_no=number,
        blank=blank,
        state=CertificateState.ISSUED,
        issued_on=issued_on,
        issued_at=now,
        issued_by_id=actor.account_id,
        qr_payload=seal_facts(facts, keys_of(db).sign),
    )
    certificate.evidence_hash = evidence_hash(db, certificate, approval)
    blank.state = BlankState.USED
    db.add(certificate)
    _note(db, "issue_certificate", certificate, actor=actor, now=now, blank=blank.serial)
    return certificate


def _reason(text: str) -> str:
    reason = text.strip()
    if len(reason) not in REASON_LENGTHS:
        raise InvalidInputError(field="原因", reason="请写明原因（2至200个字）。")
    return reason


def _note(
    db: Session,
    action: str,
    certificate: Certificate,
    *,
    actor: Actor,
    now: datetime,
    **detail: object,
) -> None:
    db.flush()
    told = {"certificate_no": certificate.certificate_no, **detail}
    note(db, action, ("certificate", certificate.id), actor=actor, now=now, detail=told)


def _note_plan(
    db: Session,
    action: str,
    plan: AssessmentPlan,
    *,
    actor: Actor,
    now: datetime,
    **detail: object,
) -> None:
    db.flush()
    told = {"number": plan.number, **detail}
    note(db, action, ("assessment_plan", plan.id), actor=actor, now=now, detail=told)
