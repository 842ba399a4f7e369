"""Certificates: stock of blanks, approval, issue, printing, voiding."""

from collections.abc import Mapping
from itertools import chain

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from exam_server.context import (
    current_actor,
    now,
    reading,
    requires,
    surroundings,
    transaction,
)
from exam_server.languages import refusal_text
from exam_server.languages import translated as _
from exam_server.web import forms
from exam_server.web.downloads import PDF, shown
from exam_server.web.off_loop import off_the_loop
from exam_server.web.paging import cut
from exam_server.web.plans import WITH_CERTIFICATES
from registry.access import Actor, Permission
from registry.errors import AssessmentError
from registry.organisations.models import Centre, Level
from registry.organisations.queries import centres_in_reach
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_of, plans_in_reach
from registry.plans.rules.states import PlanState
from scoring.certificates import actions, queries
from scoring.certificates.printing import preview_certificate, print_certificates
from scoring.certificates.rules.face import CertificateFace
from scoring.queries import CandidateOutcome, outcomes_of
from scoring.rules.states import BlankState, CertificateState

blueprint = Blueprint("certificates", __name__, url_prefix="/certificates")
_P = Permission
READERS = (_P.CERTIFICATE_ISSUE, _P.CERTIFICATE_APPROVE, _P.RESULTS_READ)


@blueprint.get("/")
@requires(*READERS)
def index() -> ResponseReturnValue:
    """List the plans whose certificates may be made or were made."""
    state = request.args.get("state", "")
    with reading() as db:
        plans = plans_in_reach(db, actor=current_actor(), states=WITH_CERTIFICATES)
        fitting = [plan for plan in plans if state in ("", plan.state)]
        return render_template(
            "certificates/list.html",
            page=cut(fitting, request.args),
            may_stock=current_actor().may(_P.STOCK_MANAGE),
        )


@blueprint.get("/plans/<int:plan_id>")
@requires(*READERS)
def plan(plan_id: int) -> ResponseReturnValue:
    """Show the passing candidates of a plan and their certificates."""
    actor = current_actor()
    with reading() as db:
        found = plan_of(db, plan_id, actor=actor)
        made = queries.certificates_of(db, plan_id, actor=actor)
        by_enrolment = {certificate.enrolment_id: certificate for certificate in made}
        passing = passing_of(outcomes_of(db, plan_id, actor=actor))
        lines = [(entry.enrolment, by_enrolment.get(entry.enrolment.id)) for entry in passing]
        approval = queries.approval_of(db, plan_id)
        return render_template(
            "certificates/plan.html",
            plan=found,
            approval=approval,
            passing_count=len(passing),
            certificates=made,
            page=cut(lines, request.args),
            may=steps_open_to(actor, found, approved=approval is not None),
            may_print=actor.may(_P.CERTIFICATE_ISSUE),
            may_void=actor.may(_P.CERTIFICATE_APPROVE),
        )


def passing_of(outcomes: list[CandidateOutcome]) -> list[CandidateOutcome]:
    """Return the candidates whose published results passed."""
    return [
        entry for entry in outcomes if entry.is_published and entry.outcome and entry.outcome.passed
    ]


def steps_open_to(actor: Actor, found: AssessmentPlan, *, approved: bool) -> set[str]:
    """Return what the person may do with the certificates of a plan; actions check again."""
    open_plan = found.state == PlanState.PUBLISHED
    possible = {
        "approve": actor.may(_P.CERTIFICATE_APPROVE) and open_plan and not approved,
        "issue": actor.may(_P.CERTIFICATE_ISSUE) and open_plan and approved,
    }
    return {step for step, is_open in possible.items() if is_open}


@blueprint.post("/plans/<int:plan_id>/approve")
@requires(_P.CERTIFICATE_APPROVE)
def approve(plan_id: int) -> ResponseReturnValue:
    """Approve the certificates of a plan."""
    with transaction() as db:
        approval = actions.approve_issue(db, plan_id, actor=current_actor(), now=now())
        passing_count = approval.passing_count
    flash(_("已批准为 {number} 人发证，由制证人核发。", number=passing_count), "success")
    return redirect(url_for(".plan", plan_id=plan_id))


@blueprint.post("/plans/<int:plan_id>/issue")
@requires(_P.CERTIFICATE_ISSUE)
def issue(plan_id: int) -> ResponseReturnValue:
    """Issue the certificates of a plan."""
    with transaction() as db:
        made = actions.issue_certificates(db, plan_id, actor=current_actor(), now=now())
    flash(_("已核发 {number} 张证书。", number=len(made)), "success")
    return redirect(url_for(".plan", plan_id=plan_id))


@blueprint.post("/plans/<int:plan_id>/print")
@requires(_P.CERTIFICATE_ISSUE)
def print_plan(plan_id: int) -> Response:
    """Give every valid certificate of a plan for printing."""
    actor = current_actor()
    with transaction() as db:
        valid = [
            certificate.id
            for certificate in queries.certificates_of(db, plan_id, actor=actor)
            if certificate.state == CertificateState.ISSUED
        ]
        faces = [actions.print_certificate(db, i, actor=actor, now=now()) for i in valid]
    return shown(_pdf_of(faces), f"证书-{plan_id}.pdf", PDF)


@blueprint.post("/<int:certificate_id>/print")
@requires(_P.CERTIFICATE_ISSUE)
def print_one(certificate_id: int) -> Response:
    """Give one certificate for printing."""
    with transaction() as db:
        face = actions.print_certificate(db, certificate_id, actor=current_actor(), now=now())
    return shown(_pdf_of([face]), f"证书-{face.certificate_no}.pdf", PDF)


def _pdf_of(faces: list[CertificateFace]) -> bytes:
    settings = surroundings().settings
    return off_the_loop(
        print_certificates,
        faces,
        verify_origin=settings.public_url,
        demonstration=settings.demonstration,
    )


@blueprint.get("/<int:certificate_id>")
@requires(_P.RESULTS_READ)
def document(certificate_id: int) -> ResponseReturnValue:
    """Show one certificate, masked."""
    actor = current_actor()
    with reading() as db:
        return render_template(
            "certificates/show.html",
            certificate=queries.certificate_of(db, certificate_id, actor=actor),
            face=queries.masked_face(db, certificate_id, actor=actor),
            may_print=actor.may(_P.CERTIFICATE_ISSUE),
            may_void=actor.may(_P.CERTIFICATE_APPROVE),
        )


@blueprint.get("/<int:certificate_id>/preview.png")
@requires(_P.RESULTS_READ)
def preview(certificate_id: int) -> ResponseReturnValue:
    """Show one certificate as it is printed, masked, without its photograph."""
    with reading() as db:
        face = queries.masked_face(db, certificate_id, actor=current_actor())
    is_demonstration = surroundings().settings.demonstration
    picture = off_the_loop(lambda: preview_certificate(face, demonstration=is_demonstration))
    return Response(picture, content_type="image/png")


@blueprint.post("/<int:certificate_id>/void")
@requires(_P.CERTIFICATE_APPROVE)
def void(certificate_id: int) -> ResponseReturnValue:
    """Void a wrong certificate with a reason."""
    reason = request.form.get("reason", "")
    with transaction() as db:
        actions.void_certificate(db, certificate_id, reason, actor=current_actor(), now=now())
    flash(_("证书已作废，公众查询会显示“已作废”。"), "success")
    return redirect(url_for(".document", certificate_id=certificate_id))


@blueprint.get("/stock")
@requires(_P.STOCK_MANAGE)
def stock() -> ResponseReturnValue:
    """Show the blanks of a centre."""
    return _stock_page({}, [])


@blueprint.post("/stock/receive")
@requires(_P.STOCK_MANAGE)
def receive() -> ResponseReturnValue:
    """Take a delivery of blanks in."""
    form = request.form
    try:
        first = forms.read_text(form, "first", "起始流水码")
        last = forms.read_text(form, "last", "终止流水码")
        centre_id = forms.read_int(form, "centre_id", "中心")
        with transaction() as db:
            number = actions.receive_blanks(
                db, centre_id, first, last, actor=current_actor(), now=now()
            )
    except AssessmentError as error:
        return _stock_page(form, [refusal_text(error)]), 400
    flash(_("已登记入库 {number} 张。", number=number), "success")
    return redirect(url_for(".stock", centre=centre_id))


@blueprint.post("/stock/spoil")
@requires(_P.STOCK_MANAGE)
def spoil() -> ResponseReturnValue:
    """Take a spoiled blank out of stock."""
    form = request.form
    try:
        serial = forms.read_text(form, "serial", "流水码")
        reason = forms.read_text(form, "reason", "作废原因")
        with transaction() as db:
            blank = actions.spoil_blank(db, serial, reason, actor=current_actor(), now=now())
            centre_id = blank.centre_id
    except AssessmentError as error:
        return _stock_page(form, [refusal_text(error)]), 400
    flash(_("空白证书 {serial} 已作废。", serial=serial), "success")
    return redirect(url_for(".stock", centre=centre_id))


def _stock_page(values: Mapping[str, str], errors: list[str]) -> str:
    actor, args = current_actor(), request.args
    with reading() as db:
        centres = keeping_centres(db, actor)
        asked = values.get("centre_id") or args.get("centre", "")
        centre = next((c for c in centres if str(c.id) == asked), centres[0])
        states = [BlankState(args["state"])] if args.get("state") in set(BlankState) else BlankState
        blanks = [queries.blanks_of(db, centre.id, state, actor=actor) for state in states]
        return render_template(
            "certificates/stock.html",
            centre=centre,
            centres=[(c.id, c.name) for c in centres],
            balance=queries.stock_balance(db, centre.id, actor=actor),
            page=cut(list(chain.from_iterable(blanks)), args),
            state=args.get("state", ""),
            values=values,
            errors=errors,
        )


def keeping_centres(db: Session, actor: Actor) -> list[Centre]:
    """Return the centres of the person's area that keep blanks: the province and the cities."""
    centres = centres_in_reach(db, actor=actor)
    return [centre for centre in centres if centre.level != Level.COUNTY]
