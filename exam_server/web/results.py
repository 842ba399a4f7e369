"""Results of plans: the table with histograms, export, confirmation and publication."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from openpyxl import Workbook
from sqlalchemy.orm import Session

from exam_server.context import current_actor, now, reading, requires, transaction
from exam_server.languages import translated as _
from exam_server.web.charts import histogram
from exam_server.web.downloads import EXCEL, PDF, attachment, shown
from exam_server.web.off_loop import off_the_loop
from exam_server.web.paging import cut
from exam_server.web.plans import WITH_RESULTS
from exam_server.web.roster_file import saved
from exam_server.web.words import word
from registry.access import Actor, Permission
from registry.catalog.models import Subject
from registry.plans.models import AssessmentPlan
from registry.plans.queries import plan_of, plans_in_reach
from registry.plans.rules.states import PlanState
from scoring import actions
from scoring.print_queries import result_summary_of
from scoring.printing import print_result_summary
from scoring.queries import CandidateOutcome, outcomes_of
from scoring.rules.evidence import EvidenceSource, source_in
from scoring.rules.printed import PrintMark
from scoring.rules.states import ResultFlag

blueprint = Blueprint("results", __name__, url_prefix="/results")
_P = Permission
SOURCES = {
    EvidenceSource.ATTEMPT: "上机考试",
    EvidenceSource.CARD: "答题卡",
    EvidenceSource.PANEL: "考评小组",
    EvidenceSource.ABSENCE: "缺考登记",
}
VERDICTS = {"": "全部", "passed": "合格", "failed": "不合格", "waiting": "待评", "absent": "缺考"}
SORTS = {"": "准考证号", "theory": "理论知识从高到低", "practical": "操作技能从高到低"}


@dataclass(frozen=True)
class Row:
    """One candidate in the table of results."""

    admission_no: str
    name: str
    marks: Mapping[str, Decimal]
    flags: Mapping[str, str]
    passed: bool | None
    absent: bool
    source: str

    @property
    def verdict(self) -> str:
        """Return the key of the verdict."""
        return "waiting" if self.passed is None else "passed" if self.passed else "failed"


def row_of(outcome: CandidateOutcome) -> Row:
    """Return a candidate's line as every table and file shows it."""
    results = outcome.results
    sources = [_(SOURCES[source_in(result.evidence)]) for result in results.values()]
    return Row(
        admission_no=outcome.enrolment.admission_no or "",
        name=outcome.enrolment.candidate.name,
        marks={subject.value: result.mark for subject, result in results.items()},
        flags={s.value: r.flag for s, r in results.items() if r.flag != ResultFlag.NONE},
        passed=outcome.outcome.passed if outcome.outcome else None,
        absent=outcome.is_absent,
        source="、".join(sources),
    )


def summary_of(rows: list[Row]) -> dict[str, object]:
    """Return the figures above the table."""
    present = sum(not row.absent for row in rows)
    passed = sum(row.passed is True for row in rows)
    waiting = sum(row.passed is None for row in rows)
    return {
        "total": len(rows),
        "absent": len(rows) - present,
        "passed": passed,
        "failed": sum(row.passed is False for row in rows),
        "waiting": waiting,
        "share": f"{passed * 100 / present:.1f}%" if present and not waiting else "—",
    }


@blueprint.get("/")
@requires(_P.RESULTS_READ, _P.PLAN_READ)
def index() -> ResponseReturnValue:
    """List the plans that have results."""
    state = request.args.get("state", "")
    with reading() as db:
        plans = plans_in_reach(db, actor=current_actor(), states=_shown_states(current_actor()))
        fitting = [plan for plan in plans if state in ("", plan.state)]
        return render_template("results/list.html", page=cut(fitting, request.args))


def _shown_states(actor: Actor) -> frozenset[PlanState]:
    released = frozenset({PlanState.PUBLISHED, PlanState.CERTIFIED})
    return WITH_RESULTS if actor.may(_P.RESULTS_READ) else released


@blueprint.get("/<int:plan_id>")
@requires(_P.RESULTS_READ, _P.PLAN_READ)
def table(plan_id: int) -> ResponseReturnValue:
    """Show the results of a plan."""
    actor, args = current_actor(), request.args
    with reading() as db:
        plan = plan_of(db, plan_id, actor=actor)
        rows = rows_of(db, plan_id, actor=actor)
        return render_template(
            "results/table.html",
            plan=plan,
            page=cut(chosen(rows, args), args),
            subjects=[part.subject for part in plan.subjects],
            summary=summary_of(rows),
            charts=charts_of(rows),
            may=steps_open_to(actor, plan),
            may_export=actor.may(_P.RESULTS_READ),
            words=args.get("words", ""),
            verdict=args.get("verdict", ""),
            sort=args.get("sort", ""),
            verdicts=[(key, _(text)) for key, text in VERDICTS.items()],
            sorts=[(key, _(text)) for key, text in SORTS.items()],
        )


def rows_of(db: Session, plan_id: int, *, actor: Actor) -> list[Row]:
    """Return every candidate of a plan as far as the person may see results."""
    return [row_of(outcome) for outcome in outcomes_of(db, plan_id, actor=actor)]


def chosen(rows: list[Row], arguments: Mapping[str, str]) -> list[Row]:
    """Return the rows that the filters leave, in the order asked for."""
    words = arguments.get("words", "").strip()
    verdict, sort = arguments.get("verdict", ""), arguments.get("sort", "")
    found = [
        row
        for row in rows
        if (verdict in ("", row.verdict) or (verdict == "absent" and row.absent))
        and (words in row.name or words in row.admission_no)
    ]
    if sort in (Subject.THEORY, Subject.PRACTICAL):
        found.sort(key=lambda row: row.marks.get(sort, Decimal(-1)), reverse=True)
    return found


def charts_of(rows: list[Row]) -> list[tuple[str, object]]:
    """Return a histogram for every subject that has marks of present candidates."""
    charts: list[tuple[str, object]] = []
    for subject in Subject:
        marks = [
            row.marks[subject.value]
            for row in rows
            if subject.value in row.marks and row.flags.get(subject.value) != ResultFlag.ABSENT
        ]
        if marks:
            charts.append((word("subject", subject), histogram(marks)))
    return charts


def steps_open_to(actor: Actor, plan: AssessmentPlan) -> set[str]:
    """Return what the person may do with the results as they stand; actions check again."""
    possible = {
        "confirm": actor.may(_P.RESULTS_CONFIRM) and plan.state == PlanState.SCORING,
        "publish": actor.may(_P.RESULTS_PUBLISH) and plan.state == PlanState.RESULTS_CONFIRMED,
    }
    return {step for step, is_open in possible.items() if is_open}


@blueprint.post("/<int:plan_id>/confirm")
@requires(_P.RESULTS_CONFIRM)
def confirm(plan_id: int) -> ResponseReturnValue:
    """Confirm every mark of a plan."""
    with transaction() as db:
        results = actions.confirm_results(db, plan_id, actor=current_actor(), now=now())
    flash(_("已确认 {number} 个科目成绩，等待另一人公布。", number=len(results)), "success")
    return redirect(url_for(".table", plan_id=plan_id))


@blueprint.post("/<int:plan_id>/publish")
@requires(_P.RESULTS_PUBLISH)
def publish(plan_id: int) -> ResponseReturnValue:
    """Publish the confirmed marks of a plan."""
    with transaction() as db:
        actions.publish_results(db, plan_id, actor=current_actor(), now=now())
    flash(_("成绩已公布。"), "success")
    return redirect(url_for(".table", plan_id=plan_id))


@blueprint.get("/<int:plan_id>/export")
@requires(_P.RESULTS_READ)
def export(plan_id: int) -> Response:
    """Give the results as an Excel file."""
    with reading() as db:
        plan = plan_of(db, plan_id, actor=current_actor())
        content = workbook_of(plan, rows_of(db, plan_id, actor=current_actor()))
        return attachment(content, f"成绩汇总-{plan.number}.xlsx", EXCEL)


@blueprint.get("/<int:plan_id>/summary.pdf")
@requires(_P.RESULTS_READ)
def summary(plan_id: int) -> Response:
    """Give the summary of results 成绩汇总表 for signatures."""
    actor = current_actor()
    with reading() as db:
        plan = plan_of(db, plan_id, actor=actor)
        found = result_summary_of(db, plan_id, actor=actor)
        printed = PrintMark(actor.name, now())
        content = off_the_loop(print_result_summary, found, printed=printed)
        return shown(content, f"成绩汇总表-{plan.number}.pdf", PDF)


def workbook_of(plan: AssessmentPlan, rows: list[Row]) -> bytes:
    """Return the summary of results 成绩汇总表 as a workbook."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "成绩汇总"
    subjects = [part.subject for part in plan.subjects]
    sheet.append(["准考证号", "姓名", *(word("subject", s) for s in subjects), "结论", "依据"])
    for row in rows:
        marks = [row.marks.get(subject) for subject in subjects]
        sheet.append([row.admission_no, row.name, *marks, VERDICTS[row.verdict], row.source])
    for letter, width in zip("ABCDEF", (18, 12, 12, 12, 10, 24), strict=True):
        sheet.column_dimensions[letter].width = width
    return saved(book)
