"""The chain of evidence behind a certificate: audited enrolment to published marks (R-603)."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy.orm import Session

from registry.catalog.rules.subjects import CHINESE, Subject
from registry.enrolment.models import Enrolment
from scoring.certificates.models import Certificate, IssueApproval
from scoring.certificates.queries import approval_of
from scoring.errata.queries import as_of
from scoring.evidence import fault_in
from scoring.models import SubjectResult
from scoring.queries import ADMITTED, results_on_record
from scoring.rules.evidence import digest
from scoring.rules.outcome import PASS_MARK
from scoring.rules.states import ResultFlag, ResultState


def chain_fault(db: Session, enrolment: Enrolment) -> str | None:
    """Say in Chinese which link is missing between the audit and the published marks, else None."""
    if enrolment.state not in ADMITTED or enrolment.decided_at is None:
        return "没有通过资格审核的记录。"
    if enrolment.decided_by_id is None or enrolment.decided_by_id == enrolment.entered_by_id:
        return "资格审核人缺失，或与录入人为同一人。"
    if enrolment.admission_no is None:
        return "没有准考证号。"
    results = {Subject(r.subject): r for r in results_on_record(db, enrolment.id)}
    for part in enrolment.plan.subjects:
        fault = _result_fault(db, results.get(Subject(part.subject)))
        if fault is not None:
            return f"{CHINESE[Subject(part.subject)]}{fault}"
    return None


def evidence_hash(db: Session, certificate: Certificate, approval: IssueApproval) -> str:
    """Return the SHA-256 over the canonical JSON of the whole chain, as it was at the issue."""
    enrolment = certificate.enrolment
    return digest(
        {
            "plan": enrolment.plan.number,
            "project": enrolment.plan.specification.project.number,
            "specification": enrolment.plan.specification.ministry_filing_no,
            "institution": enrolment.plan.institution.code,
            "enrolment": _enrolment_link(enrolment),
            "results": [
                _result_link(db, r, certificate.issued_at)
                for r in results_on_record(db, enrolment.id)
            ],
            "approval": _decision(approval.approved_at, approval.approved_by_id),
            "issue": _decision(certificate.issued_at, certificate.issued_by_id),
            "certificate_no": certificate.certificate_no,
            "blank_serial": certificate.blank.serial,
            "issued_on": certificate.issued_on.isoformat(),
        }
    )


def chain_holds(db: Session, certificate: Certificate) -> bool:
    """Say whether the records behind an issued certificate are still those it was issued on."""
    approval = approval_of(db, certificate.enrolment.plan_id)
    if approval is None or chain_fault(db, certificate.enrolment) is not None:
        return False
    return evidence_hash(db, certificate, approval) == certificate.evidence_hash


def _result_fault(db: Session, result: SubjectResult | None) -> str | None:
    if result is None or result.state != ResultState.PUBLISHED:
        return "没有已公布的成绩。"
    if result.flag != ResultFlag.NONE or result.mark < PASS_MARK:
        return f"成绩{result.mark}，不合格。"
    if result.confirmed_at is None or result.confirmed_by_id == result.published_by_id:
        return "成绩的确认人与公布人为同一人。"
    fault = fault_in(db, result)
    return None if fault is None else f"：{fault}"


def _enrolment_link(enrolment: Enrolment) -> dict[str, Any]:
    return {
        "id": enrolment.id,
        "admission_no": enrolment.admission_no,
        "candidate": enrolment.candidate.id_number_index,
        "entered_by": enrolment.entered_by_id,
        "confirmed_at": _instant(enrolment.confirmed_at),
        "audit": _decision(enrolment.decided_at, enrolment.decided_by_id),
    }


def _result_link(db: Session, result: SubjectResult, issued_at: datetime) -> dict[str, Any]:
    mark, evidence = as_of(db, result, issued_at)
    return {
        "subject": result.subject,
        "admission": result.admission_id,
        "mark": str(mark),
        "evidence": evidence,
        "scored_at": _instant(result.scored_at),
        "confirmed": _decision(result.confirmed_at, result.confirmed_by_id),
        "published": _decision(result.published_at, result.published_by_id),
    }


def _decision(at: datetime | None, by_id: int | None) -> list[str | int | None]:
    return [_instant(at), by_id]


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(timespec="microseconds")
