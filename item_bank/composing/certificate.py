"""What the certificate of fairness 组卷公平性证明 says of a stored set."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from item_bank.composing.queries import people_of, set_of
from item_bank.errors import NoReportError
from item_bank.models import PaperSet
from item_bank.printing.fairness_sheet import CertificateFacts, Signature
from item_bank.queries import elements_of, terms_of
from item_bank.rules.forms import letter_of
from item_bank.rules.kinds import SetPurpose
from item_bank.rules.paper import plain_number
from item_bank.rules.set_report import SetReport, read_report
from registry.access import Actor
from registry.local_time import JIANGSU
from registry.plans.models import AssessmentPlan

MARK_DIGITS = 8  # of the hash, at the foot of every page
PURPOSE_NAMES = {
    SetPurpose.ONE: "单卷",
    SetPurpose.AB: "A、B 卷",
    SetPurpose.PARALLEL: "平行卷",
    SetPurpose.INDIVIDUAL: "一人一卷",
}


@dataclass(frozen=True)
class Certificate:
    """A set with its report and what is printed around it."""

    paper_set: PaperSet
    plan: AssessmentPlan
    report: SetReport
    facts: CertificateFacts


def certificate_of(db: Session, set_id: int, *, actor: Actor) -> Certificate:
    """Return the certificate of a set of a plan within reach.

    Raises ``NoReportError`` for a paper from before sets were reported on.
    """
    paper_set = set_of(db, set_id, actor=actor)
    plan = db.get_one(AssessmentPlan, paper_set.plan_id)
    if not paper_set.report:
        raise NoReportError(number=paper_set.number)
    report = read_report(paper_set.report)
    return Certificate(paper_set, plan, report, _facts(db, paper_set, plan, report))


def letters_of(paper_set: PaperSet, papers: int) -> tuple[str, ...]:
    """Return how charts call the papers of different items; a single one has no letter."""
    purpose = SetPurpose(paper_set.purpose)
    if papers == 1:
        return ("",)
    return tuple(letter_of(purpose, form, "") for form in range(1, papers + 1))


def _facts(
    db: Session, paper_set: PaperSet, plan: AssessmentPlan, report: SetReport
) -> CertificateFacts:
    project = plan.specification.project
    people = people_of(db, paper_set)
    terms = terms_of(paper_set.blueprint)
    purpose = SetPurpose(paper_set.purpose)
    name = f"第 {paper_set.number} 套　{PURPOSE_NAMES[purpose]}　{paper_set.paper_count} 卷"
    size = f"{report.items_each} 题　{plain_number(terms.total_points)} 分"
    return CertificateFacts(
        project=project.name,
        purpose=purpose,
        facts=(
            ("考核计划", plan.number),
            ("试卷", name),
            ("组卷方案", f"{terms.code}　第 {paper_set.blueprint.version} 版"),
            ("每卷", size),
            ("抽题种子", str(paper_set.seed)),
            ("引擎版本", paper_set.engine_version),
        ),
        range_names={element.code: element.name for element in elements_of(db, project.id)},
        letters=letters_of(paper_set, report.papers),
        bank_hash=paper_set.bank_hash,
        set_hash=paper_set.set_hash,
        signatures=(
            Signature("组卷人", people.composer, _moment(paper_set.composed_at)),
            Signature("签发人", people.releaser, _moment(paper_set.released_at)),
        ),
        mark=_mark(plan, paper_set),
    )


def _mark(plan: AssessmentPlan, paper_set: PaperSet) -> str:
    digest = paper_set.set_hash[:MARK_DIGITS]
    return f"计划 {plan.number}　第 {paper_set.number} 套　校验 {digest}"


def _moment(at: datetime | None) -> str:
    return "" if at is None else f"{at.astimezone(JIANGSU):%Y-%m-%d %H:%M}"
