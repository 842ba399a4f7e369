"""Blanks, approval, issue, verification and lookup."""

from dataclasses import replace
from decimal import Decimal

import pytest
from sqlalchemy import select

from registry.access import Role
from registry.audit_log import AuditEntry, first_break
from registry.errors import (
    InvalidInputError,
    NotAllowedError,
    NotFoundError,
    SeparationError,
    WrongStateError,
)
from registry.organisations.queries import centre_of_division
from registry.plans.rules.states import PlanState
from scoring.certificates import queries
from scoring.certificates.actions import (
    approve_issue,
    issue_certificates,
    print_certificate,
    receive_blanks,
    spoil_blank,
    void_certificate,
)
from scoring.certificates.chain import chain_holds
from scoring.certificates.errors import (
    ApprovalOutdatedError,
    ChainBrokenError,
    DoubleBlankSerialError,
    NotApprovedError,
    TooFewBlanksError,
)
from scoring.certificates.rules.face import Genuineness
from scoring.certificates.rules.numbering import is_certificate_no
from scoring.models import SheetMark, SubjectResult
from tests.conftest import START
from tests.scoring.exam_day import make_exam_day
from tests.support.factories import id_number
from tests.support.prepared import prepared
from tests.support.refusals import refused


def publish(db):
    day = make_exam_day(db, now=START)
    day.score_all(db, theory={0: 59})
    day.publish(db)
    day.stock(db)
    return day


prepared_published = prepared(publish)


@pytest.fixture
def published(db, prepared_published):
    """Three candidates, the first short in theory; results published, ten blanks in stock."""
    return replace(prepared_published[1])


@pytest.fixture
def certificates(db, published):
    published.approve(db)
    return issue(db, published)


def issue(db, day, **changed):
    return issue_certificates(
        db, day.scene.plan.id, **{"actor": day.maker, "now": day.at, **changed}
    )


def centre_id(db, day):
    return centre_of_division(db, day.scene.office.city).id


def balance(db, day):
    stock = queries.stock_balance(db, centre_id(db, day), actor=day.keeper)
    assert stock.is_tied
    return (stock.received, stock.in_stock, stock.used, stock.spoiled)


def test_only_who_passed_gets_a_certificate(db, published, certificates):
    failed = published.theory()[0].enrolment_id
    assert len(certificates) == 2
    assert failed not in {certificate.enrolment_id for certificate in certificates}
    assert published.scene.plan.state == PlanState.CERTIFIED
    assert first_break(db) is None


def test_blanks_are_taken_in_serial_order_and_the_balance_ties(db, published, certificates):
    assert [c.blank.serial for c in certificates] == ["JS000001", "JS000002"]
    assert balance(db, published) == (10, 8, 2, 0)


def test_numbers_run_on_within_institution_and_year(db, now, published, certificates):
    first, second = (certificate.certificate_no for certificate in certificates)
    assert is_certificate_no(first)
    assert first[:11] == f"26{published.scene.office.institution.code}6"
    assert int(second) == int(first) + 1
    later = make_exam_day(
        db, now=now.replace(day=19), count=1, office=published.scene.office, project_number=1
    )
    later.score_all(db)
    later.publish(db)
    later.approve(db)
    (third,) = issue(db, later)
    assert int(third.certificate_no) == int(second) + 1


def test_maker_and_approver_are_two_people(db, published):
    published.approve(db)
    both = replace(
        published.approver,
        permissions=published.approver.permissions | published.maker.permissions,
    )
    with refused(db, SeparationError):
        issue(db, published, actor=both)


def test_nothing_is_issued_without_approval(db, published):
    with refused(db, NotApprovedError):
        issue(db, published)


@pytest.mark.parametrize("role", [Role.CITY_OFFICER, Role.CERTIFICATE_MAKER])
def test_only_the_approver_approves(db, published, role):
    with refused(db, NotAllowedError):
        actor = published.scene.office.actor(role)
        approve_issue(db, published.scene.plan.id, actor=actor, now=published.at)


def test_nothing_is_issued_before_publication(db, day):
    day.score_all(db)
    day.stock(db)
    with refused(db, WrongStateError):
        issue(db, day)


def test_nothing_is_issued_twice(db, published, certificates):
    with refused(db, WrongStateError):
        issue(db, published)


def test_too_few_blanks_stop_the_whole_issue(db, day):
    day.score_all(db)
    day.publish(db)
    day.stock(db, "JS000001", "JS000002")
    day.approve(db)
    with refused(db, TooFewBlanksError):
        issue(db, day)


def test_an_approval_of_another_number_of_people_is_outdated(db, published):
    published.approve(db)
    approval = queries.approval_of(db, published.scene.plan.id)
    assert approval is not None
    approval.passing_count = 3
    db.flush()
    with refused(db, ApprovalOutdatedError):
        issue(db, published)


def without_audit(db, day):
    day.theory()[1].enrolment.decided_at = None


def audited_by_who_entered(db, day):
    enrolment = day.theory()[1].enrolment
    enrolment.decided_by_id = enrolment.entered_by_id


def changed_sheet(db, day):
    sheet_mark = db.scalars(
        select(SheetMark).order_by(SheetMark.sheet_id.desc(), SheetMark.item_id)
    ).first()
    sheet_mark.mark = sheet_mark.mark - Decimal("0.5")


def invented_evidence(db, day):
    result = db.scalars(
        select(SubjectResult).where(SubjectResult.admission_id == day.theory()[1].id)
    ).one()
    result.evidence = result.evidence.replace('"presence":"present"', '"presence":""')


def raised_mark(db, day):
    result = db.scalars(
        select(SubjectResult).where(SubjectResult.admission_id == day.theory()[0].id)
    ).one()
    result.mark = Decimal("60.0")


@pytest.mark.parametrize(
    "break_link",
    [without_audit, audited_by_who_entered, changed_sheet, invented_evidence, raised_mark],
)
def test_a_certificate_needs_every_link_of_its_chain(db, published, break_link):
    published.approve(db)
    break_link(db, published)
    db.flush()
    with refused(db, ChainBrokenError):
        issue(db, published)


def test_the_chain_of_an_issued_certificate_can_be_checked_again(db, published, certificates):
    first, second = certificates
    assert chain_holds(db, first)
    assert chain_holds(db, second)
    assert first.evidence_hash != second.evidence_hash
    first.enrolment.confirmed_at = published.at
    db.flush()
    assert not chain_holds(db, first)


def test_a_double_blank_serial_refuses_the_whole_delivery(db, published):
    with refused(db, DoubleBlankSerialError, match="JS000010") as refusal:
        published.stock(db, "JS000010", "JS000019")
    assert "全部未入库" in refusal.value.message
    assert balance(db, published) == (10, 10, 0, 0)


def test_a_serial_known_to_another_city_is_refused_too(db, published):
    other = centre_of_division(db, "320100")
    keeper = replace(published.keeper, division_prefix="3201")
    with refused(db, DoubleBlankSerialError):
        receive_blanks(db, other.id, "JS000001", "JS000001", actor=keeper, now=published.at)


def test_a_city_keeps_only_its_own_stock(db, published):
    other = centre_of_division(db, "320100")
    with refused(db, NotFoundError):
        receive_blanks(
            db, other.id, "JS100001", "JS100001", actor=published.keeper, now=published.at
        )


def test_a_spoiled_blank_leaves_the_stock_and_is_never_used(db, published):
    spoil_blank(db, "JS000001", "打印卡纸", actor=published.keeper, now=published.at)
    assert balance(db, published) == (10, 9, 0, 1)
    published.approve(db)
    assert [c.blank.serial for c in issue(db, published)] == ["JS000002", "JS000003"]


@pytest.mark.parametrize(
    ("serial", "reason", "error"),
    [
        ("JS999999", "打印卡纸", NotFoundError),
        ("JS000003", "", InvalidInputError),
        ("JS000001", "打印卡纸", WrongStateError),
    ],
)
def test_only_a_blank_in_stock_is_spoiled_with_a_reason(
    db, published, certificates, serial, reason, error
):
    with refused(db, error):
        spoil_blank(db, serial, reason, actor=published.keeper, now=published.at)


def test_a_genuine_code_shows_masked_facts(db, certificates):
    certificate = certificates[0]
    checked = queries.verify_qr(db, certificate.qr_payload)
    assert checked.genuineness is Genuineness.GENUINE
    shown = checked.certificate
    assert shown is not None
    name = certificate.enrolment.candidate.name
    assert shown.masked_name == name[0] + "*" * (len(name) - 1)
    assert shown.masked_id_number.startswith("*" * 14)
    assert shown.certificate_no == certificate.certificate_no


def test_a_forged_code_is_detected(db, certificates):
    path, _, signature = certificates[0].qr_payload.partition(".")
    other, _, _ = certificates[1].qr_payload.partition(".")
    altered = ("B" if signature[0] == "A" else "A") + signature[1:]
    for token in (f"{other}.{signature}", path, f"{path}.{altered}"):
        assert queries.verify_qr(db, token).genuineness is Genuineness.FORGED


def test_a_code_copied_onto_another_blank_is_not_genuine(db, certificates):
    first, second = certificates
    first.blank_id, second.blank_id = 9, 10
    db.flush()
    db.expire_all()
    assert queries.verify_qr(db, first.qr_payload).genuineness is Genuineness.FORGED


def test_a_voided_certificate_shows_as_void(db, published, certificates):
    void_certificate(
        db, certificates[0].id, "身份信息有误", actor=published.approver, now=published.at
    )
    checked = queries.verify_qr(db, certificates[0].qr_payload)
    assert checked.genuineness is Genuineness.VOIDED
    with refused(db, WrongStateError):
        print_certificate(db, certificates[0].id, actor=published.maker, now=published.at)


def test_lookup_needs_name_and_number_together(db, certificates):
    certificate = certificates[0]
    name = certificate.enrolment.candidate.name
    found = queries.look_up(db, f" {name} ", certificate.certificate_no)
    assert found is not None
    assert found.certificate_no == certificate.certificate_no
    other = certificates[1].certificate_no
    for pair in ((name, other), ("考生", certificate.certificate_no), (name, "1"), ("", "")):
        assert queries.look_up(db, *pair) is None


def test_printing_reveals_the_id_number_and_is_logged(db, published, certificates):
    certificate = certificates[0]
    masked = queries.masked_face(db, certificate.id, actor=published.officer)
    assert "********" in masked.id_number
    face = print_certificate(db, certificate.id, actor=published.maker, now=published.at)
    assert len(face.id_number) == len(id_number())
    assert "*" not in face.id_number
    entry = db.scalars(select(AuditEntry).where(AuditEntry.action == "print_certificate")).one()
    assert certificate.certificate_no in entry.detail
    assert face.id_number not in entry.detail


def test_another_city_finds_no_certificate(db, published, certificates):
    stranger = replace(published.maker, division_prefix="3201")
    with refused(db, NotFoundError):
        print_certificate(db, certificates[0].id, actor=stranger, now=published.at)
    with pytest.raises(NotFoundError):
        queries.certificates_of(db, published.scene.plan.id, actor=stranger)
