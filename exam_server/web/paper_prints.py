"""What is printed of papers: certificate of fairness of a set; booklet, sheet, key of a paper."""

from collections.abc import Callable

from flask import Blueprint, Response, render_template
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.web.downloads import PDF, shown
from exam_server.web.off_loop import off_the_loop
from item_bank.composing import print_actions
from item_bank.composing.certificate import certificate_of
from item_bank.printing.fairness_charts import (
    exposure_chart,
    key_chart,
    overlap_chart,
    score_chart,
)
from item_bank.printing.fairness_sheet import conclusions, print_fairness
from item_bank.queries import paper_of
from item_bank.rules.forms import label_of
from item_bank.rules.kinds import SetPurpose
from registry.access import Permission
from registry.plans.models import AssessmentPlan

blueprint = Blueprint("paper_prints", __name__, url_prefix="/papers")
_P = Permission


@blueprint.get("/sets/<int:set_id>/certificate")
@requires(_P.PAPER_COMPOSE, _P.PAPER_RELEASE)
def certificate(set_id: int) -> ResponseReturnValue:
    """Show how equal the papers of a set are; aggregates only."""
    with reading() as db:
        found = certificate_of(db, set_id, actor=current_actor())
        report, letters = found.report, found.facts.letters
        return render_template(
            "papers/certificate.html",
            set=found.paper_set,
            plan=found.plan,
            report=report,
            facts=found.facts,
            sentences=conclusions(report, found.facts.purpose),
            scores=Markup(score_chart(report, letters)),  # noqa: S704  (figures of our own)
            overlap=Markup(overlap_chart(report, letters)),  # noqa: S704
            exposure=Markup(exposure_chart(report)),  # noqa: S704
            keys=Markup(key_chart(report)),  # noqa: S704
        )


@blueprint.get("/sets/<int:set_id>/certificate.pdf")
@requires(_P.PAPER_COMPOSE, _P.PAPER_RELEASE)
def certificate_pdf(set_id: int) -> Response:
    """Give the certificate of a set for printing."""
    with reading() as db:
        found = certificate_of(db, set_id, actor=current_actor())
        name = f"组卷公平性证明-{found.plan.number}-{found.paper_set.number}.pdf"
        facts, report = found.facts, found.report
    return shown(off_the_loop(print_fairness, facts, report), name, PDF)


@blueprint.get("/<int:paper_id>/booklet.pdf")
@requires(_P.PAPER_RELEASE)
def booklet(paper_id: int) -> Response:
    """Give a released paper as a booklet."""
    return _printed(paper_id, "试卷", print_actions.print_paper)


@blueprint.get("/<int:paper_id>/answer-sheet.pdf")
@requires(_P.PAPER_RELEASE)
def answer_sheet(paper_id: int) -> Response:
    """Give the sheet for answers by hand."""
    return _printed(paper_id, "答题纸", print_actions.print_answer_sheet)


@blueprint.get("/<int:paper_id>/standard.pdf")
@requires(_P.PAPER_RELEASE)
def standard(paper_id: int) -> Response:
    """Give the marking standard; it holds the key."""
    return _printed(paper_id, "标准答案", print_actions.print_standard)


def _printed(
    paper_id: int,
    what: str,
    printing: Callable[..., bytes],
) -> Response:
    """Print and record in one transaction; a document that is not on record is not given."""
    with transaction() as db:
        content = printing(db, paper_id, actor=current_actor(), now=now())
        paper = paper_of(db, paper_id)
        purpose = SetPurpose(paper.paper_set.purpose)
        label = label_of(purpose, paper.form, paper.version).replace(" ", "")
        number = db.get_one(AssessmentPlan, paper.plan_id).number
        name = "-".join(filter(None, (what, number, str(paper.paper_set.number), label)))
    return shown(content, f"{name}.pdf", PDF)
